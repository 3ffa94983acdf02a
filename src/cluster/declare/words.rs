//! What the inventory says of one host.

use crate::diag::{Diag, Source};
use crate::lab;
use crate::model::{Inventory, Layer, Layers, VarMap};
use crate::secret::Secret;
use crate::template::{Lookups, RenderError, Scope as _, Templar, Var};
use crate::yaml::truth;
use minijinja::Value;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// What the inventory and the extra variables say of one host, rendered where it is asked for.
pub struct HostWords {
    layers: Arc<Layers>,
    templar: Templar,
}

impl HostWords {
    /// The variables of `host`; `state` is the folder of what the controller keeps.
    pub fn of(
        inventory: &Inventory,
        host: &str,
        extra: &Arc<VarMap>,
        state: &Path,
    ) -> Result<Self, Vec<Diag>> {
        let mut magic = VarMap::new();
        let mut set = |name: &str, value: Value| magic.insert(name.to_owned(), Var::Own(value));
        set("inventory_hostname", host.into());
        set("trueup_state", state.display().to_string().into());
        let lab = lab::folder_of(&inventory.name);
        set("trueup_lab", lab.display().to_string().into());
        set("group_names", inventory.groups_of(host).into());
        let groups: BTreeMap<String, Vec<String>> = inventory
            .groups
            .keys()
            .map(|group| (group.clone(), inventory.members(group)))
            .collect();
        set("groups", Value::from(groups));
        let layers = Arc::new(
            Layers::new()
                .with(Layer::Inventory, inventory.variables(host, None)?)
                .with(Layer::ExtraVars, extra.clone())
                .with(Layer::Magic, Arc::new(magic)),
        );
        let templar = Templar::new(layers.clone(), Arc::new(Lookups::default()));
        Ok(Self { layers, templar })
    }

    /// The text of a variable, if it is defined and not null.
    pub fn text(&self, name: &str) -> Result<Option<String>, Diag> {
        Ok(self.rendered(name)?.map(|value| value.to_string()))
    }

    fn rendered(&self, name: &str) -> Result<Option<Value>, Diag> {
        if self.layers.get(name).is_none() {
            return Ok(None);
        }
        let place = Source::new(name, name).whole();
        match self.templar.expression(name, &place) {
            Ok(value) if value.is_none() || value.is_undefined() => Ok(None),
            Ok(value) => Ok(Some(value)),
            Err(RenderError::Bad(diag)) => Err(*diag),
            Err(RenderError::Unknown { until }) => {
                Err(Diag::error(format!("`{name}` is not known before {until}")))
            }
        }
    }

    /// The text of a variable, or `default`.
    pub(super) fn or(&self, name: &str, default: &str) -> Result<String, Diag> {
        Ok(self.text(name)?.unwrap_or_else(|| default.to_owned()))
    }

    /// The port that a variable says.
    pub fn port(&self, name: &str, default: u16) -> Result<u16, Diag> {
        let Some(text) = self.text(name)? else {
            return Ok(default);
        };
        text.trim()
            .parse()
            .map_err(|_| Diag::error(format!("`{name}` is `{text}`, which is no port")))
    }

    /// The password that sudo asks for, if the inventory says it.
    pub fn become_password(&self) -> Result<Option<Secret>, Diag> {
        let password = match self.text("ansible_become_password")? {
            None => self.text("ansible_become_pass")?,
            some => some,
        };
        Ok(password.map(Secret::new))
    }

    /// The value of a variable, whatever it is, if it is defined and not null.
    pub(super) fn value(&self, name: &str) -> Result<Option<Json>, Diag> {
        let Some(value) = self.rendered(name)? else {
            return Ok(None);
        };
        serde_json::to_value(value)
            .map(Some)
            .map_err(|error| Diag::error(format!("`{name}` is no plain value: {error}")))
    }

    /// Whether a variable says yes, in the words that Ansible takes for it.
    pub fn says_yes(&self, name: &str) -> Result<bool, Diag> {
        let word = self.text(name)?.unwrap_or_default();
        if word.is_empty() {
            return Ok(false);
        }
        truth(&word).ok_or_else(|| {
            let word = word.to_ascii_lowercase();
            Diag::error(format!(
                "`{name}` is `{word}`, which is neither true nor false"
            ))
        })
    }

    /// The texts that a variable holds, by their names.
    pub fn texts(&self, name: &str) -> Result<BTreeMap<String, String>, Diag> {
        let Some(value) = self.value(name)? else {
            return Ok(BTreeMap::new());
        };
        let refused = || Diag::error(format!("`{name}` is no mapping of names to texts"));
        let map = value.as_object().ok_or_else(refused)?;
        let text = |(name, value): (&String, &Json)| match value {
            Json::String(text) => Ok((name.clone(), text.clone())),
            Json::Number(number) => Ok((name.clone(), number.to_string())),
            _ => Err(refused()),
        };
        map.iter().map(text).collect()
    }

    /// Where the host's servers listen in the cluster's network.
    pub(super) fn address(&self, host: &str) -> Result<String, Diag> {
        let address = match self.text("cluster_address")? {
            None => self.text("ansible_host")?,
            some => some,
        };
        Ok(address.unwrap_or_else(|| host.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inventory_can_name_the_files_of_its_lab() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("never-made.yml");
        std::fs::write(&path, "all: {hosts: {a: {key: '{{ trueup_lab }}/key'}}}").unwrap();
        let (inventory, _) = Inventory::load(&[path]).unwrap();
        let words = HostWords::of(&inventory, "a", &Arc::default(), folder.path()).unwrap();
        assert_eq!(
            words.text("key").unwrap().unwrap(),
            "/var/lib/trueup/labs/never-made/key"
        );
    }

    #[test]
    fn a_boolean_is_understood_however_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hosts.yml");
        let vars = "{a: true, b: 'yes', c: '{{ a }}', d: false, e: 'Off', f: maybe}";
        std::fs::write(&path, format!("all: {{hosts: {{x: {vars}}}}}")).unwrap();
        let (inventory, _) = Inventory::load(&[path]).unwrap();
        let words = HostWords::of(&inventory, "x", &Arc::default(), folder.path()).unwrap();
        for (name, says) in [("a", true), ("b", true), ("c", true), ("d", false)] {
            assert_eq!(words.says_yes(name).unwrap(), says, "{name}");
        }
        assert!(!words.says_yes("e").unwrap());
        assert!(!words.says_yes("nowhere").unwrap());
        assert!(words.says_yes("f").is_err());
    }
}
