//! A client's session: statements with a time limit each, and what an ending of COMMIT means.

use super::ledger::Outcome;
use crate::cluster::error_text;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_postgres::error::{DbError, SqlState};
use tokio_postgres::{AsyncMessage, Config, SimpleQueryMessage, SimpleQueryRow};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long a connection and its login may take.
const LOGIN: Duration = Duration::from_secs(5);
/// How long a statement may take. It is the client who stops waiting, never the server: a cancelled
/// COMMIT is acknowledged although no standby has it.
const STATEMENT: Duration = Duration::from_secs(5);

/// A session of a client with the entry.
pub struct Client {
    inner: tokio_postgres::Client,
    /// Whether the server has warned since this was last put back.
    warned: Arc<AtomicBool>,
    tls: MakeRustlsConnect,
    driver: AbortHandle,
}

/// Why a statement has no good answer.
#[derive(Debug)]
pub enum Ended {
    /// The server said no.
    Said(Box<DbError>),
    /// The connection broke, or could not be had.
    Lost(String),
    /// No answer within the limit.
    Late(Duration),
}

impl Ended {
    /// The same in words.
    pub fn words(&self) -> String {
        match self {
            Self::Said(error) => error.message().to_owned(),
            Self::Lost(why) => why.clone(),
            Self::Late(limit) => format!("no answer within {} s", limit.as_secs()),
        }
    }

    #[allow(clippy::needless_pass_by_value)] // It is what map_err gives.
    fn of(error: tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(said) => Self::Said(Box::new(said.clone())),
            None => Self::Lost(error_text(&error)),
        }
    }
}

impl Client {
    /// Connects and logs in.
    pub(super) async fn connect(config: &Config, tls: MakeRustlsConnect) -> Result<Self, Ended> {
        let opened = timeout(LOGIN, config.connect(tls.clone())).await;
        let (inner, mut connection) = opened.map_err(|_| Ended::Late(LOGIN))?.map_err(Ended::of)?;
        let warned = Arc::new(AtomicBool::new(false));
        let heard = warned.clone();
        // A warning is heard before the answer that comes behind it is handed over.
        let driver = tokio::spawn(async move {
            let mut message = pin!(poll_fn(move |context| connection.poll_message(context)));
            while let Some(Ok(message)) = message.as_mut().await {
                if let AsyncMessage::Notice(notice) = message
                    && notice.severity() == "WARNING"
                {
                    heard.store(true, Ordering::SeqCst);
                }
            }
        });
        Ok(Self {
            inner,
            warned,
            tls,
            driver: driver.abort_handle(),
        })
    }

    /// The rows that a statement gives.
    pub async fn query(&self, statement: &str) -> Result<Vec<SimpleQueryRow>, Ended> {
        self.query_within(statement, STATEMENT).await
    }

    /// The same of one that may take long.
    pub async fn query_within(
        &self,
        statement: &str,
        limit: Duration,
    ) -> Result<Vec<SimpleQueryRow>, Ended> {
        let messages = timeout(limit, self.inner.simple_query(statement)).await;
        let messages = messages
            .map_err(|_| Ended::Late(limit))?
            .map_err(Ended::of)?;
        let rows = messages.into_iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        Ok(rows.collect())
    }

    /// Asks the server to cancel what it does now. It may come too late, and nobody tells whether it did.
    pub async fn cancel(&self) {
        let token = self.inner.cancel_token();
        let asked = token.cancel_query(self.tls.clone());
        // Whatever became of the request, the statement's own answer says what became of that.
        let _ = timeout(LOGIN, asked).await;
    }

    /// Commits, and tells what became of it; if it was not acknowledged, with the reason.
    pub async fn commit(&self) -> (Outcome, String) {
        self.warned.store(false, Ordering::SeqCst);
        match self.query("COMMIT").await {
            // Only committed locally, or there was no transaction any more.
            Ok(_) if self.warned.load(Ordering::SeqCst) => {
                (Outcome::Unknown, "committed with a warning".to_owned())
            }
            Ok(_) => (Outcome::Acknowledged, String::new()),
            Err(ended) => {
                let outcome = match &ended {
                    Ended::Said(error) if rolled_back(error.severity(), error.code()) => {
                        Outcome::Refused
                    }
                    _ => Outcome::Unknown,
                };
                (outcome, ended.words())
            }
        }
    }
}

impl Drop for Client {
    /// A session that is given up leaves no connection that still waits for an answer.
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// Whether an error of COMMIT says that the transaction is undone: a conflict or a constraint, said
/// by a session that goes on. A session that ends may have committed before.
fn rolled_back(severity: &str, code: &SqlState) -> bool {
    let undone = code.code().starts_with("40") || code.code().starts_with("23");
    severity == "ERROR" && undone && *code != SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_error_that_undoes_the_transaction_refuses_it() {
        assert!(rolled_back("ERROR", &SqlState::T_R_SERIALIZATION_FAILURE));
        assert!(rolled_back("ERROR", &SqlState::UNIQUE_VIOLATION));
        assert!(!rolled_back(
            "ERROR",
            &SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN
        ));
        assert!(!rolled_back("FATAL", &SqlState::ADMIN_SHUTDOWN));
        assert!(!rolled_back("FATAL", &SqlState::T_R_DEADLOCK_DETECTED));
        assert!(!rolled_back("ERROR", &SqlState::CONNECTION_FAILURE));
    }
}
