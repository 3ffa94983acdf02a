//! Runs a command line as it stands. With trueup the same as `shell`, since no module needs
//! more of a host than a shell; `creates` and the like are not looked for in its text.
//!
//! ```yaml
//! - raw: cat /etc/hostname
//! ```

use super::executed::{self, Needed};
use super::shell::body;
use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError};
use serde::Deserialize;

/// `raw`
pub struct Raw;

/// The parameters of `raw`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The command as it stands behind `raw:`.
    #[serde(rename = "_raw_params")]
    pub raw: String,
    /// The shell, such as `/bin/bash`; `sh` when there is none.
    #[serde(default)]
    pub executable: Option<String>,
}

impl Module for Raw {
    const NAME: &'static str = "raw";
    const FREE_FORM: Option<&'static str> = Some("_raw_params");
    const MAY_ASK: bool = true;
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
        let body = body(&params.raw, params.executable.as_deref());
        Ok(executed::plan(
            &Needed::default(),
            &params.raw,
            &body,
            None,
            Vec::new(),
        ))
    }

    fn result(
        Course {
            ready: params,
            plan,
            ran,
            ..
        }: Course<'_, Self>,
    ) -> TaskResult {
        executed::result(
            params.raw.clone().into(),
            &Needed::default(),
            plan,
            ran,
            false,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Shell, live};
    use serde_json::json;

    #[test]
    fn the_text_runs_as_it_stands() {
        let folder = tempfile::tempdir().unwrap();
        let result = live::<Raw>(
            &Shell::dash(),
            folder.path(),
            json!({ "_raw_params": "echo creates=x" }),
        );
        assert_eq!(result.values["stdout"], "creates=x\n");
    }
}
