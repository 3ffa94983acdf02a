//! Roles that tasks name: `import_role` now, `include_role` at run time.

use super::action::Named;
use super::keywords::flag;
use super::role::{Use, Uses};
use super::role_files::Files;
use super::tasks::{Place, importable};
use super::{IncludedRole, Loader};
use crate::diag::Diag;
use crate::model::{Action, Keywords, Task};
use crate::yaml::{Mapping, Node};
use std::sync::Arc;

impl Loader {
    pub(super) fn import_role(
        &self,
        named: &Named,
        map: &Mapping,
        keywords: Keywords,
        place: &Place,
        uses: &mut Uses,
        errors: &mut Vec<Diag>,
    ) -> Vec<Arc<Task>> {
        if !importable(named, map, place, uses, errors) {
            return Vec::new();
        }
        let parameters = [
            "role",
            "tasks_from",
            "vars_from",
            "defaults_from",
            "handlers_from",
            "public",
            "allow_duplicates",
            "rolespec_validate",
        ];
        let main = if named.args.get("role").is_some() {
            "role"
        } else {
            "name"
        };
        let Some(name) = named.one(main, &parameters, errors) else {
            return Vec::new();
        };
        let mut naming = place.clone();
        naming.keywords = Arc::new(Keywords {
            vars: uses.over(&keywords.vars),
            ..Keywords::default()
        });
        let mut word = |node: Option<&Node>| match self.name(node?, &naming) {
            Ok(word) => Some(word),
            Err(diag) => {
                errors.push(diag);
                None
            }
        };
        let files = Files {
            tasks: word(named.args.get("tasks_from")),
            vars: word(named.args.get("vars_from")),
            defaults: word(named.args.get("defaults_from")),
            handlers: word(named.args.get("handlers_from")),
            unchecked: false,
        };
        let Some(given) = word(Some(&name)) else {
            return Vec::new();
        };
        let unchecked = named
            .args
            .get("rolespec_validate")
            .is_some_and(|node| !flag(node, errors));
        let files = Files { unchecked, ..files };
        let public = named
            .args
            .get("public")
            .is_none_or(|node| flag(node, errors));
        let used = Use {
            name: given,
            at: name.span.clone(),
            params: Mapping::new(),
            vars: Mapping::new(),
            files,
            public,
            again: true,
        };
        let place = Place {
            keywords: Arc::new(keywords),
            depth: place.depth + 1,
            ..place.clone()
        };
        self.used(used, &place, uses, &mut Vec::new(), errors)
            .map(|(_, tasks)| tasks)
            .unwrap_or_default()
    }

    pub(super) fn included_role(
        &self,
        name: &str,
        files: Files,
        parent: &Task,
        place: &Place,
        errors: &mut Vec<Diag>,
    ) -> Option<IncludedRole> {
        let Action::IncludeRole {
            public,
            name: written,
            ..
        } = &parent.action
        else {
            return None;
        };
        let used = Use {
            name: name.to_owned(),
            at: written.span.clone(),
            params: Mapping::new(),
            vars: Mapping::new(),
            files,
            public: *public,
            again: true,
        };
        let mut uses = Uses::new(Mapping::new());
        let (role, tasks) = self.used(used, place, &mut uses, &mut Vec::new(), errors)?;
        Some(IncludedRole {
            role,
            tasks,
            handlers: uses.handlers,
        })
    }
}
