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
use serde_json::Value;

/// `fail`
pub struct Fail;

/// The parameters of `fail`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// What it says; of a list each item is a line.
    #[serde(default = "requested")]
    pub msg: Value,
}

fn requested() -> Value {
    "Failed as requested from task".into()
}

/// The message as people read it.
fn lines(msg: &Value) -> String {
    match msg {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(lines).collect::<Vec<_>>().join("\n"),
        other => other.to_string(),
    }
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
            failed: Some(lines(&params.msg)),
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

    #[test]
    fn a_list_is_lines_and_stays_a_list_in_the_result() {
        let result = settled::<Fail>(
            &Shell::dash(),
            "/".as_ref(),
            serde_json::json!({ "msg": ["first", "second", 3] }),
        );
        assert_eq!(result.failed.as_deref(), Some("first\nsecond\n3"));
        assert_eq!(
            result.values["msg"],
            serde_json::json!(["first", "second", 3])
        );
    }
}
