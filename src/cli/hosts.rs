//! The hosts of plays, as far as they are known before a run.

use super::ending::Failure;
use super::playbook::Loaded;
use crate::diag::Diag;
use crate::model::{Layer, Layers, Play};
use crate::template::{Lookups, RenderError, Templar};
use crate::yaml::{Node, Value};
use std::collections::HashSet;
use std::sync::Arc;

/// The hosts of each play, narrowed by `--limit`.
pub fn of_plays(loaded: &Loaded, limit: Option<&str>) -> Result<Vec<Vec<Arc<str>>>, Failure> {
    let limit = match limit {
        Some(limit) => {
            let hosts = loaded.inventory.select(limit).map_err(Failure::input)?;
            Some(hosts.into_iter().collect::<HashSet<_>>())
        }
        None => None,
    };
    let plays = loaded.playbook.plays.iter();
    plays
        .map(|play| {
            let pattern = pattern(loaded, play).map_err(|diag| Failure::input(*diag))?;
            let hosts = loaded
                .inventory
                .select(&pattern)
                .map_err(|diag| Failure::input(diag.or_at(&play.hosts.span)))?;
            let kept = hosts
                .into_iter()
                .filter(|host| limit.as_ref().is_none_or(|limit| limit.contains(host)));
            Ok(kept.map(Arc::from).collect())
        })
        .collect()
}

/// The task of an earlier play that may bring hosts to a play with this pattern.
pub fn brought(loaded: &Loaded, index: usize, pattern: &str) -> Option<String> {
    let before = loaded.playbook.plays.iter().take(index);
    let sections = before.flat_map(|play| &play.sections);
    let mut brings = sections
        .flat_map(|section| &section.tasks)
        .filter_map(|task| task.brings_as_written());
    let brings = brings.find(|brings| loaded.inventory.may_select(pattern, brings));
    brings.map(|brings| brings.task)
}

/// The play's pattern; extra variables may stand in it.
pub fn pattern(loaded: &Loaded, play: &Play) -> Result<String, Box<Diag>> {
    let layers = Layers::new().with(Layer::ExtraVars, Arc::clone(&loaded.extra_vars));
    let templar = Templar::new(Arc::new(layers), Arc::new(Lookups::default()));
    let node = templar.node(&play.hosts).map_err(|error| match error {
        RenderError::Bad(diag) => Box::new(diag.or_at(&play.hosts.span)),
        RenderError::Unknown { until } => Box::new(
            Diag::error(format!("the hosts are unknown until {until}")).at(&play.hosts.span, ""),
        ),
    })?;
    Ok(match &node.value {
        Value::Seq(items) => items
            .iter()
            .filter_map(Node::as_str)
            .collect::<Vec<_>>()
            .join(","),
        _ => node.as_str().unwrap_or_default().to_owned(),
    })
}
