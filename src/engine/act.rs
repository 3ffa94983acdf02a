//! One module on one host, once: probe, plan, steps, probe again.

use super::acted::Acted;
use super::desk::Asker;
use super::detached::Detached;
use super::event::{Event, TaskInfo};
use super::live::{self, Live};
use super::machine::Reach;
use super::own;
use super::promise::Word;
use super::road::Road;
use super::run::Run;
use crate::facts::ProbeError;
use crate::modules::{Bound, Plan, State, StepOutput};
use crate::remote::http::Via;
use crate::remote::{Act, Become, Chunk, RemoteError, request};
use crate::step::{Action, Output, Step};
use futures::future::BoxFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// How often a plan that converges is planned again before it counts as not converging, as long
/// as each plan wants something new: a package cache is refreshed, then packages resolve, then
/// their files are there.
const ROUNDS: usize = 4;

/// How far a task may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// It asks what is so now: a dry run.
    Ask,
    /// It asks, and waits for what is not so yet, but changes nothing: a gate.
    Wait,
    /// It makes it so.
    Act,
}

/// Everything that acting needs.
pub struct Actor<'a> {
    /// The run.
    pub run: &'a Run,
    /// Who asks, and acts.
    pub asker: &'a Asker,
    /// The task, for events.
    pub info: &'a Arc<TaskInfo>,
    /// The host's name in the inventory, for events.
    pub host: &'a str,
    /// How the host is reached, where it must be anew.
    pub road: &'a Road,
    /// Set once a step has begun.
    pub begun: &'a AtomicBool,
    /// How far it may go.
    pub extent: Extent,
    /// It never goes further, in an apply neither (`check_mode: true`).
    pub never_acts: bool,
    /// `timeout` of the task, or how long its `async` lets it run.
    pub limit: Option<Duration>,
    /// `async` of the task.
    pub job: Option<Detached>,
}

/// A probe's answer and the epoch in which it was asked.
pub struct Probed {
    pub(super) state: Result<State, ProbeError>,
    epoch: Epoch,
}

/// What a probe's answer rests on: how often something ran, and in a dry run how much is pending.
type Epoch = (u64, usize);

impl Actor<'_> {
    pub(super) fn reach(&self) -> &Reach {
        &self.asker.reach
    }

    /// Asks for the states of several bound modules at once.
    pub async fn probe(&self, modules: &[&dyn Bound]) -> Vec<Probed> {
        let epoch = self.epoch();
        self.asker
            .drive(|look| {
                modules
                    .iter()
                    .map(|&module| {
                        let look = look.clone();
                        Box::pin(async move { module.probe(&look).await }) as BoxFuture<'_, _>
                    })
                    .collect()
            })
            .await
            .into_iter()
            .map(|state| Probed { state, epoch })
            .collect()
    }

    pub(super) async fn probe_one(&self, module: &dyn Bound) -> Probed {
        // One module in, one answer out.
        let nothing = || Probed {
            state: Err(ProbeError::Failed("no answer".into())),
            epoch: (0, 0),
        };
        self.probe(&[module]).await.pop().unwrap_or_else(nothing)
    }

    /// Plans from what was probed and, unless this is a dry run, makes it so. What was probed in
    /// an older epoch is probed again first. `leave` is what a saved plan promises, and whether this is a further attempt.
    pub(super) async fn act_here(
        &self,
        module: &dyn Bound,
        mut probed: Probed,
        leave: Option<(Word<'_>, bool)>,
    ) -> Acted {
        if probed.epoch != self.epoch() {
            probed = self.probe_one(module).await;
        }
        let mut before = match probed.state {
            Ok(state) => state,
            Err(ProbeError::Unreachable(why)) => return Acted::Lost(why),
            Err(ProbeError::Failed(why)) => return self.doubt(why),
            Err(ProbeError::Unknown { until, why }) => {
                return Acted::Unknown {
                    until: Some(until),
                    why,
                };
            }
        };
        let mut plan = match module.plan(&before) {
            Ok(plan) => plan,
            Err(why) => return self.doubt(why),
        };
        let mut waited = None;
        if let Plan::Wait { what, .. } = &plan {
            if self.extent == Extent::Ask {
                return match self.pending() {
                    Some(until) => Acted::Waits {
                        what: what.clone(),
                        until,
                        known: module.result(&before, None, &plan, &[]),
                    },
                    None => Acted::Unknown {
                        until: None,
                        why: format!("waits for {what}, which is not so now"),
                    },
                };
            }
            let begun = Instant::now();
            (before, plan) = match self.wait(module, plan).await {
                Ok(ended) => ended,
                Err(acted) => return acted,
            };
            waited = Some(begun.elapsed().as_secs());
        }
        // A step that changes nothing (a pause) is left out of a dry run.
        if (plan.steps().is_empty() || self.extent == Extent::Ask) && !plan.is_change() {
            let mut result = module.result(&before, Some(&before), &plan, &[]);
            if let Some(waited) = waited {
                result.values.insert("elapsed".into(), waited.into());
            }
            return Acted::Done {
                changes: Vec::new(),
                result,
            };
        }
        let leave = leave.filter(|_| plan.is_change());
        let stops =
            |(word, again): (Word<'_>, bool)| word.stops(&plan, again, self.extent == Extent::Act);
        if let Some(ended) = leave.and_then(stops) {
            return ended;
        }
        if self.extent != Extent::Act && plan.is_change() {
            let told = self.foretell(module, &before, &plan).await;
            let told = self.dated(&plan, told).await;
            let told = self.validated(&plan, told).await;
            if let (Some((word, false)), Acted::Pending { changes, .. }) = (leave, &told) {
                word.tell(changes, plan.steps());
            }
            return told;
        }
        self.carry_out(module, before, plan).await
    }

    fn epoch(&self) -> Epoch {
        let machine = &self.reach().machine;
        (machine.epoch(), machine.foreseen().len())
    }

    async fn carry_out(&self, module: &dyn Bound, before: State, first: Plan) -> Acted {
        if let Some(started) = self.detach(module, &before, &first).await {
            return started;
        }
        let mut ran = Vec::new();
        let mut plan = first.clone();
        for _ in 0..ROUNDS {
            let done = plan.clone();
            match self.steps(plan.steps(), &mut ran).await {
                Ok(true) => {}
                Ok(false) => {
                    let result = module.result(&before, None, &first, &ran);
                    return Acted::Done {
                        changes: first.changes().to_vec(),
                        result,
                    };
                }
                Err(RemoteError::Become(why)) => return Acted::Failed(why),
                Err(error) => return Acted::Lost(error.to_string()),
            }
            // An act that follows from what was converged before it ends the task as one alone does.
            if matches!(plan, Plan::Act { .. }) {
                let result = module.result(&before, None, &first, &ran);
                return Acted::Done {
                    changes: first.changes().to_vec(),
                    result,
                };
            }
            let after = match self.probe_one(module).await.state {
                Ok(after) => after,
                Err(ProbeError::Unreachable(why)) => return Acted::Lost(why),
                Err(error) => return Acted::Failed(error.to_string()),
            };
            plan = match module.plan(&after) {
                Ok(plan) => plan,
                Err(why) => return Acted::Failed(why),
            };
            let mut after = after;
            // What was done takes effect by and by: a new leader is elected, then promoted.
            if matches!(plan, Plan::Wait { .. }) {
                (after, plan) = match self.wait(module, plan).await {
                    Ok(ended) => ended,
                    Err(acted) => return acted,
                };
            }
            if !plan.is_change() {
                let result = module.result(&before, Some(&after), &first, &ran);
                return Acted::Done {
                    changes: first.changes().to_vec(),
                    result,
                };
            }
            if wants_the_same(&plan, &done) {
                break;
            }
        }
        let left: Vec<&str> = plan
            .changes()
            .iter()
            .map(|change| change.what.as_str())
            .collect();
        Acted::Failed(format!(
            "did not converge: this was done and still differs: {}; `trueup plan --diff` shows how",
            left.join(", ")
        ))
    }

    /// Runs steps until one fails. `Ok(false)`: one did.
    pub(super) async fn steps(
        &self,
        steps: &[Step],
        ran: &mut Vec<StepOutput>,
    ) -> Result<bool, RemoteError> {
        for step in steps {
            self.run
                .tell(Event::StepStarted {
                    task: self.info.clone(),
                    host: self.host.to_owned(),
                    what: self.step_name(step).to_owned(),
                })
                .await;
            let begun = Instant::now();
            self.begun.store(true, Ordering::Relaxed);
            let output = self.step(step).await;
            self.reach().machine.end_epoch();
            let output = output.map_err(|error| self.cut_short(step, error))?;
            let ok = output.ok();
            ran.push(StepOutput {
                output,
                elapsed: begun.elapsed(),
            });
            if !ok {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What may be told of a step.
    fn step_name<'s>(&self, step: &'s Step) -> &'s str {
        if self.info.no_log { "" } else { &step.what }
    }

    /// What is known of a step whose connection died.
    fn cut_short(&self, step: &Step, error: RemoteError) -> RemoteError {
        let RemoteError::Lost(why) = error else {
            return error;
        };
        let what = if self.info.no_log {
            "its step ran".to_owned()
        } else {
            format!("`{}` ran", step.what)
        };
        RemoteError::Lost(format!(
            "{why}, while {what}: it may still run there or have ended, and is not run again by \
             itself; look there before you do"
        ))
    }

    async fn step(&self, step: &Step) -> Result<Output, RemoteError> {
        let remote = &self.reach().remote;
        match &step.action {
            Action::Put(upload) => {
                remote
                    .act(&self.asker.who, self.step_name(step), Act::Put(upload))
                    .await
            }
            Action::Request(asked) => {
                let mut asked = asked.clone();
                asked.limit = self.limit.map_or(asked.limit, |task| task.min(asked.limit));
                request::step(Via::Host(&**remote), &asked).await
            }
            Action::Turn(turn) => Ok(own::turned(turn, true).await),
            Action::Pause(time) => Ok(own::pause(self.run, *time).await),
            Action::Return(back) => Ok(self.road.come_back(back).await),
            Action::Run(script) => {
                let _gate = match script.lock {
                    Some(name) => Some(self.reach().machine.gate(name).await),
                    None => None,
                };
                let mut script = script.clone();
                script.text = format!("{}{}", self.asker.environment, script.text);
                script.limit = match (script.limit, self.limit) {
                    (Some(own), Some(task)) => Some(own.min(task)),
                    (own, task) => own.or(task),
                };
                let (stream, mut chunks) = mpsc::channel(64);
                let mut live = Live::new(Instant::now());
                let (output, ()) = tokio::join!(
                    remote.act(
                        &self.asker.who,
                        self.step_name(step),
                        Act::Run(&script, Some(stream))
                    ),
                    self.show(&mut chunks, &mut live)
                );
                if let Ok(output) = &output
                    && !self.info.no_log
                {
                    let told = live.end(output.printed(), Instant::now());
                    self.printed(told).await;
                }
                if script.reopens_shells {
                    remote.reopen_shells().await;
                }
                output
            }
        }
    }

    /// Tells what a step prints, in whole lines.
    async fn show(&self, chunks: &mut mpsc::Receiver<Chunk>, live: &mut Live) {
        while let Some(chunk) = chunks.recv().await {
            let (Chunk::Out(bytes) | Chunk::Err(bytes)) = chunk;
            if !self.info.no_log {
                let told = live.take(&bytes, Instant::now());
                self.printed(told).await;
            }
        }
    }

    async fn printed(&self, told: Option<live::Told>) {
        if let Some(live::Told { text, left_out }) = told {
            self.run
                .tell(Event::Output {
                    task: self.info.clone(),
                    host: self.host.to_owned(),
                    text,
                    left_out,
                })
                .await;
        }
    }
}

/// Whether a plan wants no step that was not done just now: doing it once more would help as
/// little, and may do harm, where each time adds something.
fn wants_the_same(plan: &Plan, done: &Plan) -> bool {
    plan.steps()
        .iter()
        .all(|step| done.steps().iter().any(|done| done.what == step.what))
}

/// Who asks on a host.
pub fn asker(reach: Reach, who: Become, environment: String) -> Asker {
    Asker {
        reach,
        who,
        environment: environment.into(),
    }
}
