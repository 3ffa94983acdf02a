//! Logging for those who look into trueup itself: to stderr, and only when `TRUEUP_LOG` asks.

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
        .with_writer(std::io::stderr)
        .init();
}
