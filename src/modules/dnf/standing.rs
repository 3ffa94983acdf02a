//! How a package that a task names stands: there as it is wanted, or what has to come.

use super::spec::{Meant, Spec};
use super::{Ready, State};
use crate::facts::Rpm;
use crate::step::{Effect, Package};
use std::cmp::Ordering;

/// A package that has to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needed {
    /// What dnf is to do: `install`, `upgrade`.
    pub verb: &'static str,
    /// What dnf is told.
    pub word: String,
    /// The package.
    pub name: String,
    /// Its version now.
    pub from: Option<String>,
    /// Its version then, as far as it is known.
    pub to: Option<String>,
    /// What dnf would bring, where it has told.
    pub rpm: Option<Rpm>,
}

/// The newest of some packages.
pub fn newest<'a>(rpms: impl Iterator<Item = &'a Rpm>) -> Option<&'a Rpm> {
    rpms.max_by(|a, b| a.evr.order(&b.evr))
}

impl Needed {
    /// Where dnf has not told what it would bring, what is wanted stands for it.
    fn of_rpms(spec: &Spec, from: Option<&Rpm>, to: Option<&Rpm>) -> Self {
        let name = to.or(from).map_or(&spec.word, |rpm| &rpm.name);
        Self {
            verb: "install",
            word: spec.word.clone(),
            name: name.clone(),
            from: from.map(|rpm| rpm.evr.to_string()),
            to: to
                .map(|rpm| rpm.evr.to_string())
                .or_else(|| from.map(|_| spec.word.clone())),
            rpm: to.cloned(),
        }
    }

    /// What is so once it has come; nothing where it is not even known by its name.
    pub fn makes(&self) -> Option<Effect> {
        let rpm = self.rpm.as_ref()?;
        Some(Effect::Package(
            rpm.name.clone(),
            Package::There {
                version: Some(rpm.evr.to_string()),
                architecture: rpm.arch.clone(),
                new: self.from.is_none(),
            },
        ))
    }

    /// What has to come for a spec; nothing where all is as it is wanted.
    pub fn of(ready: &Ready, spec: &Spec, state: &State) -> Result<Option<Self>, String> {
        let is_provided = state.provided.contains_key(&spec.word);
        match &spec.meant {
            Meant::File => Ok(Self::of_file(ready, spec, state)),
            Meant::Holder if is_provided || ready.params.update_only => Ok(None),
            Meant::Holder => Ok(Some(Self::of_rpms(spec, None, None))),
            Meant::Named(_) => Self::of_named(ready, spec, state, is_provided),
        }
    }

    /// What is in a file has come, too, where something newer is installed: a repository's own
    /// package often is.
    fn of_file(ready: &Ready, spec: &Spec, state: &State) -> Option<Self> {
        let to = state.files.get(&spec.word)?;
        let same = |rpm: &&Rpm| rpm.name == to.name && rpm.arch == to.arch;
        let from = newest(state.installed.iter().filter(same));
        let order = from.map(|from| to.evr.order(&from.evr));
        let comes = match order {
            None => !ready.params.update_only,
            Some(Ordering::Greater) => true,
            Some(Ordering::Equal) => false,
            Some(Ordering::Less) => ready.params.allow_downgrade,
        };
        comes.then(|| Self::of_rpms(spec, from, Some(to)))
    }

    fn of_named(
        ready: &Ready,
        spec: &Spec,
        state: &State,
        is_provided: bool,
    ) -> Result<Option<Self>, String> {
        let offered = || state.offered.iter().filter(|rpm| spec.is(rpm));
        if let Some(from) = newest(state.installed.iter().filter(|rpm| spec.is(rpm))) {
            let newer =
                |rpm: &&Rpm| rpm.name == from.name && rpm.evr.order(&from.evr) == Ordering::Greater;
            let to = newest(offered().filter(newer)).filter(|_| ready.is_latest());
            return Ok(to.map(|to| Self {
                verb: "upgrade",
                ..Self::of_rpms(spec, Some(from), Some(to))
            }));
        }
        let another = |rpm: &&Rpm| spec.other(rpm).is_some();
        if let Some(from) = newest(state.installed.iter().filter(another)) {
            let to = newest(offered().filter(|rpm| rpm.name == from.name));
            let is_older = match to {
                Some(to) => to.evr.order(&from.evr) == Ordering::Less,
                None => spec
                    .other(from)
                    .is_some_and(|form| form.is_older(&from.evr)),
            };
            if is_older && !ready.params.allow_downgrade {
                return Err(format!(
                    "`{}` is older than {} {}, which is installed: `allow_downgrade: true` goes back",
                    spec.word, from.name, from.evr
                ));
            }
            return Ok(Some(Self::of_rpms(spec, Some(from), to)));
        }
        if is_provided || ready.params.update_only {
            return Ok(None);
        }
        Ok(Some(Self::of_rpms(spec, None, newest(offered()))))
    }
}
