//! Runs a shell command, with pipes, redirections and all.
//!
//! ```yaml
//! - shell: pg_lsclusters -h | awk '{ print $4 }'
//!   register: clusters
//!   changed_when: false
//! ```

use super::executed::{self, Needed};
use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError};
use crate::modules::defaults::yes;
use crate::step::quote;
use serde::Deserialize;

/// `shell`
pub struct Shell;

/// The parameters of `shell`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The command as it stands behind `shell:`; options like `creates=` may stand in it.
    #[serde(default, rename = "_raw_params")]
    pub raw: Option<String>,
    /// The command.
    #[serde(default)]
    pub cmd: Option<String>,
    /// Don't run it when this path, or something that matches this glob, is there.
    #[serde(default)]
    pub creates: Option<String>,
    /// Run it only when this path, or something that matches this glob, is there.
    #[serde(default)]
    pub removes: Option<String>,
    /// The folder to run it in.
    #[serde(default)]
    pub chdir: Option<String>,
    /// The shell, such as `/bin/bash`; `sh` when there is none.
    #[serde(default)]
    pub executable: Option<String>,
    /// What it reads on stdin.
    #[serde(default)]
    pub stdin: Option<String>,
    /// End `stdin` with a line break.
    #[serde(default = "yes")]
    pub stdin_add_newline: bool,
}

/// The command for `sh`. Another shell gets its text over the environment and takes it out of
/// there at once: it may hold secrets, and arguments are there for everyone to read.
pub(super) fn body(text: &str, executable: Option<&str>) -> String {
    let Some(executable) = executable else {
        return text.to_owned();
    };
    let name = executable.rsplit('/').next().unwrap_or(executable);
    if name == "sh" {
        return text.to_owned();
    }
    let program = quote(executable);
    if ["bash", "dash", "ash", "ksh", "mksh", "zsh"].contains(&name) {
        let taken = r#"_text=$_trueup_text; unset _trueup_text; eval "unset _text; $_text""#;
        format!("_trueup_text={} {program} -c {}", quote(text), quote(taken))
    } else {
        format!("{program} -c {}", quote(text))
    }
}

impl Module for Shell {
    const NAME: &'static str = "shell";
    const FREE_FORM: Option<&'static str> = Some("_raw_params");
    const MAY_ASK: bool = true;
    type Params = Params;
    type Ready = Params;
    type State = Needed;

    fn prepare(mut params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        if let Some(raw) = params.raw.take() {
            let (rest, options) = executed::options(&raw);
            for (name, value) in options {
                match name {
                    "creates" => params.creates = Some(value),
                    "removes" => params.removes = Some(value),
                    "chdir" => params.chdir = Some(value),
                    "executable" => params.executable = Some(value),
                    "stdin" => params.stdin = Some(value),
                    "stdin_add_newline" => {
                        params.stdin_add_newline = executed::switch(name, &value)?;
                    }
                    _ => {}
                }
            }
            params.cmd.get_or_insert(rest);
        }
        if params.cmd.as_deref().unwrap_or_default().trim().is_empty() {
            return Err(Diag::error("there is no command to run")
                .help("write it behind `shell:` or in `cmd`"));
        }
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<Needed, ProbeError> {
        Needed::look(
            look,
            params.chdir.as_deref(),
            params.creates.as_deref(),
            params.removes.as_deref(),
        )
        .await
    }

    fn plan(params: &Params, state: &Needed) -> Result<Plan, String> {
        let text = params.cmd.as_deref().unwrap_or_default();
        let body = body(text, params.executable.as_deref());
        let stdin = executed::stdin(params.stdin.as_deref(), params.stdin_add_newline);
        Ok(executed::plan(
            state,
            text,
            &body,
            params.chdir.as_deref(),
            stdin,
        ))
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
        executed::result(
            params.cmd.clone().unwrap_or_default().into(),
            before,
            plan,
            ran,
            true,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{self, live};
    use serde_json::json;

    #[test]
    fn pipes_and_several_lines_work_in_every_shell() {
        let folder = tempfile::tempdir().unwrap();
        for shell in trial::Shell::all() {
            let args = json!({ "_raw_params": "echo a\necho b | tr b c\n# the end", "chdir": "/" });
            let result = live::<Shell>(&shell, folder.path(), args);
            assert_eq!(
                result.values["stdout_lines"],
                json!(["a", "c"]),
                "{shell:?}"
            );
        }
    }

    #[test]
    fn another_shell_gets_the_text_by_no_argument() {
        let folder = tempfile::tempdir().unwrap();
        let args = json!({
            "cmd": "a=(1 2); echo ${a[1]} \"$_trueup_text$_text\"; tr '\\0' ' ' </proc/$$/cmdline",
            "executable": "/bin/bash",
        });
        let result = live::<Shell>(&trial::Shell::dash(), folder.path(), args);
        let lines = result.values["stdout_lines"].as_array().unwrap();
        assert_eq!(lines[0], "2 ");
        assert!(!lines[1].as_str().unwrap().contains("a=(1"), "{lines:?}");
    }

    #[test]
    fn an_exit_status_is_a_failure() {
        let folder = tempfile::tempdir().unwrap();
        let result = live::<Shell>(
            &trial::Shell::dash(),
            folder.path(),
            json!({ "cmd": "exit 7" }),
        );
        assert_eq!(
            (result.failed.is_some(), &result.values["rc"]),
            (true, &json!(7))
        );
    }
}
