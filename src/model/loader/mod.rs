//! Playbooks and roles from their files: imports followed, blocks flattened, keywords inherited.
//!
//! All that is static happens when the playbook is loaded; what is included at run time is read
//! through the same [`Loader`], so that ids go on and files are searched in the same places.

mod action;
mod free_form;
mod gate;
mod import;
mod keywords;
mod known;
mod needs;
mod play;
mod repeat;
mod role;
mod role_files;
mod role_import;
mod role_specs;
mod tasks;

use super::files::read_source;
use super::{Keywords, Layer, Layers, Playbook, Role, Task, VarMap, var_map};
use crate::diag::{Diag, Source};
use crate::template::{Lookups, RenderError, Templar, Var};
use crate::yaml::{self, Mapping, Node, Value};
use known::Kind;
pub use known::{Keyword, keywords};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tasks::Place;

/// Reads playbooks, and later what they include.
#[derive(Debug)]
pub struct Loader {
    /// The folder of the playbook.
    folder: PathBuf,
    extra: Arc<VarMap>,
    next: AtomicUsize,
    read: Mutex<Vec<Source>>,
    /// Nothing was left out because of an error.
    whole: bool,
}

/// A role that was included at run time.
#[derive(Clone, Debug)]
pub struct IncludedRole {
    /// The role itself.
    pub role: Arc<Role>,
    /// Its tasks, those of its dependencies first.
    pub tasks: Vec<Arc<Task>>,
    /// Its handlers, those of its dependencies first.
    pub handlers: Vec<Arc<Task>>,
}

impl Loader {
    /// Reads a playbook with all that it imports. `extra` (`--extra-vars`) may stand in names of imports.
    /// All errors at once, or the playbook and warnings.
    pub fn load(path: &Path, extra: Arc<VarMap>) -> Result<(Self, Playbook, Vec<Diag>), Vec<Diag>> {
        let (loader, playbook, findings) = Self::read(path, extra);
        if loader.whole {
            Ok((loader, playbook, findings))
        } else {
            Err(findings)
        }
    }

    /// The same, with what could be read where there are errors, so that it can be checked further.
    pub fn read(path: &Path, extra: Arc<VarMap>) -> (Self, Playbook, Vec<Diag>) {
        let mut loader = Self {
            folder: folder_of(path),
            extra,
            next: AtomicUsize::new(0),
            read: Mutex::new(Vec::new()),
            whole: true,
        };
        let mut findings = Vec::new();
        let plays = loader.playbook(path, &import::Onto::default(), &mut findings);
        let playbook = Playbook {
            path: path.to_owned(),
            plays,
        };
        findings.extend(needs::check(&playbook));
        loader.in_order(&mut findings);
        loader.whole = !findings.iter().any(Diag::is_error);
        (loader, playbook, findings)
    }

    /// The tasks of a file that `parent` includes. They inherit what `parent` stands in, the
    /// keywords of `apply`, and the variables `vars`.
    pub fn include_tasks(
        &self,
        file: &Path,
        parent: &Task,
        apply: Option<&Node>,
        vars: &Mapping,
    ) -> Result<Vec<Arc<Task>>, Vec<Diag>> {
        let mut errors = Vec::new();
        let shown = file.display().to_string();
        let includes = nested(parent, &shown).map_err(|diag| vec![diag])?;
        let place = Place {
            role: parent.role.clone(),
            folder: folder_of(file),
            blocks: parent.blocks.clone(),
            keywords: Arc::new(included(parent, apply, vars, &mut errors)),
            kind: Kind::Task,
            depth: 0,
            includes,
        };
        let tasks = self.task_file(file, &place, &mut errors);
        if errors.iter().any(Diag::is_error) {
            Err(errors)
        } else {
            Ok(tasks)
        }
    }

    /// The role called `name` that `parent` includes, with the files that `parent` names
    /// (`tasks_from` and the like). Its tasks inherit as those of [`Self::include_tasks`] do.
    pub fn include_role(
        &self,
        name: &str,
        parent: &Task,
        vars: &Mapping,
    ) -> Result<IncludedRole, Vec<Diag>> {
        let mut errors = Vec::new();
        let includes = nested(parent, &format!("role {name}")).map_err(|diag| vec![diag])?;
        let apply = match &parent.action {
            super::Action::IncludeRole { apply, .. } => apply.as_ref(),
            _ => None,
        };
        let keywords = included(parent, apply, vars, &mut errors);
        let place = Place {
            role: parent.role.clone(),
            folder: parent.folder.clone(),
            blocks: parent.blocks.clone(),
            keywords: Arc::new(keywords),
            kind: Kind::Task,
            depth: 0,
            includes,
        };
        let files = role_files::Files::of(self, parent, &place, &mut errors);
        let used = self.included_role(name, files, parent, &place, &mut errors);
        match used {
            Some(used) if !errors.iter().any(Diag::is_error) => Ok(used),
            _ => Err(errors),
        }
    }

    /// The files that were read so far.
    pub fn files_read(&self) -> Vec<Source> {
        self.read
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The folder of the playbook.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether the playbook was read without errors; otherwise parts of it may be missing.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// The `--extra-vars`.
    pub fn extra(&self) -> &Arc<VarMap> {
        &self.extra
    }

    /// Sorts findings by their places, the files in the order in which they were read.
    pub fn in_order(&self, findings: &mut [Diag]) {
        let read = self.files_read();
        findings.sort_by_key(|diag| {
            diag.place.as_ref().map(|(span, _)| {
                (
                    read.iter()
                        .position(|source| source == span.source())
                        .unwrap_or(usize::MAX),
                    span.start(),
                )
            })
        });
    }

    fn id(&self) -> usize {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    fn yaml(&self, path: &Path) -> Result<Node, Diag> {
        let source = read_source(path)?;
        self.read
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(source.clone());
        yaml::parse(&source)
    }

    /// A name that must be known before any host is: templates in it see the extra variables,
    /// the variables given with it, and where it stands.
    fn name(&self, node: &Node, place: &Place) -> Result<String, Diag> {
        let Some(text) = node.as_str() else {
            return Err(
                Diag::error(format!("a name is a string, not {}", node.kind())).at(&node.span, ""),
            );
        };
        if !text.contains("{{") && !text.contains("{%") {
            return Ok(text.to_owned());
        }
        let text_of = |path: &Path| Var::Own(path.display().to_string().into());
        let mut magic = VarMap::new();
        magic.insert("playbook_dir".to_owned(), text_of(&self.folder));
        let mut scope = Layers::new();
        if let Some(role) = &place.role {
            magic.insert("role_path".to_owned(), text_of(&role.folder));
            magic.insert("role_name".to_owned(), Var::Own(role.name.clone().into()));
            scope.push(Layer::RoleDefaults, Arc::new(var_map(&role.defaults)));
            scope.push(Layer::RoleVars, Arc::new(var_map(&role.vars)));
            scope.push(Layer::RoleParams, Arc::new(var_map(&role.params)));
        }
        scope.push(Layer::TaskVars, Arc::new(var_map(&place.keywords.vars)));
        scope.push(Layer::ExtraVars, self.extra.clone());
        scope.push(Layer::Magic, Arc::new(magic));
        let lookups = Lookups {
            search: vec![place.folder.clone(), self.folder.clone()],
            ..Lookups::default()
        };
        match Templar::new(Arc::new(scope), Arc::new(lookups)).node(node) {
            Ok(Node {
                value: Value::Str(name),
                ..
            }) => Ok(name),
            Ok(other) => Err(
                Diag::error(format!("a name is a string, not {}", other.kind())).at(&node.span, ""),
            ),
            Err(RenderError::Bad(diag)) => Err(diag
                .or_at(&node.span)
                .help("imports are followed before any host is known: use include_* instead")),
            Err(RenderError::Unknown { until }) => {
                Err(Diag::error(format!("this is unknown until {until}")).at(&node.span, ""))
            }
        }
    }
}

/// How many includes may stand in each other. Some include themselves until something is so.
const INCLUDES: usize = 250;

/// What was included on the way to a task, and what it includes itself.
fn nested(parent: &Task, what: &str) -> Result<Arc<Vec<String>>, Diag> {
    let mut chain = Vec::clone(&parent.includes);
    // The last way round says it all.
    let since = chain.iter().rposition(|name| name == what).unwrap_or(0);
    chain.push(what.to_owned());
    if chain.len() <= INCLUDES {
        return Ok(Arc::new(chain));
    }
    Err(Diag::error(format!(
        "{INCLUDES} includes stand in each other: {}",
        chain[since..].join(" -> ")
    ))
    .at(&parent.span, "")
    .help("give the include a condition that ends it, or remove it"))
}

/// The keywords that the tasks of an include begin with.
fn included(
    parent: &Task,
    apply: Option<&Node>,
    vars: &Mapping,
    errors: &mut Vec<Diag>,
) -> Keywords {
    let mut keywords = Keywords::clone(&parent.outer);
    // Of the include's own keywords its variables alone are handed on.
    keywords.vars = parent.keywords.vars.clone();
    if let Some(apply) = apply {
        match &apply.value {
            Value::Map(map) => {
                errors.extend(
                    map.iter()
                        .filter(|(key, _)| !Kind::Block.knows(key.as_str().unwrap_or_default()))
                        .map(|(key, _)| Kind::Block.unknown(key)),
                );
                keywords = keywords::inherit(&keywords, map, Kind::Block, errors);
            }
            Value::Null => {}
            _ => errors.push(
                Diag::error(format!(
                    "`apply` is a mapping of keywords, not {}",
                    apply.kind()
                ))
                .at(&apply.span, ""),
            ),
        }
    }
    for (key, value) in vars.iter() {
        keywords.vars.insert(key.clone(), value.clone());
    }
    keywords
}

/// The folder that a file stands in.
fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

#[cfg(test)]
mod tests;
