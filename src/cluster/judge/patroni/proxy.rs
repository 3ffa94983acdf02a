//! Whether HAProxy sends clients where they belong.

use super::{Scene, finding};
use crate::cluster::judge::case::Primary;
use crate::cluster::judge::{Finding, Level, list};
use crate::cluster::status::{Asked, Node, Proxy, Seen, Served};

pub(super) fn judge(scene: &Scene, findings: &mut Vec<Finding>) {
    for proxy in &scene.status.proxies {
        let name = &proxy.name;
        let (says, mend) = match &proxy.seen {
            Seen::Up { answer } => {
                if let Some(primary) = scene.case.only_primary() {
                    findings.extend(writes(name, &answer.writes, primary));
                    reads(scene, name, &answer.reads, primary, findings);
                }
                unknown(scene, name, answer, findings);
                continue;
            }
            Seen::Unreachable { why } => (format!("{name} can't be reached ({why})"), vec![]),
            Seen::Down { why } => (
                format!("HAProxy does not run on {name} ({why})"),
                vec![scene.case.apply()],
            ),
            Seen::Refused { why } => (format!("HAProxy on {name} gives no answer ({why})"), vec![]),
        };
        let level = if other_works(scene, proxy) {
            Level::Warning
        } else {
            Level::Fault
        };
        findings.push(finding(
            level,
            format!("{says}: clients have no way to the cluster through it"),
            mend,
        ));
    }
}

fn other_works(scene: &Scene, silent: &Asked<Proxy>) -> bool {
    let mut proxies = scene.status.proxies.iter();
    proxies.any(|proxy| proxy.name != silent.name && proxy.seen.answer().is_some())
}

fn writes(proxy: &str, servers: &[Served], primary: Primary) -> Option<Finding> {
    let up = Proxy::up(servers);
    if up == [primary.name] {
        return None;
    }
    let wrong: Vec<&str> = up
        .iter()
        .filter(|name| **name != primary.name)
        .copied()
        .collect();
    let says = if up.is_empty() {
        let check = servers.iter().find(|server| server.name == primary.name);
        let check = check.map_or_else(String::new, |server| {
            format!(" (its check of {} says {})", primary.name, server.check)
        });
        format!("HAProxy on {proxy} sends writes nowhere{check}, so clients can't write")
    } else {
        format!(
            "HAProxy on {proxy} sends writes to {}, and {} is the primary",
            list(&wrong),
            primary.name
        )
    };
    Some(finding(
        Level::Fault,
        format!("{says}; it takes about two seconds to see a change"),
        vec![],
    ))
}

fn reads(
    scene: &Scene,
    proxy: &str,
    servers: &[Served],
    primary: Primary,
    findings: &mut Vec<Finding>,
) {
    for (node, agent) in scene.case.status.nodes.iter().zip(&scene.spec.agents) {
        let Some(server) = servers.iter().find(|server| server.name == node.name) else {
            continue;
        };
        if node.name == primary.name {
            continue;
        }
        let left_out = agent
            .tags
            .get("noloadbalance")
            .is_some_and(|tag| *tag == true);
        let found = match (streams(primary, node), server.up) {
            (true, false) if !left_out => finding(
                Level::Warning,
                format!(
                    "HAProxy on {proxy} sends no reads to {} although it streams (its check says {})",
                    node.name, server.check
                ),
                vec![],
            ),
            (false, true) if node.seen.answer().is_none() => finding(
                Level::Note,
                format!(
                    "HAProxy on {proxy} has not noticed yet that {} is gone",
                    node.name
                ),
                vec![],
            ),
            _ => continue,
        };
        findings.push(found);
    }
    if Proxy::up(servers).is_empty() {
        findings.push(finding(
            Level::Warning,
            format!("HAProxy on {proxy} sends reads nowhere: no replica is fit for them"),
            vec![],
        ));
    }
}

fn streams(primary: Primary, node: &Node) -> bool {
    let mut standbys = primary.says.standbys.iter();
    standbys.any(|standby| standby.application_name == node.name && standby.state == "streaming")
}

fn unknown(scene: &Scene, proxy: &str, says: &Proxy, findings: &mut Vec<Finding>) {
    for node in &scene.case.status.nodes {
        let known = |servers: &[Served]| servers.iter().any(|server| server.name == node.name);
        if !known(&says.writes) || !known(&says.reads) {
            findings.push(finding(
                Level::Warning,
                format!("HAProxy on {proxy} does not know {}", node.name),
                vec![scene.case.apply()],
            ));
        }
    }
}
