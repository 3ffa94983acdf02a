//! What a plan has found for a task so far, kept until all hosts are through, so that what is the
//! same on several hosts is told once.

use super::line::Line;
use crate::engine::TaskInfo;
use std::sync::Arc;

/// The findings of one task.
pub struct Held {
    /// The play's index.
    pub play: usize,
    /// The task.
    pub task: Arc<TaskInfo>,
    lines: Vec<(Line, Vec<String>)>,
}

impl Held {
    /// Nothing yet.
    pub fn new(play: usize, task: Arc<TaskInfo>) -> Self {
        Self {
            play,
            task,
            lines: Vec::new(),
        }
    }

    /// Something was found on a host.
    pub fn add(&mut self, line: Line, host: &str) {
        match self.lines.iter_mut().find(|(told, _)| *told == line) {
            Some((_, hosts)) if hosts.iter().any(|known| known == host) => {}
            Some((_, hosts)) => hosts.push(host.to_owned()),
            None => self.lines.push((line, vec![host.to_owned()])),
        }
    }

    /// What is to be told, in the order in which it was found; hosts stand in the order of `rank`.
    pub fn tell(mut self, rank: impl Fn(&str) -> usize) -> Vec<String> {
        for (_, hosts) in &mut self.lines {
            hosts.sort_by_key(|host| rank(host));
        }
        self.lines
            .iter()
            .map(|(line, hosts)| line.of(&hosts.join(", ")))
            .collect()
    }
}
