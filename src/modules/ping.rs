//! Proves that the host answers.
//!
//! ```yaml
//! - ping:
//! ```

use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{Ask, Foreseen, Look, ProbeError, Question};
use crate::step::Output;
use serde::Deserialize;

/// `ping`
pub struct Ping;

/// The parameters of `ping`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// What it answers.
    #[serde(default = "pong")]
    pub data: String,
}

fn pong() -> String {
    "pong".into()
}

struct Alive;

impl Question for Alive {
    type Answer = ();

    fn ask(&self) -> Ask {
        Ask::live("echo pong")
    }

    fn read(&self, output: &Output) -> Result<(), ProbeError> {
        if output.out().trim() == "pong" {
            Ok(())
        } else {
            Err(ProbeError::answer("ping", output))
        }
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        _: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        now
    }
}

impl Module for Ping {
    const NAME: &'static str = "ping";
    type Params = Params;
    type Ready = Params;
    type State = ();

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        Ok(params)
    }

    async fn probe(_: &Params, look: &Look) -> Result<(), ProbeError> {
        look.fact(Alive).await
    }

    fn plan(params: &Params, (): &()) -> Result<Plan, String> {
        if params.data == "crash" {
            Err("boom".into())
        } else {
            Ok(Plan::nothing())
        }
    }

    fn result(
        Course {
            ready: params,
            plan,
            ran,
            ..
        }: Course<'_, Self>,
    ) -> TaskResult {
        TaskResult::of(plan, ran).with("ping", params.data.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Shell, settled};

    #[test]
    fn it_answers() {
        for shell in Shell::all() {
            let result = settled::<Ping>(&shell, "/".as_ref(), serde_json::json!({}));
            assert_eq!(result.values["ping"], "pong");
        }
    }
}
