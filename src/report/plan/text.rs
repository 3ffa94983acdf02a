//! What stands above the sum of a plan on a terminal.

use super::Foremost;
use crate::report::change;
use crate::report::style::{BOLD, DIM, MAGENTA, paint};
use crate::report::visible::visible;

impl Foremost {
    /// What is taken away or stopped, and what can't be known before which task: a line each.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for loss in self.losses() {
            if lines.is_empty() {
                lines.push(paint(BOLD, "Takes away or stops:"));
            }
            let line = change::thing(&loss.thing).of(&loss.hosts.join(", "));
            let task = paint(DIM, format!(" ({})", visible(&loss.task.name)));
            lines.push(format!("  {line}{task}"));
        }
        for (index, unknown) in self.unknown().iter().enumerate() {
            if index == 0 {
                lines.push(paint(BOLD, "Can't be known yet:"));
            }
            lines.push(format!(
                "  {} [{}] until {}: {}",
                paint(MAGENTA, "?"),
                unknown.hosts.join(", "),
                visible(unknown.until),
                paint(DIM, unknown.names(visible))
            ));
        }
        lines
    }
}
