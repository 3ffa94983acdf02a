//! Packages of Fedora, Red Hat and their kin.
//!
//! ```yaml
//! - dnf: { name: [ postgresql17-server, haproxy ] }
//! ```
//!
//! dnf itself keeps what it heard of its repositories fresh when it installs. A plan goes by what
//! it last heard, and fetches nothing: a package of which dnf never heard is shown without a version.

mod command;
mod params;
mod spec;
mod standing;

pub use params::{Params, Ready};

use super::packaged::version;
use super::{Change, Controller, Course, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::{
    Age, HeardAge, Look, ProbeError, Repoquery, Rpm, RpmFiles, RpmInstalled, RpmProviders, Which,
};
use crate::step::{Effect, Package, Step};
use spec::{Meant, Spec};
use standing::{Needed, newest};
use std::collections::{BTreeMap, BTreeSet};

/// `dnf`
pub struct Dnf;

/// For how many seconds dnf takes what it heard for true, where nobody configured it otherwise.
const TWO_DAYS: u64 = 48 * 3600;

/// What rpm and dnf said.
#[derive(Clone, Debug, Default)]
pub struct State {
    installed: Vec<Rpm>,
    provided: BTreeMap<String, Vec<Rpm>>,
    files: BTreeMap<String, Rpm>,
    offered: Vec<Rpm>,
    /// What is to be upgraded, or is needed no more.
    moves: Vec<Rpm>,
    heard: Option<Age>,
}

impl Ready {
    fn is_stale(&self, heard: Option<Age>) -> bool {
        // With `update_cache` all is stale that this task didn't hear itself.
        let valid = if self.params.update_cache {
            60
        } else {
            TWO_DAYS
        };
        !self.params.cacheonly
            && heard.is_some_and(|age| age.read == 0 || age.now.saturating_sub(age.read) > valid)
    }

    fn words(&self, pick: impl Fn(&Spec) -> bool) -> Vec<String> {
        let specs = self.specs.iter().filter(|spec| pick(spec));
        specs.map(|spec| spec.word.clone()).collect()
    }

    async fn query(&self, look: &Look, which: Which) -> Result<Vec<Rpm>, ProbeError> {
        let options = self.sight();
        look.fact(Repoquery { options, which }).await
    }

    async fn installed(&self, look: &Look, state: &mut State) -> Result<(), ProbeError> {
        let places = self.words(|spec| matches!(spec.meant, Meant::File));
        if !places.is_empty() {
            state.files = look.fact(RpmFiles { places }).await?;
        }
        let forms = self.specs.iter().flat_map(Spec::forms);
        let names = forms.map(|form| &form.name);
        let names: BTreeSet<&String> = names
            .chain(state.files.values().map(|rpm| &rpm.name))
            .chain(state.moves.iter().map(|rpm| &rpm.name))
            .collect();
        if !names.is_empty() {
            let names = names.into_iter().cloned().collect();
            state.installed = look.fact(RpmInstalled { names }).await?;
        }
        Ok(())
    }

    async fn wanted(&self, look: &Look, state: &mut State) -> Result<(), ProbeError> {
        let is_there = |spec: &Spec| state.installed.iter().any(|rpm| spec.is(rpm));
        let names = self.words(|spec| match &spec.meant {
            Meant::File => false,
            Meant::Holder => true,
            Meant::Named(_) => !is_there(spec) && !spec.is_pattern(),
        });
        if !names.is_empty() {
            state.provided = look.fact(RpmProviders { names }).await?;
        }
        // What is provided is there, and dnf takes its time.
        let asks = self.specs.iter().filter(|spec| {
            let is_named = matches!(spec.meant, Meant::Named(_));
            let is_missing = !is_there(spec) && !state.provided.contains_key(&spec.word);
            is_named && (is_missing || (self.is_latest() && is_there(spec)))
        });
        let asks: Vec<String> = asks.map(|spec| spec.question().to_owned()).collect();
        if !self.is_absent() && !asks.is_empty() {
            state.offered = self.query(look, Which::Offered(asks)).await?;
        }
        Ok(())
    }

    fn removal(&self, state: &State) -> Plan {
        let mut gone: Vec<&Rpm> = Vec::new();
        for spec in &self.specs {
            let mine = state.installed.iter().filter(|rpm| spec.is(rpm));
            let holders = state.provided.get(&spec.word).into_iter().flatten();
            let holders = holders.filter(|_| matches!(spec.meant, Meant::Holder));
            gone.extend(mine.chain(holders));
        }
        gone.extend(&state.moves);
        let mut seen = BTreeSet::new();
        gone.retain(|rpm| seen.insert(rpm.label()));
        let steps = match (gone.is_empty(), self.specs.is_empty()) {
            (true, _) => Vec::new(),
            (false, true) => vec![self.remove_unneeded()],
            (false, false) => vec![self.remove(&gone)],
        };
        let goes = |rpm: &&Rpm| {
            let purged = true;
            Effect::Package(rpm.name.clone(), Package::Gone { purged })
        };
        let steps = steps.into_iter();
        let steps = steps
            .map(|step| step.making(gone.iter().map(goes)))
            .collect();
        Plan::Converge {
            changes: gone
                .iter()
                .map(|rpm| version(&rpm.name, Some(&rpm.evr.to_string()), None))
                .collect(),
            steps,
        }
    }

    /// Whether dnf can upgrade all of them it only finds out when it is at it, so this is an act.
    fn upgrade(&self, state: &State) -> Plan {
        let mut changes = Vec::new();
        for to in &state.moves {
            let mine = state.installed.iter().filter(|rpm| rpm.name == to.name);
            let from = newest(mine).map(|rpm| rpm.evr.to_string());
            changes.push(version(&to.name, from.as_ref(), Some(&to.evr.to_string())));
        }
        let steps = if changes.is_empty() {
            Vec::new()
        } else {
            vec![self.upgrade_all()]
        };
        Plan::Act { changes, steps }
    }
}

fn refresh(ready: &Ready) -> (Vec<Change>, Vec<Step>) {
    let change = Change::new(Sign::Run, command::REFRESH);
    (vec![change], vec![ready.refresh()])
}

impl Module for Dnf {
    const NAME: &'static str = "dnf";
    const ALSO: &'static [&'static str] = &["dnf5", "yum"];
    const ALIASES: &'static [(&'static str, &'static str)] = &[
        ("pkg", "name"),
        ("expire-cache", "update_cache"),
        ("use", "use_backend"),
    ];
    type Params = Params;
    type Ready = Ready;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Ready, Diag> {
        Ready::read(params)
    }

    async fn probe(ready: &Ready, look: &Look) -> Result<State, ProbeError> {
        let mut state = State::default();
        if ready.is_latest() {
            let repositories = ready.repositories();
            state.heard = Some(look.fact(HeardAge { repositories }).await?);
        }
        let moves = if ready.all {
            Some(Which::Upgrades)
        } else if ready.specs.is_empty() && ready.params.autoremove {
            Some(Which::Unneeded)
        } else {
            None
        };
        if let Some(which) = moves {
            state.moves = ready.query(look, which).await?;
        }
        ready.installed(look, &mut state).await?;
        ready.wanted(look, &mut state).await?;
        Ok(state)
    }

    fn plan(ready: &Ready, state: &State) -> Result<Plan, String> {
        if ready.specs.is_empty() && !ready.all && !ready.params.autoremove {
            let (changes, steps) = refresh(ready);
            return Ok(Plan::Act { changes, steps });
        }
        if ready.is_absent() {
            return Ok(ready.removal(state));
        }
        let stale = ready.is_stale(state.heard);
        if ready.all && !stale {
            return Ok(ready.upgrade(state));
        }
        let mut needed = Vec::new();
        for spec in &ready.specs {
            needed.extend(Needed::of(ready, spec, state)?);
        }
        if needed.is_empty() && stale {
            let (changes, steps) = refresh(ready);
            return Ok(Plan::Converge { changes, steps });
        }
        let mut changes = Vec::new();
        let mut steps = Vec::new();
        for verb in ["upgrade", "install"] {
            let (mut words, mut makes) = (Vec::new(), Vec::new());
            for needed in needed.iter().filter(|needed| needed.verb == verb) {
                let (from, to) = (needed.from.as_ref(), needed.to.as_ref());
                changes.push(version(&needed.name, from, to));
                words.push(needed.word.as_str());
                makes.extend(needed.makes());
            }
            if !words.is_empty() {
                steps.push(ready.install(verb, &words).making(makes));
            }
        }
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
        let mut results = Vec::new();
        if let Some(after) = after {
            for (word, of, other) in [("Installed", after, before), ("Removed", before, after)] {
                let new = of
                    .installed
                    .iter()
                    .filter(|rpm| !other.installed.contains(rpm));
                results.extend(new.map(|rpm| format!("{word}: {}", rpm.label())));
            }
        }
        // News of the repositories are no change of the host, but a plan tells that they are asked for.
        let only_news = plan
            .changes()
            .iter()
            .all(|change| change.what == command::REFRESH);
        result.changed &= ran.is_empty() || !only_news || !results.is_empty();
        if ran.is_empty() && !plan.steps().is_empty() {
            return result.partial();
        }
        let output = ran.last().map(|step| step.output.clone());
        let rc = output.as_ref().map_or(0, |output| output.status);
        result
            .with("results", results)
            .with("rc", rc)
            .printed(&output.unwrap_or_default(), false)
    }
}

#[cfg(test)]
mod tests;
