//! Fails with a message.
//!
//! ```yaml
//! - fail: { msg: "{{ inventory_hostname }} already holds another cluster" }
//!   when: foreign
//! ```

use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError};
use serde::Deserialize;

/// `fail`
pub struct Fail;

/// The parameters of `fail`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// What it says.
    #[serde(default = "requested")]
    pub msg: String,
}

fn requested() -> String {
    "Failed as requested from task".into()
}

impl Module for Fail {
    const NAME: &'static str = "fail";
    const ON_CONTROLLER: bool = true;
    type Params = Params;
    type Ready = Params;
    type State = ();

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        Ok(params)
    }

    async fn probe(_: &Params, _: &Look) -> Result<(), ProbeError> {
        Ok(())
    }

    fn plan(_: &Params, (): &()) -> Result<Plan, String> {
        Ok(Plan::nothing())
    }

    fn result(Course { ready: params, .. }: Course<'_, Self>) -> TaskResult {
        TaskResult {
            failed: Some(params.msg.clone()),
            ..TaskResult::default()
        }
        .with("msg", params.msg.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Shell, settled};

    #[test]
    fn it_fails_with_its_message() {
        let result = settled::<Fail>(
            &Shell::dash(),
            "/".as_ref(),
            serde_json::json!({ "msg": "stop" }),
        );
        assert_eq!(result.failed.as_deref(), Some("stop"));
    }
}
