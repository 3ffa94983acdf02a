//! A new file or folder with a name that nothing else has.
//!
//! ```yaml
//! - tempfile: { state: directory, suffix: build }
//!   register: work
//! ```

use super::placed::run;
use super::{Change, Controller, Course, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError};
use crate::step::quote;
use serde::Deserialize;

/// `tempfile`
pub struct Tempfile;

/// What is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Want {
    /// A folder.
    Directory,
    /// A file.
    #[default]
    File,
}

/// The parameters of `tempfile`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// What is made.
    #[serde(default)]
    pub state: Want,
    /// The folder it is made in.
    #[serde(default)]
    pub path: Option<String>,
    /// How its name begins.
    #[serde(default = "prefix")]
    pub prefix: String,
    /// How its name ends.
    #[serde(default)]
    pub suffix: String,
}

fn prefix() -> String {
    "ansible.".into()
}

impl Module for Tempfile {
    const NAME: &'static str = "tempfile";
    type Params = Params;
    type Ready = Params;
    type State = ();

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        Ok(params)
    }

    async fn probe(_: &Params, _: &Look) -> Result<(), ProbeError> {
        Ok(())
    }

    fn plan(params: &Params, (): &()) -> Result<Plan, String> {
        let folder = match &params.path {
            Some(path) => format!("d={}", quote(path)),
            None => "d=${TMPDIR:-/tmp}".to_owned(),
        };
        let (prefix, suffix) = (quote(&params.prefix), quote(&params.suffix));
        // mktemp of busybox takes nothing behind its Xs, so a suffix is made by a second try at a name.
        let (make, flag, what) = match params.state {
            Want::Directory => ("mkdir -m 700", "-d ", "a temporary folder"),
            Want::File => ("(umask 077; set -C; : >\"$1\") #", "", "a temporary file"),
        };
        let script = format!(
            "{folder}\nmake() {{ {make} \"$1\"\n}}\nn=0\nwhile [ $n -lt 20 ]; do n=$((n+1))\n\
             t=$(mktemp {flag}-u \"$d\"/{prefix}XXXXXX) || exit\nt=\"$t\"{suffix}\n\
             if make \"$t\" 2>/dev/null; then printf '%s\\n' \"$t\"; exit 0; fi\ndone\n\
             echo \"no name could be made in $d\" >&2; exit 1"
        );
        let changes = vec![Change::new(Sign::Run, format!("make {what}"))];
        Ok(Plan::Act {
            changes,
            steps: vec![run(format!("make {what}"), script)],
        })
    }

    fn result(Course { plan, ran, .. }: Course<'_, Self>) -> TaskResult {
        let state = if plan
            .steps()
            .iter()
            .any(|step| step.what.ends_with("folder"))
        {
            "directory"
        } else {
            "file"
        };
        let result = TaskResult::of(plan, ran)
            .with("mode", if state == "directory" { "0700" } else { "0600" })
            .with("state", state);
        let result = match state {
            "directory" => result,
            _ => result.with("size", 0),
        };
        match ran.last() {
            Some(step) => result.with("path", step.output.out().trim_end()),
            None => result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Shell, live};
    use serde_json::json;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn names_begin_and_end_as_wanted_and_nobody_else_may_look() {
        for shell in Shell::all() {
            for (state, mode) in [("file", 0o600), ("directory", 0o700)] {
                let folder = tempfile::tempdir().unwrap();
                let args = json!({ "state": state, "path": folder.path(), "prefix": "a b.", "suffix": "x" });
                let result = live::<Tempfile>(&shell, folder.path(), args);
                let path = result.values["path"].as_str().unwrap();
                assert!(
                    path.contains("/a b.") && path.ends_with('x'),
                    "{shell:?} {path}"
                );
                let meta = std::fs::metadata(path).unwrap();
                assert_eq!(meta.permissions().mode() & 0o777, mode, "{shell:?}");
                assert_eq!(meta.is_dir(), state == "directory");
            }
        }
    }
}
