//! Waiting for what must come true.

use std::time::{Duration, Instant};

/// Asks until the answer is yes; fails after `seconds`.
#[track_caller]
pub fn wait_until(what: &str, seconds: u64, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    while !done() {
        assert!(
            Instant::now() < deadline,
            "{what} did not come true within {seconds} s"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}
