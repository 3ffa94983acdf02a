//! Logging for those who look into trueup itself: to stderr, and only when `TRUEUP_LOG` asks.

use crate::secret::masked;
use std::io::{self, Write};
use tracing_subscriber::EnvFilter;

/// The variable that asks for a log: `debug`, `trueup=trace,russh=debug`.
const VARIABLE: &str = "TRUEUP_LOG";

/// Starts the log where it is asked for.
pub fn start() {
    if std::env::var_os(VARIABLE).is_none_or(|words| words.is_empty()) {
        return;
    }
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::from_env(VARIABLE))
        .with_writer(Stderr::default)
        .init();
}

/// Writes each entry of the log whole, without secrets.
#[derive(Default)]
struct Stderr(Vec<u8>);

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Stderr {
    fn drop(&mut self) {
        let text = String::from_utf8_lossy(&self.0);
        // The reader of stderr may have gone away.
        let _ = io::stderr().write_all(masked(&text).as_bytes());
    }
}
