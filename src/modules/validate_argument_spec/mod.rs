//! Holds variables against what a role says of its arguments. Roles with `meta/argument_specs.yml` are held
//! against it before their first task, as in Ansible.
//!
//! ```yaml
//! - validate_argument_spec:
//!     argument_spec:
//!       app_port: { type: int, required: true }
//!       app_level: { type: str, choices: [debug, info] }
//! ```

mod spec;
mod types;

use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError};
use serde::Deserialize;
use serde_json::{Map, Value};
use spec::Spec;

/// `validate_argument_spec`
pub struct ValidateArgumentSpec;

/// The parameters of `validate_argument_spec`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The arguments by their names: `type`, `required`, `choices`, `elements`, `options`, ...
    pub argument_spec: Map<String, Value>,
    /// Arguments that are given; others are the variables of these names.
    #[serde(default)]
    pub provided_arguments: Map<String, Value>,
    /// What is told in the result of who asks.
    #[serde(default)]
    pub validate_args_context: Map<String, Value>,
}

/// The task, its arguments held against what is said of them.
pub struct Ready {
    params: Params,
    errors: Vec<String>,
}

impl Module for ValidateArgumentSpec {
    const NAME: &'static str = "validate_argument_spec";
    const ON_CONTROLLER: bool = true;
    const ONLY_ASKS: bool = true;
    type Params = Params;
    type Ready = Ready;
    type State = ();

    fn prepare(params: Params, controller: &dyn Controller) -> Result<Ready, Diag> {
        let spec: Spec = serde_json::from_value(Value::Object(params.argument_spec.clone()))
            .map_err(|error| {
                Diag::error(format!("`argument_spec` can't be read: {error}"))
                    .help("each argument is a mapping, such as `{type: int, required: true}`")
            })?;
        let mut given = Map::new();
        for name in spec.keys() {
            let known = format!("{name} is defined");
            if variable(name) && controller.test("argument_spec", &known)? {
                given.insert(name.clone(), controller.evaluate("argument_spec", name)?);
            }
        }
        given.extend(params.provided_arguments.clone());
        let errors = spec::held(&spec, given);
        Ok(Ready { params, errors })
    }

    async fn probe(_: &Ready, _: &Look) -> Result<(), ProbeError> {
        Ok(())
    }

    fn plan(_: &Ready, (): &()) -> Result<Plan, String> {
        Ok(Plan::nothing())
    }

    fn result(Course { ready, .. }: Course<'_, Self>) -> TaskResult {
        let context = Value::Object(ready.params.validate_args_context.clone());
        let result = TaskResult::default().with("validate_args_context", context);
        if ready.errors.is_empty() {
            return result.with("msg", "The arg spec validation passed");
        }
        let told = format!(
            "Validation of arguments failed:\n{}",
            ready.errors.join("\n")
        );
        TaskResult {
            failed: Some(told.clone()),
            ..result
        }
        .with("msg", told)
        .with("argument_errors", ready.errors.clone())
        .with(
            "argument_spec_data",
            Value::Object(ready.params.argument_spec.clone()),
        )
    }
}

/// Whether a variable may have this name.
fn variable(name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(word)
}
