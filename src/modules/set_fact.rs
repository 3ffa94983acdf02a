//! Sets variables for the host, for the rest of the run.
//!
//! ```yaml
//! - set_fact: { primary: "{{ found.stdout }}" }
//! ```

use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError};
use serde::Deserialize;
use serde_json::{Map, Value};

/// `set_fact`
pub struct SetFact;

/// The variables by name. `cacheable` is taken and has no effect, since trueup keeps no facts
/// from one run to the next.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct Params {
    /// The variables.
    pub facts: Map<String, Value>,
}

/// Whether a variable may have this name.
pub(super) fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

impl Module for SetFact {
    const NAME: &'static str = "set_fact";
    const ON_CONTROLLER: bool = true;
    type Params = Params;
    type Ready = Params;
    type State = ();

    fn prepare(mut params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        params.facts.shift_remove("cacheable");
        if params.facts.is_empty() {
            return Err(Diag::error("`set_fact` sets nothing")
                .help("name at least one variable and its value"));
        }
        match params.facts.keys().find(|name| !is_identifier(name)) {
            Some(name) => Err(
                Diag::error(format!("`{name}` can't be the name of a variable"))
                    .help("letters, digits and underscores are allowed, and no digit at the start"),
            ),
            None => Ok(params),
        }
    }

    async fn probe(_: &Params, _: &Look) -> Result<(), ProbeError> {
        Ok(())
    }

    fn plan(_: &Params, (): &()) -> Result<Plan, String> {
        Ok(Plan::nothing())
    }

    fn result(Course { ready: params, .. }: Course<'_, Self>) -> TaskResult {
        let result = TaskResult {
            facts: params.facts.clone(),
            ..TaskResult::default()
        };
        result.with("ansible_facts", params.facts.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Shell, ready, settled};
    use serde_json::json;

    #[test]
    fn values_keep_their_types() {
        let args = json!({ "a": [1], "b": true, "cacheable": true });
        let result = settled::<SetFact>(&Shell::dash(), "/".as_ref(), args);
        assert_eq!(Value::from(result.facts), json!({ "a": [1], "b": true }));
    }

    #[test]
    fn a_name_that_no_template_could_use_is_refused() {
        assert!(ready::<SetFact>("/".as_ref(), json!({ "a-b": 1 })).is_err());
    }
}
