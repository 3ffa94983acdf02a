//! What a play is made of when it starts: hosts, batches, variables of files, sections, names.

use super::controller;
use super::event::TaskInfo;
use super::machine::lock;
use super::play::PlayRun;
use super::run::Run;
use super::{scope, tags};
use crate::diag::Diag;
use crate::graph::{self, Size};
use crate::model::{self, Action, HostOrder, Keywords, Layer, Layers, Play, Task, VarMap, var_map};
use crate::template::{RenderError, Templar};
use crate::yaml::{Mapping, Node, Value as Yaml};
use minijinja::Value;
use std::collections::HashSet;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The hosts of a play, without those that were lost, and what is to be said of its pattern.
pub fn hosts(run: &Arc<Run>, play: &Play, lost: &HashSet<Arc<str>>) -> (Vec<Arc<str>>, Vec<Diag>) {
    let named = match pattern(run, play).and_then(|pattern| select(run, play, &pattern)) {
        Ok(named) => named,
        Err(diag) => return (Vec::new(), vec![diag]),
    };
    let mut hosts: Vec<Arc<str>> = named
        .into_iter()
        .map(Arc::from)
        .filter(|host: &Arc<str>| !lost.contains(host))
        .collect();
    match play.order {
        HostOrder::Inventory => {}
        HostOrder::ReverseInventory => hosts.reverse(),
        HostOrder::Sorted => hosts.sort(),
        HostOrder::ReverseSorted => hosts.sort_by(|a, b| b.cmp(a)),
        HostOrder::Shuffle => hosts.sort_by_cached_key(|_| getrandom::u32().unwrap_or_default()),
    }
    (hosts, Vec::new())
}

/// A play's hosts pattern, rendered with the extra variables.
pub fn pattern(run: &Run, play: &Play) -> Result<String, Diag> {
    let mut layers = Layers::new();
    layers.push(Layer::ExtraVars, run.options.extra_vars.clone());
    layers.push(Layer::PlayVars, Arc::new(var_map(&play.vars)));
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
    if local(pattern) && !run.inventory.hosts.contains_key(pattern) {
        return Ok(vec![pattern.to_owned()]);
    }
    let mut hosts = run
        .inventory
        .select(pattern)
        .map_err(|diag| diag.or_at(&play.hosts.span))?;
    if let Some(limit) = &run.options.limit {
        let limited: HashSet<String> = run.inventory.select(limit)?.into_iter().collect();
        hosts.retain(|host| limited.contains(host));
    }
    Ok(hosts)
}

/// The batches of `serial`.
pub fn batches(run: &Run, play: &Play, hosts: &[Arc<str>]) -> Vec<Vec<Arc<str>>> {
    let mut layers = Layers::new();
    layers.push(Layer::ExtraVars, run.options.extra_vars.clone());
    layers.push(Layer::PlayVars, Arc::new(var_map(&play.vars)));
    let templar = Templar::new(Arc::new(layers), run.lookups(Vec::new()));
    let size = |node: &Node| match templar.value(node) {
        Ok(value) => Size::read(&value.to_string()).unwrap_or(Size::All),
        Err(_) => Size::Hosts(1),
    };
    graph::batches(hosts, &play.serial.iter().map(size).collect::<Vec<_>>())
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
                    play.lay(host, Layer::VarsFiles, Arc::new(var_map(&read)));
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

/// The tasks of a play, section by section, the gathering of facts first.
pub fn sections(run: &Run, play: &PlayRun) -> Vec<Vec<Arc<Task>>> {
    let options = &run.options;
    let mut sections: Vec<Vec<Arc<Task>>> = play
        .play
        .sections
        .iter()
        .map(|section| {
            let selected = |task: &&Arc<Task>| {
                tags::selected(&task.keywords.tags, &options.tags, &options.skip_tags)
            };
            section.tasks.iter().filter(selected).cloned().collect()
        })
        .filter(|tasks: &Vec<_>| !tasks.is_empty())
        .collect();
    if gathers(run, &play.play) {
        let gather = vec![Arc::new(gathering(play))];
        match sections.first_mut() {
            Some(first) => drop(first.splice(0..0, gather)),
            None => sections.push(gather),
        }
    }
    sections
}

fn gathers(run: &Run, play: &Play) -> bool {
    let Some(node) = &play.gather_facts else {
        return true;
    };
    if let Yaml::Bool(gathers) = node.value {
        return gathers;
    }
    let mut layers = Layers::new();
    layers.push(Layer::ExtraVars, run.options.extra_vars.clone());
    layers.push(Layer::PlayVars, Arc::new(var_map(&play.vars)));
    let templar = Templar::new(Arc::new(layers), run.lookups(Vec::new()));
    templar.test(node).unwrap_or(true)
}

/// The task that gathers facts, as if the play began with it.
fn gathering(play: &PlayRun) -> Task {
    let span = play.play.span.clone();
    let node = |value| Node::new(value, span.clone());
    let mut args = Mapping::new();
    if let Some(subset) = &play.play.gather_subset {
        args.insert(node(Yaml::Str("gather_subset".into())), subset.clone());
    }
    let keywords = Keywords {
        tags: vec!["always".into()],
        ..(*play.play.keywords).clone()
    };
    Task {
        // Beyond what any playbook has, and still exact in every JSON reader.
        id: u32::MAX as usize - play.index,
        name: Some(node(Yaml::Str("Gathering Facts".into()))),
        action: Action::Module {
            name: node(Yaml::Str("setup".into())),
            args: node(Yaml::Map(args)),
        },
        keywords: Arc::new(keywords),
        blocks: Vec::new(),
        role: None,
        outer: play.play.keywords.clone(),
        folder: play.play.folder.clone(),
        listen: Vec::new(),
        span,
    }
}

/// Whether a task runs once for all hosts.
pub fn once(task: &Task) -> bool {
    match task.keywords.run_once.as_ref().map(|node| &node.value) {
        Some(Yaml::Bool(once)) => *once,
        Some(Yaml::Str(text)) => matches!(text.to_lowercase().as_str(), "true" | "yes" | "on"),
        _ => false,
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
    TaskInfo {
        id: task.id,
        name: match &task.role {
            Some(role) => format!("{} : {title}", role.name),
            None => title,
        },
        module: task.action.title().to_owned(),
        place: task.span.to_string(),
        handler: is_handler(play, task),
        no_log,
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

/// Notifies the handlers that `name` means: the last one called so, and all that listen to it.
pub fn notify(play: &PlayRun, name: &str, host: &Arc<str>) {
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
    for handler in named.into_iter().chain(listening) {
        notified.entry(handler.id).or_default().insert(host.clone());
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
    if let Action::Module { name, args } = &task.action
        && name
            .as_str()
            .is_some_and(|name| name.rsplit('.').next() == Some("set_fact"))
    {
        for key in args.as_map().into_iter().flat_map(Mapping::keys) {
            if let Some(var) = learned.set.get(key) {
                shared.insert(key.to_owned(), var.clone());
            }
        }
    }
    run.hosts.get(to).learn(super::hosts::Kind::Set, shared);
}

/// `any_errors_fatal` and `max_fail_percentage`: whether the failures so far stop the others.
pub fn weigh(play: &PlayRun, task: &Task, broken: &mut HashSet<usize>) {
    let batch = lock(&play.batch).clone();
    let lost = batch
        .iter()
        .filter(|host| play.standing(host, |s| s.is_lost()))
        .count();
    if lost == 0 {
        return;
    }
    let truth = |node: &Option<Node>| match node.as_ref().map(|node| &node.value) {
        Some(Yaml::Bool(fatal)) => Some(*fatal),
        _ => None,
    };
    let fatal = truth(&task.keywords.any_errors_fatal)
        .or_else(|| truth(&play.play.any_errors_fatal))
        .unwrap_or(false);
    if fatal
        && batch
            .iter()
            .any(|host| play.standing(host, |s| s.failed_at(&task.blocks)))
    {
        let mut rescued = true;
        for host in &batch {
            if play.standing(host, |s| s.is_sound()) {
                rescued &= play.standing(host, |s| s.fail(&task.blocks));
            }
        }
        rescued &= task
            .blocks
            .iter()
            .any(|(block, part)| block.rescues && *part == model::Part::Body);
        if !rescued {
            broken.insert(play.index);
        }
    }
    let percentage = match play
        .play
        .max_fail_percentage
        .as_ref()
        .map(|node| &node.value)
    {
        Some(Yaml::Int(percentage)) => *percentage,
        _ => return,
    };
    let over = i64::try_from(lost * 100).unwrap_or(i64::MAX)
        > percentage.saturating_mul(i64::try_from(batch.len()).unwrap_or(i64::MAX));
    if over {
        for host in &batch {
            play.standing(host, super::standing::Standing::end);
        }
        broken.insert(play.index);
    }
}
