//! Debian packages.
//!
//! ```yaml
//! - apt: { name: [ postgresql-17, pgpool2 ], update_cache: true, cache_valid_time: 86400 }
//! ```
//!
//! The lists of packages are read anew only where something rests on them: a run that finds
//! everything installed refreshes nothing.

mod command;
mod follows;
mod params;

pub use command::refresh;
pub use params::{Params, Ready};

use super::packaged::{matches, version};
use super::{Change, Controller, Course, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::{
    Age, Candidates, Installed, ListsAge, Look, Move, Package, ProbeError, Provided, Simulated,
};
use crate::step::Step;
use params::{Spec, Upgrade, Want};
use std::collections::BTreeMap;

/// `apt`
pub struct Apt;

/// What dpkg and apt said.
#[derive(Clone, Debug)]
pub struct State {
    installed: Vec<Package>,
    provided: BTreeMap<String, String>,
    candidates: BTreeMap<String, String>,
    moves: Vec<Move>,
    age: Age,
}

impl State {
    fn version<'a>(&'a self, spec: &Spec) -> Option<&'a Package> {
        self.installed
            .iter()
            .find(|package| package.installed && spec.is(package))
    }

    fn candidate(&self, spec: &Spec) -> Option<&String> {
        self.candidates.get(&spec.name)
    }
}

impl Ready {
    fn is_missing(&self, spec: &Spec, state: &State) -> bool {
        match (state.version(spec), &spec.version) {
            (None, None) => !self.params.only_upgrade && !state.provided.contains_key(&spec.name),
            (None, Some(_)) => !self.params.only_upgrade,
            (Some(package), Some(wanted)) => !matches(wanted, &package.version),
            (Some(package), None) => {
                let held =
                    package.held && !self.params.allow_change_held_packages && !self.params.force;
                // One that a task before installs is the newest then.
                self.params.state == Want::Latest
                    && !held
                    && package.until.is_none()
                    && state
                        .candidate(spec)
                        .is_some_and(|version| *version != package.version)
            }
        }
    }

    fn is_stale(&self, age: Age) -> bool {
        // Without a validity every list is stale; one that was read a moment ago was read by this task.
        let valid = self.params.cache_valid_time.max(60);
        age.read == 0 || (self.refreshes() && age.now.saturating_sub(age.read) > valid)
    }

    fn missing<'a>(&'a self, state: &State) -> Vec<&'a Spec> {
        let missing = |spec: &&Spec| self.is_missing(spec, state);
        self.specs.iter().filter(missing).collect()
    }

    /// Those of the packages to take away that are there.
    fn gone<'a>(&self, state: &'a State) -> Vec<&'a Package> {
        let goes = |package: &&Package| package.installed || self.params.purge;
        let mine = self
            .specs
            .iter()
            .flat_map(|spec| state.installed.iter().filter(|p| spec.is(p)));
        mine.filter(goes).collect()
    }

    fn refreshes(&self) -> bool {
        self.params.update_cache || self.params.cache_valid_time > 0
    }
}

impl Module for Apt {
    const NAME: &'static str = "apt";
    const ALIASES: &'static [(&'static str, &'static str)] = &[
        ("package", "name"),
        ("pkg", "name"),
        ("update-cache", "update_cache"),
        ("default-release", "default_release"),
        ("install-recommends", "install_recommends"),
        ("allow-unauthenticated", "allow_unauthenticated"),
        ("allow-downgrade", "allow_downgrade"),
        ("allow_downgrades", "allow_downgrade"),
        ("allow-downgrades", "allow_downgrade"),
    ];
    type Params = Params;
    type Ready = Ready;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Ready, Diag> {
        Ready::read(params)
    }

    async fn probe(ready: &Ready, look: &Look) -> Result<State, ProbeError> {
        let names: Vec<String> = ready.specs.iter().map(|spec| spec.name.clone()).collect();
        let mut state = State {
            installed: Vec::new(),
            provided: BTreeMap::new(),
            candidates: BTreeMap::new(),
            moves: Vec::new(),
            age: Age { read: 0, now: 0 },
        };
        if names.is_empty() {
            state.age = look.fact(ListsAge).await?;
        } else {
            let installed = look.fact(Installed {
                names: names.clone(),
            });
            (state.installed, state.age) = futures::try_join!(installed, look.fact(ListsAge))?;
        }
        if ready.params.state != Want::Absent {
            let missing =
                |spec: &&Spec| state.version(spec).is_none() && !ready.params.only_upgrade;
            let missing: Vec<String> = ready
                .specs
                .iter()
                .filter(missing)
                .map(|spec| spec.name.clone())
                .collect();
            if !missing.is_empty() {
                state.provided = look
                    .fact(Provided {
                        names: missing.clone(),
                    })
                    .await?;
            }
            let asks = if ready.params.state == Want::Latest {
                names
            } else {
                missing
            };
            if !asks.is_empty() {
                let release = ready.params.default_release.clone();
                state.candidates = look
                    .fact(Candidates {
                        names: asks,
                        release,
                        newest: ready.params.state == Want::Latest,
                    })
                    .await?;
            }
        }
        for spec in ready.specs.iter().filter(|spec| spec.version.is_some()) {
            if let Some(package) = state.version(spec) {
                package.known()?;
            }
        }
        let command = match ready.upgrades {
            Some(Upgrade::Dist) => Some("dist-upgrade"),
            Some(Upgrade::Safe) => Some("upgrade --with-new-pkgs"),
            None if ready.params.autoremove && ready.specs.is_empty() => Some("autoremove"),
            None => None,
        };
        if let Some(command) = command {
            let command = format!("{}{command}", ready.options());
            state.moves = look.fact(Simulated { command }).await?;
        } else if let Some(command) = ready.command(&state) {
            // What comes and goes with them. Where it can't be told, apt-get itself says why.
            state.moves = match look.fact(Simulated { command }).await {
                Err(ProbeError::Failed(_)) => Vec::new(),
                told => told?,
            };
        }
        Ok(state)
    }

    fn plan(ready: &Ready, state: &State) -> Result<Plan, String> {
        let stale = ready.is_stale(state.age);
        let mut changes = Vec::new();
        let mut steps = Vec::new();
        if ready.specs.is_empty() && ready.upgrades.is_none() && !ready.params.autoremove {
            return Ok(alone(ready, state));
        }
        if ready.specs.is_empty() {
            if stale && ready.refreshes() {
                return Ok(Plan::Converge {
                    changes: vec![Change::new(Sign::Run, command::REFRESH)],
                    steps: vec![ready.refresh()],
                });
            }
            changes.extend(state.moves.iter().map(moved));
            if !changes.is_empty() {
                steps.push(ready.upgrade().making(ready.moves(state)));
            }
            return Ok(Plan::Converge { changes, steps });
        }
        if ready.params.state == Want::Absent {
            let gone = ready.gone(state);
            changes.extend(
                gone.iter()
                    .map(|package| version(&package.name, Some(&package.version), None)),
            );
            if !gone.is_empty() {
                steps.push(ready.remove(&gone).making(ready.removes(&gone, state)));
            }
            return Ok(Plan::Converge { changes, steps });
        }
        let missing = ready.missing(state);
        if missing.is_empty() {
            if ready.params.state == Want::Latest && stale {
                changes.push(Change::new(Sign::Run, command::REFRESH));
                steps.push(ready.refresh());
            }
            return Ok(Plan::Converge { changes, steps });
        }
        if stale {
            steps.push(ready.refresh());
        }
        for spec in &missing {
            let now = state.version(spec).map(|package| &package.version);
            let then = spec.version.as_ref().or_else(|| state.candidate(spec));
            changes.push(version(&spec.name, now, then));
        }
        steps.push(
            ready
                .install(&missing)
                .making(ready.installs(&missing, state)),
        );
        Ok(Plan::Converge { changes, steps })
    }

    fn result(
        Course {
            before,
            after,
            plan,
            ran,
            ..
        }: Course<'_, Self>,
    ) -> TaskResult {
        let mut result = TaskResult::of(plan, ran);
        let only_told = ran.is_empty() && !plan.steps().is_empty();
        let refreshed = plan.steps().iter().enumerate().any(|(at, planned)| {
            let done = only_told || ran.get(at).is_some_and(|step| step.output.ok());
            done && planned.what == command::REFRESH
        });
        // Lists that were read anew are no change of the host, unless that was all that was asked for.
        let only_refreshed = plan
            .changes()
            .iter()
            .all(|change| change.what == command::REFRESH);
        if let (Some(after), true, Plan::Converge { .. }) = (after, only_refreshed, plan) {
            result.changed =
                result.changed && (after.installed != before.installed || !before.moves.is_empty());
        }
        let result = result.with("cache_updated", refreshed);
        if only_told {
            return result.partial();
        }
        let output = ran.last().map(|step| step.output.clone());
        result
            .with("cache_update_time", after.unwrap_or(before).age.read)
            .printed(&output.unwrap_or_default(), false)
    }
}

/// A task that names no package: the lists and the downloaded files.
fn alone(ready: &Ready, state: &State) -> Plan {
    let mut changes = Vec::new();
    let mut steps: Vec<Step> = Vec::new();
    let fresh = ready.params.cache_valid_time > 0 && !ready.is_stale(state.age);
    if ready.refreshes() && !fresh {
        changes.push(Change::new(Sign::Run, command::REFRESH));
        steps.push(ready.refresh());
    }
    for (wanted, word) in [
        (ready.params.clean, "clean"),
        (ready.params.autoclean, "autoclean"),
    ] {
        if wanted {
            changes.push(Change::new(Sign::Run, format!("apt-get {word}")));
            steps.push(ready.clear(word));
        }
    }
    if ready.params.cache_valid_time > 0 && !ready.params.clean && !ready.params.autoclean {
        return Plan::Converge { changes, steps };
    }
    Plan::Act { changes, steps }
}

fn moved(moved: &Move) -> Change {
    version(&moved.name, moved.from.as_ref(), moved.to.as_ref())
}

#[cfg(test)]
mod tests;
