//! Who leads under pgpool, and whether it is the declared one.

use super::{restore_primary, restore_replica};
use crate::cluster::judge::case::{Case, Primary};
use crate::cluster::judge::{Finding, Level, list};
use crate::cluster::status::{Node, Seen};

/// No primary.
pub(super) fn none(case: &Case, findings: &mut Vec<Finding>) {
    let silent: Vec<String> = case.status.nodes.iter().filter_map(Case::silence).collect();
    let following: Vec<&str> = case
        .status
        .nodes
        .iter()
        .filter(|node| node.seen.answer().is_some())
        .map(|node| node.name.as_str())
        .collect();
    let mut says = "no node is a primary, so nothing can be written".to_owned();
    if !silent.is_empty() {
        says.push_str(&format!(": {}", silent.join("; ")));
    }
    if !following.is_empty() {
        says.push_str(&format!(
            "; {} only follow{}",
            list(&following),
            if following.len() == 1 { "s" } else { "" }
        ));
    }
    let stopped = |node: &Node| matches!(node.seen, Seen::Down { .. });
    if case.status.nodes.iter().all(stopped) {
        says.push_str("; the cluster is not built yet, or all of it is stopped");
        findings.push(Finding {
            level: Level::Fault,
            says,
            mend: vec![case.apply()],
        });
        return;
    }
    let mend = match case.declared_primary() {
        Some(declared) if silent.is_empty() => {
            says.push_str("; nobody is promoted by itself, since no one is known to hold every acknowledged commit");
            vec![restore_primary(case, &declared.name)]
        }
        _ => {
            says.push_str(
                "; pgpool promotes only the standby that is known to hold every acknowledged commit: \
                 if none comes up within a minute, bring the silent hosts back",
            );
            vec![]
        }
    };
    findings.push(Finding {
        level: Level::Fault,
        says,
        mend,
    });
}

/// Another primary than the declared one.
pub(super) fn moved(case: &Case, primary: Primary, findings: &mut Vec<Finding>) {
    let Some(declared) = case
        .declared_primary()
        .filter(|declared| declared.name != primary.name)
    else {
        return;
    };
    let name = &declared.name;
    let moved = format!(
        "the layout has moved: {} is the primary, and {name} is declared",
        primary.name
    );
    let (how, mend) = match case.status.node(name).map(|node| &node.seen) {
        Some(Seen::Up { answer }) if answer.streaming => (
            format!("{name} follows as a standby; to make it the primary again"),
            vec![restore_primary(case, name)],
        ),
        Some(Seen::Up { .. }) => (
            format!("{name} does not stream; to make it a standby again, and then the primary"),
            vec![restore_replica(case, name), restore_primary(case, name)],
        ),
        Some(Seen::Unreachable { why }) => (
            format!(
                "{name} can't be reached ({why}); once it can, to make it a standby again, and then the primary"
            ),
            vec![restore_replica(case, name), restore_primary(case, name)],
        ),
        Some(Seen::Down { why } | Seen::Refused { why }) => (
            format!(
                "on {name} PostgreSQL is kept from coming back as a second primary, or has no data ({why}); to make it a standby again, and then the primary"
            ),
            vec![restore_replica(case, name), restore_primary(case, name)],
        ),
        None => (format!("{name} was not asked"), vec![]),
    };
    findings.push(Finding {
        level: Level::Warning,
        says: format!("{moved}; {how}"),
        mend,
    });
}
