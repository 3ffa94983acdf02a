//! What a play is made of when it starts: hosts, batches, variables of files, sections, names.

use super::controller;
use super::event::TaskInfo;
use super::machine::lock;
use super::play::PlayRun;
use super::roster::Rests;
use super::run::Run;
use super::{scope, tags, variables};
use crate::diag::Diag;
use crate::model::{self, Action, HostOrder, Keywords, Moment, Play, Task, VarMap, var_map};
use crate::template::{RenderError, Templar};
use crate::yaml::{Mapping, Node, Value as Yaml};
use minijinja::Value;
use std::collections::HashSet;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The hosts of a play.
#[derive(Default)]
pub struct Matched {
    /// Those that there are, without those that were lost.
    pub hosts: Vec<Arc<str>>,
    /// What is to be said of its pattern.
    pub findings: Vec<Diag>,
    /// In a dry run: the task that decides whether these are all.
    pub until: Option<String>,
}

/// The hosts of a play, without those that were lost.
pub fn hosts(run: &Arc<Run>, play: &Play, lost: &HashSet<Arc<str>>) -> Matched {
    let matched = pattern(run, play).and_then(|pattern| {
        let rests = run.is_plan().then(|| rests(run, &pattern)).flatten();
        Ok((select(run, play, &pattern)?, rests))
    });
    let (named, rests) = match matched {
        Ok(matched) => matched,
        Err(diag) => {
            return Matched {
                findings: vec![diag],
                ..Matched::default()
            };
        }
    };
    let mut hosts: Vec<Arc<str>> = named
        .into_iter()
        .map(Arc::from)
        .filter(|host: &Arc<str>| !lost.contains(host))
        .collect();
    match play.order {
        // Those are told apart by what the hosts themselves answer.
        HostOrder::Inventory | HostOrder::ReplicasFirst => {}
        HostOrder::ReverseInventory => hosts.reverse(),
        HostOrder::Sorted => hosts.sort(),
        HostOrder::ReverseSorted => hosts.sort_by(|a, b| b.cmp(a)),
        HostOrder::Shuffle => hosts.sort_by_cached_key(|_| getrandom::u32().unwrap_or_default()),
    }
    let said = rests.as_ref().map(|rests| {
        let diag = Diag::warning(format!(
            "the hosts of this play rest on `{}`: unknown until {}",
            rests.task, rests.until
        ));
        diag.at(&play.hosts.span, "")
    });
    Matched {
        hosts,
        findings: said.into_iter().collect(),
        until: rests.map(|rests| rests.until),
    }
}

/// Why it is not known whether all hosts are there that a play takes.
fn rests(run: &Run, pattern: &str) -> Option<Rests> {
    let limit = run.options.limit.as_deref();
    let patterns: Vec<&str> = std::iter::once(pattern).chain(limit).collect();
    run.roster.now().rests(&patterns)
}

/// A play's hosts pattern, rendered with the extra variables.
pub fn pattern(run: &Run, play: &Play) -> Result<String, Diag> {
    let layers = variables::of_play(&run.options, play);
    let templar = Templar::new(Arc::new(layers), run.lookups(vec![play.folder.clone()]));
    let node = templar.node(&play.hosts).map_err(|error| match error {
        RenderError::Bad(diag) => diag.or_at(&play.hosts.span),
        RenderError::Unknown { until } => Diag::error(format!("unknown until {until}")),
    })?;
    Ok(match &node.value {
        Yaml::Seq(items) => items
            .iter()
            .filter_map(Node::as_str)
            .collect::<Vec<_>>()
            .join(","),
        Yaml::Str(text) => text.clone(),
        _ => String::new(),
    })
}

fn select(run: &Run, play: &Play, pattern: &str) -> Result<Vec<String>, Diag> {
    let local = |name: &str| matches!(name, "localhost" | "127.0.0.1" | "::1");
    if local(pattern) && !run.roster.now().inventory.hosts.contains_key(pattern) {
        return Ok(vec![pattern.to_owned()]);
    }
    let known = run.roster.now();
    let mut hosts = known
        .inventory
        .select(pattern)
        .map_err(|diag| diag.or_at(&play.hosts.span))?;
    if let Some(limit) = &run.options.limit {
        let limited: HashSet<String> = known.inventory.select(limit)?.into_iter().collect();
        hosts.retain(|host| limited.contains(host));
    }
    Ok(hosts)
}

/// Reads `vars_files` for every host; of a list of names the first that is there counts.
pub fn vars_files(run: &Arc<Run>, play: &Arc<PlayRun>) -> Result<(), (String, Diag)> {
    for host in &play.hosts {
        let fail = |diag: Diag| (host.to_string(), diag);
        let base = play.base(run, host).map_err(|diags| {
            fail(
                diags
                    .into_iter()
                    .next()
                    .unwrap_or_else(|| Diag::error("bad variables")),
            )
        })?;
        let templar = Templar::new(Arc::new(base), run.lookups(vec![play.play.folder.clone()]));
        for entry in &play.play.vars_files {
            let choices = entry.as_seq().unwrap_or(std::slice::from_ref(entry));
            let mut tried = Vec::new();
            let mut found = false;
            for choice in choices {
                let name = match templar.value(choice) {
                    Ok(value) => value.to_string(),
                    Err(RenderError::Bad(diag)) => return Err(fail(*diag)),
                    Err(RenderError::Unknown { until }) => {
                        return Err(fail(Diag::error(format!("unknown until {until}"))));
                    }
                };
                let path = play.play.folder.join(&name);
                let path = if path.exists() {
                    path
                } else {
                    play.play.folder.join("vars").join(&name)
                };
                if path.exists() {
                    let read = model::read_vars(&path).map_err(|diags| {
                        fail(
                            diags
                                .into_iter()
                                .next()
                                .unwrap_or_else(|| Diag::error("bad variables")),
                        )
                    })?;
                    play.lay(host, Arc::new(var_map(&read)));
                    found = true;
                    break;
                }
                tried.push(name);
            }
            if !found {
                let diag = Diag::error(format!("no such file of variables: {}", tried.join(", ")));
                let help = format!("put it into {}", play.play.folder.display());
                return Err(fail(diag.at(&entry.span, "").help(help)));
            }
        }
    }
    Ok(())
}

/// What a batch goes through, one after the other.
pub enum Stage {
    /// Tasks, and then the handlers that they notified.
    Tasks(Vec<Arc<Task>>),
    /// The play's gate.
    Gate(Moment, Vec<Arc<Task>>),
}

/// What a batch of a play goes through: the gathering of facts, the gate, the sections of tasks,
/// the gate again. Where no task of the play is selected there is nothing for a gate to guard.
pub fn stages(run: &Run, play: &PlayRun) -> Vec<Stage> {
    let mut sections = sections(run, play);
    let gate = &play.play.gate;
    if sections.is_empty() || gate.before.is_empty() {
        if play.settings.gather_facts {
            let gather = Arc::new(gathering(play));
            match sections.first_mut() {
                Some(first) => first.insert(0, gather),
                None => sections.push(vec![gather]),
            }
        }
        return sections.into_iter().map(Stage::Tasks).collect();
    }
    let gathers = play.settings.gather_facts;
    gathers
        .then(|| Stage::Tasks(vec![Arc::new(gathering(play))]))
        .into_iter()
        .chain([Stage::Gate(Moment::Before, gate.before.clone())])
        .chain(sections.into_iter().map(Stage::Tasks))
        .chain([Stage::Gate(Moment::After, gate.after.clone())])
        .collect()
}

/// The selected tasks of a play, section by section.
fn sections(run: &Run, play: &PlayRun) -> Vec<Vec<Arc<Task>>> {
    let options = &run.options;
    play.play
        .sections
        .iter()
        .map(|section| {
            let selected = |task: &&Arc<Task>| {
                tags::selected(&task.keywords.tags, &options.tags, &options.skip_tags)
            };
            section.tasks.iter().filter(selected).cloned().collect()
        })
        .filter(|tasks: &Vec<_>| !tasks.is_empty())
        .collect()
}

/// The task that gathers facts, as if the play began with it.
fn gathering(play: &PlayRun) -> Task {
    let span = play.play.span.clone();
    let node = |value| Node::new(value, span.clone());
    let mut args = Mapping::new();
    if let Some(subset) = &play.play.gather_subset {
        args.insert(node(Yaml::Str("gather_subset".into())), subset.clone());
    }
    // Beyond what any playbook has, and still exact in every JSON reader.
    own(
        play,
        u32::MAX as usize - 2 * play.index,
        "Gathering Facts",
        "setup",
        args,
    )
}

/// The question that `order: replicas_first` asks, as a task that events can name.
pub fn asking(play: &PlayRun) -> Task {
    own(
        play,
        u32::MAX as usize - 2 * play.index - 1,
        "Asking which PostgreSQL is the primary",
        "order",
        Mapping::new(),
    )
}

/// A task that stands in no playbook.
fn own(play: &PlayRun, id: usize, name: &str, module: &str, args: Mapping) -> Task {
    let span = play.play.span.clone();
    let node = |value| Node::new(value, span.clone());
    let keywords = Keywords {
        tags: vec!["always".into()],
        ..(*play.play.keywords).clone()
    };
    Task {
        id,
        name: Some(node(Yaml::Str(name.into()))),
        action: Action::Module {
            name: node(Yaml::Str(module.into())),
            args: node(Yaml::Map(args)),
        },
        keywords: Arc::new(keywords),
        blocks: Vec::new(),
        role: None,
        outer: play.play.keywords.clone(),
        folder: play.play.folder.clone(),
        includes: Arc::default(),
        listen: Vec::new(),
        span,
    }
}

/// A task as events name it, its name rendered for `host`.
pub fn info(run: &Arc<Run>, play: &Arc<PlayRun>, task: &Task, host: &str) -> TaskInfo {
    let lookups = run.lookups(controller::search(task, &play.play));
    let templar = scope::layers(run, play, task, host)
        .ok()
        .map(|layers| Templar::new(Arc::new(layers), lookups));
    let named = task.name.as_ref().and_then(|name| {
        templar
            .as_ref()
            .and_then(|templar| templar.value(name).ok())
            .map(|value: Value| value.to_string())
    });
    let title = named.unwrap_or_else(|| task.title());
    let no_log = task
        .keywords
        .no_log
        .as_ref()
        .is_some_and(|node| match &node.value {
            Yaml::Bool(hidden) => *hidden,
            // What can't be decided is hidden.
            _ => templar
                .as_ref()
                .and_then(|templar| templar.test(node).ok())
                .unwrap_or(true),
        });
    if !no_log && task.keywords.no_log.is_some() {
        task.span.unveil();
    }
    // What a loop's item decides is not known here: then nothing is shown.
    let diff = task.keywords.diff.as_ref().map(|node| match &node.value {
        Yaml::Bool(shown) => *shown,
        _ => templar
            .as_ref()
            .and_then(|templar| templar.test(node).ok())
            .unwrap_or(false),
    });
    TaskInfo {
        id: task.id,
        name: match &task.role {
            Some(role) => format!("{} : {title}", role.name),
            None => title,
        },
        module: task.action.title().to_owned(),
        place: task.span.to_string(),
        handler: is_handler(play, task),
        gate: task.keywords.gate,
        no_log,
        diff,
    }
}

/// Whether a task is one of the play's handlers.
pub fn is_handler(play: &PlayRun, task: &Task) -> bool {
    lock(&play.handlers)
        .iter()
        .any(|handler| handler.id == task.id)
}

/// The semaphore of a task's `throttle`.
pub fn throttle(run: &Run, task: &Task) -> Option<Arc<Semaphore>> {
    let count = match task.keywords.throttle.as_ref().map(|node| &node.value) {
        Some(Yaml::Int(count)) if *count > 0 => usize::try_from(*count).ok()?,
        _ => return None,
    };
    Some(
        lock(&run.throttles)
            .entry(task.id)
            .or_insert_with(|| Arc::new(Semaphore::new(count)))
            .clone(),
    )
}

/// Notifies the handlers that `name` means: the last one called so, and all that listen to it. Where
/// there is a `doubt`, that task decides whether they are.
pub fn notify(play: &PlayRun, name: &str, host: &Arc<str>, by: &Task, doubt: Option<&String>) {
    let handlers = lock(&play.handlers);
    let called = |task: &&Arc<Task>| {
        let title = task.title();
        title == name
            || task
                .role
                .as_ref()
                .is_some_and(|role| name == format!("{} : {title}", role.name))
    };
    let named = handlers.iter().rev().find(called);
    let listening = handlers
        .iter()
        .filter(|task| task.listen.iter().any(|topic| topic == name));
    let mut notified = lock(&play.notified);
    let mut owed = lock(&play.owed);
    for handler in named.into_iter().chain(listening) {
        notified.entry(handler.id).or_default().insert(host.clone());
        owed.notified(handler.id, host, by.title(), doubt.cloned());
    }
}

/// Gives another host what a `run_once` task registered.
pub fn share(run: &Run, task: &Task, from: &str, to: &str) {
    let learned = run.hosts.get(from).learned();
    let mut shared = VarMap::new();
    if let Some(name) = &task.keywords.register
        && let Some(var) = learned.set.get(name)
    {
        shared.insert(name.clone(), var.clone());
    }
    for key in task.set_facts() {
        if let Some(var) = learned.set.get(key) {
            shared.insert(key.to_owned(), var.clone());
        }
    }
    run.hosts.get(to).learn(super::hosts::Kind::Set, shared);
}
