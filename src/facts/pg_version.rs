//! Whether a PostgreSQL server answers, and which one.

use super::psql::{Login, stderr_text};
use super::{Ask, Foreseen, Freshness, ProbeError, Question};
use crate::step::Output;

/// Does the server answer?
pub struct PgVersion {
    /// With what to connect.
    pub login: Login,
    /// The database.
    pub database: String,
}

/// What `version()` says, or why there is no connection.
pub type Answered = Result<String, String>;

impl Question for PgVersion {
    type Answer = Answered;

    fn ask(&self) -> Ask {
        let script = self.login.script(&self.database, "SELECT version();");
        Ask::Shell {
            script,
            freshness: Freshness::Live,
            slow: false,
        }
    }

    fn read(&self, output: &Output) -> Result<Answered, ProbeError> {
        Ok(if output.ok() {
            Ok(output.out().trim().to_owned())
        } else {
            Err(stderr_text(output))
        })
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        match now {
            Ok(Ok(_)) => now,
            silent => pending.brought(&self.login, silent)?,
        }
    }
}
