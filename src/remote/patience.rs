//! Trying again where a server is too busy to take a connection.

use super::RemoteError;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The first pause, and what pauses grow to.
const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(4);

/// Why there is no connection.
pub(super) enum Refused {
    /// It was closed before the server showed its key, as a busy one does; it may have said why.
    Closed(Option<String>),
    /// Trying again would change nothing.
    Final(RemoteError),
}

impl From<RemoteError> for Refused {
    fn from(error: RemoteError) -> Self {
        Self::Final(error)
    }
}

/// Tries until the server takes the connection, with pauses that grow and differ from one host to
/// the next: all that were refused together would else come together again.
pub(super) async fn patiently<T, F: Future<Output = Result<T, Refused>>>(
    target: &str,
    limit: Duration,
    mut attempt: impl FnMut() -> F,
) -> Result<T, RemoteError> {
    let begun = Instant::now();
    let (mut tries, mut pause) = (0_u32, FIRST);
    loop {
        let said = match attempt().await {
            Ok(made) => return Ok(made),
            Err(Refused::Final(error)) => return Err(error),
            Err(Refused::Closed(said)) => said,
        };
        tries += 1;
        if begun.elapsed() + pause > limit {
            let said = said.map_or_else(String::new, |said| format!(" (it said `{said}`)"));
            let seconds = begun.elapsed().as_secs();
            return Err(RemoteError::Connect {
                target: target.to_owned(),
                why: format!(
                    "it takes the connection and closes it again{said}, {tries} times within \
                     {seconds} s: is its sshd too busy (MaxStartups, PerSourcePenalties), or is \
                     something else behind that port?"
                ),
            });
        }
        tracing::debug!(target, tries, ?said, "refused, trying again");
        sleep(half_or_more(pause)).await;
        pause = (pause * 2).min(LONGEST);
    }
}

fn half_or_more(pause: Duration) -> Duration {
    let part = f64::from(getrandom::u32().unwrap_or_default()) / f64::from(u32::MAX);
    pause.mul_f64(0.5 + part / 2.0)
}
