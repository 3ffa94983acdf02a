//! Lets time pass.
//!
//! ```yaml
//! - pause: { seconds: 5 }
//! ```
//!
//! It passes on the controller: no connection that dies meanwhile ends it.

use super::unsupported::Unsupported;
use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError};
use crate::step::{Action, Step};
use serde::Deserialize;
use std::time::Duration;

/// `pause`
pub struct Pause;

/// The parameters of `pause`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)] // What is not supported is only named, so that it is refused.
pub struct Params {
    /// How many seconds.
    #[serde(default)]
    pub seconds: Option<u64>,
    /// How many minutes.
    #[serde(default)]
    pub minutes: Option<u64>,
    /// Not supported: nobody is asked during a run.
    #[serde(default)]
    pub prompt: Unsupported,
    /// Not supported: nobody is asked during a run.
    #[serde(default)]
    pub echo: Option<bool>,
}

impl Module for Pause {
    const NAME: &'static str = "pause";
    const ON_CONTROLLER: bool = true;
    type Params = Params;
    type Ready = Params;
    type State = ();

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        match (params.seconds, params.minutes) {
            (None, None) => Err(Diag::error(
                "`pause` needs `seconds` or `minutes`: nobody is asked during a run",
            )),
            (Some(_), Some(_)) => Err(Diag::error("`seconds` and `minutes` exclude each other")),
            _ => Ok(params),
        }
    }

    async fn probe(_: &Params, _: &Look) -> Result<(), ProbeError> {
        Ok(())
    }

    fn plan(params: &Params, (): &()) -> Result<Plan, String> {
        let seconds = params
            .seconds
            .unwrap_or_else(|| params.minutes.unwrap_or_default().saturating_mul(60));
        let steps = vec![Step::new(
            format!("pause for {seconds} s"),
            Action::Pause(Duration::from_secs(seconds)),
        )];
        Ok(Plan::Act {
            changes: Vec::new(),
            steps,
        })
    }

    fn result(Course { plan, ran, .. }: Course<'_, Self>) -> TaskResult {
        let seconds = ran.last().map_or(0, |step| step.elapsed.as_secs());
        TaskResult {
            changed: false,
            ..TaskResult::of(plan, ran)
        }
        .with("delta", seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::planned;

    #[test]
    fn it_acts_and_changes_nothing() {
        let plan = planned::<Pause>(serde_json::json!({ "minutes": 2 }), &[]).unwrap();
        assert_eq!(
            (plan.steps()[0].what.as_str(), plan.is_change()),
            ("pause for 120 s", false)
        );
    }
}
