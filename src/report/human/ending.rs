//! The end of a run: what it came to, host by host, and the next command.

use super::Human;
use crate::engine::{Mode, OwedHandler, Recap};
use crate::report::By;
use crate::report::style::{BOLD, DIM, RED, paint};
use crate::report::tally;
use crate::report::visible::visible;
use indexmap::IndexMap;
use std::time::Duration;

impl Human {
    /// What the run came to: the recap or the plan's sum, who failed and where, and what to do next.
    pub(super) fn ended(
        &mut self,
        recap: &[(String, Recap)],
        elapsed: Duration,
        interrupted: bool,
        owed: &[OwedHandler],
    ) {
        self.flush(None);
        self.screen.draw(&[]);
        if self.is_plan() {
            self.sections();
            self.foremost.sort(|host| self.tally.rank(host));
            let foremost = self.foremost.lines();
            if !foremost.is_empty() {
                self.screen.gap();
            }
            for line in foremost {
                self.screen.line(&line);
            }
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
        let saved = self.options.saved.is_some();
        for line in owed_handlers(owed, saved) {
            self.screen.line(&line);
        }
        let again = |verb: &str| format!("trueup {verb} {}", self.options.arguments);
        let next = match self.mode {
            Mode::Apply if !owed.is_empty() && !saved => {
                let mend = if failed { "mend what failed, " } else { "" };
                let again = again("apply");
                let by_hand = "do by hand what these handlers do";
                Some(format!("{by_hand}, {mend}then {again}"))
            }
            Mode::Apply if failed || !owed.is_empty() => {
                Some(format!("mend it, then {}", again("apply")))
            }
            Mode::Plan if failed => Some(format!("mend it, then {}", again("plan"))),
            Mode::Plan if self.tally.differs() => match &self.options.saved {
                Some(saved) => Some(format!("trueup apply {saved}")),
                None => Some(again("apply")),
            },
            _ => None,
        };
        if let Some(next) = next {
            self.screen.line(&format!("Next: {}", paint(BOLD, next)));
        }
    }
}

impl Human {
    /// What is told host by host, and who has nothing to be told of.
    fn sections(&mut self) {
        if self.options.by != By::Host {
            return;
        }
        let sections = std::mem::take(&mut self.by_host).tell(|host| self.tally.rank(host));
        let mut quiet = self.tally.all_hosts();
        for (hosts, lines) in sections {
            quiet.retain(|host| !hosts.contains(host));
            let word = if hosts.len() == 1 { "HOST" } else { "HOSTS" };
            self.title(&format!("{word} [{}]", hosts.join(", ")));
            for line in lines {
                self.screen.line(&line);
            }
        }
        if !quiet.is_empty() {
            self.screen.gap();
            let words = format!("Nothing differs on {}.", quiet.join(", "));
            self.screen.line(&paint(DIM, words));
        }
    }
}

/// The handlers that did not do their work, a line for all hosts of which the same is to be said, and
/// why they must not be forgotten; that a `saved` plan was applied is remembered, and what it owes.
fn owed_handlers(owed: &[OwedHandler], saved: bool) -> Vec<String> {
    let mut hosts: IndexMap<String, Vec<&str>> = IndexMap::new();
    for OwedHandler {
        handler,
        host,
        notified_by,
        tried,
    } in owed
    {
        let word = if *tried { "failed" } else { "not run" };
        let what = format!(
            "{}: handler {}, {} (notified by {})",
            paint(RED, word),
            visible(&handler.name),
            visible(&handler.place),
            visible(&notified_by.join(", "))
        );
        hosts.entry(what).or_default().push(host);
    }
    let mut lines: Vec<String> = hosts
        .into_iter()
        .map(|(what, hosts)| format!("{what} on {}", hosts.join(", ")))
        .collect();
    if saved && !lines.is_empty() {
        lines.push("Where the plan is gone on with, they are run.".to_owned());
    } else if !lines.is_empty() {
        lines.push(
            "A further apply does not notify them: the changes that did are made. \
             `force_handlers: true` in the play runs handlers although a host failed."
                .to_owned(),
        );
    }
    lines
}
