//! What events say of a node, with `no_log` left out, and of long texts the end.

use super::{
    Arc, Event, Item, Life, One, Outcome, Registered, Seen, Templar, brief, error_line, scope,
};
use crate::engine::censored::{HIDDEN, censored};
use crate::engine::masked;
use crate::secret;
use crate::step::end_of;

impl Life {
    /// Tells how an item ended; what it is called.
    pub(super) async fn tell_item(&self, item: &Item, one: &One, seen: &Seen) -> String {
        let custom = self
            .task
            .keywords
            .repeat
            .as_ref()
            .and_then(|repeat| repeat.label.as_ref());
        let label = match custom.map(|node| seen.templar(&item.vars).value(node)) {
            Some(Ok(value)) => value.to_string(),
            _ => item.label.clone().unwrap_or_default(),
        };
        let label = self.unless_hidden(label);
        let outcome = one.outcome(self.ignores());
        self.run
            .tell(Event::ItemFinished {
                task: self.info.clone(),
                host: self.host.to_string(),
                item: label.clone(),
                takes_away: one.takes_away && outcome.is_difference(),
                outcome: self.censor(outcome),
                result: self.shown(&Arc::new(one.verdict.registered.clone())),
            })
            .await;
        label
    }

    pub(super) fn notified(&self) -> Vec<String> {
        // As in Ansible, where that the inventory changed is known only after handlers were notified.
        if self.brings() && self.task.keywords.changed_when.is_empty() {
            return Vec::new();
        }
        let Ok(layers) = scope::layers(&self.run, &self.play, &self.task, &self.host) else {
            return Vec::new();
        };
        let templar = Templar::new(Arc::new(layers), self.run.lookups(Vec::new()));
        self.task
            .keywords
            .notify
            .iter()
            .map(|node| match templar.value(node) {
                Ok(value) => value.to_string(),
                Err(error) => error_line(&error),
            })
            .collect()
    }

    /// Leaves out of an outcome what `no_log` hides, texts that differ where `diff` is false, and of
    /// a long message all but its end: secrets first, of which a cut would leave a part.
    pub(super) fn censor(&self, outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::Failed { message, ignored } if !self.info.no_log => Outcome::Failed {
                message: end_of(&secret::masked(&message), brief::TEXT).into_owned(),
                ignored,
            },
            Outcome::Changed(changes) => Outcome::Changed(censored(changes, &self.info)),
            outcome if !self.info.no_log => outcome,
            Outcome::Waits { until, .. } => Outcome::Waits {
                until,
                what: HIDDEN.to_owned(),
            },
            Outcome::Failed { ignored, .. } => Outcome::Failed {
                message: "the message is hidden by no_log".to_owned(),
                ignored,
            },
            Outcome::Skipped(_) => Outcome::Skipped(HIDDEN.to_owned()),
            Outcome::Unknown { until, .. } => Outcome::Unknown {
                until,
                why: HIDDEN.to_owned(),
            },
            // Where the task itself does not say whom to reach, and how, the inventory does.
            Outcome::Unreachable { ignored, .. } if self.reaches_by_template() => {
                Outcome::Unreachable {
                    message: "why is hidden by no_log".to_owned(),
                    ignored,
                }
            }
            other => other,
        }
    }

    fn reaches_by_template(&self) -> bool {
        let words = &self.task.keywords;
        let words = [
            &words.delegate_to,
            &words.connection,
            &words.port,
            &words.remote_user,
            &words.become_user,
        ];
        let mut given = words.into_iter().flatten();
        given.any(|node| node.as_str().is_some_and(|text| text.contains("{{")))
    }

    /// The name of a host that the inventory has; any other may be a template's.
    pub(super) fn known_host(&self, host: String) -> String {
        if self.run.roster.now().inventory.hosts.contains_key(&host) {
            host
        } else {
            self.unless_hidden(host)
        }
    }

    /// What a task waits for, or who does it, unless `no_log` hides it.
    pub(super) fn unless_hidden(&self, text: String) -> String {
        if self.info.no_log {
            HIDDEN.to_owned()
        } else {
            text
        }
    }

    pub(super) fn shown(&self, registered: &Arc<Registered>) -> Arc<Registered> {
        if !self.info.no_log {
            let mut registered = registered.clone();
            masked::registered(&mut registered);
            return brief::brief(&registered);
        }
        let mut censored = Registered::new();
        censored.insert("censored".into(), "hidden by no_log".into());
        for key in ["changed", "failed"] {
            if let Some(value) = registered.get(key) {
                censored.insert(key.into(), value.clone());
            }
        }
        Arc::new(censored)
    }
}
