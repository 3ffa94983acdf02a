//! Lists of tasks: blocks flattened, imports followed.

use super::action::{Named, named};
use super::keywords::{inherit, words};
use super::known::Kind;
use super::play::begin;
use super::role::Uses;
use super::{Loader, folder_of};
use crate::diag::Diag;
use crate::model::{Block, Keywords, Part, Role, Task};
use crate::yaml::{Mapping, Node, Value};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where tasks stand.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) role: Option<Arc<Role>>,
    /// The folder of the file.
    pub(super) folder: PathBuf,
    pub(super) blocks: Vec<(Block, Part)>,
    /// What they inherit.
    pub(super) keywords: Arc<Keywords>,
    /// Whether they are tasks or handlers.
    pub(super) kind: Kind,
    /// How many imports led here.
    pub(super) depth: usize,
    /// What was included on the way here, one in the other.
    pub(super) includes: Arc<Vec<String>>,
}

/// How many imports may lead from one to the next, so that a file that imports itself ends.
const IMPORTS: usize = 50;
/// How many imports a play may have in all.
const FOLLOWED: usize = 10_000;

impl Loader {
    /// The tasks of a file.
    pub(super) fn task_file(
        &self,
        path: &Path,
        place: &Place,
        errors: &mut Vec<Diag>,
    ) -> Vec<Arc<Task>> {
        let mut uses = Uses::new(Mapping::new());
        let tasks = self.tasks_of_file(path, place, &mut uses, errors);
        // Handlers of roles that are imported in an included file belong to no play any more.
        if let Some(handler) = uses.handlers.first() {
            errors.push(
                Diag::error("a role with handlers can't be imported in a file that is included")
                    .at(&handler.span, "this handler")
                    .help("use include_role, or import the file"),
            );
        }
        tasks
    }

    pub(super) fn tasks_of_file(
        &self,
        path: &Path,
        place: &Place,
        uses: &mut Uses,
        errors: &mut Vec<Diag>,
    ) -> Vec<Arc<Task>> {
        match self.yaml(path) {
            Ok(node) => self.task_list(&node, place, uses, errors),
            Err(diag) => {
                errors.push(diag);
                Vec::new()
            }
        }
    }

    /// The tasks of a list.
    pub(super) fn task_list(
        &self,
        node: &Node,
        place: &Place,
        uses: &mut Uses,
        errors: &mut Vec<Diag>,
    ) -> Vec<Arc<Task>> {
        let items = match &node.value {
            Value::Seq(items) => items,
            Value::Null => return Vec::new(),
            _ => {
                errors.push(
                    Diag::error(format!("tasks are a list, not {}", node.kind()))
                        .at(&begin(node), "")
                        .help("begin each task with `- `"),
                );
                return Vec::new();
            }
        };
        let mut tasks = Vec::new();
        for item in items {
            match &item.value {
                Value::Map(map) if map.get("block").is_some() => {
                    tasks.extend(self.block(item, map, place, uses, errors));
                }
                Value::Map(map) => tasks.extend(self.task(item, map, place, uses, errors)),
                // An empty item does nothing, as in Ansible.
                Value::Null => {}
                _ => errors.push(
                    Diag::error(format!("a task is a mapping, not {}", item.kind()))
                        .at(&begin(item), "")
                        .help("write `module: arguments` or `module:`"),
                ),
            }
        }
        tasks
    }

    fn block(
        &self,
        node: &Node,
        map: &Mapping,
        place: &Place,
        uses: &mut Uses,
        errors: &mut Vec<Diag>,
    ) -> Vec<Arc<Task>> {
        for (key, _) in map.iter() {
            if !Kind::Block.knows(key.as_str().unwrap_or_default()) {
                let diag = Kind::Block.unknown(key);
                errors.push(if Kind::Task.knows(key.as_str().unwrap_or_default()) {
                    diag.help("give it to the tasks in the block")
                } else {
                    diag
                });
            }
        }
        let keywords = Arc::new(inherit(&place.keywords, map, Kind::Block, errors));
        veil(node, &keywords);
        let block = Block {
            id: self.id(),
            rescues: map.get("rescue").is_some_and(|rescue| !rescue.is_null()),
        };
        let mut tasks = Vec::new();
        for (key, part) in [
            ("block", Part::Body),
            ("rescue", Part::Rescue),
            ("always", Part::Always),
        ] {
            let Some(list) = map.get(key) else { continue };
            let mut inner = Place {
                keywords: keywords.clone(),
                ..place.clone()
            };
            inner.blocks.push((block, part));
            tasks.extend(self.task_list(list, &inner, uses, errors));
        }
        if place.kind == Kind::Handler {
            errors.push(
                Diag::error("a handler can't be a block")
                    .at(&begin(node), "")
                    .help("use `listen` to run several handlers"),
            );
        }
        tasks
    }

    fn task(
        &self,
        node: &Node,
        map: &Mapping,
        place: &Place,
        uses: &mut Uses,
        errors: &mut Vec<Diag>,
    ) -> Vec<Arc<Task>> {
        let named = named(node, map, place.kind, errors);
        let mut keywords = inherit(&place.keywords, map, place.kind, errors);
        veil(node, &keywords);
        let Some(named) = named else {
            return Vec::new();
        };
        if named.local {
            keywords.delegate_to = Some(Node::new(
                Value::Str("localhost".to_owned()),
                named.name.span.clone(),
            ));
        }
        match named.short() {
            "import_tasks" => self.import_tasks(&named, map, keywords, place, uses, errors),
            "import_role" => self.import_role(&named, map, keywords, place, uses, errors),
            _ => {
                let Some(action) = named.action(map, &keywords, errors) else {
                    return Vec::new();
                };
                let listen = match map.get("listen") {
                    Some(topics) if place.kind == Kind::Handler => words(topics, errors),
                    _ => Vec::new(),
                };
                vec![Arc::new(Task {
                    id: self.id(),
                    name: map.get("name").filter(|name| !name.is_null()).cloned(),
                    span: begin(node),
                    action,
                    keywords: Arc::new(keywords),
                    outer: place.keywords.clone(),
                    blocks: place.blocks.clone(),
                    role: place.role.clone(),
                    folder: place.folder.clone(),
                    includes: place.includes.clone(),
                    listen,
                })]
            }
        }
    }

    fn import_tasks(
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
        let Some(file) = named.one("file", &[], errors) else {
            return Vec::new();
        };
        let inner = Place {
            keywords: Arc::new(keywords),
            depth: place.depth + 1,
            ..place.clone()
        };
        // The play's variables may stand in the name too, below those of the tasks.
        let mut naming = inner.clone();
        naming.keywords = Arc::new(Keywords {
            vars: uses.over(&inner.keywords.vars),
            ..Keywords::default()
        });
        let found = self
            .name(&file, &naming)
            .and_then(|name| self.find_tasks(&name, place, &file));
        match found {
            Ok(path) => {
                let inner = Place {
                    folder: folder_of(&path),
                    ..inner
                };
                self.tasks_of_file(&path, &inner, uses, errors)
            }
            Err(diag) => {
                errors.push(diag);
                Vec::new()
            }
        }
    }

    /// The file of tasks that is meant: beside the file that names it, in the role, beside the playbook.
    fn find_tasks(&self, name: &str, place: &Place, at: &Node) -> Result<PathBuf, Diag> {
        let mut folders = vec![place.folder.clone()];
        folders.extend(place.role.iter().map(|role| role.folder.join("tasks")));
        folders.push(self.folder.clone());
        let candidates: Vec<PathBuf> = folders.iter().map(|folder| folder.join(name)).collect();
        candidates
            .iter()
            .find(|path| path.is_file())
            .cloned()
            .ok_or_else(|| {
                let mut shown: Vec<String> = folders
                    .iter()
                    .map(|folder| folder.display().to_string())
                    .collect();
                shown.dedup();
                Diag::error(format!("there is no file `{name}`"))
                    .at(&at.span, "")
                    .help(format!("looked in {}", shown.join(", ")))
            })
    }
}

/// Keeps what `no_log` hides out of what is quoted. What a template decides is hidden until it is
/// rendered.
pub(super) fn veil(node: &Node, keywords: &Keywords) {
    if let Some(no_log) = &keywords.no_log
        && no_log.value != Value::Bool(false)
    {
        node.span.veil();
    }
}

/// Whether an import stands where it can be followed.
pub(super) fn importable(
    named: &Named,
    map: &Mapping,
    place: &Place,
    uses: &mut Uses,
    errors: &mut Vec<Diag>,
) -> bool {
    let before = errors.len();
    uses.imports += 1;
    if uses.imports > FOLLOWED {
        // Once is enough.
        if uses.imports == FOLLOWED + 1 {
            errors.push(
                Diag::error(format!(
                    "more than {FOLLOWED} imports are followed in one play"
                ))
                .at(&named.name.span, "this one is not")
                .help("files that import others several times multiply: import each of them once"),
            );
        }
        return false;
    }
    let looped = map.iter().find(|(key, _)| {
        key.as_str()
            .is_some_and(|word| word == "loop" || word.starts_with("with_"))
    });
    if let Some((key, _)) = looped {
        let include = named.short().replace("import", "include");
        errors.push(
            Diag::error("an import can't be looped over")
                .at(&key.span, "")
                .help(format!("use {include}")),
        );
    }
    if place.depth >= IMPORTS {
        errors.push(
            Diag::error("the files import each other")
                .at(&named.name.span, "")
                .help("remove this import"),
        );
    }
    errors.len() == before
}
