//! Tells a message or a variable's value.
//!
//! ```yaml
//! - debug: { var: cluster_state }
//! ```

use super::{Controller, Module, Plan, StepOutput, TaskResult};
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
    /// The value of `var`.
    #[serde(skip)]
    #[schemars(skip)]
    pub told: Value,
}

impl Module for Debug {
    const NAME: &'static str = "debug";
    const ON_CONTROLLER: bool = true;
    type Params = Params;
    type State = ();

    fn prepare(mut params: Params, controller: &dyn Controller) -> Result<Params, Diag> {
        match (&params.msg, &params.var) {
            (Some(_), Some(_)) => return Err(Diag::error("`msg` and `var` exclude each other")),
            // A `var` that stood in braces has been rendered already.
            (None, Some(Value::String(expression))) => {
                params.told = controller.evaluate("var", expression)?;
            }
            (None, Some(value)) => params.told = value.clone(),
            _ => {}
        }
        Ok(params)
    }

    async fn probe(_: &Params, _: &Look) -> Result<(), ProbeError> {
        Ok(())
    }

    fn plan(_: &Params, (): &()) -> Result<Plan, String> {
        Ok(Plan::nothing())
    }

    fn result(params: &Params, (): &(), _: Option<&()>, _: &Plan, _: &[StepOutput]) -> TaskResult {
        let mut result = TaskResult::default();
        if params.verbosity > 0 {
            result.skipped = Some("Verbosity threshold not met.".into());
            return result;
        }
        match &params.var {
            Some(Value::String(expression)) => result.with(expression, params.told.clone()),
            Some(_) => result.with("var", params.told.clone()),
            None => result.with(
                "msg",
                params.msg.clone().unwrap_or_else(|| "Hello world!".into()),
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
