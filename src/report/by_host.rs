//! What a plan has found, host by host: kept until its end, so that hosts of which all is the same
//! share a section.

use super::line::Line;
use super::style::{BOLD, paint};
use super::visible::visible;
use crate::engine::TaskInfo;
use indexmap::IndexMap;
use std::sync::Arc;

/// The findings of each host.
#[derive(Default)]
pub struct ByHost(IndexMap<String, Vec<Found>>);

/// What was found of a task on a host.
struct Found {
    play: usize,
    task: Arc<TaskInfo>,
    lines: Vec<String>,
}

impl ByHost {
    /// Something was found; `who` is the host, and the one that does it in its place too:
    /// `pg-a -> pg-b`.
    pub fn add(&mut self, play: usize, task: &Arc<TaskInfo>, who: &str, line: &Line) {
        let (host, line) = match who.split_once(" -> ") {
            Some((host, _)) => (host, line.of(who)),
            None => (who, line.alone()),
        };
        let found = self.0.entry(host.to_owned()).or_default();
        match found.iter_mut().rev().find(|it| it.task.id == task.id) {
            Some(found) => found.lines.push(line),
            None => found.push(Found {
                play,
                task: Arc::clone(task),
                lines: vec![line],
            }),
        }
    }

    /// The sections: hosts in the order of `rank`, and what is to be told of them.
    pub fn tell(self, rank: impl Fn(&str) -> usize) -> Vec<(Vec<String>, Vec<String>)> {
        let mut hosts: Vec<_> = self.0.into_iter().collect();
        hosts.sort_by_key(|(host, _)| rank(host));
        let mut sections: Vec<(Vec<String>, Vec<String>)> = Vec::new();
        for (host, mut found) in hosts {
            // Plays that run at once are told one after the other.
            found.sort_by_key(|found| found.play);
            let lines = found.into_iter().flat_map(|Found { task, lines, .. }| {
                let title = paint(BOLD, visible(&task.name));
                [String::new(), title].into_iter().chain(lines)
            });
            let lines: Vec<String> = lines.skip(1).collect();
            match sections.iter_mut().find(|(_, told)| *told == lines) {
                Some((hosts, _)) => hosts.push(host),
                None => sections.push((vec![host], lines)),
            }
        }
        sections
    }
}
