//! Brings a host into the inventory, for the rest of the run: later plays find it by its name and its
//! groups. Like `set_fact` it asks no host; it runs once for all hosts of the play.
//!
//! ```yaml
//! - add_host: { name: "{{ made.address }}", groups: [fresh], ansible_user: deploy }
//! ```

use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError};
use crate::model::Joins;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// `add_host`
pub struct AddHost;

/// The parameters of `add_host`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
pub struct Params {
    /// The host's name, in which a port may stand: `pg-c:2222`.
    #[serde(default)]
    pub name: Option<Value>,
    /// The groups that it joins, as a list or between commas; they are made where they are missing.
    #[serde(default)]
    pub groups: Option<Value>,
    /// Whatever else stands there: the host's variables.
    #[serde(flatten)]
    pub vars: Map<String, Value>,
}

impl Module for AddHost {
    const NAME: &'static str = "add_host";
    const ALIASES: &'static [(&'static str, &'static str)] =
        &[("hostname", "name"), ("groupname", "groups")];
    const ON_CONTROLLER: bool = true;
    const ONCE: bool = true;
    type Params = Params;
    type Ready = Params;
    type State = ();

    fn prepare(mut params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        // These two stay among its variables as well, as they do in Ansible.
        let also = |name: &str| params.vars.get(name).cloned();
        let (name, groups) = (also("host"), also("group"));
        params.name = params.name.or(name).filter(|name| !name.is_null());
        params.groups = params.groups.or(groups);
        if params.name.is_none() {
            let diag = Diag::error("`add_host` needs the name of the host");
            return Err(diag.help("give it as `name`"));
        }
        match &params.groups {
            None | Some(Value::Null | Value::String(_) | Value::Array(_)) => Ok(params),
            Some(_) => Err(Diag::error(
                "`groups` is a list of names, or names between commas",
            )),
        }
    }

    async fn probe(_: &Params, _: &Look) -> Result<(), ProbeError> {
        Ok(())
    }

    fn plan(_: &Params, (): &()) -> Result<Plan, String> {
        Ok(Plan::nothing())
    }

    fn result(Course { ready: params, .. }: Course<'_, Self>) -> TaskResult {
        let name = params.name.as_ref().map(word).unwrap_or_default();
        let mut groups: Vec<String> = match &params.groups {
            Some(Value::Array(names)) => names.iter().map(word).collect(),
            Some(Value::String(names)) if !names.is_empty() => {
                names.split(',').map(str::to_owned).collect()
            }
            _ => Vec::new(),
        };
        for group in &mut groups {
            *group = group.trim().to_owned();
        }
        let joins = Joins::host(&name, groups, params.vars.clone());
        let mut result = TaskResult::default();
        if let Joins::Host { name, groups, vars } = &joins {
            let told = json!({ "host_name": name, "groups": groups, "host_vars": vars });
            result = result.with("add_host", told);
        }
        result.joins = Some(joins);
        result
    }
}

/// A name, which may look like a number.
pub(super) fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Shell, ready, settled};

    fn told(args: Value) -> Value {
        let result = settled::<AddHost>(&Shell::dash(), "/".as_ref(), args);
        assert!(!result.changed, "the run says whether it changed anything");
        result.values["add_host"].clone()
    }

    #[test]
    fn a_name_may_hold_a_port_and_what_is_left_are_variables() {
        let args = json!({ "name": "pg-c:2222", "groups": "fresh, pg", "role": {"is": ["new"]} });
        let wanted = json!({
            "host_name": "pg-c",
            "groups": ["fresh", "pg"],
            "host_vars": {"role": {"is": ["new"]}, "ansible_ssh_port": 2222},
        });
        assert_eq!(told(args), wanted);
    }

    #[test]
    fn two_of_its_other_names_are_variables_too() {
        let wanted = json!({
            "host_name": "7",
            "groups": ["a"],
            "host_vars": {"host": 7, "group": ["a"]},
        });
        assert_eq!(told(json!({ "host": 7, "group": ["a"] })), wanted);
    }

    #[test]
    fn a_host_without_a_name_is_refused() {
        assert!(ready::<AddHost>("/".as_ref(), json!({ "groups": "a" })).is_err());
        assert!(ready::<AddHost>("/".as_ref(), json!({ "name": "a", "groups": {} })).is_err());
    }
}
