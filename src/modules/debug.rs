//! Tells a message or a variable's value.
//!
//! ```yaml
//! - debug: { var: cluster_state }
//! ```

use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError};
use serde::Deserialize;
use serde_json::Value;

/// `debug`
pub struct Debug;

/// The parameters of `debug`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The message.
    #[serde(default)]
    pub msg: Option<Value>,
    /// An expression whose value is told.
    #[serde(default)]
    pub var: Option<Value>,
    /// Told only when the run is at least this verbose.
    #[serde(default)]
    pub verbosity: u32,
}

/// The task, with its expression evaluated.
#[derive(Clone, Debug)]
pub struct Ready {
    params: Params,
    /// The value of `var`.
    told: Value,
}

impl Module for Debug {
    const NAME: &'static str = "debug";
    const ON_CONTROLLER: bool = true;
    type Params = Params;
    type Ready = Ready;
    type State = ();

    fn prepare(params: Params, controller: &dyn Controller) -> Result<Ready, Diag> {
        let told = match (&params.msg, &params.var) {
            (Some(_), Some(_)) => return Err(Diag::error("`msg` and `var` exclude each other")),
            // A `var` that stood in braces has been rendered already.
            (None, Some(Value::String(expression))) => controller.evaluate("var", expression)?,
            (None, Some(value)) => value.clone(),
            (_, None) => Value::Null,
        };
        Ok(Ready { params, told })
    }

    async fn probe(_: &Ready, _: &Look) -> Result<(), ProbeError> {
        Ok(())
    }

    fn plan(_: &Ready, (): &()) -> Result<Plan, String> {
        Ok(Plan::nothing())
    }

    fn result(Course { ready, .. }: Course<'_, Self>) -> TaskResult {
        let mut result = TaskResult::default();
        if ready.params.verbosity > 0 {
            result.skipped = Some("Verbosity threshold not met.".into());
            return result;
        }
        match &ready.params.var {
            Some(Value::String(expression)) => result.with(expression, ready.told.clone()),
            Some(_) => result.with("var", ready.told.clone()),
            None => result.with(
                "msg",
                ready
                    .params
                    .msg
                    .clone()
                    .unwrap_or_else(|| "Hello world!".into()),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Shell, settled};
    use serde_json::json;

    #[test]
    fn a_variable_is_told_under_its_name() {
        let result = settled::<Debug>(&Shell::dash(), "/".as_ref(), json!({ "var": "[1, 2]" }));
        assert_eq!(result.values["[1, 2]"], json!([1, 2]));
    }

    #[test]
    fn a_message_is_told_as_it_is() {
        let result = settled::<Debug>(&Shell::dash(), "/".as_ref(), json!({ "msg": ["a", "b"] }));
        assert_eq!(result.values["msg"], json!(["a", "b"]));
    }
}
