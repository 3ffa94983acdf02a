//! `async` and `poll`: a task that is bounded in time, or goes on on the host while the play does.

use super::act::{Actor, Extent, Probed};
use super::acted::Acted;
use super::detached::Detached;
use super::promise::Word;
use crate::modules::{Bound, Change, Plan, State, StepOutput, TaskResult};
use crate::step::{Action, Job, Output, Script, Step, together};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

impl Actor<'_> {
    /// Acts on what was probed, as the task's `async` says.
    pub async fn act(
        &self,
        module: &dyn Bound,
        probed: Probed,
        leave: Option<(Word<'_>, bool)>,
    ) -> Acted {
        match self.job {
            Some(job) => self.act_async(job, module, probed, leave).await,
            None => self.act_here(module, probed, leave).await,
        }
    }

    /// Acts as `async` says. What goes on is what only its end can tell of, a command; all else is done
    /// here and now, and its job has ended when the task does.
    pub(super) async fn act_async(
        &self,
        job: Detached,
        module: &dyn Bound,
        probed: Probed,
        leave: Option<(Word<'_>, bool)>,
    ) -> Acted {
        let begun = Instant::now();
        let acted = self.act_here(module, probed, leave).await;
        let (changes, mut result) = match acted {
            Acted::Done { changes, result } if self.extent == Extent::Act => (changes, result),
            other => return other,
        };
        if result.values.contains_key("ansible_job_id") {
            return Acted::Done { changes, result };
        }
        if job.goes_on && result.failed.is_none() {
            let known = std::mem::take(&mut result);
            return self.launch(job, None, known, changes).await;
        }
        if !job.goes_on {
            if result.failed.is_some() && begun.elapsed() >= job.limit {
                let limit = job.limit.as_secs();
                let why =
                    format!("async task did not complete within the requested time - {limit}s");
                result.values.insert("msg".into(), why.clone().into());
                result.failed = Some(why);
                result.changed = false;
            }
            result = result
                .with("ansible_job_id", name().unwrap_or_default())
                .with("started", true)
                .with("finished", true);
        }
        Acted::Done { changes, result }
    }

    /// Starts a plan's steps as a job, where they can go on alone.
    pub(super) async fn detach(
        &self,
        module: &dyn Bound,
        before: &State,
        plan: &Plan,
    ) -> Option<Acted> {
        let job = self.job.filter(|job| job.goes_on)?;
        let Plan::Act { changes, steps } = plan else {
            return None;
        };
        let scripts = steps.iter().map(|step| match &step.action {
            Action::Run(script) => Some(script),
            _ => None,
        });
        let work = together(&scripts.collect::<Option<Vec<_>>>()?)?;
        let ended = |_: &Step| StepOutput {
            output: Output::default(),
            elapsed: Duration::ZERO,
        };
        let ran: Vec<StepOutput> = steps.iter().map(ended).collect();
        let known = module.result(before, None, plan, &ran);
        Some(self.launch(job, Some(work), known, changes.clone()).await)
    }

    async fn launch(
        &self,
        job: Detached,
        work: Option<Script>,
        known: TaskResult,
        changes: Vec<Change>,
    ) -> Acted {
        let jid = match name() {
            Ok(jid) => jid,
            Err(why) => return Acted::Failed(why),
        };
        let known = json!({
            "changed": known.changed,
            "values": known.values,
            "whole": work.is_none(),
        });
        let work = work.unwrap_or_else(|| Script::new(":"));
        let started = Job {
            jid: jid.clone(),
            limit: job.limit,
            known: known.to_string(),
        };
        let what = changes
            .first()
            .map_or("nothing", |change| change.what.as_str());
        let step = Step::new(format!("start {what}"), Action::Run(started.start(&work)));
        let mut ran = Vec::new();
        match self.steps(&[step], &mut ran).await {
            Ok(true) => {}
            Ok(false) => {
                let said = ran.last().map(|step| step.output.err());
                let said = said.unwrap_or_default();
                return Acted::Failed(format!("the job could not be started: {}", said.trim()));
            }
            Err(error) => return Acted::Lost(error.to_string()),
        }
        let path = ran.last().map(|step| step.output.out().trim().to_owned());
        let result = TaskResult {
            changed: true,
            ..TaskResult::default()
        };
        let result = result
            .with("ansible_job_id", jid)
            .with("started", true)
            .with("finished", false)
            .with("results_file", Value::from(path));
        Acted::Done { changes, result }
    }
}

/// A job's name, in Ansible's form.
fn name() -> Result<String, String> {
    let mut random = [0; 8];
    getrandom::fill(&mut random)
        .map_err(|error| format!("the system has no random numbers: {error}"))?;
    let random = u64::from_le_bytes(random);
    Ok(format!(
        "j{:012}.{}",
        random % 1_000_000_000_000,
        1000 + (random >> 44) % 9000
    ))
}
