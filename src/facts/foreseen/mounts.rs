//! What is mounted, as pending effects leave it.

use super::Foreseen;
use crate::facts::Mount;
use crate::step::Effect;

impl Foreseen {
    /// What will be mounted.
    pub fn mounts(&self, now: Vec<Mount>) -> Vec<Mount> {
        let mut mounts = now;
        for pending in &*self.pending {
            let Effect::Mount(at, becomes) = &pending.effect else {
                continue;
            };
            let last = mounts.iter().rposition(|mount| mount.at == *at);
            match becomes {
                None => drop(last.map(|last| mounts.remove(last))),
                Some(what) => {
                    let again = last.is_some_and(|last| mounts[last].what.source == what.source);
                    if let Some(last) = last.filter(|_| again) {
                        mounts[last].what = what.clone();
                        continue;
                    }
                    mounts.push(Mount {
                        at: at.clone(),
                        what: what.clone(),
                        device: String::new(),
                        root: String::new(),
                    });
                }
            }
        }
        mounts
    }
}
