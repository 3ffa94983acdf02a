//! Waiting: a module's probe is asked again until it finds what is waited for.

use super::act::Actor;
use super::acted::Acted;
use super::event::Event;
use crate::facts::ProbeError;
use crate::modules::{Bound, Plan, State};
use std::time::Instant;

impl Actor<'_> {
    /// Asks again until the module has nothing to wait for.
    pub(super) async fn wait(
        &self,
        module: &dyn Bound,
        mut plan: Plan,
    ) -> Result<(State, Plan), Acted> {
        let begun = Instant::now();
        let mut stop = self.run.stop.clone();
        let mut told = false;
        let mut state = None;
        loop {
            let (what, every, limit, message) = match (plan, state) {
                (
                    Plan::Wait {
                        what,
                        every,
                        limit,
                        message,
                    },
                    _,
                ) => (what, every, limit, message),
                (other, Some(state)) => return Ok((state, other)),
                (_, None) => return Err(Acted::Failed("nothing to wait for".to_owned())),
            };
            if begun.elapsed() >= limit {
                return Err(Acted::Failed(message.unwrap_or_else(|| {
                    format!("Timeout when waiting for {what} ({} s)", limit.as_secs())
                })));
            }
            if !told {
                told = true;
                let (task, host) = (self.info.clone(), self.host.to_owned());
                let what = if self.info.no_log {
                    "what no_log hides".to_owned()
                } else {
                    what
                };
                let left = None;
                self.run
                    .tell(Event::Waiting {
                        task,
                        host,
                        what,
                        left,
                    })
                    .await;
            }
            let rest = limit.saturating_sub(begun.elapsed());
            tokio::select! {
                () = tokio::time::sleep(every.min(rest)) => {}
                _ = stop.wait_for(|level| *level > 0) => {
                    return Err(Acted::Failed("interrupted".to_owned()));
                }
            }
            let now = match self.probe_one(module).await.state {
                Ok(state) => state,
                Err(ProbeError::Unreachable(why)) => return Err(Acted::Lost(why)),
                Err(error) => return Err(Acted::Failed(error.to_string())),
            };
            plan = module.plan(&now).map_err(Acted::Failed)?;
            state = Some(now);
        }
    }
}
