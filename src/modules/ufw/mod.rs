//! A firewall by `ufw`.
//!
//! ```yaml
//! - ufw: { rule: allow, port: '5432', proto: tcp, from_ip: 10.0.0.0/24 }
//! - ufw: { state: enabled, policy: deny }
//! ```
//!
//! Whether a rule is there `ufw --dry-run` tells, which changes nothing. The rule comes before the
//! firewall is switched on, so that a task that lets SSH in and switches it on does not lock itself out.

mod params;

pub use params::Params;

use super::tool::{says, work};
use super::{Change, Controller, Course, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError, Says};
use crate::step::{Effect, Step, quote};
use params::{Direction, Logging, Relative, Want};

/// `ufw`
pub struct Ufw;

/// What is so.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Lines of `NAME=VALUE`: `ENABLED`, `LOGLEVEL`, `DEFAULT_INPUT_POLICY`.
    settings: String,
    /// `yes` where the rule needs no change, else `no`.
    rule: String,
    /// The number that a new rule gets.
    at: Option<i64>,
}

impl State {
    fn get(&self, name: &str) -> &str {
        let value = self
            .settings
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        value.unwrap_or_default().trim_matches('"')
    }
}

const SETTINGS: &str = "ufw settings";

/// Of a new rule that needs no change ufw says nothing but that it skips it, once for each kind of address.
const COMES: &str =
    "if printf '%s\\n' \"$o\" | grep -v '^Skipping ' | grep -q .; then echo no; else echo yes; fi";

/// Where a rule is deleted ufw tells the rules that are left, of each kind of address that it looked at.
const GOES: &str = "now() { cat /etc/ufw/$1 /lib/ufw/$1 /var/lib/ufw/$1 2>/dev/null | grep -c '^### tuple'; }
c=0
case $o in *:ufw-user-input*) c=$((c + $(now user.rules)));; esac
case $o in *:ufw6-user-input*) c=$((c + $(now user6.rules)));; esac
if [ \"$(printf '%s\\n' \"$o\" | grep -c '^### tuple')\" = \"$c\" ]; then echo yes; else echo no; fi";

fn asked(of: &str, script: String) -> Says {
    Says {
        of: of.to_owned(),
        program: "ufw",
        package: "ufw",
        script,
    }
}

fn command(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| quote(word)).collect();
    words.join(" ")
}

impl Params {
    /// The name of the setting of `/etc/default/ufw` that `default` is about, and ufw's word.
    fn policy_of(&self) -> (&'static str, &'static str) {
        match self.direction {
            Some(Direction::Outgoing | Direction::Out) => ("DEFAULT_OUTPUT_POLICY", "outgoing"),
            Some(Direction::Routed) => ("DEFAULT_FORWARD_POLICY", "routed"),
            _ => ("DEFAULT_INPUT_POLICY", "incoming"),
        }
    }

    /// The rule in words, whatever number it gets.
    fn title(&self) -> Option<String> {
        let rule = self.rule?;
        let whole = Self {
            delete: false,
            ..self.clone()
        };
        Some(whole.words(rule, None).join(" "))
    }
}

/// The number that `insert` means among the rules that `ufw status numbered` tells.
fn number(params: &Params, told: &str) -> Option<i64> {
    let insert = params.insert.filter(|_| !params.delete)?;
    if params.insert_relative_to == Relative::Zero {
        return Some(insert);
    }
    let (mut four, mut six) = (Vec::new(), Vec::new());
    for line in told.lines() {
        let Some((number, rest)) = line.strip_prefix('[').and_then(|line| line.split_once(']'))
        else {
            continue;
        };
        let Ok(number) = number.trim().parse::<i64>() else {
            continue;
        };
        let is_six = rest.contains("(v6)")
            || rest
                .split_whitespace()
                .any(|word| word.matches(':').count() > 1);
        if is_six { &mut six } else { &mut four }.push(number);
    }
    let last = four.iter().chain(&six).max().copied().unwrap_or(0);
    let from = match params.insert_relative_to {
        Relative::Zero | Relative::FirstIpv4 => 1,
        Relative::LastIpv4 => four.iter().max().copied().unwrap_or(1),
        Relative::FirstIpv6 => six
            .iter()
            .min()
            .copied()
            .or(four.iter().max().map(|last| last + 1))
            .unwrap_or(1),
        Relative::LastIpv6 => six.iter().max().copied().unwrap_or(last + 1),
    };
    // ufw refuses a number behind the last.
    Some(insert + from).filter(|at| *at <= last)
}

impl Module for Ufw {
    const NAME: &'static str = "ufw";
    const COLLECTION: &'static str = "community.general";
    const ALIASES: &'static [(&'static str, &'static str)] = &[
        ("policy", "default"),
        ("if", "interface"),
        ("if_in", "interface_in"),
        ("if_out", "interface_out"),
        ("from", "from_ip"),
        ("src", "from_ip"),
        ("dest", "to_ip"),
        ("to", "to_ip"),
        ("port", "to_port"),
        ("protocol", "proto"),
        ("app", "name"),
    ];
    type Params = Params;
    type Ready = Params;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        params.check()?;
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<State, ProbeError> {
        let settings = "grep -h -e '^ENABLED=' -e '^LOGLEVEL=' /etc/ufw/ufw.conf\ngrep -h '^DEFAULT_.*_POLICY=' /etc/default/ufw; :";
        let mut state = State {
            settings: look.fact(asked(SETTINGS, settings.to_owned())).await?,
            ..State::default()
        };
        let (Some(rule), Some(title)) = (params.rule, params.title()) else {
            return Ok(state);
        };
        if params.insert.is_some() && params.insert_relative_to != Relative::Zero {
            let numbered = asked("ufw numbers", "ufw status numbered".to_owned());
            state.at = number(params, &look.fact(numbered).await?);
        } else {
            state.at = number(params, "");
        }
        let words = command(&params.words(rule, state.at));
        let script = if params.delete {
            format!("o=$(ufw --dry-run {words}) || exit\n{GOES}")
        } else if state.at.is_some() {
            // A number behind the last is refused, and rules that are pending are not counted.
            format!("o=$(ufw --dry-run {words}) || {{ echo no; exit 0; }}\n{COMES}")
        } else {
            format!("o=$(ufw --dry-run {words}) || exit\n{COMES}")
        };
        let said = look
            .fact(asked(&format!("ufw rule {title}"), script))
            .await?;
        // What is pending tells whether the rule is there, ufw whether the task has something to do.
        state.rule = match (said.trim(), params.delete) {
            ("there", false) | ("", true) => "yes".to_owned(),
            ("there", true) | ("", false) => "no".to_owned(),
            (said, _) => said.to_owned(),
        };
        Ok(state)
    }

    fn plan(params: &Params, state: &State) -> Result<Plan, String> {
        let (mut changes, mut steps) = (Vec::new(), Vec::new());
        let mut settings = state.settings.clone();
        let mut acts = false;
        let mut set = |steps: &mut Vec<Step>, text: &str, name: &str, value: &str| {
            let kept = settings
                .lines()
                .filter(|line| !line.starts_with(&format!("{name}=")));
            let mut lines: Vec<String> = kept.map(str::to_owned).collect();
            lines.push(format!("{name}={value}"));
            settings = lines.join("\n") + "\n";
            steps.push(
                work(text, &format!("{text} >/dev/null")).making(says(SETTINGS, settings.clone())),
            );
        };
        let enabled = state.get("ENABLED") == "yes";
        let switch = |from: &str, to: &str| {
            Change::attribute("ufw", "state", Some(from.to_owned()), Some(to.to_owned()))
        };
        match params.state {
            Some(Want::Disabled) if enabled => {
                changes.push(switch("enabled", "disabled"));
                set(&mut steps, "ufw --force disable", "ENABLED", "no");
            }
            Some(Want::Reset) => {
                acts = true;
                changes.push(Change::new(Sign::Run, "ufw reset"));
                set(&mut steps, "ufw --force reset", "ENABLED", "no");
            }
            _ => {}
        }
        if let Some(policy) = params.default {
            let (name, way) = params.policy_of();
            if state.get(name) != policy.kept() || params.state == Some(Want::Reset) {
                let change = Change::attribute(
                    format!("ufw {way}"),
                    "default",
                    Some(state.get(name).to_lowercase()),
                    Some(policy.word().to_owned()),
                );
                changes.push(change);
                let text = format!("ufw default {} {way}", policy.word());
                set(&mut steps, &text, name, &format!("\"{}\"", policy.kept()));
            }
        }
        if let (Some(rule), Some(title)) = (params.rule, params.title())
            && (state.rule == "no" || params.state == Some(Want::Reset))
        {
            let sign = if params.delete {
                Sign::Remove
            } else {
                Sign::Add
            };
            changes.push(Change::new(sign, format!("ufw rule {title}")));
            let text = format!("ufw {} >/dev/null", command(&params.words(rule, state.at)));
            let then = (!params.delete).then(|| "there".to_owned());
            let effect = Effect::Says(format!("ufw rule {title}"), then);
            steps.push(work(format!("set the rule {title}"), &text).making([effect]));
        }
        if let Some(logging) = params.logging {
            let (now, word) = (state.get("LOGLEVEL"), logging.word());
            let is = match logging {
                Logging::On => now != "off" && !now.is_empty(),
                _ => now == word,
            };
            if !is {
                changes.push(Change::attribute(
                    "ufw",
                    "logging",
                    Some(now.to_owned()),
                    Some(word.to_owned()),
                ));
                let then = if logging == Logging::On { "low" } else { word };
                set(&mut steps, &format!("ufw logging {word}"), "LOGLEVEL", then);
            }
        }
        match params.state {
            Some(Want::Enabled) if !enabled => {
                changes.push(switch("disabled", "enabled"));
                set(&mut steps, "ufw --force enable", "ENABLED", "yes");
            }
            Some(Want::Reloaded) => {
                acts = true;
                changes.push(Change::new(Sign::Run, "ufw reload"));
                steps.push(work("ufw reload", "ufw reload >/dev/null"));
            }
            _ => {}
        }
        Ok(if acts {
            Plan::Act { changes, steps }
        } else {
            Plan::Converge { changes, steps }
        })
    }

    fn result(
        Course {
            ready: params,
            before,
            plan,
            ran,
            ..
        }: Course<'_, Self>,
    ) -> TaskResult {
        let rule = params
            .rule
            .map(|rule| format!("ufw {}", command(&params.words(rule, before.at))));
        let commands: Vec<String> = rule.into_iter().collect();
        TaskResult::of(plan, ran).with("commands", commands)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{left, planned, ready};
    use crate::step::Action;
    use serde_json::{Value, json};

    const SAID: &str = "ENABLED=no\nLOGLEVEL=low\nDEFAULT_INPUT_POLICY=\"DROP\"\nDEFAULT_OUTPUT_POLICY=\"ACCEPT\"\n";

    /// What is run where ufw says this of the rule.
    fn run(args: Value, rule: &str) -> Vec<String> {
        let answers = [
            ("--dry-run", rule),
            (
                "numbered",
                "Status: active\n[ 1] 22/tcp ALLOW IN Anywhere\n[ 2] 22/tcp (v6) ALLOW IN Anywhere (v6)\n",
            ),
            ("/etc/default/ufw", SAID),
        ];
        let plan = planned::<Ufw>(args.clone(), &answers).unwrap();
        if matches!(plan, Plan::Converge { .. }) && plan.is_change() {
            assert!(!left::<Ufw>(args, &answers).unwrap().is_change());
        }
        let text = |action: &Action| match action {
            Action::Run(script) => script
                .text
                .lines()
                .last()
                .unwrap_or_default()
                .replace(" >/dev/null", ""),
            other => panic!("{other:?}"),
        };
        plan.steps().iter().map(|step| text(&step.action)).collect()
    }

    #[test]
    fn a_rule_is_set_where_ufw_would_change_something() {
        let args = json!({ "rule": "allow", "to_port": "22", "proto": "tcp", "comment": "a b" });
        assert_eq!(
            run(args.clone(), "no\n"),
            ["ufw allow from any to any port 22 proto tcp comment 'a b'"]
        );
        assert!(run(args, "yes\n").is_empty());
        let args = json!({ "rule": "deny", "route": true, "delete": true, "insert": 1, "interface_in": "eth0", "from_ip": "10.0.0.0/8" });
        assert_eq!(
            run(args, "no\n"),
            ["ufw route delete deny in on eth0 from 10.0.0.0/8 to any"]
        );
        let args = json!({ "rule": "limit", "name": "OpenSSH", "direction": "in", "interface": "eth1", "log": true });
        assert_eq!(
            run(args, "no\n"),
            ["ufw limit in on eth1 log from any to any app OpenSSH"]
        );
    }

    #[test]
    fn a_rule_comes_before_the_firewall_works() {
        let args = json!({ "state": "enabled", "rule": "allow", "to_port": "22", "default": "deny", "logging": "on" });
        assert_eq!(
            run(args, "no\n"),
            ["ufw allow from any to any port 22", "ufw --force enable"]
        );
        let args = json!({ "default": "reject", "direction": "outgoing", "logging": "full" });
        assert_eq!(
            run(args, ""),
            ["ufw default reject outgoing", "ufw logging full"]
        );
        assert!(run(json!({ "state": "disabled" }), "").is_empty());
        assert_eq!(run(json!({ "state": "reloaded" }), ""), ["ufw reload"]);
        assert_eq!(run(json!({ "state": "reset" }), ""), ["ufw --force reset"]);
    }

    #[test]
    fn numbers_are_counted_from_where_it_is_said() {
        let at = |insert: i64, relative: &str| {
            let args = json!({ "rule": "allow", "insert": insert, "insert_relative_to": relative });
            run(args, "no\n")[0].replace(" from any to any", "")
        };
        assert_eq!(at(3, "zero"), "ufw insert 3 allow");
        assert_eq!(at(0, "first-ipv6"), "ufw insert 2 allow");
        assert_eq!(at(0, "last-ipv4"), "ufw insert 1 allow");
        assert_eq!(at(1, "last-ipv6"), "ufw allow");
    }

    #[test]
    fn what_can_t_be_meant_is_refused() {
        let refused = |args: Value| ready::<Ufw>("/".as_ref(), args).unwrap_err().to_string();
        assert!(refused(json!({})).contains("nothing is asked"));
        assert!(
            refused(json!({ "rule": "allow", "interface": "eth0" })).contains("needs `direction`")
        );
        assert!(
            refused(json!({ "rule": "allow", "name": "a", "proto": "tcp" })).contains("exclude")
        );
        assert!(refused(json!({ "rule": "allow", "direction": "routed" })).contains("in or out"));
    }
}
