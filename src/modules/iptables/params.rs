//! The parameters of `iptables`.

use crate::diag::Diag;
use crate::modules::presence::Presence;
use serde::Deserialize;

macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$one:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
        pub enum $name {
            $($(#[$one])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// Its word.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }
    };
}

words! {
    /// Which addresses.
    Family {
        /// IPv4.
        Ipv4 = "ipv4",
        /// IPv6.
        Ipv6 = "ipv6",
    }
}

words! {
    /// A table of chains.
    Table {
        /// What is let through.
        Filter = "filter",
        /// Whose addresses are rewritten.
        Nat = "nat",
        /// What else is rewritten.
        Mangle = "mangle",
        /// What is looked at first.
        Raw = "raw",
        /// What security modules mark.
        Security = "security",
    }
}

words! {
    /// What becomes of what no rule is about.
    Policy {
        /// It is let through.
        Accept = "ACCEPT",
        /// It is not.
        Drop = "DROP",
        /// A program decides.
        Queue = "QUEUE",
        /// The chain before goes on.
        Return = "RETURN",
    }
}

/// Where a new rule stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Insert {
    /// Behind the others.
    Append,
    /// Before the others, or where `rule_num` says.
    Insert,
}

/// Whether a packet begins a connection of TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Syn {
    /// Either.
    Ignore,
    /// It does.
    Match,
    /// It does not.
    Negate,
}

words! {
    /// Which address a set is asked for.
    SetFlags {
        /// The source.
        Source = "src",
        /// The destination.
        Destination = "dst",
        /// Both.
        SourceDestination = "src,dst",
        /// Both.
        DestinationSource = "dst,src",
        /// Both are the destination.
        DestinationTwice = "dst,dst",
        /// Both are the source.
        SourceTwice = "src,src",
    }
}

/// Flags of TCP.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TcpFlags {
    /// Those that are looked at.
    #[serde(default)]
    pub flags: Option<Vec<String>>,
    /// Those of them that are set.
    #[serde(default)]
    pub flags_set: Option<Vec<String>>,
}

macro_rules! params {
    ($($(#[$about:meta])* $name:ident,)*) => {
        /// The parameters of `iptables`. A value that begins with `!` means all but that.
        #[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct Params {
            /// The table.
            #[serde(default = "filter")]
            pub table: Table,
            /// Whether the rule, or the chain where no rule is given, is there.
            #[serde(default)]
            pub state: Presence,
            /// Where a new rule stands.
            #[serde(default = "append")]
            pub action: Insert,
            /// Which addresses.
            #[serde(default = "ipv4")]
            pub ip_version: Family,
            /// What the rule matches by: `conntrack`, `set`.
            #[serde(default, rename = "match")]
            pub matches: Vec<String>,
            /// Flags of TCP.
            #[serde(default)]
            pub tcp_flags: Option<TcpFlags>,
            /// Several ports, and ranges of them: `8081:8083`.
            #[serde(default)]
            pub destination_ports: Vec<String>,
            /// Whether a packet begins a connection of TCP.
            #[serde(default = "ignore")]
            pub syn: Syn,
            /// The states of the connection: `NEW`, `ESTABLISHED`, `RELATED`.
            #[serde(default)]
            pub ctstate: Vec<String>,
            /// Which address a set is asked for.
            #[serde(default)]
            pub match_set_flags: Option<SetFlags>,
            /// Take all rules of the chain away, or of the table where none is given.
            #[serde(default)]
            pub flush: bool,
            /// What becomes of what no rule of the chain is about.
            #[serde(default)]
            pub policy: Option<Policy>,
            /// Make and take away chains, where no rule is given.
            #[serde(default)]
            pub chain_management: bool,
            /// Has no effect: no name is looked up.
            #[serde(default)]
            #[allow(dead_code)]
            pub numeric: bool,
            $($(#[$about])* #[serde(default)] pub $name: Option<String>,)*
        }
    };
}

params! {
    /// The chain.
    chain,
    /// The number that a new rule gets, with `action: insert`.
    rule_num,
    /// The protocol: `tcp`, `udp`, `icmp`, `all`.
    protocol,
    /// From where.
    source,
    /// To where.
    destination,
    /// What becomes of it: `ACCEPT`, `DROP`, a chain.
    jump,
    /// With `jump: TEE`: where copies go.
    gateway,
    /// What stands before it in the log.
    log_prefix,
    /// How weighty it is in the log: `info`, `4`.
    log_level,
    /// The chain to go on in, not to come back.
    goto,
    /// The network card by which it came.
    in_interface,
    /// The network card by which it goes.
    out_interface,
    /// Only fragments behind the first.
    fragment,
    /// The counters that a new rule begins with.
    set_counters,
    /// The port, or a range of ports, that it comes from.
    source_port,
    /// The port, or a range of ports, that it goes to.
    destination_port,
    /// The ports that the destination gets.
    to_ports,
    /// The address that the destination gets.
    to_destination,
    /// The address that the source gets.
    to_source,
    /// The mark of its class of service.
    set_dscp_mark,
    /// The same by the name of the class.
    set_dscp_mark_class,
    /// A comment.
    comment,
    /// A range of addresses from where.
    src_range,
    /// A range of addresses to where.
    dst_range,
    /// The set that it is looked up in.
    match_set,
    /// How often at most: `10/second`.
    limit,
    /// How many before that counts.
    limit_burst,
    /// The user who sends it.
    uid_owner,
    /// The group that sends it.
    gid_owner,
    /// What is answered to what is rejected.
    reject_with,
    /// The type of ICMP.
    icmp_type,
    /// How many seconds to wait for another iptables.
    wait,
}

fn filter() -> Table {
    Table::Filter
}

fn append() -> Insert {
    Insert::Append
}

fn ipv4() -> Family {
    Family::Ipv4
}

fn ignore() -> Syn {
    Syn::Ignore
}

impl Params {
    /// Refuses what can't be meant, and says what follows from the rest.
    pub fn check(&mut self) -> Result<(), Diag> {
        let jumps = |name: &str| {
            self.jump
                .as_ref()
                .is_some_and(|jump| jump.eq_ignore_ascii_case(name))
        };
        let why = if self.chain.is_none() && !self.flush {
            "`chain` is missing"
        } else if self.flush && self.policy.is_some() {
            "`flush` and `policy` exclude each other"
        } else if self.set_dscp_mark.is_some() && self.set_dscp_mark_class.is_some() {
            "`set_dscp_mark` and `set_dscp_mark_class` exclude each other"
        } else if (self.set_dscp_mark.is_some() || self.set_dscp_mark_class.is_some())
            && self.jump.is_none()
        {
            "a DSCP mark needs `jump: DSCP`"
        } else if jumps("TEE") && self.gateway.is_none() {
            "`jump: TEE` needs `gateway`"
        } else if (self.log_prefix.is_some() || self.log_level.is_some())
            && self.jump.is_some()
            && !jumps("LOG")
        {
            "`log_prefix` and `log_level` are for `jump: LOG`"
        } else {
            if self.log_prefix.is_some() || self.log_level.is_some() {
                self.jump.get_or_insert_with(|| "LOG".to_owned());
            }
            return Ok(());
        };
        Err(Diag::error(why))
    }
}
