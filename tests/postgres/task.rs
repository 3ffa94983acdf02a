//! One life of a task on this machine, without an engine.

use futures::future::BoxFuture;
use serde_json::Value;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use trueup::diag::{Diag, Source};
use trueup::facts::{Ask, Desk, Foreseen, Look, ProbeError};
use trueup::modules::{
    Bound, Change, Controller, Plan, RenderOptions, StepOutput, TaskResult, find,
};
use trueup::remote::http::Via;
use trueup::remote::request;
use trueup::step::{Action, Output, Script, Step};
use trueup::yaml;

/// Runs scripts on this machine, on which this is pending.
#[derive(Default)]
struct Here(Foreseen);

impl Here {
    fn look(pending: Foreseen) -> Look {
        Look::new(Arc::new(Self(pending)))
    }
}

impl Desk for Here {
    fn foreseen(&self) -> Option<Foreseen> {
        (!self.0.is_empty()).then(|| self.0.clone())
    }

    fn ask(&self, ask: Ask) -> BoxFuture<'_, Result<Output, ProbeError>> {
        Box::pin(async move {
            match ask {
                Ask::Shell { script, .. } => Ok(run(&script)),
                Ask::Request(asked) => request::question(Via::Here, &asked)
                    .await
                    .map_err(|error| ProbeError::Unreachable(error.to_string())),
                Ask::Connect { .. } => panic!("a question of these modules"),
            }
        })
    }
}

fn run(script: &Script) -> Output {
    let mut child = Command::new("sh")
        .args(["-c", &script.text])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // psql that failed to log in does not read it.
    let _ = stdin.write_all(&script.stdin);
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    Output {
        status: output.status.code().unwrap_or(-1),
        stdout: output.stdout,
        stderr: output.stderr,
        ..Output::default()
    }
}

/// These modules ask nothing of the controller.
struct Nobody;

impl Controller for Nobody {
    fn find(&self, _: &str, _: &str) -> Result<PathBuf, Diag> {
        Err(Diag::error("no files here"))
    }
    fn render(&self, _: &Path, _: &RenderOptions) -> Result<String, Diag> {
        Err(Diag::error("no templates here"))
    }
    fn keeps(&self) -> bool {
        false
    }

    fn test(&self, _: &str, _: &str) -> Result<bool, Diag> {
        Err(Diag::error("no expressions here"))
    }
    fn evaluate(&self, _: &str, _: &str) -> Result<Value, Diag> {
        Err(Diag::error("no expressions here"))
    }
}

/// The module with its parameters.
pub fn bind(module: &str, params: &str) -> Result<Box<dyn Bound>, String> {
    let node = yaml::parse(&Source::new("task", params)).unwrap();
    let entry = find(module).unwrap();
    let bound = entry
        .arguments(&node)
        .and_then(|node| entry.bind(&node, &Nobody));
    bound.map_err(|diags| diags[0].to_string())
}

/// Adds what a plan's steps make true to what is pending.
fn foretell(pending: &mut Foreseen, plan: &Plan) -> bool {
    let before = pending.len();
    let effects = plan.steps().iter().flat_map(Step::effects);
    pending.add("this", "root", effects);
    pending.len() > before
}

/// What a dry run tells of the task where this is pending, which then is pending too.
#[allow(dead_code)] // Not all tests that share this file look ahead.
pub async fn foretold(
    pending: &mut Foreseen,
    module: &str,
    params: &str,
) -> Result<Vec<Change>, String> {
    let bound = bind(module, params)?;
    let look = Here::look(pending.clone());
    let state = bound
        .probe(&look)
        .await
        .map_err(|error| error.to_string())?;
    let plan = bound.plan(&state)?;
    foretell(pending, &plan);
    Ok(plan.changes().to_vec())
}

/// Probe, plan, steps, and for a converging plan a second probe, which must find nothing to do.
pub async fn live(module: &str, params: &str) -> Result<TaskResult, String> {
    let bound = bind(module, params)?;
    let look = Here::look(Foreseen::default());
    let before = bound
        .probe(&look)
        .await
        .map_err(|error| error.to_string())?;
    let plan = bound.plan(&before)?;
    let mut pending = Foreseen::default();
    let mut foreseen = None;
    if foretell(&mut pending, &plan) && matches!(plan, Plan::Converge { .. }) {
        let ahead = bound.probe(&Here::look(pending)).await;
        // What its effects don't tell all of is unknown, never something else.
        if let Ok(after) = ahead {
            let left = bound.plan(&after)?;
            foreseen = Some((after, left.changes().to_vec()));
        }
    }
    let mut ran = Vec::new();
    for step in plan.steps() {
        let output = match &step.action {
            Action::Run(script) => run(script),
            Action::Request(asked) => request::step(Via::Here, asked)
                .await
                .map_err(|error| error.to_string())?,
            other => panic!("no step of these modules: {other:?}"),
        };
        let ok = output.ok();
        ran.push(StepOutput {
            output,
            elapsed: Duration::ZERO,
        });
        if !ok {
            break;
        }
    }
    let failed = ran.iter().any(|step| !step.output.ok());
    if failed || matches!(plan, Plan::Act { .. }) {
        return Ok(bound.result(&before, None, &plan, &ran));
    }
    let begun = Instant::now();
    let (after, rest) = loop {
        let after = bound
            .probe(&look)
            .await
            .map_err(|error| error.to_string())?;
        match bound.plan(&after)? {
            Plan::Wait {
                what, every, limit, ..
            } => {
                assert!(begun.elapsed() < limit, "{module} waits for {what}");
                tokio::time::sleep(every).await;
            }
            rest => break (after, rest),
        }
    };
    assert!(
        !rest.is_change(),
        "{module} did not converge: {:?}",
        rest.changes()
    );
    let result = bound.result(&before, Some(&after), &plan, &ran);
    if let Some((foreseen, left)) = foreseen {
        assert_eq!(left, [], "{module} foresees that this is left to do");
        let foretold = bound.result(&before, Some(&foreseen), &plan, &ran);
        // What can't be known yet is left out, and only where the result says so.
        let known = |name: &str| foretold.unsure.is_none() || foretold.values.contains_key(name);
        let mut values = result.values.clone();
        values.retain(|name, _| known(name));
        assert_eq!(foretold.values, values, "{module} foresees another result");
    }
    Ok(result)
}
