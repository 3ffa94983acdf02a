//! The parameters of `ufw`, and the words of its command line that they become.

use crate::diag::Diag;
use serde::Deserialize;

/// Whether the firewall works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Want {
    /// Not, and not after a boot.
    Disabled,
    /// Now, and after a boot.
    Enabled,
    /// It reads its rules anew.
    Reloaded,
    /// It is off, and all its rules are gone.
    Reset,
}

/// What becomes of traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// It is let through.
    Allow,
    /// It is not.
    Deny,
    /// It is not, and that is answered.
    Reject,
}

impl Policy {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Reject => "reject",
        }
    }

    /// The word of `/etc/default/ufw`.
    pub fn kept(self) -> &'static str {
        match self {
            Self::Allow => "ACCEPT",
            Self::Deny => "DROP",
            Self::Reject => "REJECT",
        }
    }
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// It lets through.
    Allow,
    /// It does not.
    Deny,
    /// It lets through what does not come too often.
    Limit,
    /// It does not let through, and answers so.
    Reject,
}

impl Rule {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Limit => "limit",
            Self::Reject => "reject",
        }
    }
}

/// Which way traffic goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// It comes in.
    In,
    /// It comes in.
    Incoming,
    /// It goes out.
    Out,
    /// It goes out.
    Outgoing,
    /// It goes through.
    Routed,
}

/// What is written into the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Logging {
    /// As much as was chosen last.
    On,
    /// Nothing.
    Off,
    /// What is not let through.
    Low,
    /// More.
    Medium,
    /// Still more.
    High,
    /// All.
    Full,
}

impl Logging {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Full => "full",
        }
    }
}

/// From where `insert` counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Relative {
    /// From the first rule, which is 1.
    #[default]
    Zero,
    /// From the first rule of IPv4.
    FirstIpv4,
    /// From the last rule of IPv4.
    LastIpv4,
    /// From the first rule of IPv6.
    FirstIpv6,
    /// From the last rule of IPv6.
    LastIpv6,
}

/// The parameters of `ufw`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Whether the firewall works.
    #[serde(default)]
    pub state: Option<Want>,
    /// What becomes of traffic that no rule is about.
    #[serde(default)]
    pub default: Option<Policy>,
    /// What is written into the log.
    #[serde(default)]
    pub logging: Option<Logging>,
    /// A rule.
    #[serde(default)]
    pub rule: Option<Rule>,
    /// Which way the traffic goes that the rule, or `default`, is about.
    #[serde(default)]
    pub direction: Option<Direction>,
    /// The rule goes.
    #[serde(default)]
    pub delete: bool,
    /// The rule is about traffic that goes through.
    #[serde(default)]
    pub route: bool,
    /// The number that a new rule gets.
    #[serde(default)]
    pub insert: Option<i64>,
    /// From where `insert` counts.
    #[serde(default)]
    pub insert_relative_to: Relative,
    /// The network card.
    #[serde(default)]
    pub interface: Option<String>,
    /// The network card by which it comes.
    #[serde(default)]
    pub interface_in: Option<String>,
    /// The network card by which it goes.
    #[serde(default)]
    pub interface_out: Option<String>,
    /// New connections are written into the log.
    #[serde(default)]
    pub log: bool,
    /// From where.
    #[serde(default = "any")]
    pub from_ip: String,
    /// The port that it comes from.
    #[serde(default)]
    pub from_port: Option<String>,
    /// To where.
    #[serde(default = "any")]
    pub to_ip: String,
    /// The port that it goes to, or several: `80,443`, `60000:61000`.
    #[serde(default)]
    pub to_port: Option<String>,
    /// The protocol: `tcp`, `udp`, `any`, `esp`, `ah`, `gre`, `igmp`, `ipv6`, `vrrp`.
    #[serde(default)]
    pub proto: Option<String>,
    /// A profile of `/etc/ufw/applications.d`: `OpenSSH`.
    #[serde(default)]
    pub name: Option<String>,
    /// A comment.
    #[serde(default)]
    pub comment: Option<String>,
}

fn any() -> String {
    "any".into()
}

impl Params {
    /// Refuses what can't be meant.
    pub fn check(&self) -> Result<(), Diag> {
        let both = |a: bool, b: bool| a && b;
        let of_default = |direction| matches!(direction, Direction::In | Direction::Out);
        let of_rule = |direction| matches!(direction, Direction::In | Direction::Out);
        let cards = self.interface_in.is_some() || self.interface_out.is_some();
        let why = if self.state.is_none()
            && self.default.is_none()
            && self.rule.is_none()
            && self.logging.is_none()
        {
            "nothing is asked of ufw: set `state`, `default`, `rule` or `logging`"
        } else if both(self.name.is_some(), self.proto.is_some()) {
            "`name` and `proto` exclude each other: a profile says its protocols itself"
        } else if both(self.direction.is_some() || self.interface.is_some(), cards) {
            "`direction` and `interface` exclude `interface_in` and `interface_out`"
        } else if self.interface.is_some() && self.direction.is_none() {
            "`interface` needs `direction`"
        } else if self.default.is_some()
            && self.rule.is_none()
            && self.direction.is_some_and(of_default)
        {
            "for `default`, `direction` is incoming, outgoing or routed"
        } else if self.rule.is_some() && self.direction.is_some_and(|direction| !of_rule(direction))
        {
            "for a rule, `direction` is in or out"
        } else if self.interface_in.is_some() && self.interface_out.is_some() && !self.route {
            "only a rule with `route: true` has both `interface_in` and `interface_out`"
        } else {
            return Ok(());
        };
        Err(Diag::error(why))
    }

    /// The words of a rule behind `ufw`; `at` is the number that a new one gets.
    pub fn words(&self, rule: Rule, at: Option<i64>) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        let mut add = |all: &[&str]| words.extend(all.iter().map(|word| (*word).to_owned()));
        if self.route {
            add(&["route"]);
        }
        if self.delete {
            add(&["delete"]);
        } else if let Some(at) = at {
            add(&["insert", &at.to_string()]);
        }
        add(&[rule.word()]);
        match self.direction {
            Some(Direction::Out | Direction::Outgoing) => add(&["out"]),
            Some(_) => add(&["in"]),
            None => {}
        }
        for (before, card) in [
            (&["on"][..], &self.interface),
            (&["in", "on"], &self.interface_in),
            (&["out", "on"], &self.interface_out),
        ] {
            if let Some(card) = card {
                add(before);
                add(&[card]);
            }
        }
        if self.log {
            add(&["log"]);
        }
        let (from, to) = (Some(self.from_ip.clone()), Some(self.to_ip.clone()));
        for (before, value) in [
            ("from", &from),
            ("port", &self.from_port),
            ("to", &to),
            ("port", &self.to_port),
            ("proto", &self.proto),
            ("app", &self.name),
            ("comment", &self.comment),
        ] {
            if let Some(value) = value {
                add(&[before, value]);
            }
        }
        words
    }
}
