//! By which rules Patroni works, in one line.

use crate::cluster::amount::bytes;
use crate::cluster::spec::PatroniSpec;
use crate::cluster::status::PatroniStatus;
use crate::decide::CommitPolicy;
use serde_json::Value;

/// The dynamic configuration that is in force, and the watchdog.
pub(in crate::cluster::judge) fn words(
    spec: &PatroniSpec,
    status: &PatroniStatus,
) -> Option<String> {
    let view = status.view()?;
    let config = view.config.as_ref()?;
    let on = |value: &Value| match value {
        Value::Bool(true) => "on".to_owned(),
        Value::Bool(false) | Value::Null => "off".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let CommitPolicy { mode, strict } = view.commits();
    let synchronous = match (mode.is_on(), strict) {
        (false, _) => mode.to_string(),
        (true, true) => format!("{mode}, strict"),
        (true, false) => format!("{mode}, not strict"),
    };
    let mut words = vec![
        format!("synchronous mode: {synchronous}"),
        format!("failsafe: {}", on(&config["failsafe_mode"])),
        format!("watchdog: {}", spec.watchdog),
    ];
    if let Some(lag) = config["maximum_lag_on_failover"].as_i64() {
        words.push(format!("maximum lag: {}", bytes(lag)));
    }
    if let Some(ttl) = config["ttl"].as_i64() {
        words.push(format!("the lock lasts {ttl} s"));
    }
    Some(words.join("; "))
}
