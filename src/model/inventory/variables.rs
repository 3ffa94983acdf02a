//! A host's variables from the inventory and the folders beside it and beside the playbook.

use super::{Inventory, LOCALHOST};
use crate::diag::Diag;
use crate::model::files::{read_vars, vars_files};
use crate::model::precedence::{VarMap, var_map};
use crate::template::Var;
use crate::yaml::Mapping;
use std::path::Path;
use std::sync::Arc;

impl Inventory {
    /// The host's variables, laid over each other in Ansible's order: what the sources say of its
    /// groups, `group_vars/all`, other `group_vars`, what the sources say of the host,
    /// `host_vars`; each time the folders beside the inventory first, then those beside the playbook.
    pub fn variables(
        &self,
        host: &str,
        playbook_folder: Option<&Path>,
    ) -> Result<Arc<VarMap>, Vec<Diag>> {
        let mut vars = VarMap::new();
        let mut errors = Vec::new();
        let groups = self.ancestry(host);
        for group in groups.iter().filter_map(|name| self.groups.get(name)) {
            vars.extend(var_map(&group.vars));
        }
        let (all, others): (Vec<&String>, Vec<&String>) =
            groups.iter().partition(|name| *name == "all");
        for names in [all, others] {
            for folder in self
                .folders
                .iter()
                .map(std::path::PathBuf::as_path)
                .chain(playbook_folder)
            {
                for name in &names {
                    self.lay(&mut vars, &mut errors, &folder.join("group_vars"), name);
                }
            }
        }
        match self.hosts.get(host) {
            Some(entry) => {
                let text = |path: &Path| Var::Own(path.display().to_string().into());
                if let Some(source) = &entry.source {
                    let source = std::path::absolute(source).unwrap_or_else(|_| source.clone());
                    vars.insert("inventory_file".to_owned(), text(&source));
                    vars.insert(
                        "inventory_dir".to_owned(),
                        text(source.parent().unwrap_or(&source)),
                    );
                }
                vars.extend(var_map(&entry.vars));
            }
            // This machine needs no connection when the inventory says nothing of it.
            None if LOCALHOST.contains(&host) => {
                vars.insert("ansible_connection".to_owned(), Var::Own("local".into()));
            }
            None => {}
        }
        for folder in self
            .folders
            .iter()
            .map(std::path::PathBuf::as_path)
            .chain(playbook_folder)
        {
            self.lay(&mut vars, &mut errors, &folder.join("host_vars"), host);
        }
        if errors.is_empty() {
            Ok(Arc::new(vars))
        } else {
            Err(errors)
        }
    }

    fn lay(&self, vars: &mut VarMap, errors: &mut Vec<Diag>, folder: &Path, name: &str) {
        // Names with a slash would leave the folder.
        if name.contains('/') {
            return;
        }
        for path in vars_files(folder, name) {
            match self.read_once(&path) {
                Ok(map) => vars.extend(var_map(&map)),
                Err(diags) => errors.extend(diags),
            }
        }
    }

    fn read_once(&self, path: &Path) -> Result<Arc<Mapping>, Vec<Diag>> {
        // A poisoned lock only means that another thread stopped while it read: the map is whole.
        let mut read = self
            .read
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(map) = read.get(path) {
            return Ok(map.clone());
        }
        let map = Arc::new(read_vars(path)?);
        read.insert(path.to_owned(), map.clone());
        Ok(map)
    }
}
