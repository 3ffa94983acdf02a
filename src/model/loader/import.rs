//! The plays of a playbook file, and those of the playbooks that it imports.

use super::keywords::{inherit, list, variables};
use super::known::Kind;
use super::tasks::Place;
use super::{Loader, folder_of};
use crate::diag::Diag;
use crate::model::{Keywords, Play};
use crate::yaml::{Mapping, Node, Value};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

/// How many files may be read before another playbook is imported.
const PLAYBOOKS: usize = 10_000;

/// What the imports on the way to a playbook lay onto its plays.
#[derive(Clone, Default)]
pub(super) struct Onto {
    /// Conditions and tags.
    pub(super) keywords: Keywords,
    /// Variables, over the plays' own.
    pub(super) vars: Mapping,
    /// The playbooks that import each other on the way here.
    chain: Vec<PathBuf>,
}

impl Loader {
    pub(super) fn playbook(&self, path: &Path, onto: &Onto, errors: &mut Vec<Diag>) -> Vec<Play> {
        let root = match self.yaml(path) {
            Ok(root) => root,
            Err(diag) => {
                errors.push(diag);
                return Vec::new();
            }
        };
        let Value::Seq(items) = &root.value else {
            errors.push(
                Diag::error(format!(
                    "a playbook is a list of plays, not {}",
                    root.kind()
                ))
                .at(&root.span, "")
                .help("begin each play with `- hosts:`"),
            );
            return Vec::new();
        };
        let mut plays = Vec::new();
        for item in items {
            let Value::Map(map) = &item.value else {
                errors.push(
                    Diag::error(format!("a play is a mapping, not {}", item.kind()))
                        .at(&item.span, ""),
                );
                continue;
            };
            let import = ["import_playbook", "ansible.builtin.import_playbook"]
                .into_iter()
                .find_map(|key| map.entry(key));
            match import {
                Some((key, file)) => plays.extend(self.import(path, key, file, map, onto, errors)),
                None => plays.extend(self.play(path, item, map, onto, errors)),
            }
        }
        plays
    }

    fn import(
        &self,
        from: &Path,
        import: &Node,
        file: &Node,
        map: &Mapping,
        onto: &Onto,
        errors: &mut Vec<Diag>,
    ) -> Vec<Play> {
        let kind = Kind::ImportPlaybook;
        for (key, _) in map.iter().filter(|(key, _)| *key != import) {
            if !kind.knows(key.as_str().unwrap_or_default()) {
                errors.push(kind.unknown(key));
            }
        }
        let mut onto = onto.clone();
        // The outer import's variables win over the inner one's, as its own win over the plays'.
        let mut vars = map
            .get("vars")
            .map(|vars| variables(vars, errors))
            .unwrap_or_default();
        for (key, value) in onto.vars.iter() {
            vars.insert(key.clone(), value.clone());
        }
        onto.keywords = inherit(&onto.keywords, &without_vars(map), kind, errors);
        onto.vars = vars;
        let place = Place {
            role: None,
            folder: folder_of(from),
            blocks: Vec::new(),
            keywords: Arc::new(Keywords {
                vars: onto.vars.clone(),
                ..Keywords::default()
            }),
            kind: Kind::Task,
            depth: 0,
            includes: Arc::default(),
        };
        let name = match self.name(file, &place) {
            Ok(name) => name,
            Err(diag) => {
                errors.push(diag);
                return Vec::new();
            }
        };
        let path = folder_of(from).join(name);
        if self
            .read
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
            > PLAYBOOKS
        {
            errors.push(
                Diag::error(format!("more than {PLAYBOOKS} files are imported"))
                    .at(&file.span, "this one is not")
                    .help("playbooks that import others several times multiply: import each of them once"),
            );
            return Vec::new();
        }
        if !path.is_file() {
            errors.push(
                Diag::error(format!("there is no playbook {}", path.display()))
                    .at(&file.span, "")
                    .help("the name counts from the folder of the playbook that imports it"),
            );
            return Vec::new();
        }
        let whole = path.canonicalize().unwrap_or_else(|_| path.clone());
        onto.chain
            .push(from.canonicalize().unwrap_or_else(|_| from.to_owned()));
        if onto.chain.contains(&whole) {
            errors.push(
                Diag::error("the playbooks import each other")
                    .at(&file.span, "")
                    .help("remove this import"),
            );
            return Vec::new();
        }
        self.playbook(&path, &onto, errors)
    }
}

fn without_vars(map: &Mapping) -> Mapping {
    let mut map = map.clone();
    map.remove("vars");
    map
}

/// `needs` as a list of names.
pub(super) fn needs(node: &Node, errors: &mut Vec<Diag>) -> Vec<Node> {
    let names = list(node);
    for name in &names {
        if name.as_str().is_none() {
            errors.push(
                Diag::error(format!(
                    "`needs` names plays, it can't hold {}",
                    name.kind()
                ))
                .at(&name.span, "")
                .help("write the `name` of a play, or a list of them"),
            );
        }
    }
    names
}
