//! What the keywords of a play come to that say how far it goes: rendered when it begins, and refused
//! where they make no sense.

use super::run::Run;
use super::variables;
use crate::diag::Diag;
use crate::graph::Size;
use crate::model::Play;
use crate::template::{RenderError, Templar};
use crate::yaml::{self, Node, Value as Yaml};
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
        let layers = variables::of_play(&run.options, play);
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
    let value = templar.value(node).map_err(|error| diag_of(error, node))?;
    Ok(value.to_string())
}

/// What a boolean says, rendered where it must be.
pub fn truth(templar: &Templar, node: &Node) -> Result<bool, Diag> {
    if let Some(truth) = literal(node) {
        return Ok(truth);
    }
    let text = text(templar, node)?;
    yaml::truth(&text).ok_or_else(|| {
        Diag::error(format!("`{text}` is no boolean"))
            .at(&node.span, "")
            .help("what is rendered here must come to `true` or `false`")
    })
}

fn diag_of(error: RenderError, node: &Node) -> Diag {
    match error {
        RenderError::Bad(diag) => diag.or_at(&node.span),
        RenderError::Unknown { until } => {
            Diag::error(format!("this is unknown until {until}")).at(&node.span, "")
        }
    }
}

/// What a boolean says without being rendered.
pub fn literal(node: &Node) -> Option<bool> {
    match &node.value {
        Yaml::Bool(truth) => Some(*truth),
        Yaml::Str(text) => yaml::truth(text),
        _ => None,
    }
}
