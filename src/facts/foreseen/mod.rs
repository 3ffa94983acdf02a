//! A machine as what is pending in a dry run will leave it: effects that lie over its real answers.
//!
//! Nothing here asks. A [`Question`](super::Question) lays what is pending over what the host says
//! now: it is answered as the host does, or with what will be so, or it says which task decides it.

mod accounts;
mod brought;
mod crontab;
mod etcd;
mod http;
mod links;
mod mounts;
mod over;
mod owner;
mod packages;
mod place;
mod postgres;
mod rpms;
mod says;
mod unit_file;
mod units;

use super::ProbeError;
use super::contents::Contents;
use super::path::{self, bare};
use crate::step::{Effect, Place};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is pending on a machine, in the order in which it will be done.
#[derive(Clone, Debug, Default)]
pub struct Foreseen {
    pending: Arc<Vec<Pending>>,
    /// Links that stand on the host, by their real names, with what they lead to.
    links: Arc<BTreeMap<String, String>>,
    /// Links that may stand, and where they would lead then, by their real names.
    maybe: Arc<Vec<(String, String)>>,
    /// What new packages bring, by their names; `None` where the host can't tell.
    opened: Arc<BTreeMap<String, Option<Contents>>>,
    /// The user who asks; empty where that is not known.
    asker: Arc<str>,
}

/// An effect of a task that has not run.
#[derive(Clone, Debug)]
struct Pending {
    effect: Effect,
    /// The task's title.
    until: Arc<str>,
    /// The user whom the step runs as.
    by: Arc<str>,
}

impl Pending {
    fn unknown(&self, why: &str) -> ProbeError {
        ProbeError::Unknown {
            until: self.until.to_string(),
            why: why.to_owned(),
        }
    }
}

impl Foreseen {
    /// A task that would run as the user `by` would make these true.
    pub fn add(&mut self, until: &str, by: &str, effects: impl IntoIterator<Item = Effect>) {
        let (until, by): (Arc<str>, Arc<str>) = (until.into(), by.into());
        let lay = |all: &mut Self, effect| {
            Arc::make_mut(&mut all.pending).push(Pending {
                effect,
                until: Arc::clone(&until),
                by: Arc::clone(&by),
            });
        };
        for effect in effects {
            let Effect::Path(path, place) = effect else {
                lay(self, effect);
                continue;
            };
            // By the name that it has where links are on the way to it.
            let name = self.name(&path, &place);
            let place = match place {
                Place::Twin(of) => Place::Twin(self.real(&of, false)),
                other => other,
            };
            let behind = self.real(&name, true);
            if matches!(place, Place::Unknown(_)) {
                if behind != name {
                    lay(self, Effect::Path(behind, place.clone()));
                }
                for other in self.may_lead(&name) {
                    lay(self, Effect::Path(other, place.clone()));
                }
            }
            lay(self, Effect::Path(name, place));
        }
    }

    /// These links stand on the host, by their real names, and lead to these.
    pub fn learn(&mut self, links: Vec<(String, String)>) {
        let links = links.into_iter().filter(|(link, real)| {
            link.starts_with('/') && link != real && self.links.get(link) != Some(real)
        });
        let links: Vec<_> = links.map(|(link, real)| (bare(&link), real)).collect();
        if links.is_empty() {
            return;
        }
        Arc::make_mut(&mut self.links).extend(links);
        // What is pending may have been told by another name.
        let mut known = Self {
            links: Arc::clone(&self.links),
            opened: Arc::clone(&self.opened),
            ..Self::default()
        };
        for pending in &*self.pending {
            known.add(&pending.until, &pending.by, [pending.effect.clone()]);
        }
        self.pending = known.pending;
    }

    /// A link may stand there then, and lead to this, or what stands there now stays: what is done behind
    /// it may be done at either place.
    pub fn may_link(&mut self, link: &str, target: &str) {
        let link = self.real(link, false);
        let targets = [
            Some(path::absolute(&link, target)),
            self.links.get(&link).cloned(),
        ];
        let all = targets.into_iter().flatten();
        Arc::make_mut(&mut self.maybe).extend(all.map(|target| (link.clone(), bare(&target))));
    }

    /// Where a path may lead, by links that may stand on the way to it.
    fn may_lead(&self, path: &str) -> Vec<String> {
        let led = |(link, target): &(String, String)| {
            let rest = path.strip_prefix(link.as_str())?;
            (rest.is_empty() || rest.starts_with('/')).then(|| format!("{target}{rest}"))
        };
        self.maybe.iter().filter_map(led).collect()
    }

    /// What was learned of the host may not be so any more.
    pub fn forget(&mut self) {
        self.links = Arc::default();
    }

    /// The same as the user `asker` sees it.
    #[must_use]
    pub fn seen_by(mut self, asker: &str) -> Self {
        self.asker = asker.into();
        self
    }

    /// The value that a kernel setting will have, where it is set.
    pub fn kernel(&self, name: &str) -> Option<&str> {
        self.pending
            .iter()
            .rev()
            .find_map(|pending| match &pending.effect {
                Effect::Kernel(set, value) if set == name => Some(value.as_str()),
                _ => None,
            })
    }

    /// The name that the host will have, where it gets one.
    pub fn host_name(&self) -> Option<&str> {
        self.pending
            .iter()
            .rev()
            .find_map(|pending| match &pending.effect {
                Effect::HostName(name) => Some(name.as_str()),
                _ => None,
            })
    }

    /// What becomes of paths.
    fn paths(&self) -> impl DoubleEndedIterator<Item = (&Pending, &String, &Place)> {
        self.pending
            .iter()
            .filter_map(|pending| match &pending.effect {
                Effect::Path(path, place) => Some((pending, path, place)),
                _ => None,
            })
    }

    /// How much is pending: what was answered when it was less may not hold any more.
    pub fn len(&self) -> usize {
        self.pending.len()
    }

    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }
}
