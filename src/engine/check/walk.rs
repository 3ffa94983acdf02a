//! The plays with all their tasks, what includes bring behind the include.

use super::names::Names;
use super::survey::{PlaySurvey, Survey, Way};
use crate::diag::Diag;
use crate::engine::controller;
use crate::model::{Action, Inventory, Loader, Loop, Meta, Part, Playbook, Task};
use crate::yaml::{Mapping, Node, Value};
use indexmap::IndexMap;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

/// How many includes may lead from one to the next before the check lets them be.
const INCLUDES: usize = 12;

impl<'a> Survey<'a> {
    pub fn of(
        playbook: &'a Playbook,
        inventory: &Inventory,
        loader: &'a Loader,
        findings: &mut Vec<Diag>,
    ) -> Self {
        let mut survey = Self {
            plays: Vec::new(),
            playbook,
            extra: loader.extra(),
            torn: !loader.is_whole(),
        };
        let mut brings = Vec::new();
        for play in &playbook.plays {
            let mut found = PlaySurvey {
                play,
                tasks: Vec::new(),
                handlers: Vec::new(),
                included: Vec::new(),
                open: false,
                unseen: Vec::new(),
                ways: HashMap::new(),
                peopled: false,
                brought: false,
                sets: BTreeMap::new(),
                inventory: IndexMap::new(),
                alike: HashSet::new(),
                vars_files: Mapping::new(),
            };
            found.hosts(inventory, &brings, findings);
            found.open |= found.files_of_variables(findings);
            // Both times a gate's tasks are the same.
            let gate = play.gate.before.iter();
            let sections = play.sections.iter().flat_map(|section| &section.tasks);
            let tasks: Vec<Arc<Task>> = gate.chain(sections).cloned().collect();
            let before = playbook.before(survey.plays.len());
            // A cycle of plays is told elsewhere: none of them stands before the other yet.
            let before = before.iter().filter_map(|at| survey.plays.get(*at));
            let names = Names::after(loader, before, &found);
            let sure = found.peopled && !found.brought;
            let mut walk = Walk::new(loader, findings, names, sure);
            found.tasks = walk.expand(&tasks, &mut found);
            let mut handlers = play.handlers.clone();
            handlers.append(&mut found.handlers);
            // Which of them are notified only the run knows.
            walk.way.sure = false;
            found.handlers = walk.expand(&handlers, &mut found);
            found.open |= found.learn(findings);
            let tasks = found.tasks.iter().chain(&found.handlers);
            brings.extend(tasks.filter_map(|task| task.brings_as_written()));
            survey.plays.push(found);
        }
        survey
    }
}

/// A walk along a play's tasks, in the order in which they run.
pub struct Walk<'a> {
    loader: &'a Loader,
    findings: &'a mut Vec<Diag>,
    names: Names,
    /// The includes on the way here.
    chain: Vec<PathBuf>,
    /// What those on the way here ask for.
    pub way: Way,
    /// A task may have ended the play by now.
    ended: bool,
}

impl<'a> Walk<'a> {
    pub fn new(loader: &'a Loader, findings: &'a mut Vec<Diag>, names: Names, sure: bool) -> Self {
        Self {
            loader,
            findings,
            names,
            chain: Vec::new(),
            way: Way {
                guards: Vec::new(),
                sure,
            },
            ended: false,
        }
    }

    /// These tasks, and those that they include.
    pub fn expand(&mut self, tasks: &[Arc<Task>], play: &mut PlaySurvey<'_>) -> Vec<Arc<Task>> {
        let mut all = Vec::new();
        for task in tasks {
            all.push(task.clone());
            let mut way = self.way.clone();
            way.sure &= is_sure(task) && !self.ended;
            play.ways.insert(task.id, way.clone());
            self.ended |= matches!(
                task.action,
                Action::Meta(Meta::EndHost | Meta::EndPlay | Meta::EndBatch, _)
            );
            way.guards.extend(task.keywords.when.iter().cloned());
            let outer = std::mem::replace(&mut self.way, way);
            all.extend(self.included(task, play));
            self.way = outer;
            self.names.learn(task);
        }
        all
    }

    /// The tasks that an include brings, under all names that it may have.
    fn included(&mut self, task: &Task, play: &mut PlaySurvey<'_>) -> Vec<Arc<Task>> {
        let mut all = Vec::new();
        match &task.action {
            Action::IncludeTasks { file, apply } => {
                let Some(names) = self.names.of(task, file, play) else {
                    play.left(file);
                    return all;
                };
                for name in names {
                    let inner = self.file(task, &name, file, apply.as_ref(), play);
                    all.extend(self.expand(&inner, play));
                    self.chain.pop();
                }
            }
            Action::IncludeRole {
                name, tasks_from, ..
            } => {
                let files = match tasks_from {
                    Some(from) => self.names.of(task, from, play),
                    None => Some(vec!["main".to_owned()]),
                };
                let Some((names, files)) = self.names.of(task, name, play).zip(files) else {
                    play.left(name);
                    return all;
                };
                for (name, from) in names.iter().flat_map(|n| files.iter().map(move |f| (n, f))) {
                    let inner = self.role(task, name, from, play);
                    all.extend(self.expand(&inner, play));
                    self.chain.pop();
                }
            }
            _ => {}
        }
        all
    }

    /// Goes one include deeper; false when that leads in a circle, which a condition may end.
    fn deeper(&mut self, what: PathBuf, play: &mut PlaySurvey<'_>) -> bool {
        let goes = self.chain.len() < INCLUDES && !self.chain.contains(&what);
        play.open |= !goes && self.chain.len() >= INCLUDES;
        self.chain.push(what);
        goes
    }

    fn file(
        &mut self,
        task: &Task,
        name: &str,
        file: &Node,
        apply: Option<&Node>,
        play: &mut PlaySurvey<'_>,
    ) -> Vec<Arc<Task>> {
        let found = controller::find(task, play.play, "tasks", name);
        let path = found.clone().unwrap_or_default();
        if !self.deeper(path, play) {
            return Vec::new();
        }
        match found {
            Ok(path) => match self
                .loader
                .include_tasks(&path, task, apply, &loop_vars(task))
            {
                Ok(tasks) => tasks,
                Err(diags) => {
                    self.findings.extend(diags);
                    Vec::new()
                }
            },
            Err(diag) => {
                self.findings.push(diag.or_at(&file.span));
                Vec::new()
            }
        }
    }

    fn role(
        &mut self,
        task: &Task,
        name: &str,
        from: &str,
        play: &mut PlaySurvey<'_>,
    ) -> Vec<Arc<Task>> {
        if !self.deeper(PathBuf::from(format!("{name} {from}")), play) {
            return Vec::new();
        }
        let mut files = task.role_files().map(|node| node.and_then(constant));
        files[0] = Some(from.to_owned());
        let task = task.with_role_files(&files);
        match self.loader.include_role(name, &task, &loop_vars(&task)) {
            Ok(role) => {
                play.handlers.extend(role.handlers);
                play.included.push(role.role);
                role.tasks
            }
            Err(diags) => {
                self.findings.extend(diags);
                Vec::new()
            }
        }
    }
}

/// Whether a task is reached where what it stands in is: nothing chooses, and no loop may be empty.
fn is_sure(task: &Task) -> bool {
    let words = &task.keywords;
    let items = |repeat: &Loop| repeat.over.as_seq().is_some_and(|items| !items.is_empty());
    words.when.is_empty()
        && words.repeat.as_ref().is_none_or(items)
        && !words.tags.iter().any(|tag| tag == "never")
        && !task.blocks.iter().any(|(_, part)| *part == Part::Rescue)
}

/// The text of a node in which no template stands.
fn constant(node: &Node) -> Option<String> {
    let text = node.as_str()?;
    (!text.contains("{{") && !text.contains("{%")).then(|| text.to_owned())
}

/// The loop's variables, known by name only.
fn loop_vars(task: &Task) -> Mapping {
    let mut vars = Mapping::new();
    if let Some(repeat) = &task.keywords.repeat {
        for name in [Some(&repeat.var), repeat.index_var.as_ref()]
            .into_iter()
            .flatten()
        {
            let key = Node::new(Value::Str(name.clone()), repeat.over.span.clone());
            vars.insert(key, Node::new(Value::Null, repeat.over.span.clone()));
        }
    }
    vars
}
