//! What events say of a node, with `no_log` left out, and of long texts the end.

use super::{
    Arc, Change, Event, Item, Life, One, Outcome, Registered, Seen, Templar, brief, said, scope,
};
use crate::step::end_of;

impl Life {
    pub(super) async fn tell_item(&self, item: &Item, one: &One, seen: &Seen) {
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
        self.run
            .tell(Event::ItemFinished {
                task: self.info.clone(),
                host: self.host.to_string(),
                item: if self.info.no_log {
                    "(hidden by no_log)".to_owned()
                } else {
                    label
                },
                outcome: self.censor(one.outcome(self.ignores())),
                result: self.shown(&Arc::new(one.verdict.registered.clone())),
            })
            .await;
    }

    pub(super) fn notified(&self) -> Vec<String> {
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
                Err(error) => said(&error),
            })
            .collect()
    }

    /// Leaves out of an outcome what `no_log` hides, and of a long message all but its end.
    pub(super) fn censor(&self, outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::Failed { message, ignored } if !self.info.no_log => Outcome::Failed {
                message: end_of(&message, brief::TEXT).into_owned(),
                ignored,
            },
            outcome if !self.info.no_log => outcome,
            Outcome::Changed(changes) => Outcome::Changed(
                changes
                    .into_iter()
                    .map(|change| {
                        Change::new(
                            change.sign,
                            format!("{} (hidden by no_log)", self.info.module),
                        )
                    })
                    .collect(),
            ),
            Outcome::Failed { ignored, .. } => Outcome::Failed {
                message: "the message is hidden by no_log".to_owned(),
                ignored,
            },
            other => other,
        }
    }

    pub(super) fn shown(&self, registered: &Arc<Registered>) -> Arc<Registered> {
        if !self.info.no_log {
            return brief::brief(registered);
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
