//! Where roles are found, and the files in them.

use super::role::{Use, Uses};
use super::tasks::Place;
use super::{Loader, folder_of};
use crate::diag::{Diag, Span, did_you_mean};
use crate::model::files::{as_vars, files_in, vars_files};
use crate::model::{Action, Role, Task};
use crate::yaml::{Mapping, Node, Value};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The files of a role that are used instead of `main`.
#[derive(Clone, Default)]
pub(super) struct Files {
    pub(super) tasks: Option<String>,
    pub(super) vars: Option<String>,
    pub(super) defaults: Option<String>,
    pub(super) handlers: Option<String>,
    /// `rolespec_validate: false`: its arguments are not held against what it says of them.
    pub(super) unchecked: bool,
}

impl Files {
    /// Those that an `include_role` names; templates in them see what the include hands on.
    pub(super) fn of(
        loader: &Loader,
        parent: &Task,
        place: &Place,
        errors: &mut Vec<Diag>,
    ) -> Self {
        let Action::IncludeRole {
            tasks_from,
            vars_from,
            defaults_from,
            handlers_from,
            unchecked,
            ..
        } = &parent.action
        else {
            return Self::default();
        };
        let mut name = |node: &Option<Node>| match loader.name(node.as_ref()?, place) {
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
            unchecked: *unchecked,
        }
    }
}

impl Loader {
    pub(super) fn find_role(&self, used: &Use, place: &Place) -> Result<PathBuf, Diag> {
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
    pub(super) fn role_vars(
        &self,
        folder: &Path,
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
            errors.push(missing(folder, name).at(at, ""));
        }
        let mut vars = Mapping::new();
        for path in paths {
            match self.yaml(&path).and_then(as_vars) {
                Ok(map) => {
                    for (key, value) in map.iter() {
                        vars.insert(key.clone(), value.clone());
                    }
                }
                Err(diag) => errors.push(diag),
            }
        }
        vars
    }

    /// `meta/main.yml`, if there is one.
    pub(super) fn meta(&self, role: &Role, errors: &mut Vec<Diag>) -> Mapping {
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

    pub(super) fn role_tasks(
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
                errors.push(missing(&folder, name).at(at, ""));
            }
            return Vec::new();
        };
        let place = Place {
            folder: folder_of(&path),
            ..place.clone()
        };
        self.tasks_of_file(&path, &place, uses, errors)
    }
}

fn missing(folder: &Path, name: &str) -> Diag {
    let mut names: Vec<String> = files_in(folder)
        .iter()
        .filter_map(|path| Some(path.strip_prefix(folder).ok()?.display().to_string()))
        .collect();
    names.sort();
    let diag = Diag::error(format!(
        "the role has no file `{name}` in {}",
        folder.display()
    ));
    if names.is_empty() {
        diag.help("make it")
    } else {
        diag.help(format!("there are {}", names.join(", ")))
    }
}
