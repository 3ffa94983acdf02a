//! Who leads, by PostgreSQL's own word and by Patroni's.

use super::{Scene, finding, moved};
use crate::cluster::judge::case::{Case, Primary};
use crate::cluster::judge::{Finding, Level, list, primary};
use crate::cluster::status::Proxy;

pub(super) fn judge(scene: &Scene, findings: &mut Vec<Finding>) {
    let primaries = scene.case.primaries();
    match (primaries.as_slice(), scene.case.only_primary()) {
        ([], _) => findings.push(none(scene)),
        (_, Some(primary)) => {
            primary::read_only(primary, findings);
            findings.extend(lock(scene, primary));
            findings.extend(moved::judge(scene, primary));
        }
        (several, None) => {
            let proxies = scene.status.proxies.iter();
            let used = proxies
                .filter_map(|proxy| proxy.seen.answer())
                .flat_map(|says| Proxy::up(&says.writes))
                .next();
            primary::split(scene.case, several, ("clients of HAProxy", used), findings);
        }
    }
}

/// No primary.
fn none(scene: &Scene) -> Finding {
    let nodes = &scene.case.status.nodes;
    let silent: Vec<String> = nodes.iter().filter_map(Case::silence).collect();
    let following: Vec<&str> = nodes
        .iter()
        .filter(|node| node.seen.answer().is_some())
        .map(|node| node.name.as_str())
        .collect();
    let mut says = "no node is a primary, so nothing can be written".to_owned();
    if !silent.is_empty() {
        says.push_str(&format!(": {}", silent.join("; ")));
    }
    if !following.is_empty() {
        let ending = if following.len() == 1 { "s" } else { "" };
        says.push_str(&format!("; {} only follow{ending}", list(&following)));
    }
    let (why, mend) = why_nobody_is_promoted(scene);
    says.push_str(&why);
    finding(Level::Fault, says, mend)
}

fn why_nobody_is_promoted(scene: &Scene) -> (String, Vec<String>) {
    if scene.stands_nowhere() {
        let why = "; Patroni runs nowhere: the cluster is not built yet, or all of it is stopped";
        return (why.to_owned(), vec![scene.case.apply()]);
    }
    if !scene.has_quorum() {
        let why = "; Patroni's store has no quorum, so nobody can be promoted";
        return (why.to_owned(), vec![]);
    }
    if scene.paused() {
        let why = "; the cluster is paused, so Patroni promotes nobody";
        return (why.to_owned(), vec![scene.patronictl("resume")]);
    }
    promotes(scene)
}

/// Whom Patroni promotes, if it can.
fn promotes(scene: &Scene) -> (String, Vec<String>) {
    let config = scene.view().and_then(|view| view.config.as_ref());
    let ttl = config.and_then(|config| config["ttl"].as_i64());
    let within = ttl.map_or_else(String::new, |ttl| {
        format!(" within about {ttl} s after the leader was lost")
    });
    if !scene.commits().mode.is_on() {
        let why = format!(
            "; Patroni promotes the replica that has the most{within}; if none comes up, its log says why"
        );
        return (why, vec![]);
    }
    let answers = |name: &str| {
        let node = scene.case.status.node(name);
        node.is_some_and(|node| node.seen.answer().is_some())
    };
    let members = scene.view().map(|view| view.members.as_slice());
    let safe: Vec<&str> = members
        .unwrap_or_default()
        .iter()
        .filter(|member| member.synchronous())
        .map(|member| member.name.as_str())
        .collect();
    if safe.is_empty() {
        let why = "; beside the leader that was lost, no node is known to hold every acknowledged commit, so Patroni promotes nobody: bring that leader back";
        return (why.to_owned(), vec![]);
    }
    let who = list(&safe);
    let Some(candidate) = safe.iter().find(|name| answers(name)) else {
        let why = format!(
            "; only {who} is known to hold every acknowledged commit, so Patroni promotes nobody else: bring it, or the leader that was lost, back"
        );
        return (why, vec![]);
    };
    let why = format!(
        "; {who} is known to hold every acknowledged commit, and Patroni promotes it{within}; if it does not, its log says why"
    );
    (
        why,
        vec![format!("on {candidate}: journalctl -u patroni -n 50")],
    )
}

/// The primary, and the leader in Patroni's store.
fn lock(scene: &Scene, primary: Primary) -> Option<Finding> {
    let view = scene.view()?;
    let name = primary.name;
    match scene.leader() {
        Some(leader) if leader == name => None,
        Some(leader) => Some(finding(
            Level::Fault,
            format!("{name} takes writes, and in Patroni's store {leader} leads"),
            vec![],
        )),
        None if view.failsafe_active || view.paused || !scene.has_quorum() => None,
        None => Some(finding(
            Level::Warning,
            format!(
                "{name} takes writes, and nobody holds the leader's lock in Patroni's store yet"
            ),
            vec![],
        )),
    }
}
