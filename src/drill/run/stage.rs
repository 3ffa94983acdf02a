//! What all parts of a drill have in common: where it takes place, what was done, and waiting.

use super::{Ended, Plan, Surveyed};
use crate::cluster;
use crate::diag::Diag;
use crate::drill::fault::Act;
use crate::drill::report::{Blown, Command, Event, Phase, PhaseLoad};
use crate::drill::{Clock, Person, Runner, Told};
use crate::step::quote;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// How often a condition is looked at.
const PAUSE: Duration = Duration::from_millis(250);
/// How long a playbook may take.
const PLAYBOOK: Duration = Duration::from_secs(900);
/// How long the cluster may take to be as declared when all is done.
const DECLARED: Duration = Duration::from_secs(180);
/// How long mending one fault may take.
const MEND: Duration = Duration::from_secs(180);

/// A drill that runs.
pub(super) struct Stage {
    pub plan: Plan,
    pub clock: Clock,
    pub runner: Runner,
    pub phases: Vec<Phase>,
    pub events: Vec<Event>,
    pub commands: Vec<Command>,
    /// What is broken now, or prepared for it, in the order in which it was.
    pub standing: Vec<Arc<dyn Act>>,
    /// The hosts that were given what a fault needs.
    pub brought: Vec<String>,
    pub failures: Vec<String>,
    /// What came of a storm.
    pub storm: Vec<Blown>,
}

impl Stage {
    pub fn new(plan: Plan) -> Result<Self, Diag> {
        let clock = Clock::start();
        let runner = Runner::new(clock, plan.teller.clone(), plan.stop.clone());
        let runner = runner.map_err(|error| {
            Diag::error(format!("trueup does not find its own program: {error}"))
        })?;
        Ok(Self {
            plan,
            clock,
            runner,
            phases: Vec::new(),
            events: Vec::new(),
            commands: Vec::new(),
            standing: Vec::new(),
            brought: Vec::new(),
            failures: Vec::new(),
            storm: Vec::new(),
        })
    }

    pub fn tell(&self, told: Told) {
        self.plan.teller.tell(told);
    }

    pub fn doing(&self, words: &str) {
        self.tell(Told::Doing(words.to_owned()));
    }

    /// The names of the database nodes.
    pub fn nodes(&self) -> Vec<String> {
        let nodes = self.plan.spec.nodes.iter();
        nodes.map(|node| node.name.clone()).collect()
    }

    /// The phase before ends, and this one begins.
    pub fn phase(&mut self, name: &str, title: &str) {
        self.phase_at(self.clock.now(), name, title);
    }

    /// The same for one that began a little while ago.
    pub fn phase_at(&mut self, at: f64, name: &str, title: &str) {
        self.end_phase_at(at);
        self.phases.push(Phase {
            name: name.to_owned(),
            title: title.to_owned(),
            from: at,
            to: f64::INFINITY,
            load: PhaseLoad::default(),
        });
        self.tell(Told::Phase {
            name: name.to_owned(),
            title: title.to_owned(),
            at,
        });
    }

    /// The last phase ends.
    pub fn end_phase(&mut self) {
        self.end_phase_at(self.clock.now());
    }

    fn end_phase_at(&mut self, at: f64) {
        if let Some(last) = self.phases.last_mut().filter(|last| last.to.is_infinite()) {
            last.to = at;
        }
    }

    pub fn event(&mut self, kind: &str, host: Option<&str>, words: String) {
        self.event_at(self.clock.now(), kind, host, words);
    }

    /// The same for what happened a little while ago.
    pub fn event_at(&mut self, at: f64, kind: &str, host: Option<&str>, words: String) {
        let event = Event {
            at,
            host: host.map(str::to_owned),
            kind: kind.to_owned(),
            words,
        };
        self.tell(Told::Event(event.clone()));
        self.events.push(event);
    }

    /// Asks all servers.
    pub async fn survey(&self) -> Surveyed {
        let status = cluster::survey(&self.plan.spec, &**self.plan.site.ground.reach()).await;
        let verdict = cluster::judge(&self.plan.spec, &status);
        (status, verdict)
    }

    /// Runs a playbook as a person would, with these variables.
    pub async fn apply(&mut self, playbook: &str, variables: &[(&str, &str)]) -> Command {
        let words = self.words(playbook, variables);
        let shown: Vec<String> = words.iter().map(|word| quote(word)).collect();
        self.doing(&format!("trueup {}", shown.join(" ")));
        let command = self.runner.run(&words, PLAYBOOK).await;
        self.commands.push(command.clone());
        command
    }

    /// The words by which a playbook is applied.
    pub fn words(&self, playbook: &str, variables: &[(&str, &str)]) -> Vec<String> {
        let path = self.plan.playbooks.join(format!("{playbook}.yml"));
        let mut words = vec!["apply".to_owned(), path.display().to_string()];
        words.extend(self.plan.words.iter().cloned());
        for (name, value) in variables {
            words.extend(["-e".to_owned(), format!("{name}={value}")]);
        }
        words
    }

    /// Waits until something holds: `what` completes the sentence "... within N s".
    pub async fn until<T>(
        &self,
        what: &str,
        limit: Duration,
        mut holds: impl AsyncFnMut() -> Option<T>,
    ) -> Result<T, Ended> {
        let waiting = async {
            loop {
                if let Some(found) = holds().await {
                    return found;
                }
                sleep(PAUSE).await;
            }
        };
        let mut stop = self.plan.stop.clone();
        tokio::select! {
            found = timeout(limit, waiting) => found.map_err(|_| {
                Ended::Failed(format!("{what} within {} s", limit.as_secs()))
            }),
            _ = stop.wait_for(|asked| *asked > 0) => Err(Ended::Stopped),
        }
    }

    /// Waits until the declared layout holds.
    pub async fn as_declared(&self) -> Result<(), Ended> {
        self.doing("waiting until the cluster is as declared");
        let mut last = String::new();
        let waited = self
            .until("the cluster was not as declared", DECLARED, async || {
                let (_, verdict) = self.survey().await;
                let worst = verdict.findings.first().map(|finding| finding.says.clone());
                last = worst.unwrap_or_default();
                verdict.as_declared.then_some(())
            })
            .await;
        waited.map_err(|ended| match ended {
            Ended::Failed(words) => Ended::Failed(format!("{words}: {last}")),
            Ended::Stopped => Ended::Stopped,
        })
    }

    /// Mends all that stands, the last first; nothing keeps it from trying each. Where one could not
    /// be mended while another stood, it is tried again.
    pub async fn mend(&mut self) {
        loop {
            let mut left = Vec::new();
            let before = self.standing.len();
            while let Some(act) = self.standing.pop() {
                if let Err(why) = self.undo(&*act).await {
                    left.push((act, why));
                }
            }
            let stuck = left.len() == before;
            for (act, why) in left.into_iter().rev() {
                if stuck {
                    let says = format!("this could not be mended: {}: {why}", act.words());
                    self.event("note", one(act.hosts()), says.clone());
                    self.failures.push(says);
                } else {
                    self.standing.push(act);
                }
            }
            if self.standing.is_empty() {
                return;
            }
        }
    }

    /// Undoes one fault.
    async fn undo(&mut self, act: &dyn Act) -> Result<(), String> {
        let Some(words) = act.undo_words() else {
            return Ok(());
        };
        self.doing(&words);
        if let Some(asked) = act.asked(&self.plan.site, true) {
            self.event("asked", None, asked);
        }
        let person = self.plan.site.person.as_ref();
        let limit = MEND + person.map(Person::patience).unwrap_or_default();
        let undone = timeout(limit, act.undo(&self.plan.site)).await;
        undone.unwrap_or_else(|_| Err(format!("not done after {} s", limit.as_secs())))?;
        self.event("heal", one(act.hosts()), words);
        Ok(())
    }
}

/// The host, where it is but one.
pub(super) fn one(hosts: &[String]) -> Option<&str> {
    match hosts {
        [one] => Some(one),
        _ => None,
    }
}
