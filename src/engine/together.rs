//! What the keywords of a task come to that are about all its hosts: whether it runs once for them,
//! and whether its failures stop the others.

use super::controller;
use super::machine::lock;
use super::play::PlayRun;
use super::run::Run;
use super::scope;
use super::settings::{literal, truth};
use super::standing::Standing;
use crate::diag::Diag;
use crate::model::{Action, Part, Task};
use crate::modules;
use crate::template::Templar;
use crate::yaml::Node;
use std::collections::HashSet;
use std::sync::Arc;

/// Whether a task runs once for all hosts, or may, which is decided when its turn comes.
pub fn may_be_once(task: &Task) -> bool {
    let once = task.keywords.run_once.as_ref();
    bypasses(task) || once.is_some_and(|node| literal(node).unwrap_or(true))
}

/// Whether a task's module runs once for all hosts, whatever its keywords say.
fn bypasses(task: &Task) -> bool {
    let module = match &task.action {
        Action::Module { name, .. } => name.as_str().and_then(modules::find),
        _ => None,
    };
    module.is_some_and(|module| module.once)
}

/// Whether a task runs once for all hosts, as the variables of `host` say, the first of them.
pub fn once(run: &Arc<Run>, play: &Arc<PlayRun>, task: &Task, host: &str) -> Result<bool, Diag> {
    match &task.keywords.run_once {
        _ if bypasses(task) => Ok(true),
        Some(node) => truth_on(run, play, task, host, node),
        None => Ok(false),
    }
}

fn truth_on(
    run: &Arc<Run>,
    play: &Arc<PlayRun>,
    task: &Task,
    host: &str,
    node: &Node,
) -> Result<bool, Diag> {
    if let Some(truth) = literal(node) {
        return Ok(truth);
    }
    let layers = scope::layers(run, play, task, host).map_err(|diags| {
        let first = diags.into_iter().next();
        first.unwrap_or_else(|| Diag::error("bad variables").at(&node.span, ""))
    })?;
    let lookups = run.lookups(controller::search(task, &play.play));
    truth(&Templar::new(Arc::new(layers), lookups), node)
}

/// `any_errors_fatal` and `max_fail_percentage`: whether the failures so far stop the others.
/// What can't be rendered stops them, and is told.
pub fn weigh(
    run: &Arc<Run>,
    play: &Arc<PlayRun>,
    task: &Task,
    broken: &mut HashSet<usize>,
) -> Result<(), Diag> {
    let batch = lock(&play.batch).clone();
    let lost: Vec<&Arc<str>> = batch
        .iter()
        .filter(|host| play.standing(host, |s| s.is_lost()))
        .collect();
    let Some(first) = lost.first() else {
        return Ok(());
    };
    let failed_here = batch
        .iter()
        .any(|host| play.standing(host, |s| s.failed_at(&task.blocks)));
    let fatal = match &task.keywords.any_errors_fatal {
        Some(node) if failed_here => truth_on(run, play, task, first, node),
        _ => Ok(play.settings.any_errors_fatal),
    };
    if failed_here && *fatal.as_ref().unwrap_or(&true) {
        let mut rescued = true;
        for host in &batch {
            if play.standing(host, |s| s.is_sound()) {
                rescued &= play.standing(host, |s| s.fail(&task.blocks));
            }
        }
        rescued &= task
            .blocks
            .iter()
            .any(|(block, part)| block.rescues && *part == Part::Body);
        if !rescued {
            broken.insert(play.index);
        }
    }
    if let Some(percentage) = play.settings.max_fail_percentage
        && over(lost.len(), batch.len(), percentage)
    {
        for host in &batch {
            play.standing(host, Standing::end);
        }
        broken.insert(play.index);
    }
    fatal.map(drop)
}

#[allow(clippy::cast_precision_loss)] // Nobody has 2^52 hosts.
fn over(lost: usize, all: usize, percentage: f64) -> bool {
    lost as f64 * 100.0 > percentage * all as f64
}
