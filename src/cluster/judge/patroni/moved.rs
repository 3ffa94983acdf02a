//! Another leader than the declared one.

use super::{Scene, finding};
use crate::cluster::judge::case::Primary;
use crate::cluster::judge::{Finding, Level};
use crate::cluster::spec::NodeSpec;
use crate::cluster::status::Seen;

pub(super) fn judge(scene: &Scene, primary: Primary) -> Option<Finding> {
    let declared = scene.case.declared_primary()?;
    if declared.name == primary.name {
        return None;
    }
    let name = &declared.name;
    let (how, mend) = back(scene, primary, declared);
    Some(finding(
        Level::Warning,
        format!(
            "the layout has moved: {} leads, and {name} is declared; {how}",
            primary.name
        ),
        mend,
    ))
}

/// How the declared leader comes to lead again.
fn back(scene: &Scene, primary: Primary, declared: &NodeSpec) -> (String, Vec<String>) {
    let name = &declared.name;
    let words = format!("--leader {} --candidate {name}", primary.name);
    let switchover = scene.patronictl("switchover", &words);
    match scene.case.status.node(name).map(|node| &node.seen) {
        Some(Seen::Up { answer }) if answer.streaming => {
            if !scene.synchronous_mode() || synchronous(scene, name) {
                let how = format!("{name} follows; to make it the leader again");
                return (how, vec![switchover]);
            }
            let config = scene.view().and_then(|view| view.config.as_ref());
            let count = config
                .and_then(|config| config["synchronous_node_count"].as_i64())
                .unwrap_or(1);
            let set = |count: i64| {
                let words = format!("--force -s synchronous_node_count={count}");
                scene.patronictl("edit-config", &words)
            };
            (
                format!(
                    "{name} follows, but is not synchronous, and Patroni hands over only to a node that is: to make it the leader again, let commits wait for one more node, and hand over when it is synchronous"
                ),
                vec![set(count + 1), switchover, set(count)],
            )
        }
        Some(Seen::Up { .. }) => (
            format!("{name} does not stream yet; once it does, to make it the leader again"),
            vec![switchover],
        ),
        Some(Seen::Unreachable { why }) => (
            format!(
                "{name} can't be reached ({why}); once it can, it follows by itself, and to make it the leader again"
            ),
            vec![switchover],
        ),
        Some(Seen::Down { why } | Seen::Refused { why }) => (
            format!(
                "PostgreSQL on {name} does not answer ({why}); once it follows, to make it the leader again"
            ),
            vec![switchover],
        ),
        None => (format!("{name} was not asked"), vec![]),
    }
}

fn synchronous(scene: &Scene, name: &str) -> bool {
    scene.view().is_some_and(|view| {
        let mut members = view.members.iter();
        members.any(|member| member.name == name && member.synchronous())
    })
}
