//! Puts the host into a group, for the rest of the run: later plays find it there.
//!
//! ```yaml
//! - group_by: { key: "os_{{ ansible_facts.distribution | lower }}" }
//! ```

use super::add_host::word;
use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError};
use crate::model::Joins;
use serde::Deserialize;
use serde_json::Value;

/// `group_by`
pub struct GroupBy;

/// The parameters of `group_by`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The group's name; blanks in it become dashes.
    pub key: Value,
    /// The groups that it hangs below: one, or a list. `all` where nothing is said.
    #[serde(default)]
    pub parents: Option<Value>,
}

impl Module for GroupBy {
    const NAME: &'static str = "group_by";
    const ON_CONTROLLER: bool = true;
    type Params = Params;
    type Ready = Params;
    type State = ();

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        match &params.key {
            Value::String(_) | Value::Number(_) | Value::Bool(_) => Ok(params),
            _ => Err(Diag::error("`key` is the name of a group")),
        }
    }

    async fn probe(_: &Params, _: &Look) -> Result<(), ProbeError> {
        Ok(())
    }

    fn plan(_: &Params, (): &()) -> Result<Plan, String> {
        Ok(Plan::nothing())
    }

    fn result(Course { ready: params, .. }: Course<'_, Self>) -> TaskResult {
        let group = |name: &Value| word(name).replace(' ', "-");
        let name = group(&params.key);
        let parents: Vec<String> = match &params.parents {
            Some(Value::Array(names)) => names.iter().map(group).collect(),
            Some(Value::Null) | None => vec!["all".to_owned()],
            Some(name) => vec![group(name)],
        };
        let mut result = TaskResult::default()
            .with("add_group", name.as_str())
            .with("parent_groups", parents.clone());
        result.joins = Some(Joins::Group { name, parents });
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Shell, settled};
    use serde_json::json;

    #[test]
    fn blanks_become_dashes_and_all_is_above() {
        let told = |args| {
            let result = settled::<GroupBy>(&Shell::dash(), "/".as_ref(), args);
            Value::Object(result.values)
        };
        assert_eq!(
            told(json!({ "key": "os Debian 13" })),
            json!({ "add_group": "os-Debian-13", "parent_groups": ["all"] })
        );
        assert_eq!(
            told(json!({ "key": "a", "parents": ["b c", "d"] })),
            json!({ "add_group": "a", "parent_groups": ["b-c", "d"] })
        );
    }
}
