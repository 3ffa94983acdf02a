//! What the steps of `apt` make true: what comes and goes by apt's own simulation, where it can be told.

use super::params::{Spec, Want};
use super::{Ready, State};
use crate::facts::{Move, Package};
use crate::step::{self, Effect, quote};

impl Ready {
    /// The command whose simulation tells what comes and goes; `None` where nothing does, or where
    /// what apt knows of the packages is not enough for that.
    pub(super) fn command(&self, state: &State) -> Option<String> {
        let auto = if self.params.autoremove {
            "--auto-remove "
        } else {
            ""
        };
        let (verb, words): (_, Vec<String>) = if self.params.state == Want::Absent {
            let gone = self.gone(state);
            let known = gone.iter().filter(|package| package.installed);
            (
                "remove",
                known.map(|package| quote(&package.name)).collect(),
            )
        } else {
            let missing = self.missing(state);
            if self.is_stale(state.age)
                || missing.iter().any(|spec| state.candidate(spec).is_none())
            {
                return None;
            }
            (
                "install",
                missing.iter().map(|spec| quote(&spec.word())).collect(),
            )
        };
        let options = self.options();
        (!words.is_empty()).then(|| format!("{options}{auto}{verb} -- {}", words.join(" ")))
    }

    /// What comes and goes by the simulation.
    pub(super) fn moves(&self, state: &State) -> Vec<Effect> {
        let moved = |moved: &Move| {
            let becomes = match &moved.to {
                Some(version) => step::Package::There {
                    version: Some(version.clone()),
                    architecture: String::new(),
                    new: moved.from.is_none(),
                },
                None => step::Package::Gone {
                    purged: self.params.purge,
                },
            };
            // NAME:ARCHITECTURE where it is not the host's own.
            let name = moved.name.split(':').next().unwrap_or_default();
            Effect::Package(name.to_owned(), becomes)
        };
        state.moves.iter().map(moved).collect()
    }

    /// What installing makes true.
    pub(super) fn installs(&self, missing: &[&Spec], state: &State) -> Vec<Effect> {
        let mut makes = self.moves(state);
        for spec in missing {
            let (name, architecture) = spec.name.split_once(':').unwrap_or((&spec.name, ""));
            let told = |effect: &Effect| matches!(effect, Effect::Package(told, _) if told == name);
            if !makes.iter().any(told) {
                let exact = spec
                    .version
                    .clone()
                    .filter(|version| !version.contains('*'));
                // Lists that are read before it may name another.
                let listed = state.candidate(spec).filter(|_| !self.is_stale(state.age));
                let becomes = step::Package::There {
                    version: exact.or_else(|| listed.cloned()),
                    architecture: architecture.to_owned(),
                    new: state.version(spec).is_none(),
                };
                makes.push(Effect::Package(name.to_owned(), becomes));
            }
        }
        makes
    }

    /// What taking away makes true.
    pub(super) fn removes(&self, gone: &[&Package], state: &State) -> Vec<Effect> {
        let mut makes = self.moves(state);
        let purged = self.params.purge;
        let goes = |package: &&Package| {
            Effect::Package(package.name.clone(), step::Package::Gone { purged })
        };
        makes.extend(gone.iter().map(goes));
        makes
    }
}
