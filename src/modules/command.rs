//! Runs a program, without a shell's pipes and globs.
//!
//! ```yaml
//! - command: pg_createcluster 17 main
//!   args: { creates: /etc/postgresql/17/main/postgresql.conf }
//! ```

use super::executed::{self, Needed};
use super::unsupported::Unsupported;
use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError};
use crate::modules::defaults::yes;
use crate::step::quote;
use serde::Deserialize;
use serde_json::Value;

/// `command`
pub struct Command;

/// The parameters of `command`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The command as one string, as it stands behind `command:`; options like `creates=` may stand in it.
    #[serde(default, rename = "_raw_params")]
    pub raw: Option<String>,
    /// The command as one string.
    #[serde(default)]
    pub cmd: Option<String>,
    /// The program and its arguments.
    #[serde(default)]
    pub argv: Vec<String>,
    /// Don't run it when this path, or something that matches this glob, is there.
    #[serde(default)]
    pub creates: Option<String>,
    /// Run it only when this path, or something that matches this glob, is there.
    #[serde(default)]
    pub removes: Option<String>,
    /// The folder to run it in.
    #[serde(default)]
    pub chdir: Option<String>,
    /// What it reads on stdin.
    #[serde(default)]
    pub stdin: Option<String>,
    /// End `stdin` with a line break.
    #[serde(default = "yes")]
    pub stdin_add_newline: bool,
    /// Take line breaks off the end of what it printed.
    #[serde(default = "yes")]
    pub strip_empty_ends: bool,
    /// Put the values of variables like `$HOME` into the arguments.
    #[serde(default = "yes")]
    pub expand_argument_vars: bool,
    /// Not supported: use `shell`.
    #[serde(default)]
    #[allow(dead_code)] // Only named, so that it is refused.
    pub executable: Unsupported,
}

/// An argument for the shell: `$NAME`, `${NAME}` and a leading `~` are left to it, all else is quoted.
/// A variable that is not set stays as it is written, as in Ansible.
fn expanded(word: &str) -> String {
    let mut text = String::new();
    let mut rest = word;
    if let Some(behind) = rest.strip_prefix('~') {
        let end = behind.find('/').unwrap_or(behind.len());
        if behind[..end]
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
        {
            text = format!("~{}", &behind[..end]);
            rest = &behind[end..];
        }
    }
    let mut plain = String::new();
    while let Some(at) = rest.find('$') {
        plain.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        let name = |text: &str| {
            text.len()
                - text
                    .trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_')
                    .len()
        };
        let braced = behind
            .strip_prefix('{')
            .filter(|inner| inner[name(inner)..].starts_with('}'));
        let (variable, used) = match braced {
            Some(inner) => (&inner[..name(inner)], name(inner) + 3),
            None => (&behind[..name(behind)], name(behind) + 1),
        };
        if variable.is_empty() || variable.starts_with(|c: char| c.is_ascii_digit()) {
            plain.push('$');
            rest = behind;
            continue;
        }
        if !plain.is_empty() {
            text.push_str(&quote(&plain));
            plain.clear();
        }
        text.push_str(&format!("\"${{{variable}-\\{}}}\"", &rest[at..at + used]));
        rest = &rest[at + used..];
    }
    plain.push_str(rest);
    if !plain.is_empty() || text.is_empty() {
        text.push_str(&quote(&plain));
    }
    text
}

impl Module for Command {
    const NAME: &'static str = "command";
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
                    "stdin" => params.stdin = Some(value),
                    "stdin_add_newline" => {
                        params.stdin_add_newline = executed::switch(name, &value)?;
                    }
                    "strip_empty_ends" => params.strip_empty_ends = executed::switch(name, &value)?,
                    "executable" => {
                        return Err(Diag::error("`command` has no `executable`; use `shell`"));
                    }
                    _ => {}
                }
            }
            params.cmd.get_or_insert(rest);
        }
        match (&params.cmd, params.argv.is_empty()) {
            (Some(cmd), true) => params.argv = executed::words(cmd).map_err(Diag::error)?,
            (Some(_), false) => return Err(Diag::error("`cmd` and `argv` exclude each other")),
            (None, _) => {}
        }
        if params.argv.is_empty() {
            return Err(Diag::error("there is no command to run")
                .help("name it behind `command:`, in `cmd` or in `argv`"));
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
        let word = |word: &String| {
            if params.expand_argument_vars {
                expanded(word)
            } else {
                quote(word)
            }
        };
        let line = params.argv.iter().map(word).collect::<Vec<_>>().join(" ");
        let shown = params
            .argv
            .iter()
            .map(|word| quote(word))
            .collect::<Vec<_>>()
            .join(" ");
        // `exec` finds programs only, never a builtin of the same name that behaves otherwise.
        let body = format!("(exec {line})");
        let stdin = executed::stdin(params.stdin.as_deref(), params.stdin_add_newline);
        Ok(executed::plan(
            state,
            &shown,
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
        let cmd = Value::from(params.argv.clone());
        executed::result(cmd, before, plan, ran, params.strip_empty_ends)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Shell, live, settled};
    use serde_json::json;

    #[test]
    fn arguments_arrive_as_they_are_written() {
        let folder = tempfile::tempdir().unwrap();
        for shell in Shell::all() {
            let args = json!({ "_raw_params": r#"printf '%s\n' 'a  b' "$HOME/x" '$NOT_SET_' *"# });
            let result = live::<Command>(&shell, folder.path(), args);
            let home = std::env::var("HOME").unwrap();
            assert_eq!(
                result.values["stdout"],
                format!("a  b\n{home}/x\n$NOT_SET_\n*"),
                "{shell:?}"
            );
            assert_eq!(result.values["rc"], 0);
        }
    }

    #[test]
    fn the_program_runs_and_not_the_builtin_of_its_name() {
        let folder = tempfile::tempdir().unwrap();
        for shell in Shell::all() {
            let result =
                live::<Command>(&shell, folder.path(), json!({ "argv": ["echo", r"a\nb"] }));
            assert_eq!(result.values["stdout"], r"a\nb", "{shell:?}");
        }
    }

    #[test]
    fn creates_spares_it_the_second_time() {
        for shell in Shell::all() {
            let folder = tempfile::tempdir().unwrap();
            let made = folder.path().join("made");
            let args = json!({ "_raw_params": format!("touch made creates=ma* chdir={}", folder.path().display()) });
            assert!(live::<Command>(&shell, folder.path(), args.clone()).changed);
            assert!(made.exists());
            let again = settled::<Command>(&shell, folder.path(), args);
            assert_eq!(again.values["msg"], "Did not run command since ma* exists");
        }
    }

    #[test]
    fn a_failure_keeps_what_was_said() {
        let folder = tempfile::tempdir().unwrap();
        let args = json!({ "cmd": "sh -c 'cat; echo oops >&2; exit 3'", "stdin": "in" });
        let result = live::<Command>(&Shell::dash(), folder.path(), args);
        assert_eq!(result.failed.as_deref(), Some("non-zero return code"));
        assert_eq!(
            (&result.values["rc"], &result.values["stderr"]),
            (&json!(3), &json!("oops"))
        );
        assert_eq!(result.values["stdout_lines"], json!(["in"]));
    }
}
