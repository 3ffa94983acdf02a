//! What a dry run tells of a task that it does not do, and what it takes for granted afterwards.

use super::act::{Actor, Extent};
use super::acted::Acted;
use super::fresh;
use crate::facts::{PackageContents, ProbeError};
use crate::modules::{Bound, Plan, State};
use crate::step::{Effect, Place, Step};
use futures::future::BoxFuture;
use std::collections::BTreeMap;

impl Actor<'_> {
    /// What would be done, and what it leaves: where nothing is left to do under what its steps make
    /// true, they tell all of it, and its result is what it will be.
    pub(super) async fn foretell(&self, module: &dyn Bound, before: &State, plan: &Plan) -> Acted {
        let effects: Vec<Effect> = plan.steps().iter().flat_map(Step::effects).collect();
        let pending = |after| fresh::pending(plan, after, module.result(before, after, plan, &[]));
        // A gate changes nothing in an apply either.
        let idle = self.never_acts || self.info.gate.is_some();
        if effects.is_empty() || !self.run.is_plan() || idle {
            return pending(None);
        }
        self.foresee(effects);
        if matches!(plan, Plan::Act { .. }) {
            return pending(None);
        }
        match self.probe_one(module).await.state {
            Ok(after) if module.plan(&after).is_ok_and(|left| !left.is_change()) => {
                pending(Some(&after))
            }
            Err(ProbeError::Unreachable(why)) => Acted::Lost(why),
            _ => pending(None),
        }
    }

    /// In a dry run: what the task would make true on its host.
    pub fn foresee(&self, effects: Vec<Effect>) {
        let machine = &self.reach().machine;
        let hosts = &self.run.hosts;
        hosts.foresee(machine, &self.info.name, self.asker.user(), effects);
    }

    /// In a dry run: the names of the packages that the task brings to its host, since its author says
    /// what comes with them.
    pub fn brought(&self, packages: Vec<(String, Option<String>)>) -> Vec<String> {
        let names: Vec<String> = packages.into_iter().map(|(name, _)| name).collect();
        self.reach().machine.vouch_for(&names);
        names
    }

    /// In a dry run: asks the host what these packages bring, which are new by the task.
    pub async fn open(&self, packages: &[(String, Option<String>)]) {
        let machine = &self.reach().machine;
        let packages = machine.foreseen().closed(packages);
        if packages.is_empty() {
            return;
        }
        let asked = self.asker.drive(|look| {
            let (look, packages) = (look.clone(), packages.clone());
            let answer = async move { look.fact(PackageContents { packages }).await };
            vec![Box::pin(answer) as BoxFuture<'_, _>]
        });
        // A host that can't tell takes nothing from the plan.
        let known: Option<Result<BTreeMap<_, _>, ProbeError>> = asked.await.pop();
        let mut known = known.and_then(Result::ok).unwrap_or_default();
        let opened = packages.into_iter().map(|(name, _)| {
            let contents = known.remove(&name);
            (name, contents)
        });
        machine.open(opened.collect());
    }

    /// In a dry run: what stands at `path` is not known any more, since the task `until` decides whether
    /// this one acts there, or how. Where it would be a link, that would lead to `target`.
    pub fn may_touch(&self, path: &str, target: Option<&str>, until: &str) {
        let why = format!("it decides what `{}` makes of it", self.info.name);
        let effects = vec![Effect::Path(path.to_owned(), Place::Unknown(why))];
        let machine = &self.reach().machine;
        let hosts = &self.run.hosts;
        hosts.foresee(machine, until, self.asker.user(), effects);
        if let Some(target) = target {
            machine.may_link(path, target);
        }
    }

    /// In a dry run: the task that left something pending on the machine, else on any.
    pub fn pending(&self) -> Option<String> {
        let own = self.reach().machine.pending();
        own.or_else(|| self.run.hosts.pending())
    }

    /// What a dry run can't know counts as unknown once something is pending on the machine. Who is
    /// not there yet can be asked nothing.
    pub(super) fn doubt(&self, why: String) -> Acted {
        let seen = self.reach().machine.foreseen().seen_by(self.asker.user());
        let makes = seen.makes_asker().map(str::to_owned);
        match makes.or_else(|| self.pending()) {
            Some(until) if self.extent == Extent::Ask => Acted::Unknown {
                until: Some(until),
                why,
            },
            _ => Acted::Failed(why),
        }
    }
}
