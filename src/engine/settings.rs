//! What the keywords of plays and tasks come to that say how far a play goes: rendered when they
//! are needed, and refused where they make no sense.

use super::machine::lock;
use super::play::PlayRun;
use super::run::Run;
use super::scope;
use crate::diag::Diag;
use crate::graph::Size;
use crate::model::{Layer, Layers, Part, Play, Task, var_map};
use crate::template::{RenderError, Templar};
use crate::yaml::{Node, Value as Yaml};
use std::collections::HashSet;
use std::sync::Arc;

/// What a play's keywords come to.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `serial`: the sizes of its batches.
    pub serial: Vec<Size>,
    /// `gather_facts`.
    pub gather_facts: bool,
    /// `any_errors_fatal`.
    pub any_errors_fatal: bool,
    /// `max_fail_percentage`.
    pub max_fail_percentage: Option<f64>,
}

impl Settings {
    /// Renders them with what is known before any host is: the extra variables and the play's own.
    pub fn of(run: &Run, play: &Play) -> Result<Self, Diag> {
        let mut layers = Layers::new();
        layers.push(Layer::ExtraVars, run.options.extra_vars.clone());
        layers.push(Layer::PlayVars, Arc::new(var_map(&play.vars)));
        let templar = Templar::new(Arc::new(layers), run.lookups(vec![play.folder.clone()]));
        let flag = |node: &Option<Node>, otherwise| match node {
            Some(node) => truth(&templar, node),
            None => Ok(otherwise),
        };
        let serial = |node: &Node| {
            let text = text(&templar, node)?;
            Size::read(&text).ok_or_else(|| {
                Diag::error(format!("`{text}` is no size of a batch"))
                    .at(&node.span, "")
                    .help("`serial` takes numbers of hosts and percentages, as in `1` or `30%`")
            })
        };
        let limit = |node: &Node| {
            let text = text(&templar, node)?;
            percentage(&text).ok_or_else(|| {
                Diag::error(format!("`{text}` is no percentage"))
                    .at(&node.span, "")
                    .help("`max_fail_percentage` takes a number, as in `30`")
            })
        };
        Ok(Self {
            serial: play.serial.iter().map(serial).collect::<Result<_, _>>()?,
            gather_facts: flag(&play.gather_facts, true)?,
            any_errors_fatal: flag(&play.any_errors_fatal, false)?,
            max_fail_percentage: play.max_fail_percentage.as_ref().map(limit).transpose()?,
        })
    }
}

/// Reads `30` or `30%`.
pub fn percentage(text: &str) -> Option<f64> {
    text.trim().trim_end_matches('%').trim_end().parse().ok()
}

fn text(templar: &Templar, node: &Node) -> Result<String, Diag> {
    let value = templar.value(node).map_err(|error| told(error, node))?;
    Ok(value.to_string())
}

fn truth(templar: &Templar, node: &Node) -> Result<bool, Diag> {
    if let Some(truth) = literal(node) {
        return Ok(truth);
    }
    let text = text(templar, node)?;
    boolean(&text).ok_or_else(|| {
        Diag::error(format!("`{text}` is no boolean"))
            .at(&node.span, "")
            .help("what is rendered here must come to `true` or `false`")
    })
}

fn told(error: RenderError, node: &Node) -> Diag {
    match error {
        RenderError::Bad(diag) => diag.or_at(&node.span),
        RenderError::Unknown { until } => {
            Diag::error(format!("this is unknown until {until}")).at(&node.span, "")
        }
    }
}

/// What a boolean says without being rendered.
fn literal(node: &Node) -> Option<bool> {
    match &node.value {
        Yaml::Bool(truth) => Some(*truth),
        Yaml::Str(text) => boolean(text),
        _ => None,
    }
}

/// The words that Ansible takes for a boolean.
fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_lowercase().as_str() {
        "true" | "yes" | "on" | "1" | "y" | "t" => Some(true),
        "false" | "no" | "off" | "0" | "n" | "f" => Some(false),
        _ => None,
    }
}

/// Whether a task runs once for all hosts, or may, which is decided when its turn comes.
pub fn may_be_once(task: &Task) -> bool {
    let once = task.keywords.run_once.as_ref();
    once.is_some_and(|node| literal(node).unwrap_or(true))
}

/// Whether a task runs once for all hosts, as the variables of `host` say, the first of them.
pub fn once(run: &Arc<Run>, play: &Arc<PlayRun>, task: &Task, host: &str) -> Result<bool, Diag> {
    match &task.keywords.run_once {
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
    let lookups = run.lookups(super::controller::search(task, &play.play));
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
            play.standing(host, super::standing::Standing::end);
        }
        broken.insert(play.index);
    }
    fatal.map(drop)
}

#[allow(clippy::cast_precision_loss)] // Nobody has 2^52 hosts.
fn over(lost: usize, all: usize, percentage: f64) -> bool {
    lost as f64 * 100.0 > percentage * all as f64
}
