//! Waiting for a condition that only polling can see.

use std::thread;
use std::time::{Duration, Instant};

use super::LabError;

const EVERY: Duration = Duration::from_millis(20);

/// Asks until `done` answers yes; after `limit` it is an error that says `help`.
pub(super) fn until(
    what: &str,
    limit: Duration,
    help: impl Fn() -> String,
    mut done: impl FnMut() -> Result<bool, LabError>,
) -> Result<(), LabError> {
    let deadline = Instant::now() + limit;
    while !done()? {
        if Instant::now() >= deadline {
            return Err(LabError::Timeout {
                what: what.into(),
                limit,
                help: help(),
            });
        }
        thread::sleep(EVERY);
    }
    Ok(())
}
