//! The phases from the declared layout back to it.

use super::measured::Measured;
use super::stage::Stage;
use super::stage::one;
use super::{Ended, expected_after};
use crate::cluster::spec::Role;
use crate::drill::scenario::{Deed, Expected, Fault, Scenario};
use crate::drill::{Act, Cast, act};
use std::sync::Arc;
use std::time::Duration;

/// How long the clients work before the fault, and after all is mended, at least.
const QUIET: f64 = 8.0;
/// How many transactions must be acknowledged before the fault.
const ENOUGH: u64 = 100;
/// How long a fault stands that promotes nobody.
const HOLD: f64 = 15.0;
/// How long one stands by which writes may be refused.
const REFUSED: f64 = 60.0;
/// How recent the last acknowledgement is while writes go on.
const RECENT: f64 = 2.0;
/// How long clients that sent a commit before the fault may still hear of it.
const ECHO: f64 = 3.0;
/// How long it may take until writes go on.
const FAILOVER: Duration = Duration::from_secs(240);
/// How long the load may take to come up to speed.
const WARM: Duration = Duration::from_secs(120);

impl Stage {
    /// All of them. What is broken when it ends is mended by whoever called.
    pub async fn play(
        &mut self,
        load: &Measured,
        scenario: &Scenario,
        expected: Expected,
    ) -> Result<(), Ended> {
        let faults = scenario.faults;
        self.prepare(faults).await?;
        self.phase("before", "clients work, nothing is broken");
        self.work(load, "the clients did not get to work").await?;
        let mut hit = Vec::new();
        let mut promoted = false;
        for (at, fault) in faults.iter().enumerate() {
            let expected = expected_after(at, faults.len(), expected);
            let (hosts, moved) = self.strike(load, *fault, expected).await?;
            hit.extend(hosts);
            promoted |= moved;
        }
        self.phase("heal", "what was broken is mended");
        self.mend().await;
        self.resumed(load, self.clock.now(), FAILOVER).await?;
        self.come_home(&hit, promoted, faults.len() > 1).await?;
        self.phase("after", "clients work, the layout is the declared one");
        self.work(load, "the clients did not get to work again")
            .await
    }

    /// What can't be made ready in the moment of the fault.
    async fn prepare(&mut self, faults: &[Fault]) -> Result<(), Ended> {
        let jumps = |fault: &&Fault| matches!(fault.deed, Deed::JumpClock(_));
        for fault in faults.iter().filter(jumps) {
            self.phase(
                "prepare",
                "services are restarted under a clock that can be set",
            );
            let cast = self.cast().await?;
            let act = Arc::from(act(*fault, &cast).map_err(Ended::Failed)?);
            self.bring(&*act).await?;
            let prepared = act.prepare(&self.plan.site).await;
            self.standing.push(act);
            if prepared.map_err(Ended::Failed)? {
                // A restart of the leader's Patroni hands the lead over.
                self.declared_again().await?;
            }
        }
        Ok(())
    }

    /// Waits until the clients have done something to compare with.
    pub async fn work(&self, load: &Measured, failed: &str) -> Result<(), Ended> {
        let (from, before) = (self.clock.now(), load.acknowledged());
        self.until(failed, WARM, async || {
            let enough = load.acknowledged() >= before + ENOUGH;
            (enough && self.clock.now() >= from + QUIET).then_some(())
        })
        .await
    }

    /// One fault, until it has had its effect: whom it hit, and whether another node is primary.
    async fn strike(
        &mut self,
        load: &Measured,
        fault: Fault,
        expected: Expected,
    ) -> Result<(Vec<String>, bool), Ended> {
        let cast = self.cast().await?;
        let act: Arc<dyn Act> = Arc::from(act(fault, &cast).map_err(Ended::Failed)?);
        let (hosts, words) = (act.hosts().to_vec(), act.words());
        // Where the way in is on the same host, nobody comes to another primary either.
        let shut = fault.deed.takes_the_host() && cast.shuts_clients_out(&hosts);
        let expected = if shut { Expected::Wait } else { expected };
        let host = one(&hosts);
        if let Some(asked) = act.asked(&self.plan.site, false) {
            self.phase("asked", "a person is asked");
            self.event("asked", None, asked);
        } else {
            self.phase("fault", &words);
            self.event("fault", host, words.clone());
        }
        // Pushed before it is done: half a fault is mended too. One that was prepared stands already.
        self.standing.retain(|standing| standing.words() != words);
        self.standing.push(act);
        let mut seen = None;
        if let Some(act) = self.standing.last() {
            let struck = act.strike(&self.plan.site).await;
            if *self.plan.stop.borrow() > 0 {
                return Err(Ended::Stopped);
            }
            struck.map_err(|why| Ended::Failed(format!("the fault could not be done: {why}")))?;
            seen = act
                .seen()
                .map(|seen| self.clock.now() - seen.elapsed().as_secs_f64());
        }
        if let Some(seen) = seen {
            self.phase_at(seen, "fault", &words);
            self.event_at(seen, "fault", host, words);
        }
        let at = seen.unwrap_or_else(|| self.clock.now());
        if shut {
            let words = "clients have no way in but through it: writes wait until it is back";
            self.event("note", host, words.to_owned());
        }
        let title = match expected {
            Expected::Promotion => "until another node takes the writes",
            Expected::Same | Expected::Either => "until writes go on",
            Expected::Refused => "writes go on or are refused",
            Expected::Wait => "writes wait",
        };
        self.phase("failover", title);
        let moved = match expected {
            Expected::Promotion => self.promoted(load, &cast, at).await?,
            Expected::Wait => self.waits(load, at).await?,
            Expected::Same | Expected::Either | Expected::Refused => {
                self.goes_on(load, &cast, at, expected).await?
            }
        };
        Ok((hosts, moved))
    }

    async fn promoted(&mut self, load: &Measured, cast: &Cast, at: f64) -> Result<bool, Ended> {
        let old = &cast.primary.name;
        let mut writes = Writes::since(at);
        let new = self
            .until("no other node took the writes", FAILOVER, async || {
                // The answer of a survey takes its time where a host is silent.
                if !writes.went_on(load) {
                    return None;
                }
                let (status, _) = self.survey().await;
                let mut primaries = status.primaries().filter(|(node, _)| node.name != *old);
                let (node, _) = primaries.next()?;
                Some(node.name.clone())
            })
            .await?;
        let asked = self.clock.now();
        self.until("the new primary took no writes", FAILOVER, async || {
            load.last_acknowledged()
                .filter(|last| *last > asked)
                .map(drop)
        })
        .await?;
        self.degraded(load, &new, writes.resumed.unwrap_or(asked))
            .await?;
        Ok(true)
    }

    /// Another node has the writes since `at`.
    async fn degraded(&mut self, load: &Measured, new: &str, at: f64) -> Result<(), Ended> {
        self.event_at(
            at,
            "promotion",
            Some(new),
            format!("{new} takes the writes"),
        );
        self.phase_at(at, "degraded", "clients work on the new primary");
        let failed = "the clients did not get to work on the new primary";
        self.work(load, failed).await
    }

    /// Nobody can take writes without a risk: nobody may.
    async fn waits(&mut self, load: &Measured, at: f64) -> Result<bool, Ended> {
        self.until("", FAILOVER, async || {
            (self.clock.now() >= at + HOLD).then_some(())
        })
        .await?;
        if load
            .last_acknowledged()
            .is_some_and(|last| last > at + ECHO)
        {
            self.failures
                .push("writes went on although they had to wait".to_owned());
        }
        Ok(false)
    }

    async fn goes_on(
        &mut self,
        load: &Measured,
        cast: &Cast,
        at: f64,
        expected: Expected,
    ) -> Result<bool, Ended> {
        let mut writes = Writes::since(at);
        self.until("writes did not go on", FAILOVER, async || {
            writes.went_on(load);
            let stood = self.clock.now() - at;
            let borne = expected == Expected::Refused && stood >= REFUSED;
            (borne || stood >= HOLD && self.flows(load)).then_some(())
        })
        .await?;
        let asked = self.clock.now();
        let new = self.cast().await?.primary.name;
        let moved = new != cast.primary.name;
        if moved {
            self.degraded(load, &new, writes.resumed.unwrap_or(asked))
                .await?;
        }
        if moved && expected == Expected::Same {
            self.failures.push(format!(
                "{new} was promoted although nothing ailed {}",
                cast.primary.name
            ));
        }
        Ok(moved)
    }

    fn flows(&self, load: &Measured) -> bool {
        let now = self.clock.now();
        load.last_acknowledged()
            .is_some_and(|last| last > now - RECENT)
    }

    /// Waits until a write is acknowledged that came after `since`.
    pub async fn resumed(&self, load: &Measured, since: f64, limit: Duration) -> Result<(), Ended> {
        self.doing("waiting until writes go on");
        self.until(
            "writes did not go on when all was mended",
            limit,
            async || {
                load.last_acknowledged()
                    .filter(|last| *last > since)
                    .map(drop)
            },
        )
        .await
    }

    /// Who is what now, as soon as there is one primary.
    pub async fn cast(&self) -> Result<Cast, Ended> {
        let mut why = String::new();
        let found = self.until("there was not one primary", FAILOVER, async || {
            let (status, _) = self.survey().await;
            Cast::of(&self.plan.spec, &status)
                .map_err(|error| why = error)
                .ok()
        });
        found.await
    }

    /// The name of the declared primary.
    pub fn declared_primary(&self) -> Option<&str> {
        let mut nodes = self.plan.spec.nodes.iter();
        let primary = nodes.find(|node| node.role == Role::Primary)?;
        Some(&primary.name)
    }
}

/// Sees when writes went on after a pause.
struct Writes {
    last: f64,
    resumed: Option<f64>,
}

impl Writes {
    fn since(at: f64) -> Self {
        Self {
            last: at,
            resumed: None,
        }
    }

    /// Whether there is a new acknowledgement.
    fn went_on(&mut self, load: &Measured) -> bool {
        let Some(now) = load.last_acknowledged().filter(|now| *now > self.last) else {
            return false;
        };
        if now - self.last > RECENT {
            self.resumed = Some(now);
        }
        self.last = now;
        true
    }
}
