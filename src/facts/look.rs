//! How a probe asks: it sees a [`Look`], never a connection.

use super::{Ask, ProbeError, Question};
use crate::step::Output;
use futures::future::BoxFuture;
use std::sync::Arc;

/// Who answers questions: the engine's desk for one host and become user, or canned answers in a test.
pub trait Desk: Send + Sync {
    /// Answers one question; many may wait at once and are sent together.
    fn ask(&self, ask: Ask) -> BoxFuture<'_, Result<Output, ProbeError>>;
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

    /// Asks, and waits for the answer.
    pub async fn fact<Q: Question>(&self, question: Q) -> Result<Q::Answer, ProbeError> {
        let output = self.desk.ask(question.ask()).await?;
        question.read(&output)
    }
}
