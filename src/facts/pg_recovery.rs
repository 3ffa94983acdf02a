//! Whether a host's own PostgreSQL server is in recovery.

use super::psql::{Login, stderr_text};
use super::{Ask, Foreseen, Freshness, ProbeError, Question};
use crate::step::Output;
use std::time::Duration;

/// How long a server may take to say it; one that hangs counts as silent.
const LIMIT: Duration = Duration::from_secs(15);

/// Is the local server in recovery? Asked as the user who asks, through the server's socket.
pub struct PgRecovery {
    /// The server's port.
    pub port: u16,
}

/// What a server is to its cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// Nothing answers, and why: it is down, broken or not made yet.
    Silent(String),
    /// It follows another server.
    Standby,
    /// It takes writes.
    Primary,
}

impl Question for PgRecovery {
    type Answer = Recovery;

    fn ask(&self) -> Ask {
        let login = Login {
            port: self.port,
            ..Login::default()
        };
        let mut script = login.script("postgres", "SELECT pg_is_in_recovery();");
        script.limit = Some(LIMIT);
        Ask::Shell {
            script,
            freshness: Freshness::Live,
            slow: false,
        }
    }

    fn read(&self, output: &Output) -> Result<Recovery, ProbeError> {
        Ok(match (output.ok(), output.out().trim()) {
            (true, "t") => Recovery::Standby,
            (true, "f") => Recovery::Primary,
            (true, other) => Recovery::Silent(format!("it answered `{other}`")),
            (false, _) => Recovery::Silent(stderr_text(output)),
        })
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        _: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_follows_leads_or_is_silent() {
        let read = |status, stdout: &str, stderr: &str| {
            let output = Output {
                status,
                stdout: stdout.into(),
                stderr: stderr.into(),
                ..Output::default()
            };
            PgRecovery { port: 5432 }.read(&output).unwrap()
        };
        assert_eq!(read(0, "t\n", ""), Recovery::Standby);
        assert_eq!(read(0, "f\n", ""), Recovery::Primary);
        assert_eq!(
            read(2, "", "psql: error: no such file\n"),
            Recovery::Silent("psql: error: no such file".into())
        );
        assert!(matches!(read(0, "", ""), Recovery::Silent(_)));
    }
}
