//! The dead man's switch: what was broken over ssh heals by itself when the controller goes away.

use crate::drill::site::Site;
use crate::step::quote;

/// After how long a host heals itself; longer than any drill leaves a fault standing.
const AFTER: &str = "20min";

/// Arms the switch on a host: `undo` runs there unless it is disarmed. Shell text.
pub(super) fn armed(name: &str, undo: &str) -> String {
    let unit = unit(name);
    format!(
        "systemctl stop {unit}.timer {unit}.service 2>/dev/null; systemctl reset-failed {unit}.service 2>/dev/null
systemd-run --quiet --collect --unit={unit} --on-active={AFTER} --timer-property=AccuracySec=1s /bin/sh -c {} || exit 1\n",
        quote(undo)
    )
}

/// Runs `undo` on a host now, and disarms its switch.
pub(super) async fn heal(site: &Site, host: &str, name: &str, undo: &str) -> Result<(), String> {
    let unit = unit(name);
    let text = format!("( {undo} ) || exit 1\nsystemctl stop {unit}.timer 2>/dev/null || true");
    site.ground.sh(host, text).await.map(drop)
}

/// Whether a host can be given a switch. Asks only.
pub(super) async fn check(site: &Site, host: &str) -> Result<(), String> {
    let found = site
        .ground
        .sh(host, "command -v systemd-run >/dev/null")
        .await;
    found.map(drop).map_err(|_| {
        format!(
            "{host} has no systemd-run, so that nothing would heal it if this machine went away"
        )
    })
}

fn unit(name: &str) -> String {
    format!("trueup-drill-{name}")
}
