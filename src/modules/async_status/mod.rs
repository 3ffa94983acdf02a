//! What became of a job that a task with `async` and `poll: 0` left running.
//!
//! ```yaml
//! - command: vacuumdb --all --analyze-in-stages
//!   async: 7200
//!   poll: 0
//!   register: vacuum
//! - async_status: { jid: "{{ vacuum.ansible_job_id }}" }
//!   register: job
//!   until: job is finished
//!   retries: 120
//!   delay: 60
//! ```
//!
//! It must run as the user who started it: jobs are kept in a folder of that user's, `~/.ansible_async`, or what
//! the variable `ansible_async_dir` names.

use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{JobEnded, JobFound, JobNamed, Look, ProbeError};
use crate::step::{Action, JOBS, Script, Step, quote};
use serde::Deserialize;
use serde_json::Value;

/// `async_status`
pub struct AsyncStatus;

/// The parameters of `async_status`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The job: `ansible_job_id` of the task that started it.
    pub jid: String,
    /// `status`, or `cleanup`: what it said is removed.
    #[serde(default)]
    pub mode: Mode,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Say what became of it.
    #[default]
    Status,
    /// Remove what it said.
    Cleanup,
}

impl Module for AsyncStatus {
    const NAME: &'static str = "async_status";
    const ONLY_ASKS: bool = true;
    type Params = Params;
    type Ready = Params;
    type State = Option<JobFound>;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '_';
        let begins = params.jid.starts_with(|c: char| c.is_ascii_alphanumeric());
        if begins && params.jid.chars().all(plain) {
            return Ok(params);
        }
        Err(Diag::error(format!("`{}` is no job", params.jid))
            .help("it is what the task with `async` registered as `ansible_job_id`"))
    }

    async fn probe(params: &Params, look: &Look) -> Result<Option<JobFound>, ProbeError> {
        look.fact(JobNamed {
            jid: params.jid.clone(),
        })
        .await
    }

    fn plan(params: &Params, state: &Option<JobFound>) -> Result<Plan, String> {
        if params.mode == Mode::Status || state.is_none() {
            return Ok(Plan::nothing());
        }
        let jid = quote(&params.jid);
        let script = Script::new(format!("{JOBS}cd -P -- \"$d\" && rm -rf -- {jid}"));
        let step = Step::new(format!("forget the job {jid}"), Action::Run(script));
        // As in Ansible that is no change.
        Ok(Plan::Act {
            changes: Vec::new(),
            steps: vec![step.making([])],
        })
    }

    fn result(course: Course<'_, Self>) -> TaskResult {
        let Course {
            ready: params,
            before,
            plan,
            ran,
            ..
        } = course;
        let result = TaskResult::of(plan, ran).with("ansible_job_id", params.jid.as_str());
        let Some(job) = before else {
            let failed = Some("could not find job".to_owned());
            return TaskResult { failed, ..result }
                .with("started", true)
                .with("finished", true);
        };
        if params.mode == Mode::Cleanup {
            return result.with("erased", job.path.as_str());
        }
        let result = result
            .with("started", true)
            .with("results_file", job.path.as_str());
        match &job.ended {
            Some(ended) => told(result, &job.known, ended).with("finished", true),
            None => result
                .printed(&crate::step::Output::default(), true)
                .with("finished", false),
        }
    }
}

/// The result of a job that ended.
fn told(mut result: TaskResult, known: &Value, ended: &JobEnded) -> TaskResult {
    for (name, value) in known["values"].as_object().into_iter().flatten() {
        result.values.insert(name.clone(), value.clone());
    }
    result.changed = known["changed"] == true;
    let status = ended.output.status;
    let command = known["values"].get("rc").is_some() && known["whole"] != true;
    if command || status != 0 {
        let [begun, end] = &ended.times;
        let seconds = (end.0 - begun.0).max(0);
        let delta = format!(
            "{}:{:02}:{:02}.000000",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        );
        result = result
            .printed(&ended.output, true)
            .with("rc", status)
            .with("start", format!("{}.000000", begun.1))
            .with("end", format!("{}.000000", end.1))
            .with("delta", delta)
            .with("msg", "");
    }
    if ended.late {
        // Ansible's words for a job that was ended since its `async` was over.
        result.failed = Some("Timeout exceeded".to_owned());
        result.changed = false;
    } else if status != 0 {
        result.failed = Some("non-zero return code".to_owned());
    }
    match &result.failed {
        Some(why) => {
            let why = why.clone();
            result.with("msg", why)
        }
        None => result,
    }
}

#[cfg(test)]
mod lives;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::Output;
    use serde_json::json;

    #[allow(clippy::ref_option)] // It is the module's state.
    fn result(params: &Value, job: &Option<JobFound>) -> TaskResult {
        let params: Params = serde_json::from_value(params.clone()).unwrap();
        let plan = AsyncStatus::plan(&params, job).unwrap();
        AsyncStatus::result(Course {
            ready: &params,
            before: job,
            after: None,
            plan: &plan,
            ran: &[],
        })
    }

    fn job(ended: Option<(i32, bool)>) -> JobFound {
        let ended = ended.map(|(status, late)| JobEnded {
            late,
            output: Output {
                status,
                stdout: b"said\n".to_vec(),
                ..Output::default()
            },
            times: [
                (100, "2026-01-01 00:00:00".into()),
                (161, "2026-01-01 00:01:01".into()),
            ],
        });
        JobFound {
            path: "/root/.ansible_async/j1.1".into(),
            known: json!({ "changed": true, "values": { "cmd": ["sleep", "60"], "rc": 0 } }),
            ended,
        }
    }

    #[test]
    fn a_job_is_told_as_ansible_tells_it() {
        let status = json!({ "jid": "j1.1" });
        let runs = result(&status, &Some(job(None)));
        assert_eq!(
            (&runs.values["finished"], &runs.values["started"]),
            (&json!(false), &json!(true))
        );
        assert_eq!((runs.changed, runs.failed), (false, None));
        let done = result(&status, &Some(job(Some((0, false)))));
        insta::assert_json_snapshot!(done.values, @r#"
        {
          "ansible_job_id": "j1.1",
          "started": true,
          "results_file": "/root/.ansible_async/j1.1",
          "cmd": [
            "sleep",
            "60"
          ],
          "rc": 0,
          "stdout_lines": [
            "said"
          ],
          "stdout": "said",
          "stderr_lines": [],
          "stderr": "",
          "start": "2026-01-01 00:00:00.000000",
          "end": "2026-01-01 00:01:01.000000",
          "delta": "0:01:01.000000",
          "msg": "",
          "finished": true
        }
        "#);
        assert!(done.changed && done.failed.is_none());
        let failed = result(&status, &Some(job(Some((3, false)))));
        assert_eq!(
            (failed.failed.as_deref(), &failed.values["rc"]),
            (Some("non-zero return code"), &json!(3))
        );
        assert!(
            result(&status, &Some(job(Some((143, true)))))
                .failed
                .unwrap()
                .contains("Timeout")
        );
        let nowhere = result(&status, &None);
        assert_eq!(
            (nowhere.failed.as_deref(), &nowhere.values["finished"]),
            (Some("could not find job"), &json!(true))
        );
        let erased = result(
            &json!({ "jid": "j1.1", "mode": "cleanup" }),
            &Some(job(None)),
        );
        assert_eq!(
            (erased.changed, &erased.values["erased"]),
            (false, &json!("/root/.ansible_async/j1.1"))
        );
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_no_job() {
        for jid in ["../x", "", "a/b", ".hidden", "-rf"] {
            let params = serde_json::from_value(json!({ "jid": jid })).unwrap();
            let found = AsyncStatus::prepare(
                params,
                &crate::modules::trial::Folder(std::path::PathBuf::new()),
            );
            assert!(found.is_err(), "{jid}");
        }
    }
}
