//! Roles that a play lists, and those that they depend on.

use super::Loader;
use super::keywords::{flag, inherit, list};
use super::known::Kind;
use super::role_files::Files;
use super::tasks::{Place, veil};
use crate::diag::{Diag, Span};
use crate::model::{Keywords, Role, Task};
use crate::yaml::{Mapping, Node, Value};
use std::path::PathBuf;
use std::sync::Arc;

/// What the roles that a play uses bring into it.
pub(super) struct Uses {
    pub(super) roles: Vec<Arc<Role>>,
    pub(super) handlers: Vec<Arc<Task>>,
    /// The play's variables, for names of imports.
    vars: Mapping,
    /// How many imports were followed.
    pub(super) imports: usize,
    /// Roles that ran already and need not again: name, parameters, keywords.
    ran: Vec<Ran>,
}

type Ran = (PathBuf, Mapping, Vec<Node>, Vec<String>);

impl Uses {
    pub(super) fn new(vars: Mapping) -> Self {
        Self {
            roles: Vec::new(),
            handlers: Vec::new(),
            vars,
            imports: 0,
            ran: Vec::new(),
        }
    }

    /// The play's variables with others over them.
    pub(super) fn over(&self, vars: &Mapping) -> Mapping {
        let mut all = self.vars.clone();
        for (key, value) in vars.iter() {
            all.insert(key.clone(), value.clone());
        }
        all
    }
}

/// How a role is used in one place.
pub(super) struct Use {
    pub(super) name: String,
    pub(super) at: Span,
    pub(super) params: Mapping,
    /// Variables given with it, below its own `vars`.
    pub(super) vars: Mapping,
    pub(super) files: Files,
    pub(super) public: bool,
    /// Whether it runs although it ran already.
    pub(super) again: bool,
}

impl Loader {
    /// The tasks of the roles that a play lists.
    pub(super) fn roles(
        &self,
        node: &Node,
        place: &Place,
        uses: &mut Uses,
        errors: &mut Vec<Diag>,
    ) -> Vec<Arc<Task>> {
        let mut tasks = Vec::new();
        for entry in list(node) {
            tasks.extend(self.listed(&entry, place, uses, &mut Vec::new(), errors));
        }
        tasks
    }

    /// A role of a list: of a play, or of the dependencies of another role.
    fn listed(
        &self,
        entry: &Node,
        place: &Place,
        uses: &mut Uses,
        chain: &mut Vec<PathBuf>,
        errors: &mut Vec<Diag>,
    ) -> Vec<Arc<Task>> {
        let nothing = Mapping::new();
        let (name, map) = match &entry.value {
            Value::Str(_) => (entry, &nothing),
            Value::Map(map) => match map.get("role").or_else(|| map.get("name")) {
                Some(name) => (name, map),
                None => {
                    let diag = Diag::error("the role's name is missing")
                        .at(&super::play::begin(entry), "");
                    errors.push(diag.help("add `role: name`"));
                    return Vec::new();
                }
            },
            _ => {
                errors.push(
                    Diag::error(format!(
                        "a role is a name or a mapping, not {}",
                        entry.kind()
                    ))
                    .at(&entry.span, ""),
                );
                return Vec::new();
            }
        };
        let mut map = map.clone();
        let vars = map
            .remove("vars")
            .map(|(_, vars)| super::keywords::variables(&vars, errors))
            .unwrap_or_default();
        map.remove("name");
        let keywords = inherit(&place.keywords, &map, Kind::Role, errors);
        veil(entry, &keywords);
        let mut params = Mapping::new();
        for (key, value) in map.iter() {
            let word = key.as_str().unwrap_or_default();
            // Galaxy's words in a role's dependencies say where it comes from.
            let of_galaxy = !chain.is_empty() && ["src", "scm", "version"].contains(&word);
            if !Kind::Role.knows(word) && !of_galaxy {
                params.insert(key.clone(), value.clone());
            }
        }
        let mut naming = place.clone();
        naming.keywords = Arc::new(Keywords {
            vars: uses.over(&params),
            ..Keywords::default()
        });
        let given = match self.name(name, &naming) {
            Ok(given) => given,
            Err(diag) => {
                errors.push(diag);
                return Vec::new();
            }
        };
        let used = Use {
            name: given,
            at: name.span.clone(),
            params,
            vars,
            files: Files::default(),
            public: true,
            again: false,
        };
        let place = Place {
            keywords: Arc::new(keywords),
            ..place.clone()
        };
        self.used(used, &place, uses, chain, errors)
            .map(|(_, tasks)| tasks)
            .unwrap_or_default()
    }

    /// A role with its dependencies before it; no tasks when it ran already.
    pub(super) fn used(
        &self,
        used: Use,
        place: &Place,
        uses: &mut Uses,
        chain: &mut Vec<PathBuf>,
        errors: &mut Vec<Diag>,
    ) -> Option<(Arc<Role>, Vec<Arc<Task>>)> {
        let folder = match self.find_role(&used, place) {
            Ok(folder) => folder,
            Err(diag) => {
                errors.push(diag);
                return None;
            }
        };
        if chain.contains(&folder) {
            errors.push(
                Diag::error(format!("the role `{}` depends on itself", used.name))
                    .at(&used.at, "")
                    .help("remove this dependency"),
            );
            return None;
        }
        let mut vars = used.vars.clone();
        for (key, value) in self
            .role_vars(
                &folder.join("vars"),
                used.files.vars.as_deref(),
                &used.at,
                errors,
            )
            .iter()
        {
            vars.insert(key.clone(), value.clone());
        }
        let role = Arc::new(Role {
            name: folder
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default(),
            defaults: Arc::new(self.role_vars(
                &folder.join("defaults"),
                used.files.defaults.as_deref(),
                &used.at,
                errors,
            )),
            vars: Arc::new(vars),
            params: Arc::new(used.params.clone()),
            public: used.public,
            folder: folder.clone(),
        });
        let meta = self.meta(&role, errors);
        let ran: Ran = (
            folder.clone(),
            used.params,
            place.keywords.when.clone(),
            place.keywords.tags.clone(),
        );
        let again = used.again
            || meta
                .get("allow_duplicates")
                .is_some_and(|node| flag(node, errors));
        if !again && uses.ran.contains(&ran) {
            return Some((role, Vec::new()));
        }
        uses.ran.push(ran);
        let inside = Place {
            role: Some(role.clone()),
            ..place.clone()
        };
        let mut tasks = Vec::new();
        chain.push(folder.clone());
        for entry in meta.get("dependencies").map(list).unwrap_or_default() {
            tasks.extend(self.listed(&entry, &inside, uses, chain, errors));
        }
        chain.pop();
        uses.roles.push(role.clone());
        let handlers = Place {
            kind: Kind::Handler,
            blocks: Vec::new(),
            ..inside.clone()
        };
        let read = self.role_tasks(
            "handlers",
            used.files.handlers.as_deref(),
            &handlers,
            &used.at,
            uses,
            errors,
        );
        uses.handlers.extend(read);
        let entry = used.files.tasks.as_deref().unwrap_or("main");
        if !used.files.unchecked
            && let Some(list) = self.validation(&role, &meta, entry, errors)
        {
            tasks.extend(self.task_list(&list, &inside, uses, errors));
        }
        tasks.extend(self.role_tasks(
            "tasks",
            used.files.tasks.as_deref(),
            &inside,
            &used.at,
            uses,
            errors,
        ));
        Some((role, tasks))
    }
}
