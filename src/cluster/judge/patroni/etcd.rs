//! Whether etcd keeps what Patroni needs.

use super::{Scene, finding};
use crate::cluster::amount::bytes;
use crate::cluster::judge::{Finding, Level, list};
use crate::cluster::status::{Asked, Etcd, ListedMember};
use std::collections::BTreeSet;

pub(super) fn judge(scene: &Scene, members: &[Asked<Etcd>], findings: &mut Vec<Finding>) {
    for member in members {
        findings.extend(scene.silent("etcd", member));
    }
    findings.extend(scene.no_quorum("etcd"));
    let answers = || {
        members
            .iter()
            .filter_map(|member| Some((member, member.seen.answer()?)))
    };
    let leaders: BTreeSet<&str> = answers()
        .filter_map(|(_, says)| says.leader.as_deref())
        .collect();
    if leaders.len() > 1 {
        let told: Vec<String> = answers()
            .filter_map(|(member, says)| {
                Some(format!(
                    "{} follows {}",
                    member.name,
                    says.leader.as_deref()?
                ))
            })
            .collect();
        findings.push(finding(
            Level::Fault,
            format!(
                "etcd's members do not agree on their leader, or are not one cluster: {}",
                told.join(", ")
            ),
            vec![],
        ));
    } else if let Some((_, says)) = answers().find(|(_, says)| says.leader.is_some()) {
        listed(scene, members, &says.members, findings);
    }
    for (member, says) in answers() {
        for alarm in &says.alarms {
            findings.push(alarmed(&member.name, says, alarm));
        }
    }
}

/// The members as etcd lists them, against the inventory.
fn listed(
    scene: &Scene,
    members: &[Asked<Etcd>],
    listed: &[ListedMember],
    findings: &mut Vec<Finding>,
) {
    let mut warn = |says, mend| findings.push(finding(Level::Warning, says, mend));
    for member in listed {
        let urls: Vec<&str> = member.peer_urls.iter().map(String::as_str).collect();
        if member.name.is_empty() {
            warn(
                format!(
                    "etcd waits for a member at {} that has never started",
                    list(&urls)
                ),
                vec![scene.case.apply()],
            );
        } else if members.iter().all(|known| known.name != member.name) {
            let on = members.iter().find(|member| member.seen.answer().is_some());
            let on = on.map_or("NODE", |member| member.name.as_str());
            warn(
                format!(
                    "etcd lists a member {} at {} that the inventory does not know, and counts it for its quorum; if it is gone for good",
                    member.name,
                    list(&urls)
                ),
                vec![format!("on {on}: etcdctl member remove {}", member.id)],
            );
        }
    }
    let unstarted = listed.iter().any(|member| member.name.is_empty());
    for known in members {
        if !unstarted && listed.iter().all(|member| member.name != known.name) {
            warn(
                format!("etcd does not list {} as a member", known.name),
                vec![scene.case.apply()],
            );
        }
    }
}

fn alarmed(name: &str, says: &Etcd, alarm: &str) -> Finding {
    match alarm {
        "NOSPACE" => finding(
            Level::Fault,
            format!(
                "etcd on {name} has run out of its space ({}, of which {} are in use) and takes no writes, so Patroni can't keep the leader's lock: compact its history, then",
                bytes(says.db_bytes),
                bytes(says.db_used_bytes)
            ),
            vec![
                format!("on {name}: etcdctl defrag --cluster"),
                format!("on {name}: etcdctl alarm disarm"),
            ],
        ),
        other => finding(
            Level::Fault,
            format!(
                "etcd on {name} raises the alarm {other}: its data can't be trusted; replace the member"
            ),
            vec![],
        ),
    }
}
