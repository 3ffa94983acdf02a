//! Modules that ask no host, and what they change on the controller.

use super::promise::{Leave, Word};
use super::road::Road;
use super::run::Run;
use crate::facts::{Ask, Desk, Look, ProbeError};
use crate::modules::{Bound, Change, StepOutput, TaskResult};
use crate::secret;
use crate::step::{Action, AuthorityTurn, Output};
use futures::future::BoxFuture;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a module of the controller acts with.
pub struct Hands<'a> {
    /// The run.
    pub run: &'a Run,
    /// How the task's host is reached, for what waits for it.
    pub road: &'a (dyn Fn() -> Result<Road, String> + Sync),
    /// Whether what is made is kept: not in a dry run.
    pub keep: bool,
    /// What a saved plan promises, and whether this is a further attempt.
    pub leave: Option<(Word<'a>, bool)>,
}

/// One life of a module of the controller. In a dry run its steps are taken in this process's
/// memory alone, so that what rests on them is planned as it will be, and nothing is waited for.
pub async fn live(
    bound: &dyn Bound,
    hands: &Hands<'_>,
) -> Result<(Vec<Change>, TaskResult), String> {
    let look = Look::new(Arc::new(Nobody));
    let said = |error: ProbeError| error.to_string();
    let before = bound.probe(&look).await.map_err(said)?;
    let plan = bound.plan(&before)?;
    let changes = plan.changes().to_vec();
    if plan.steps().is_empty() || (!hands.keep && !plan.is_change()) {
        return Ok((changes, bound.result(&before, Some(&before), &plan, &[])));
    }
    if let (Some((word, again)), true) = (hands.leave, plan.is_change()) {
        match word.may(&plan, again, hands.keep) {
            Leave::Granted => {}
            Leave::Done => return Ok((Vec::new(), TaskResult::default())),
            Leave::Refused(why) => return Err(why),
        }
    }
    let mut ran = Vec::new();
    for step in plan.steps() {
        let begun = Instant::now();
        let output = match &step.action {
            Action::Turn(turn) => turned(turn, hands.keep).await,
            Action::Pause(time) => pause(hands.run, *time).await,
            Action::Return(back) => match (hands.road)() {
                Ok(road) => road.come_back(back).await,
                Err(why) => failed(&why),
            },
            Action::Run(_) | Action::Put(_) | Action::Request(_) => {
                failed("a module of the controller acts on no host")
            }
        };
        let ok = output.ok();
        ran.push(StepOutput {
            output,
            elapsed: begun.elapsed(),
        });
        if !ok {
            return Ok((changes, bound.result(&before, None, &plan, &ran)));
        }
    }
    let after = bound.probe(&look).await.map_err(said)?;
    let left = bound.plan(&after)?;
    if left.is_change() {
        let left: Vec<&str> = left.changes().iter().map(|left| &*left.what).collect();
        return Err(format!("did not converge: {}", left.join(", ")));
    }
    Ok((changes, bound.result(&before, Some(&after), &plan, &ran)))
}

/// Takes an authority to its next stage.
pub async fn turned(turn: &AuthorityTurn, keep: bool) -> Output {
    let turn = turn.clone();
    let work = move || secret::turn_authority(&turn.folder, turn.stage, keep);
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(())) => Output::default(),
        Ok(Err(error)) => failed(&error.to_string()),
        Err(error) => failed(&error.to_string()),
    }
}

/// Lets time pass, unless the user asks to stop.
pub async fn pause(run: &Run, time: Duration) -> Output {
    let mut stop = run.stop.clone();
    tokio::select! {
        () = tokio::time::sleep(time) => Output::default(),
        _ = stop.wait_for(|level| *level > 0) => failed("interrupted"),
    }
}

fn failed(why: &str) -> Output {
    Output {
        status: 1,
        stderr: why.into(),
        ..Output::default()
    }
}

/// Answers nothing: modules of the controller ask no host.
struct Nobody;

impl Desk for Nobody {
    fn ask(&self, _: Ask) -> BoxFuture<'_, Result<Output, ProbeError>> {
        Box::pin(async {
            Err(ProbeError::Failed(
                "a module of the controller asks no host".into(),
            ))
        })
    }
}
