//! Waits until the host can be reached.
//!
//! ```yaml
//! - wait_for_connection: { delay: 10, timeout: 300 }
//! ```

use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError};
use crate::modules::defaults::{five, one, ten_minutes};
use crate::step::{Action, Return, Step};
use serde::Deserialize;
use std::time::Duration;

/// `wait_for_connection`
pub struct WaitForConnection;

/// The parameters of `wait_for_connection`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Seconds until one connection counts as refused.
    #[serde(default = "five")]
    pub connect_timeout: u64,
    /// Seconds before the host is tried first.
    #[serde(default)]
    pub delay: u64,
    /// Seconds between two tries.
    #[serde(default = "one")]
    pub sleep: u64,
    /// Seconds until it gives up.
    #[serde(default = "ten_minutes")]
    pub timeout: u64,
}

impl Module for WaitForConnection {
    const NAME: &'static str = "wait_for_connection";
    // It needs the host, but must not fail where there is no connection yet.
    const ON_CONTROLLER: bool = true;
    type Params = Params;
    type Ready = Params;
    type State = ();

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        Ok(params)
    }

    async fn probe(_: &Params, _: &Look) -> Result<(), ProbeError> {
        Ok(())
    }

    fn plan(params: &Params, (): &()) -> Result<Plan, String> {
        let back = Return {
            after: None,
            delay: Duration::from_secs(params.delay),
            every: Duration::from_secs(params.sleep),
            connect_limit: Some(Duration::from_secs(params.connect_timeout.max(1))),
            limit: Duration::from_secs(params.timeout),
            anew: None,
            test: None,
        };
        Ok(Plan::Act {
            changes: Vec::new(),
            steps: vec![Step::new(
                "wait for the connection".to_owned(),
                Action::Return(Box::new(back)),
            )],
        })
    }

    fn result(Course { plan, ran, .. }: Course<'_, Self>) -> TaskResult {
        let elapsed = ran.last().map_or(0, |step| step.elapsed.as_secs());
        let failed = ran.iter().find(|step| !step.output.ok());
        TaskResult {
            failed: failed.map(|step| step.output.err()),
            ..TaskResult::of(plan, ran)
        }
        .with("elapsed", elapsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::planned;

    #[test]
    fn it_waits_as_ansible_does_and_changes_nothing() {
        let plan = planned::<WaitForConnection>(serde_json::json!({}), &[]).unwrap();
        assert!(!plan.is_change());
        let Action::Return(back) = &plan.steps()[0].action else {
            panic!("{plan:?}")
        };
        assert_eq!((back.limit.as_secs(), back.every.as_secs()), (600, 1));
        assert_eq!(back.connect_limit, Some(Duration::from_secs(5)));
        assert!(back.after.is_none());
    }
}
