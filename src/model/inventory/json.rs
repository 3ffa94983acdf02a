//! The JSON that `ansible-inventory` prints.

use super::Inventory;
use crate::diag::Diag;
use crate::model::precedence::VarMap;
use crate::template::Var;
use serde_json::{Map, Value, json};
use std::path::Path;

impl Inventory {
    /// All of it, as `ansible-inventory --list` prints it.
    pub fn list_json(&self, playbook_folder: Option<&Path>) -> Result<Value, Vec<Diag>> {
        let mut hostvars = Map::new();
        let mut errors = Vec::new();
        let mut names: Vec<&String> = self.hosts.keys().collect();
        names.sort();
        for host in names {
            match self.host_json(host, playbook_folder) {
                Ok(Value::Object(vars)) if vars.is_empty() => {}
                Ok(vars) => {
                    hostvars.insert(host.clone(), vars);
                }
                Err(diags) => errors.extend(diags),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let mut list = Map::new();
        list.insert(
            "_meta".to_owned(),
            json!({"hostvars": hostvars, "profile": "inventory_legacy"}),
        );
        let mut groups: Vec<&String> = self.groups.keys().collect();
        groups.sort();
        for name in groups {
            let group = &self.groups[name];
            let mut entry = Map::new();
            if !group.children.is_empty() {
                entry.insert("children".to_owned(), json!(group.children));
            }
            if !group.hosts.is_empty() && name != "all" {
                entry.insert("hosts".to_owned(), json!(group.hosts));
            }
            if !entry.is_empty() {
                list.insert(name.clone(), Value::Object(entry));
            }
        }
        Ok(Value::Object(list))
    }

    /// A host's variables, as `ansible-inventory --host` prints them.
    pub fn host_json(
        &self,
        host: &str,
        playbook_folder: Option<&Path>,
    ) -> Result<Value, Vec<Diag>> {
        if !self.knows(host) {
            let diag = Diag::error(format!("there is no host `{host}` in the inventory"));
            return Err(vec![
                diag.suggest(host, self.hosts.keys().map(String::as_str)),
            ]);
        }
        let vars = self.variables(host, playbook_folder)?;
        Ok(Value::Object(plain(&vars)))
    }
}

/// The variables by name, without those that say where the host comes from.
fn plain(vars: &VarMap) -> Map<String, Value> {
    let mut names: Vec<&String> = vars.keys().collect();
    names.sort();
    names
        .into_iter()
        .filter(|name| !["inventory_file", "inventory_dir"].contains(&name.as_str()))
        .map(|name| {
            let value = match &vars[name] {
                Var::Node(node) => node.to_json(),
                // Only values that JSON can't say fail here, and the inventory gives none.
                Var::Value(value) | Var::Own(value) | Var::Pending { known: value, .. } => {
                    serde_json::to_value(value).unwrap_or(Value::Null)
                }
            };
            (name.clone(), value)
        })
        .collect()
}
