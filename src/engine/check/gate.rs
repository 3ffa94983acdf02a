//! What has no place in a gate.

use crate::diag::Diag;
use crate::model::{Action, Task};

/// Whether a task of a gate only asks, as far as that can be seen.
pub fn check(task: &Task, findings: &mut Vec<Diag>) {
    if task.keywords.gate.is_none() {
        return;
    }
    for notified in &task.keywords.notify {
        findings.push(
            Diag::error("a task of a gate can't notify handlers")
                .at(&notified.span, "")
                .help(
                    "a gate changes nothing that a handler could follow: move the task to `tasks`",
                ),
        );
    }
    if let Action::Meta(_, span) = &task.action {
        findings.push(
            Diag::error("`meta` has no place in a gate")
                .at(span, "")
                .help("a gate asks whether something holds: use `assert` or `fail`"),
        );
    }
}
