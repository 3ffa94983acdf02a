//! Runs a script of the controller on the host.
//!
//! ```yaml
//! - script: initialise.sh --force
//!   args: { creates: /var/lib/service/initialised }
//! ```
//!
//! It needs on the host what its first line names, and nothing else.

use super::executed::{self, Needed};
use super::source::Source;
use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError};
use crate::modules::defaults::yes;
use crate::step::quote;
use serde::Deserialize;
use std::sync::Arc;

/// `script`
pub struct Script;

/// The parameters of `script`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The script's path on the controller and its arguments, as they stand behind `script:`; options
    /// like `creates=` may stand in it.
    #[serde(default, rename = "_raw_params")]
    pub raw: Option<String>,
    /// The same.
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
    /// The program that runs it, such as `/usr/bin/perl`; otherwise its first line says that.
    #[serde(default)]
    pub executable: Option<String>,
    /// Decrypt a vaulted script; such a one is refused unless this is off.
    #[serde(default = "yes")]
    pub decrypt: bool,
}

/// The task, with the script that was read.
#[derive(Debug)]
pub struct Ready {
    params: Params,
    /// How it is called, arguments included.
    shown: String,
    /// What it is called on the host.
    name: String,
    /// What stands behind its name.
    arguments: String,
    content: Arc<[u8]>,
}

/// The first word of a command line, without its quotes, and what stands behind it.
fn parted(line: &str) -> Result<(String, &str), Diag> {
    let line = line.trim();
    match executed::words_with_text(line).into_iter().next() {
        Some((word, raw, _)) => Ok((word, &line[raw.len()..])),
        None => Err(Diag::error("there is no script to run").help("name it behind `script:`")),
    }
}

impl Module for Script {
    const NAME: &'static str = "script";
    const FREE_FORM: Option<&'static str> = Some("_raw_params");
    const MAY_ASK: bool = true;
    type Params = Params;
    type Ready = Ready;
    type State = Needed;

    fn prepare(mut params: Params, controller: &dyn Controller) -> Result<Ready, Diag> {
        if let Some(raw) = params.raw.take() {
            let (rest, options) = executed::options(&raw);
            for (name, value) in options {
                match name {
                    "creates" => params.creates = Some(value),
                    "removes" => params.removes = Some(value),
                    "chdir" => params.chdir = Some(value),
                    "executable" => params.executable = Some(value),
                    other => return Err(Diag::error(format!("`script` has no `{other}`"))),
                }
            }
            params.cmd.get_or_insert(rest);
        }
        let line = params.cmd.clone().unwrap_or_default();
        let (path, arguments) = parted(&line)?;
        let path = controller.find("files", &path)?;
        let source = Source::read(&path, "", true)?.opened(params.decrypt)?;
        let Source::File { name, content, .. } = source else {
            let what = format!("{} is a folder where a script is wanted", path.display());
            return Err(Diag::error(what));
        };
        let name = name.unwrap_or_else(|| "script".to_owned());
        Ok(Ready {
            shown: format!("{name}{arguments}"),
            arguments: arguments.to_owned(),
            params,
            name,
            content,
        })
    }

    async fn probe(ready: &Ready, look: &Look) -> Result<Needed, ProbeError> {
        let params = &ready.params;
        Needed::look(
            look,
            params.chdir.as_deref(),
            params.creates.as_deref(),
            params.removes.as_deref(),
        )
        .await
    }

    fn plan(ready: &Ready, state: &Needed) -> Result<Plan, String> {
        let name = quote(&ready.name);
        let by = ready.params.executable.as_deref().unwrap_or_default();
        // It lies where nobody else can come in while it runs, and is gone then.
        let body = format!(
            "d=$(mktemp -d) || exit\ncat >\"$d\"/{name} && chmod 700 \"$d\"/{name} || {{ rm -rf \"$d\"; exit 1; }}\n\
             ({by} \"$d\"/{name}{} </dev/null)\ns=$?\nrm -rf \"$d\"\n(exit $s)",
            ready.arguments
        );
        Ok(executed::plan(
            state,
            &ready.shown,
            &body,
            ready.params.chdir.as_deref(),
            ready.content.to_vec(),
        ))
    }

    fn result(
        Course {
            ready,
            before,
            plan,
            ran,
            ..
        }: Course<'_, Self>,
    ) -> TaskResult {
        let cmd = ready.shown.clone().into();
        let mut result = executed::result(cmd, before, plan, ran, false);
        result.skipped = before
            .spared
            .as_ref()
            .map(|since| format!("skipped, {since}"));
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Shell, live};
    use serde_json::json;

    #[test]
    fn it_runs_with_its_arguments_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("a script");
        std::fs::write(
            &script,
            "#!/bin/sh\npwd; echo \"$1|$2\"; cat; echo \"$0\" >&2; exit 3\n",
        )
        .unwrap();
        for shell in Shell::all() {
            let args = json!({ "_raw_params": format!("'{}' 'x y' $((1 + 1)) chdir={}", script.display(), folder.path().display()) });
            let result = live::<Script>(&shell, folder.path(), args);
            let out = format!("{}\nx y|2\n", folder.path().display());
            assert_eq!(result.values["stdout"], out, "{shell:?}");
            assert_eq!((&result.values["rc"], result.changed), (&json!(3), true));
            let ran = result.values["stderr"].as_str().unwrap().trim();
            assert!(ran.ends_with("/a script") && !std::path::Path::new(ran).exists());
        }
    }

    #[test]
    fn another_program_runs_it_and_what_it_creates_spares_it() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("s");
        std::fs::write(&script, "echo $0\n").unwrap();
        let mut args =
            json!({ "cmd": script, "executable": "sh -e", "creates": folder.path().join("none") });
        let result = live::<Script>(&Shell::dash(), folder.path(), args.clone());
        assert!(result.values["stdout"].as_str().unwrap().ends_with("/s\n"));
        args["creates"] = json!(script);
        let result = live::<Script>(&Shell::dash(), folder.path(), args);
        assert!(result.skipped.is_some() && !result.changed);
    }
}
