//! The load of a drill, and all that is measured beside it.

use super::clients::Clients;
use super::run_name;
use super::stage::Stage;
use crate::diag::Diag;
use crate::drill::report::{Band, Span};
use crate::drill::series::Sample;
use crate::drill::writable::{self, Probe, Watched};
use crate::drill::{Entry, History, Roles, fingerprint};
use std::collections::BTreeMap;

/// What runs beside the drill.
pub(super) struct Measured {
    clients: Clients,
    roles: Roles,
    probe: Probe,
    pub run: String,
    /// What the cluster was before.
    pub before: BTreeMap<String, String>,
}

/// What was measured.
#[derive(Default)]
pub(super) struct Seen {
    /// What the clients saw.
    pub samples: Vec<Sample>,
    /// Who was what.
    pub roles: History,
    /// Who was writable.
    pub watched: Watched,
}

impl Measured {
    /// Lets the clients begin.
    pub async fn start(stage: &mut Stage) -> Result<Self, Diag> {
        stage.doing("the clients log in");
        let plan = &stage.plan;
        let entry = Entry::of(&plan.spec)?;
        entry.check().await?;
        stage.doing("looking at what the cluster is");
        let reach = plan.site.ground.reach();
        let before = fingerprint(&plan.spec, &**reach).await;
        let run = run_name(plan.course.name(), &stage.clock);
        let roles = Roles::start(&plan.spec, reach, stage.clock, &plan.teller);
        let probe = match writable::install(&plan.site.ground, &plan.spec, &stage.clock).await {
            Ok(probe) => probe,
            Err(failed) => {
                let why = failed
                    .into_iter()
                    .map(|(node, why)| format!("{node}: {why}"));
                let _ = writable::remove(&plan.site.ground, &plan.spec).await;
                return Err(Diag::error("the nodes can't be watched from within")
                    .help(why.collect::<Vec<_>>().join("\n")));
            }
        };
        match Clients::start(plan, entry, &run, stage.clock).await {
            Ok(clients) => Ok(Self {
                clients,
                roles,
                probe,
                run,
                before,
            }),
            Err(diag) => {
                let _ = writable::remove(&plan.site.ground, &plan.spec).await;
                Err(diag)
            }
        }
    }

    /// How many transactions were acknowledged up to now.
    pub fn acknowledged(&self) -> u64 {
        self.clients.acknowledged()
    }

    /// When the last one was.
    pub fn last_acknowledged(&self) -> Option<f64> {
        self.clients.last_acknowledged()
    }

    /// Stops the clients and all that was asked beside them, and takes away what lay on the nodes
    /// for it; what could not be had is told as a failure.
    pub async fn stop(self, stage: &mut Stage) -> Seen {
        let samples = match self.clients.stop().await {
            Ok(samples) => samples,
            Err(error) => {
                let words = format!("what the clients saw is not whole: {error}");
                stage.failures.push(words);
                Vec::new()
            }
        };
        let roles = self.roles.stop();
        let site = &stage.plan.site;
        let watched = self.probe.collect(&site.ground, &stage.clock).await;
        let left = writable::remove(&site.ground, &stage.plan.spec).await;
        for (node, why) in &watched.silent {
            let words = format!("whether {node} was writable is not known: {why}");
            stage.failures.push(words);
        }
        stage
            .failures
            .extend(unwatched(&watched.unwatched, &roles.bands));
        for (node, why) in left {
            let words = format!("the probe of the drill could not be taken away: {why}");
            stage.event("note", Some(&node), words);
        }
        Seen {
            samples,
            roles,
            watched,
        }
    }
}

/// In words: when a node whose host ran was not asked whether it was writable. A host needs some
/// time until its services run.
fn unwatched(spans: &[Span], roles: &[Band]) -> Vec<String> {
    const BOOT: f64 = 8.0;
    let ran = |span: &&Span| {
        let answered = roles.iter().filter(|band| {
            let here = band.node == span.node && band.role != "silent";
            here && band.to.min(span.to) - band.from.max(span.from) > BOOT
        });
        answered.count() > 0
    };
    let words = |span: &Span| {
        format!(
            "whether {} was writable from {:.1} s to {:.1} s is not known: it was not asked",
            span.node, span.from, span.to
        )
    };
    spans.iter().filter(ran).map(words).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_was_off_needs_not_be_watched_and_one_that_ran_does() {
        let band = |role: &str, from, to| Band {
            node: "a".to_owned(),
            role: role.to_owned(),
            from,
            to,
        };
        let roles = [
            band("primary", 0.0, 20.0),
            band("silent", 20.0, 50.0),
            band("down", 50.0, 90.0),
        ];
        let span = |from, to| Span {
            node: "a".to_owned(),
            from,
            to,
        };
        let told = unwatched(&[span(19.5, 55.0), span(60.0, 70.0)], &roles);
        insta::assert_snapshot!(told.join("\n"), @"whether a was writable from 60.0 s to 70.0 s is not known: it was not asked");
    }
}
