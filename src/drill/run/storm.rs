//! A storm over a cluster, and the way home after it.

use super::Ended;
use super::measured::Measured;
use super::stage::{Stage, one};
use crate::drill::fault::Act;
use crate::drill::report::{Blown, Command, Event};
use crate::drill::scenario::{Deed, Fault, Kind};
use crate::drill::storm::{Gust, Storm, What, Work};
use crate::drill::{Cast, Told, act};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout};

/// How long a gust may take to come, or to end.
const TURN: Duration = Duration::from_secs(40);
/// How long it is asked who is what when a gust comes; where nobody knows, it was as it was last.
const ASK: Duration = Duration::from_secs(3);
/// How long planned work may take.
const WORK: Duration = Duration::from_secs(300);
/// How long writes may take to go on by themselves when all is mended.
const BY_ITSELF: Duration = Duration::from_secs(60);

impl Stage {
    /// Lets a storm come, and brings the cluster home.
    pub async fn weather(&mut self, load: &Measured, storm: &Storm) -> Result<(), Ended> {
        self.phase("before", "clients work, nothing is broken");
        self.work(load, "the clients did not get to work").await?;
        let cast = self.cast().await?;
        self.phase("storm", "the storm");
        self.blow(storm, cast).await?;
        self.phase("heal", "what was broken is mended");
        self.mend().await;
        let mended = self.clock.now();
        self.phase("settle", "writes go on by themselves, or wait for a person");
        let alone = self.resumed(load, mended, BY_ITSELF).await;
        match alone {
            Ok(()) => {}
            Err(Ended::Stopped) => return Err(Ended::Stopped),
            Err(Ended::Failed(words)) => self.event("note", None, words),
        }
        self.phase("home", "the declared layout again");
        self.after_storm().await?;
        self.resumed(load, self.clock.now(), BY_ITSELF).await?;
        self.phase("after", "clients work, the layout is the declared one");
        self.work(load, "the clients did not get to work again")
            .await
    }

    /// All gusts, each at its time.
    async fn blow(&mut self, storm: &Storm, cast: Cast) -> Result<(), Ended> {
        let seen = Seen::default();
        let sky = Sky {
            stage: self,
            begun: Instant::now(),
            cast: Mutex::new(cast),
            seen: &seen,
        };
        let gusts = futures::future::join_all(storm.gusts.iter().map(|gust| sky.gust(gust)));
        let mut stop = self.plan.stop.clone();
        let stopped = tokio::select! {
            _ = gusts => false,
            _ = stop.wait_for(|asked| *asked > 0) => true,
        };
        drop(sky);
        self.standing = std::mem::take(&mut *seen.standing.held());
        let mut events = std::mem::take(&mut *seen.events.held());
        events.sort_by(|one, other| one.at.total_cmp(&other.at));
        self.events.append(&mut events);
        self.commands.append(&mut seen.commands.held());
        self.storm = std::mem::take(&mut *seen.blown.held());
        self.storm.sort_by_key(|blown| blown.number);
        if stopped { Err(Ended::Stopped) } else { Ok(()) }
    }

    /// One command brings the declared primary home, and the layout with it; where a node needs
    /// more, it is told.
    async fn after_storm(&mut self) -> Result<(), Ended> {
        let Some(primary) = self.declared_primary().map(str::to_owned) else {
            return Ok(());
        };
        self.restored("restore-primary", &primary, true).await?;
        match self.as_declared().await {
            Ok(()) => return Ok(()),
            Err(Ended::Stopped) => return Err(Ended::Stopped),
            Err(Ended::Failed(words)) => self.event("note", None, words),
        }
        for node in self.nodes().into_iter().filter(|node| *node != primary) {
            self.restored("restore-replica", &node, true).await?;
        }
        self.as_declared().await
    }
}

/// What gusts leave behind while the stage is looked at by all of them.
#[derive(Default)]
struct Seen {
    standing: Mutex<Vec<Arc<dyn Act>>>,
    events: Mutex<Vec<Event>>,
    commands: Mutex<Vec<Command>>,
    blown: Mutex<Vec<Blown>>,
}

/// What all gusts have in common.
struct Sky<'a> {
    stage: &'a Stage,
    begun: Instant,
    /// Who was what when somebody knew it last.
    cast: Mutex<Cast>,
    seen: &'a Seen,
}

trait Held<T> {
    fn held(&self) -> MutexGuard<'_, T>;
}

impl<T> Held<T> for Mutex<T> {
    fn held(&self) -> MutexGuard<'_, T> {
        self.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sky<'_> {
    /// A gust from its beginning to its end.
    async fn gust(&self, gust: &Gust) {
        sleep_until(self.at(gust.begins)).await;
        let from = self.stage.clock.now();
        let ended = match gust.what {
            What::Fault(scenario) => {
                let until = self.at(gust.begins + gust.lasts);
                let mut missed = Ok(true);
                for fault in scenario.faults {
                    missed = self.fault(*fault, until).await;
                }
                missed
            }
            What::Work { work, killed } => {
                let lasts = killed.then(|| Duration::from_secs_f64(gust.lasts));
                self.work(work, lasts).await.map(|()| true)
            }
        };
        let kind = Kind::of(&self.stage.plan.spec);
        let to = self.stage.clock.now();
        let (to, missed) = match ended {
            Ok(mended) => (mended.then_some(to), None),
            Err(why) => (Some(to), Some(why)),
        };
        if let Some(why) = &missed {
            let words = format!("{} did not come: {why}", gust.what.name(kind));
            self.event("note", None, words);
        }
        self.seen.blown.held().push(Blown {
            number: gust.number,
            what: gust.what.name(kind),
            from,
            to,
            missed,
        });
    }

    fn at(&self, seconds: f64) -> Instant {
        self.begun + Duration::from_secs_f64(seconds)
    }

    /// Does it, and undoes it at that moment: whether it could be undone then.
    async fn fault(&self, fault: Fault, until: Instant) -> Result<bool, String> {
        let cast = self.cast().await;
        if fault.deed == Deed::DeleteData && cast.synchronous.is_none() {
            return Err("no standby is known to hold all that was acknowledged".to_owned());
        }
        let act: Arc<dyn Act> = Arc::from(act(fault, &cast)?);
        let site = &self.stage.plan.site;
        // Whom it hits was not known before: it may be the machine on which this runs.
        let allowed = timeout(TURN, act.check(site)).await;
        allowed.unwrap_or_else(|_| Err(late()))?;
        // Half a fault is mended too.
        self.seen.standing.held().push(Arc::clone(&act));
        let host = one(act.hosts());
        self.event("fault", host, act.words());
        let struck = timeout(TURN, act.strike(site)).await;
        struck.unwrap_or_else(|_| Err(late()))?;
        let Some(undone) = act.undo_words() else {
            return Ok(true);
        };
        sleep_until(until).await;
        let mended = timeout(TURN, act.undo(site)).await;
        if let Err(why) = mended.unwrap_or_else(|_| Err(late())) {
            self.event("note", host, format!("{} stands on: {why}", act.words()));
            return Ok(false);
        }
        let mut standing = self.seen.standing.held();
        standing.retain(|other| !Arc::ptr_eq(other, &act));
        drop(standing);
        self.event("heal", host, undone);
        Ok(true)
    }

    /// Who is what, as far as somebody knows it in this moment.
    async fn cast(&self) -> Cast {
        if let Ok((status, _)) = timeout(ASK, self.stage.survey()).await
            && let Ok(cast) = Cast::of(&self.stage.plan.spec, &status)
        {
            *self.cast.held() = cast;
        }
        self.cast.held().clone()
    }

    /// Runs a playbook; how it ends is no fault of the cluster's: it may refuse.
    async fn work(&self, work: Work, killed: Option<Duration>) -> Result<(), String> {
        let playbook = work.playbook(Kind::of(&self.stage.plan.spec));
        let standby;
        let variables = match work {
            Work::Switchover => {
                let cast = self.cast().await;
                let chosen = cast.synchronous;
                standby = chosen.ok_or("there is no synchronous standby to hand over to")?;
                vec![("to", &*standby)]
            }
            Work::RollingRestart => vec![("force_restart", "true")],
            Work::Apply | Work::RestorePrimary => Vec::new(),
        };
        let words = self.stage.words(playbook, &variables);
        self.event("work", None, format!("somebody runs {playbook}.yml"));
        let runner = &self.stage.runner;
        let command = match killed {
            Some(after) => runner.run_and_kill(&words, after).await,
            None => runner.run(&words, WORK).await,
        };
        let ended = match command.exit {
            Some(status) => format!("{playbook}.yml ended with status {status}"),
            None => format!("{playbook}.yml was killed"),
        };
        self.event("work", None, ended);
        self.seen.commands.held().push(command);
        Ok(())
    }

    fn event(&self, kind: &str, host: Option<&str>, words: String) {
        let event = Event {
            at: self.stage.clock.now(),
            host: host.map(str::to_owned),
            kind: kind.to_owned(),
            words,
        };
        self.stage.tell(Told::Event(event.clone()));
        self.seen.events.held().push(event);
    }
}

fn late() -> String {
    format!("not done after {} s", TURN.as_secs())
}
