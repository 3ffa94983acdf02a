//! The controller's side of a task: where its files are searched, how its templates are rendered.

use crate::diag::{Diag, Source, read_text};
use crate::facts::Foreseen;
use crate::model::{Play, Task};
use crate::modules::{Controller, RenderOptions};
use crate::secret::vault;
use crate::template::{FileOptions, Lookups, RenderError, Scope, Templar, Var, from_json};
use crate::yaml::{Node, Origin, Value as Yaml};
use minijinja::Value;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// The folders in which a task's files are searched, nearest first, as in Ansible: the role, the
/// task's own file, the play.
pub fn folders(task: &Task, play: &Play) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    if let Some(role) = &task.role {
        folders.push(role.folder.clone());
    }
    folders.push(task.folder.clone());
    folders.push(play.folder.clone());
    folders.dedup();
    folders
}

/// The same with the sub-folders in which lookups search.
pub fn search(task: &Task, play: &Play) -> Vec<PathBuf> {
    let mut search = Vec::new();
    for folder in folders(task, play) {
        search.extend(["files", "templates", "vars"].map(|sub| folder.join(sub)));
        search.push(folder);
    }
    search
}

/// Finds `name` for a task.
pub fn find(task: &Task, play: &Play, folder: &str, name: &str) -> Result<PathBuf, Diag> {
    let places = places(task, play, folder, name);
    match places.iter().find(|path| path.exists()) {
        Some(path) => Ok(path.clone()),
        None if Path::new(name).is_absolute() => Err(missing(name, &[])),
        None => Err(missing(name, &places)),
    }
}

/// Where `name` is looked for, in order.
fn places(task: &Task, play: &Play, folder: &str, name: &str) -> Vec<PathBuf> {
    if Path::new(name).is_absolute() {
        return vec![PathBuf::from(name)];
    }
    folders(task, play)
        .iter()
        .flat_map(|base| [base.join(folder).join(name), base.join(name)])
        .collect()
}

/// The task that will make, change or remove the file that would be found, in a dry run: what is
/// there now, or not, is not what will be read.
fn pending(foreseen: &Foreseen, places: &[PathBuf]) -> Option<String> {
    for path in places {
        let real = match (path.parent().map(Path::canonicalize), path.file_name()) {
            (Some(Ok(folder)), Some(name)) => folder.join(name),
            _ => std::path::absolute(path).ok()?,
        };
        if let Some(until) = foreseen.decides(&real.to_string_lossy()) {
            return Some(until);
        }
        if path.exists() {
            return None;
        }
    }
    None
}

fn missing(name: &str, tried: &[PathBuf]) -> Diag {
    let diag = Diag::error(format!("the file `{name}` is not there"));
    if tried.is_empty() {
        return diag;
    }
    let places: Vec<String> = tried
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    diag.help(format!("put it at one of: {}", places.join(", ")))
}

/// A task's view of the controller.
pub struct TaskController<'a> {
    /// The task.
    pub task: &'a Task,
    /// Its play.
    pub play: &'a Play,
    /// Its variables.
    pub scope: Arc<dyn Scope>,
    /// What lookups need.
    pub lookups: Arc<Lookups>,
    /// Renders with them.
    pub templar: &'a Templar,
    /// Its arguments, rendered.
    pub args: &'a Node,
    /// In a dry run: what is pending on the controller.
    pub foreseen: Option<Foreseen>,
    /// Set when something rested on a pending change; the error that was returned stands for it.
    pub unknown: &'a Mutex<Option<String>>,
}

impl TaskController<'_> {
    /// Refuses a parameter with an expression in it that a host may have written.
    fn refuse_told(&self, parameter: &str) -> Result<(), Diag> {
        let args = self.args.as_map();
        match args.and_then(|args| args.get(parameter)).and_then(foreign) {
            None => Ok(()),
            Some(text) => Err(Diag::error(format!(
                "a text that comes from a host is no expression, so `{parameter}` can't be made of it"
            ))
            .at(&text.span, "a template put it here")
            .help(
                "write the expression itself, without braces: it may use any variable, as in `result.stdout == 'ok'`",
            )),
        }
    }

    fn note_unknown<T>(&self, rendered: Result<T, RenderError>) -> Result<T, Diag> {
        rendered.map_err(|error| match error {
            RenderError::Bad(diag) => *diag,
            RenderError::Unknown { until } => {
                let diag = Diag::error(format!("unknown until {until}"));
                *super::machine::lock(self.unknown) = Some(until);
                diag
            }
        })
    }
}

impl Controller for TaskController<'_> {
    fn find(&self, folder: &str, name: &str) -> Result<PathBuf, Diag> {
        let until = self.foreseen.as_ref().and_then(|foreseen| {
            let places = places(self.task, self.play, folder, name);
            pending(foreseen, &places)
        });
        match until {
            Some(until) => self.note_unknown(Err(RenderError::Unknown { until })),
            None => find(self.task, self.play, folder, name),
        }
    }

    fn render(&self, path: &Path, options: &RenderOptions) -> Result<String, Diag> {
        let text = read_text(path).map_err(|error| {
            Diag::error(format!(
                "can't read the template {}: {error}",
                path.display()
            ))
        })?;
        let source = if vault::is_sealed(text.as_bytes()) {
            crate::model::read_source(path)?
        } else {
            Source::new(path.display().to_string(), text)
        };
        let files = FileOptions {
            trim_blocks: options.trim_blocks,
            lstrip_blocks: options.lstrip_blocks,
        };
        let rendered = if options.extra.is_empty() {
            self.templar.file(&source, &files)
        } else {
            let extra = options
                .extra
                .iter()
                .map(|(name, value)| (name.clone(), from_json(value)))
                .collect();
            let scope = Arc::new(Over {
                extra,
                under: self.scope.clone(),
            });
            Templar::new(scope, self.lookups.clone()).file(&source, &files)
        };
        self.note_unknown(rendered).map_err(|diag| {
            let named = diag
                .place
                .as_ref()
                .is_some_and(|(span, _)| *span == self.args.span);
            if named {
                diag
            } else {
                diag.also(&self.args.span, "rendered by this task")
            }
        })
    }

    fn keeps(&self) -> bool {
        self.lookups.keep
    }

    fn test(&self, parameter: &str, expression: &str) -> Result<bool, Diag> {
        self.refuse_told(parameter)?;
        let text = Yaml::Str(expression.to_owned());
        let node = Node::new(text, self.args.span.clone());
        self.note_unknown(self.templar.test(&node))
    }

    fn evaluate(&self, parameter: &str, expression: &str) -> Result<serde_json::Value, Diag> {
        self.refuse_told(parameter)?;
        let span = &self.args.span;
        let value = self.note_unknown(self.templar.expression(expression, span))?;
        serde_json::to_value(&value).map_err(|error| {
            Diag::error(format!("`{expression}` can't be shown: {error}")).at(span, "")
        })
    }
}

/// The first text in a node in which outsiders have a part.
fn foreign(node: &Node) -> Option<&Node> {
    match &node.value {
        Yaml::Str(_) => Some(node).filter(|node| node.origin == Origin::Told),
        Yaml::Seq(items) => items.iter().find_map(foreign),
        _ => None,
    }
}

/// A few variables over a scope.
struct Over {
    extra: Vec<(String, Value)>,
    under: Arc<dyn Scope>,
}

impl Scope for Over {
    fn get(&self, name: &str) -> Option<Var> {
        match self.extra.iter().find(|(known, _)| known == name) {
            Some((_, value)) => Some(Var::Value(value.clone())),
            None => self.under.get(name),
        }
    }

    fn names(&self) -> Vec<String> {
        let mut names = self.under.names();
        names.extend(self.extra.iter().map(|(name, _)| name.clone()));
        names
    }
}
