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
    let (how, mend) = back(scene, declared);
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
fn back(scene: &Scene, declared: &NodeSpec) -> (String, Vec<String>) {
    let name = &declared.name;
    let how = match scene.case.status.node(name).map(|node| &node.seen) {
        Some(Seen::Up { answer }) if answer.streaming => {
            format!("{name} follows; to make it the leader again")
        }
        Some(Seen::Up { .. }) => {
            format!("{name} does not stream yet; to bring it home and make it the leader again")
        }
        Some(Seen::Unreachable { why }) => format!(
            "{name} can't be reached ({why}); once it can, it follows by itself, and to make it the leader again"
        ),
        Some(Seen::Down { why } | Seen::Refused { why }) => format!(
            "PostgreSQL on {name} does not answer ({why}); to bring it home and make it the leader again"
        ),
        None => return (format!("{name} was not asked"), vec![]),
    };
    let back = scene.case.command("restore-primary", Some(name));
    (how, vec![back])
}
