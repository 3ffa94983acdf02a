//! What a fault needs on its hosts and was not there: brought before it, taken away at the end.

use super::Ended;
use super::home::ended;
use super::stage::Stage;
use crate::drill::fault::Act;

/// The playbook that brings it and takes it away.
pub(super) const PLAYBOOK: &str = "drill-clock";
/// The variable with which it takes it away.
const AWAY: (&str, &str) = ("libfaketime", "absent");

impl Stage {
    /// Brings what a fault needs to those of its hosts that lack it.
    pub async fn bring(&mut self, act: &dyn Act) -> Result<(), Ended> {
        let lacking = act.lacking(&self.plan.site).await;
        for host in lacking.map_err(Ended::Failed)? {
            // Remembered before it is done: half of it is taken away too.
            self.brought.push(host.clone());
            ended(&self.apply(PLAYBOOK, &[("node", &host)]).await)?;
        }
        Ok(())
    }

    /// Takes it away again, so that a host is left as it was found.
    pub async fn take_away(&mut self) {
        for host in std::mem::take(&mut self.brought) {
            let command = self.apply(PLAYBOOK, &[("node", &host), AWAY]).await;
            if command.exit != Some(0) {
                let words = format!("what the drill brought is still there: `{}`", command.words);
                self.event("note", Some(&host), words);
            }
        }
    }
}
