//! Keeps numbers and notes of a run, for what reads its result: with `register`, and in the events.
//!
//! ```yaml
//! - set_stats: { data: { restored_from: "{{ backup.path }}" }, per_host: true }
//! ```

use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError};
use crate::modules::defaults::yes;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// `set_stats`
pub struct SetStats;

/// The parameters of `set_stats`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// What is kept, by names that variables may have.
    pub data: Map<String, Value>,
    /// It is of this host, not of the run.
    #[serde(default)]
    pub per_host: bool,
    /// Numbers, texts and lists add up over tasks of one name.
    #[serde(default = "yes")]
    pub aggregate: bool,
}

impl Module for SetStats {
    const NAME: &'static str = "set_stats";
    const ON_CONTROLLER: bool = true;
    const ONLY_ASKS: bool = true;
    type Params = Params;
    type Ready = Params;
    type State = ();

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        let begins = |c: char| c.is_ascii_alphabetic() || c == '_';
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let fits = |name: &&String| name.starts_with(begins) && name.chars().all(word);
        match params.data.keys().find(|name| !fits(name)) {
            Some(name) => Err(
                Diag::error(format!("`{name}` is no name of a variable")).help(
                    "it begins with a letter or an underscore, and holds these and digits alone",
                ),
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
        let stats = json!({
            "data": params.data,
            "per_host": params.per_host,
            "aggregate": params.aggregate,
        });
        TaskResult::default().with("ansible_stats", stats)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Folder, Shell, settled};

    #[test]
    fn what_is_kept_is_registered() {
        let args = json!({ "data": { "rows": 3 }, "per_host": true });
        let result = settled::<SetStats>(&Shell::dash(), "/".as_ref(), args);
        let stats = json!({ "data": { "rows": 3 }, "per_host": true, "aggregate": true });
        assert_eq!(
            (result.changed, &result.values["ansible_stats"]),
            (false, &stats)
        );
    }

    #[test]
    fn a_name_that_no_variable_may_have_is_refused() {
        let params = serde_json::from_value(json!({ "data": { "a-b": 1 } })).unwrap();
        let refused = SetStats::prepare(params, &Folder("/".into())).unwrap_err();
        assert!(refused.to_string().contains("`a-b`"));
    }
}
