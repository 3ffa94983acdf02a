//! What tools of the host say, as pending effects leave it.

use super::Foreseen;
use crate::facts::{ProbeError, Says};
use crate::step::{Effect, Package};

impl Foreseen {
    /// What the tool will say, where it says `now`.
    pub fn says(
        &self,
        asked: &Says,
        now: Result<String, ProbeError>,
    ) -> Result<String, ProbeError> {
        let told = self.pending.iter().rev().find_map(|pending| {
            let Effect::Says(of, text) = &pending.effect else {
                return None;
            };
            (*of == asked.of).then(|| text.clone().unwrap_or_default())
        });
        match (told, now) {
            (Some(text), _) => Ok(text),
            (None, Err(ProbeError::Failed(why))) => {
                let brings = |effect: &Effect| matches!(effect, Effect::Package(name, Package::There { .. }) if name == asked.package);
                let why_then = format!("{} brings {}", asked.package, asked.program);
                Err(self
                    .decided_by(&why_then, brings)
                    .unwrap_or(ProbeError::Failed(why)))
            }
            (None, now) => now,
        }
    }

    /// That the first pending effect of this kind decides what is asked.
    pub fn decided_by(&self, why: &str, is: impl Fn(&Effect) -> bool) -> Option<ProbeError> {
        let first = self.pending.iter().find(|pending| is(&pending.effect))?;
        Some(first.unknown(why))
    }
}
