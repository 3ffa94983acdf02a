//! The end of a run: what it came to, host by host, and the next command.

use super::Human;
use crate::engine::{Mode, Recap};
use crate::report::style::{BOLD, RED, paint};
use crate::report::tally;
use crate::report::visible::visible;
use std::time::Duration;

impl Human {
    /// What the run came to: the recap or the plan's sum, who failed and where, and what to do next.
    pub(super) fn ended(
        &mut self,
        recap: &[(String, Recap)],
        elapsed: Duration,
        interrupted: bool,
    ) {
        self.flush(None);
        self.screen.draw(&[]);
        if self.is_plan() {
            self.screen.gap();
            self.screen.line(&self.tally.summary());
        } else {
            self.title("PLAY RECAP");
            self.screen.line(&tally::recap(recap));
            self.screen.gap();
            self.screen
                .line(&tally::closing(recap, elapsed, interrupted));
        }
        let mut failed = false;
        for (host, recap) in recap {
            let word = match recap {
                Recap { failed: 1.., .. } => "failed",
                Recap {
                    unreachable: 1.., ..
                } => "unreachable",
                _ => continue,
            };
            failed = true;
            if let Some(task) = self.failures.get(host) {
                let gate = task.gate.map(|moment| format!("gate {}, ", moment.word()));
                let line = format!(
                    "{} {host}: {}{}, {}",
                    paint(RED, word),
                    gate.unwrap_or_default(),
                    visible(&task.name),
                    visible(&task.place)
                );
                self.screen.line(&line);
            }
        }
        let again = |verb: &str| format!("trueup {verb} {}", self.options.arguments);
        let next = match self.mode {
            Mode::Apply if failed => Some(format!("mend it, then {}", again("apply"))),
            Mode::Plan if failed => Some(format!("mend it, then {}", again("plan"))),
            Mode::Plan if self.tally.differs() => Some(again("apply")),
            _ => None,
        };
        if let Some(next) = next {
            self.screen.line(&format!("Next: {}", paint(BOLD, next)));
        }
    }
}
