//! Packages of Debian's, as pending effects leave them.

use super::super::matching::expression;
use super::super::{Age, Move, Package, ProbeError};
use super::{Foreseen, Pending};
use crate::step::{self, Effect, Place};
use regex::Regex;
use std::collections::BTreeMap;

impl Foreseen {
    pub(super) fn packages(
        &self,
    ) -> impl DoubleEndedIterator<Item = (&Pending, &String, &step::Package)> {
        self.pending
            .iter()
            .filter_map(|pending| match &pending.effect {
                Effect::Package(name, package) => Some((pending, name, package)),
                _ => None,
            })
    }

    /// Those of some packages, patterns too, that dpkg will know.
    pub fn installed(
        &self,
        names: &[String],
        mut now: Vec<Package>,
    ) -> Result<Vec<Package>, ProbeError> {
        let asked: Vec<Regex> = names
            .iter()
            .map(|name| expression(name.split(':').next().unwrap_or_default()))
            .collect::<Result<_, _>>()?;
        let asked = |(_, name, _): &(_, &String, _)| asked.iter().any(|asked| asked.is_match(name));
        for (pending, name, becomes) in self.packages().filter(asked) {
            match becomes {
                step::Package::There {
                    version,
                    architecture,
                    ..
                } => {
                    let there = |package: &&mut Package| {
                        package.name == *name
                            && (architecture.is_empty() || *architecture == package.architecture)
                    };
                    let known = Package {
                        name: name.clone(),
                        architecture: architecture.clone(),
                        version: version.clone().unwrap_or_default(),
                        installed: true,
                        held: false,
                        until: version.is_none().then(|| pending.until.to_string()),
                    };
                    match now.iter_mut().find(there) {
                        Some(package) => {
                            *package = Package {
                                architecture: package.architecture.clone(),
                                held: package.held,
                                ..known
                            };
                        }
                        None => now.push(known),
                    }
                }
                step::Package::Gone { purged } => {
                    for package in now.iter_mut().filter(|package| package.name == *name) {
                        package.installed = false;
                    }
                    now.retain(|package| !purged || package.name != *name);
                }
            }
        }
        Ok(now)
    }

    /// What `apt-get` will do. `free` is whether it chooses by itself what goes.
    pub fn moves(&self, free: bool, now: Vec<Move>) -> Result<Vec<Move>, ProbeError> {
        let pending = self.packages().next_back().map(|(pending, ..)| pending);
        if let (Some(pending), true) = (pending.or(self.unread_sources()), free) {
            return Err(pending.unknown("what apt does then rests on it"));
        }
        let is_so = |moved: &Move| {
            let last = self
                .packages()
                .rev()
                .find(|(_, name, _)| **name == moved.name);
            match last.map(|(.., becomes)| becomes) {
                Some(step::Package::There { version, .. }) => {
                    version.is_none() || *version == moved.to
                }
                Some(step::Package::Gone { .. }) => moved.to.is_none(),
                None => false,
            }
        };
        Ok(now.into_iter().filter(|moved| !is_so(moved)).collect())
    }

    /// Where the packages come from is changed, and read anew then.
    fn unread_sources(&self) -> Option<&Pending> {
        let mut changed = None;
        for pending in &*self.pending {
            match &pending.effect {
                Effect::Path(path, _) if is_source(path) => changed = Some((pending, false)),
                Effect::ListsRead => changed = changed.map(|(pending, _)| (pending, true)),
                _ => {}
            }
        }
        changed.and_then(|(pending, read)| read.then_some(pending))
    }

    /// Which versions apt will offer: none is known where what it offers changes, which `newest` can't
    /// do without.
    pub fn candidates(
        &self,
        newest: bool,
        now: BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, ProbeError> {
        match self.unread_sources() {
            Some(pending) if newest => {
                Err(pending.unknown("what is newest is known once its packages are listed"))
            }
            Some(_) => Ok(BTreeMap::new()),
            None => Ok(now),
        }
    }

    /// How old the lists of packages will be.
    pub fn lists_age(&self, mut now: Age) -> Age {
        for pending in &*self.pending {
            match &pending.effect {
                Effect::Path(path, place)
                    if is_source(path) && !matches!(place, Place::Access(_)) =>
                {
                    now.read = 0;
                }
                Effect::ListsRead => now.read = now.now,
                _ => {}
            }
        }
        now
    }
}

fn is_source(path: &str) -> bool {
    let folders = ["/etc/apt/sources.list.d/", "/etc/yum.repos.d/"];
    path == "/etc/apt/sources.list" || folders.iter().any(|folder| path.starts_with(folder))
}
