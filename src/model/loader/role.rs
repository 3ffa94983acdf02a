//! Roles: where they are found, what they hold, what they depend on.

use super::action::Named;
use super::keywords::{flag, inherit, list};
use super::known::Kind;
use super::tasks::{Place, importable};
use super::{IncludedRole, Loader};
use crate::diag::{Diag, Span, did_you_mean};
use crate::model::files::{files_in, read_vars, vars_files};
use crate::model::{Action, Keywords, Role, Task};
use crate::yaml::{Mapping, Node, Value};
use std::path::PathBuf;
use std::sync::Arc;

/// What the roles that a play uses bring into it.
pub(super) struct Uses {
    pub(super) roles: Vec<Arc<Role>>,
    pub(super) handlers: Vec<Arc<Task>>,
    /// The play's variables, for names of imports.
    vars: Mapping,
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

/// The files of a role that are used instead of `main`.
#[derive(Default)]
pub(super) struct Files {
    tasks: Option<String>,
    vars: Option<String>,
    defaults: Option<String>,
    handlers: Option<String>,
}

impl Files {
    /// Those that an `include_role` names.
    pub(super) fn of(loader: &Loader, parent: &Task, errors: &mut Vec<Diag>) -> Self {
        let Action::IncludeRole {
            tasks_from,
            vars_from,
            defaults_from,
            handlers_from,
            ..
        } = &parent.action
        else {
            return Self::default();
        };
        let place = Place {
            role: parent.role.clone(),
            folder: parent.folder.clone(),
            blocks: Vec::new(),
            keywords: parent.keywords.clone(),
            kind: Kind::Task,
            depth: 0,
        };
        let mut name = |node: &Option<Node>| match loader.name(node.as_ref()?, &place) {
            Ok(name) => Some(name),
            Err(diag) => {
                errors.push(diag);
                None
            }
        };
        Self {
            tasks: name(tasks_from),
            vars: name(vars_from),
            defaults: name(defaults_from),
            handlers: name(handlers_from),
        }
    }
}

/// How a role is used in one place.
struct Use {
    name: String,
    at: Span,
    params: Mapping,
    /// Variables given with it, below its own `vars`.
    vars: Mapping,
    files: Files,
    public: bool,
    /// Whether it runs although it ran already.
    again: bool,
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
        let mut params = Mapping::new();
        for (key, value) in map.iter() {
            let word = key.as_str().unwrap_or_default();
            // Galaxy's words in a role's dependencies say where it comes from.
            if !Kind::Role.knows(word)
                && !(chain.first().is_some() && ["src", "scm", "version"].contains(&word))
            {
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

    pub(super) fn import_role(
        &self,
        named: &Named,
        map: &Mapping,
        keywords: Keywords,
        place: &Place,
        uses: &mut Uses,
        errors: &mut Vec<Diag>,
    ) -> Vec<Arc<Task>> {
        if !importable(named, map, place, errors) {
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
        };
        let Some(given) = word(Some(&name)) else {
            return Vec::new();
        };
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
        files: &Files,
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
        let copy = |name: &Option<String>| name.clone();
        let files = Files {
            tasks: copy(&files.tasks),
            vars: copy(&files.vars),
            defaults: copy(&files.defaults),
            handlers: copy(&files.handlers),
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

    /// A role with its dependencies before it; no tasks when it ran already.
    fn used(
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

    fn find_role(&self, used: &Use, place: &Place) -> Result<PathBuf, Diag> {
        let mut folders = vec![
            self.folder.join("roles"),
            PathBuf::from("roles"),
            self.folder.clone(),
        ];
        // A role's dependencies may stand beside it.
        folders.extend(
            place
                .role
                .iter()
                .filter_map(|role| Some(role.folder.parent()?.to_owned())),
        );
        let found = folders
            .iter()
            .map(|folder| folder.join(&used.name))
            .find(|path| path.is_dir());
        found.ok_or_else(|| {
            let mut names: Vec<String> = Vec::new();
            for folder in &folders[..2] {
                let entries = std::fs::read_dir(folder)
                    .into_iter()
                    .flatten()
                    .filter_map(Result::ok);
                names.extend(entries.map(|entry| entry.file_name().to_string_lossy().into_owned()));
            }
            folders.dedup();
            let shown: Vec<String> = folders
                .iter()
                .map(|folder| folder.display().to_string())
                .collect();
            let diag = Diag::error(format!("there is no role `{}`", used.name)).at(&used.at, "");
            match did_you_mean(&used.name, names.iter().map(String::as_str)) {
                Some(_) => diag.suggest(&used.name, names.iter().map(String::as_str)),
                None => diag.help(format!("looked in {}", shown.join(", "))),
            }
        })
    }

    /// `defaults` or `vars` of a role: the file `main`, or all files of the folder `main`.
    fn role_vars(
        &self,
        folder: &std::path::Path,
        from: Option<&str>,
        at: &Span,
        errors: &mut Vec<Diag>,
    ) -> Mapping {
        let paths = match from {
            Some(name) => vars_files(folder, name),
            None if folder.join("main").is_dir() => files_in(&folder.join("main")),
            None => vars_files(folder, "main"),
        };
        if let (Some(name), true) = (from, paths.is_empty()) {
            errors.push(
                Diag::error(format!("there is no file `{name}` in {}", folder.display()))
                    .at(at, ""),
            );
        }
        let mut vars = Mapping::new();
        for path in paths {
            match read_vars(&path) {
                Ok(map) => {
                    for (key, value) in map.iter() {
                        vars.insert(key.clone(), value.clone());
                    }
                }
                Err(diags) => errors.extend(diags),
            }
        }
        vars
    }

    /// `meta/main.yml`, if there is one.
    fn meta(&self, role: &Role, errors: &mut Vec<Diag>) -> Mapping {
        let Some(path) = vars_files(&role.folder.join("meta"), "main")
            .into_iter()
            .next()
        else {
            return Mapping::new();
        };
        match self.yaml(&path).map(|node| (node.span.clone(), node.value)) {
            Ok((_, Value::Map(map))) => map,
            Ok((_, Value::Null)) => Mapping::new(),
            Ok((span, _)) => {
                errors.push(Diag::error("what a role says of itself is a mapping").at(&span, ""));
                Mapping::new()
            }
            Err(diag) => {
                errors.push(diag);
                Mapping::new()
            }
        }
    }

    fn role_tasks(
        &self,
        part: &str,
        from: Option<&str>,
        place: &Place,
        at: &Span,
        uses: &mut Uses,
        errors: &mut Vec<Diag>,
    ) -> Vec<Arc<Task>> {
        let Some(role) = &place.role else {
            return Vec::new();
        };
        let folder = role.folder.join(part);
        let path = vars_files(&folder, from.unwrap_or("main"))
            .into_iter()
            .next();
        let Some(path) = path else {
            if let Some(name) = from {
                errors.push(
                    Diag::error(format!("there is no file `{name}` in {}", folder.display()))
                        .at(at, ""),
                );
            }
            return Vec::new();
        };
        let place = Place {
            folder: super::folder_of(&path),
            ..place.clone()
        };
        self.tasks_of_file(&path, &place, uses, errors)
    }
}
