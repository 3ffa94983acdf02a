//! Boots the host anew and waits until it is back.
//!
//! ```yaml
//! - reboot: { reboot_timeout: 300 }
//! ```
//!
//! It is back when it tells another boot id than before, and then does the `test_command`.

use super::{Change, Controller, Course, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::{Ask, Foreseen, Look, ProbeError, Question};
use crate::modules::defaults::ten_minutes;
use crate::step::{Action, Output, Return, Script, Step, quote};
use serde::Deserialize;
use std::time::Duration;

/// `reboot`
pub struct Reboot;

/// How long between two tries.
const EVERY: Duration = Duration::from_secs(1);

/// The parameters of `reboot`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// What tells one boot from another.
    #[serde(default = "boot_id")]
    pub boot_time_command: String,
    /// Seconds until one connection counts as refused.
    #[serde(default)]
    pub connect_timeout: Option<u64>,
    /// What users on the host are told.
    #[serde(default = "announcement")]
    pub msg: String,
    /// Seconds after which it is tried first.
    #[serde(default)]
    pub post_reboot_delay: u64,
    /// Seconds until it goes down, in whole minutes: less than 60 is at once.
    #[serde(default)]
    pub pre_reboot_delay: u64,
    /// What boots it, in place of `shutdown` with its delay and message.
    #[serde(default)]
    pub reboot_command: Option<String>,
    /// Seconds until it must be back, and again as long until the `test_command` must succeed.
    #[serde(default = "ten_minutes")]
    pub reboot_timeout: u64,
    /// Where the command is looked for.
    #[serde(default = "folders")]
    pub search_paths: Vec<String>,
    /// What must succeed on the host that is back.
    #[serde(default = "whoami")]
    pub test_command: String,
}

fn boot_id() -> String {
    "cat /proc/sys/kernel/random/boot_id".into()
}

fn announcement() -> String {
    "Reboot initiated by trueup".into()
}

fn folders() -> Vec<String> {
    ["/sbin", "/bin", "/usr/sbin", "/usr/bin", "/usr/local/sbin"]
        .map(String::from)
        .into()
}

fn whoami() -> String {
    "whoami".into()
}

struct Booted<'a>(&'a str);

impl Question for Booted<'_> {
    type Answer = String;

    fn ask(&self) -> Ask {
        Ask::live(self.0)
    }

    fn read(&self, output: &Output) -> Result<String, ProbeError> {
        let said = output.out().trim().to_owned();
        if output.ok() && !said.is_empty() {
            Ok(said)
        } else {
            Err(ProbeError::answer(self.0, output))
        }
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        _: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        now
    }
}

/// The first of these programs that stands in one of these folders.
struct Program<'a>(&'a [&'a str], &'a [String]);

impl Question for Program<'_> {
    type Answer = Option<String>;

    fn ask(&self) -> Ask {
        let words = |words: Vec<String>| words.join(" ");
        Ask::settled(format!(
            "for program in {}; do for folder in {}; do [ -x \"$folder/$program\" ] && \
             printf %s \"$folder/$program\" && exit; done; done; exit 0",
            words(self.0.iter().map(|name| quote(name)).collect()),
            words(self.1.iter().map(|folder| quote(folder)).collect()),
        ))
    }

    fn read(&self, output: &Output) -> Result<Option<String>, ProbeError> {
        Ok(Some(output.out()).filter(|path| !path.is_empty()))
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        _: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        now
    }
}

/// What was found.
#[derive(Clone, Debug)]
pub struct State {
    boot: String,
    /// The path of what boots it.
    program: Option<String>,
}

impl Params {
    /// The programs that may boot it, and the words that follow a command's own name.
    fn programs(&self) -> (Vec<&str>, &str) {
        match &self.reboot_command {
            None => (vec!["shutdown", "reboot"], ""),
            Some(command) => {
                let command = command.trim();
                let (name, rest) = command.split_at(command.find(' ').unwrap_or(command.len()));
                (vec![name], rest)
            }
        }
    }

    fn command(&self, state: &State) -> Result<String, String> {
        let (names, rest) = self.programs();
        if names.iter().any(|name| name.starts_with('/')) {
            return Ok(format!("{}{rest}", names.concat()));
        }
        let Some(program) = &state.program else {
            return Err(format!(
                "there is no `{}` in {}: say `reboot_command` or `search_paths`",
                names.join("` or `"),
                self.search_paths.join(", ")
            ));
        };
        let program_quoted = quote(program);
        if self.reboot_command.is_some() {
            return Ok(format!("{program_quoted}{rest}"));
        }
        Ok(if program.ends_with("/shutdown") {
            let minutes = self.pre_reboot_delay / 60;
            format!("{program_quoted} -r {minutes} {}", quote(&self.msg))
        } else {
            program_quoted
        })
    }
}

impl Module for Reboot {
    const NAME: &'static str = "reboot";
    const ALIASES: &'static [(&'static str, &'static str)] = &[
        ("connect_timeout_sec", "connect_timeout"),
        ("post_reboot_delay_sec", "post_reboot_delay"),
        ("pre_reboot_delay_sec", "pre_reboot_delay"),
        ("reboot_timeout_sec", "reboot_timeout"),
    ];
    type Params = Params;
    type Ready = Params;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<State, ProbeError> {
        let (names, _) = params.programs();
        Ok(State {
            boot: look.fact(Booted(&params.boot_time_command)).await?,
            program: look.fact(Program(&names, &params.search_paths)).await?,
        })
    }

    fn plan(params: &Params, state: &State) -> Result<Plan, String> {
        let connect_limit = params.connect_timeout.map(Duration::from_secs);
        let away = Return {
            after: Some(Script::new(params.command(state)?)),
            delay: Duration::from_secs(params.post_reboot_delay),
            every: EVERY,
            connect_limit,
            limit: Duration::from_secs(params.reboot_timeout),
            anew: Some((Script::new(&params.boot_time_command), state.boot.clone())),
            test: None,
        };
        let well = Return {
            after: None,
            delay: Duration::ZERO,
            anew: None,
            test: Some(Script::new(&params.test_command)),
            ..away.clone()
        };
        let step =
            |what: &str, back: Return| Step::new(what.to_owned(), Action::Return(Box::new(back)));
        Ok(Plan::Act {
            changes: vec![Change::new(Sign::Run, "reboot")],
            steps: vec![
                step("reboot", away),
                step(&format!("test with {}", params.test_command), well),
            ],
        })
    }

    fn result(Course { ran, .. }: Course<'_, Self>) -> TaskResult {
        let rebooted = ran.first().is_none_or(|step| step.output.ok());
        let elapsed: Duration = ran.iter().map(|step| step.elapsed).sum();
        let failed = ran.iter().find(|step| !step.output.ok());
        TaskResult {
            changed: rebooted,
            failed: failed.map(|step| step.output.err().trim().to_owned()),
            ..TaskResult::default()
        }
        .with("rebooted", rebooted)
        .with("elapsed", elapsed.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::StepOutput;
    use crate::modules::trial::{Shell, ready};
    use serde_json::{Value, json};

    const OLD: &str = "0f2c";

    fn leaves_with(args: Value, program: Option<&str>) -> Result<String, String> {
        let ready = ready::<Reboot>("/".as_ref(), args).unwrap();
        let state = State {
            boot: OLD.to_owned(),
            program: program.map(str::to_owned),
        };
        let plan = Reboot::plan(&ready, &state)?;
        assert!(plan.is_change());
        let Action::Return(back) = &plan.steps()[0].action else {
            panic!("{plan:?}")
        };
        assert_eq!(back.anew.as_ref().unwrap().1, OLD);
        Ok(back.after.as_ref().unwrap().text.clone())
    }

    #[test]
    fn it_goes_down_by_shutdown_or_what_else_is_there() {
        let args = json!({ "pre_reboot_delay": 119, "msg": "it's me" });
        assert_eq!(
            leaves_with(args, Some("/sbin/shutdown")).unwrap(),
            r"/sbin/shutdown -r 1 'it'\''s me'"
        );
        assert_eq!(
            leaves_with(json!({}), Some("/sbin/reboot")).unwrap(),
            "/sbin/reboot"
        );
        insta::assert_snapshot!(
            leaves_with(json!({ "search_paths": ["/no", "/where"] }), None).unwrap_err(),
            @"there is no `shutdown` or `reboot` in /no, /where: say `reboot_command` or `search_paths`"
        );
    }

    #[test]
    fn a_command_of_the_user_s_own_keeps_its_words() {
        let args = |command: &str| json!({ "reboot_command": command });
        assert_eq!(
            leaves_with(args("systemctl reboot -f"), Some("/bin/systemctl")).unwrap(),
            "/bin/systemctl reboot -f"
        );
        assert_eq!(leaves_with(args("/x/y now"), None).unwrap(), "/x/y now");
    }

    #[test]
    fn what_boots_it_is_looked_for_in_every_shell() {
        for shell in Shell::all() {
            let folder = tempfile::tempdir().unwrap();
            let paths = [folder.path().join("none"), "/bin".into()];
            let args = json!({
                "reboot_command": "sh -c true", "search_paths": paths, "boot_time_command": "echo 7"
            });
            let ready = ready::<Reboot>(folder.path(), args).unwrap();
            let state = futures::executor::block_on(Reboot::probe(&ready, &shell.look())).unwrap();
            assert_eq!(
                (state.boot.as_str(), state.program.as_deref()),
                ("7", Some("/bin/sh"))
            );
        }
    }

    #[test]
    fn a_test_that_fails_says_that_it_was_booted() {
        let ran = |status: i32, words: &str| StepOutput {
            output: Output {
                status,
                stderr: words.into(),
                ..Output::default()
            },
            elapsed: Duration::from_secs(3),
        };
        let ready = ready::<Reboot>("/".as_ref(), json!({})).unwrap();
        let state = State {
            boot: OLD.to_owned(),
            program: Some("/sbin/shutdown".into()),
        };
        let plan = Reboot::plan(&ready, &state).unwrap();
        let result = Reboot::result(Course {
            ready: &ready,
            before: &state,
            after: None,
            plan: &plan,
            ran: &[ran(0, ""), ran(1, "no")],
        });
        assert_eq!(result.failed.as_deref(), Some("no"));
        assert_eq!(
            (&result.values["rebooted"], &result.values["elapsed"]),
            (&json!(true), &json!(6))
        );
        let result = Reboot::result(Course {
            ready: &ready,
            before: &state,
            after: None,
            plan: &plan,
            ran: &[ran(1, "no")],
        });
        assert_eq!(
            (result.changed, &result.values["rebooted"]),
            (false, &json!(false))
        );
    }
}
