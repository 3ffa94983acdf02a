//! Fails unless all conditions hold.
//!
//! ```yaml
//! - assert:
//!     that: [ "groups.primary | length == 1" ]
//!     fail_msg: exactly one host belongs into `primary`
//! ```

use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError};
use serde::Deserialize;
use serde_json::Value;

/// `assert`
pub struct Assert;

/// The parameters of `assert`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The conditions: one, or a list of them.
    pub that: Value,
    /// What a failure says.
    #[serde(default)]
    pub fail_msg: Option<Value>,
    /// What is said when all hold.
    #[serde(default)]
    pub success_msg: Option<Value>,
    /// Accepted for Ansible's sake: what holds is told in a line in any case.
    #[serde(default)]
    #[allow(dead_code)] // Only named, so that it is taken.
    pub quiet: bool,
}

/// The task, with its conditions evaluated.
#[derive(Clone, Debug)]
pub struct Ready {
    params: Params,
    /// The first condition that does not hold.
    broken: Option<Value>,
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(lines) => lines.iter().map(text).collect::<Vec<_>>().join("\n"),
        other => other.to_string(),
    }
}

impl Module for Assert {
    const NAME: &'static str = "assert";
    const ON_CONTROLLER: bool = true;
    const ALIASES: &'static [(&'static str, &'static str)] = &[("msg", "fail_msg")];
    type Params = Params;
    type Ready = Ready;
    type State = ();

    fn prepare(params: Params, controller: &dyn Controller) -> Result<Ready, Diag> {
        let conditions = match &params.that {
            Value::Array(conditions) => conditions.clone(),
            one => vec![one.clone()],
        };
        for condition in conditions {
            let holds = match &condition {
                Value::Bool(holds) => *holds,
                Value::String(expression) => controller.test("that", expression)?,
                other => return Err(Diag::error(format!("`{other}` is no condition"))),
            };
            if !holds {
                let broken = Some(condition);
                return Ok(Ready { params, broken });
            }
        }
        let broken = None;
        Ok(Ready { params, broken })
    }

    async fn probe(_: &Ready, _: &Look) -> Result<(), ProbeError> {
        Ok(())
    }

    fn plan(_: &Ready, (): &()) -> Result<Plan, String> {
        Ok(Plan::nothing())
    }

    fn result(Course { ready, .. }: Course<'_, Self>) -> TaskResult {
        let Some(broken) = &ready.broken else {
            let said = ready
                .params
                .success_msg
                .as_ref()
                .map_or_else(|| "All assertions passed".into(), text);
            return TaskResult::default().with("msg", said);
        };
        let said = ready
            .params
            .fail_msg
            .as_ref()
            .map_or_else(|| format!("Assertion failed: {}", text(broken)), text);
        TaskResult {
            failed: Some(said.clone()),
            ..TaskResult::default()
        }
        .with("assertion", broken.clone())
        .with("evaluated_to", false)
        .with("msg", said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Shell, settled};
    use serde_json::json;

    fn run(args: Value) -> TaskResult {
        settled::<Assert>(&Shell::dash(), "/".as_ref(), args)
    }

    #[test]
    fn the_first_condition_that_fails_is_named() {
        let result = run(json!({ "that": ["true", "false"] }));
        assert_eq!(result.failed.as_deref(), Some("Assertion failed: false"));
        assert_eq!(result.values["assertion"], "false");
        let result = run(json!({ "that": "false", "fail_msg": "no" }));
        assert_eq!(result.failed.as_deref(), Some("no"));
    }

    #[test]
    fn all_that_hold_pass() {
        assert_eq!(
            run(json!({ "that": [true, "true"] })).values["msg"],
            "All assertions passed"
        );
    }
}
