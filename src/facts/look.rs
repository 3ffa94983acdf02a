//! How a probe asks: it sees a [`Look`], never a connection.

use super::{Ask, Foreseen, ProbeError, Question};
use crate::step::Output;
use futures::future::BoxFuture;
use std::sync::Arc;

/// Who answers questions: the engine's desk for one host and become user, or canned answers in a test.
pub trait Desk: Send + Sync {
    /// Answers one question; many may wait at once and are sent together.
    fn ask(&self, ask: Ask) -> BoxFuture<'_, Result<Output, ProbeError>>;

    /// What is pending on the host in a dry run; `None` where nothing is.
    fn foreseen(&self) -> Option<Foreseen> {
        None
    }

    /// Keeps for a dry run what links of the host lead to.
    fn learn(&self, links: Vec<(String, String)>) {
        let _ = links;
    }
}

/// A probe's view of its host.
#[derive(Clone)]
pub struct Look {
    desk: Arc<dyn Desk>,
}

impl Look {
    /// A look through `desk`.
    pub fn new(desk: Arc<dyn Desk>) -> Self {
        Self { desk }
    }

    /// Asks, and waits for the answer: where something is pending on the host, the one that it
    /// will give then.
    pub async fn fact<Q: Question>(&self, question: Q) -> Result<Q::Answer, ProbeError> {
        let pending = self.desk.foreseen();
        let ask = match &pending {
            Some(pending) => question.ask_ahead(pending),
            None => question.ask(),
        };
        let now = self.desk.ask(ask).await;
        let now = now.and_then(|output| question.read(&output));
        let links = now
            .as_ref()
            .map(|now| question.links(now, pending.as_ref()));
        if let Some(links) = links.ok().filter(|links| !links.is_empty()) {
            self.desk.learn(links);
        }
        // With what was learned of links in the meantime.
        match (now, pending.and_then(|_| self.desk.foreseen())) {
            (Err(ProbeError::Unreachable(why)), _) => Err(ProbeError::Unreachable(why)),
            (now, Some(pending)) => question.foresee(now, &pending),
            (now, None) => now,
        }
    }
}
