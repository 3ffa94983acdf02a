//! Whether each node's Patroni and PostgreSQL do their part.

use super::{Scene, finding};
use crate::cluster::amount::bytes;
use crate::cluster::judge::case::Primary;
use crate::cluster::judge::{Finding, Level, standby};
use crate::cluster::status::{Asked, Node, Patroni, Postgres, Seen};

pub(super) fn judge(scene: &Scene, findings: &mut Vec<Finding>) {
    let primary = scene.case.only_primary();
    for (node, agent) in scene.case.status.nodes.iter().zip(&scene.status.agents) {
        let leads = primary.is_some_and(|primary| primary.name == node.name);
        findings.extend(runs(scene, node, agent, leads));
        if let (Some(primary), Some(answer), false) = (primary, node.seen.answer(), leads)
            && answer.in_recovery
        {
            findings.extend(follows(scene, primary, node, answer));
        }
        if let Some(says) = agent.seen.answer() {
            findings.extend(belongs(scene, &node.name, says));
        }
    }
    strangers(scene, findings);
}

/// Whether Patroni and PostgreSQL run.
fn runs(scene: &Scene, node: &Node, agent: &Asked<Patroni>, leads: bool) -> Option<Finding> {
    let name = &node.name;
    let apply = vec![scene.case.apply()];
    let moved = scene
        .case
        .declared_primary()
        .is_some_and(|declared| declared.name == *name);
    let (says, mend) = match (&node.seen, &agent.seen) {
        // Who is silent without a primary, and why the declared leader does not lead, is told there.
        (Seen::Unreachable { .. }, _) if scene.case.primaries().is_empty() || moved => return None,
        (Seen::Unreachable { why }, _) => (
            format!("{name} can't be reached ({why}); when it is back, it follows by itself"),
            vec![],
        ),
        (Seen::Up { .. }, Seen::Up { .. }) => return None,
        (Seen::Up { .. }, Seen::Down { why }) if leads => {
            return Some(finding(
                Level::Fault,
                format!(
                    "Patroni does not run on {name} ({why}), which takes writes: when its lock runs out, another node is promoted beside it"
                ),
                apply,
            ));
        }
        (Seen::Up { .. }, Seen::Down { why }) => (
            format!("Patroni does not run on {name} ({why}), so it would not be promoted"),
            apply,
        ),
        (Seen::Down { why }, Seen::Up { answer }) => stopped(scene, name, why, answer),
        (Seen::Down { why }, Seen::Down { .. }) => (
            format!("neither Patroni nor PostgreSQL runs on {name} ({why})"),
            apply,
        ),
        (Seen::Down { why }, _) => (format!("PostgreSQL does not run on {name} ({why})"), vec![]),
        (Seen::Refused { why }, _) => (
            format!("PostgreSQL on {name} gives no answer ({why})"),
            vec![],
        ),
        (_, Seen::Refused { why }) => {
            (format!("Patroni on {name} gives no answer ({why})"), vec![])
        }
        (_, Seen::Unreachable { why }) => (
            format!("Patroni on {name} can't be reached ({why})"),
            vec![],
        ),
    };
    Some(finding(Level::Warning, says, mend))
}

/// PostgreSQL does not run, and Patroni says why.
fn stopped(scene: &Scene, name: &str, why: &str, agent: &Patroni) -> (String, Vec<String>) {
    let state = &agent.postgres;
    if ["creating replica", "starting", "restarting", "bootstrap"]
        .iter()
        .any(|word| state.contains(word))
    {
        return (
            format!("PostgreSQL on {name} is not there yet ({state})"),
            vec![],
        );
    }
    if scene.paused() {
        let says = format!(
            "PostgreSQL does not run on {name} ({why}), and Patroni does not start it while the cluster is paused"
        );
        return (says, vec![]);
    }
    (
        format!(
            "PostgreSQL does not run on {name} ({why}; Patroni says: {state}); Patroni tries again by itself, and its log there says what fails. What brings {name} home, whatever it holds"
        ),
        scene.case.anew(name),
    )
}

/// Whether a standby streams, and is near enough to be promoted.
fn follows(scene: &Scene, primary: Primary, node: &Node, answer: &Postgres) -> Option<Finding> {
    let name = &node.name;
    let mut standbys = primary.says.standbys.iter();
    let seen = standbys.find(|standby| standby.application_name == *name);
    match seen.map(|standby| standby.state.as_str()) {
        Some("streaming") => {}
        // The leader turns away who is ahead of it, again and again.
        Some(_) if standby::why_not(scene.case, primary, answer).diverged => {
            return Some(no_stream(scene, primary, name, answer));
        }
        Some(state) => {
            let says = format!(
                "{name} is not up to date with {} yet (state {state})",
                primary.name
            );
            return Some(finding(Level::Warning, says, vec![]));
        }
        None => {
            return Some(no_stream(scene, primary, name, answer));
        }
    }
    let lag = seen?.flush_lag_bytes;
    let config = scene.view()?.config.as_ref()?;
    let limit = config["maximum_lag_on_failover"].as_i64()?;
    (lag > limit).then(|| {
        let says = format!(
            "{name} lacks {} of the log, more than it may to be promoted (maximum_lag_on_failover {})",
            bytes(lag),
            bytes(limit)
        );
        finding(Level::Warning, says, vec![])
    })
}

fn no_stream(scene: &Scene, primary: Primary, name: &str, answer: &Postgres) -> Finding {
    let why = standby::why_not(scene.case, primary, answer);
    let says = format!(
        "{name} does not stream from {}: {}",
        primary.name, why.words
    );
    let deaf = scene.case.status.node(primary.name);
    if deaf.is_some_and(|node| node.listens == Some(false)) {
        return finding(Level::Warning, says, vec![]);
    }
    if why.diverged {
        return finding(
            Level::Warning,
            format!("{says}; what shows what only {name} has, and brings it home"),
            scene.case.anew(name),
        );
    }
    finding(
        Level::Warning,
        format!("{says}; if it stays so, its log says why"),
        vec![format!("on {name}: journalctl -u patroni -n 50")],
    )
}

/// Whether a Patroni belongs to this cluster, and may lead it.
fn belongs(scene: &Scene, name: &str, says: &Patroni) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut warn = |says, mend| findings.push(finding(Level::Warning, says, mend));
    if says.scope != scene.spec.scope {
        warn(
            format!(
                "Patroni on {name} belongs to the cluster {}, and {} is declared",
                says.scope, scene.spec.scope
            ),
            vec![scene.case.apply()],
        );
    } else if scene.view().is_some_and(|view| {
        !view.members.is_empty() && view.members.iter().all(|member| member.name != name)
    }) {
        warn(
            format!(
                "Patroni on {name} runs, and its store does not list it as a member: its log there says why"
            ),
            vec![],
        );
    }
    if says.watchdog_failed {
        warn(
            format!(
                "the watchdog of {name} is required and does not work, so it would not be promoted"
            ),
            vec![],
        );
    }
    findings
}

/// Members in the store that the inventory does not know.
fn strangers(scene: &Scene, findings: &mut Vec<Finding>) {
    let Some(view) = scene.view() else { return };
    for member in &view.members {
        if scene.case.status.node(&member.name).is_none() {
            findings.push(finding(
                Level::Warning,
                format!(
                    "Patroni's store lists a member {} ({}) that the inventory does not know, and that may be promoted: stop Patroni there, or put it in the inventory",
                    member.name, member.state
                ),
                vec![],
            ));
        }
    }
}
