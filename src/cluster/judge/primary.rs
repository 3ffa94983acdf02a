//! Who is the primary, and whether it is the declared one.

use super::{Case, Finding, Level, list};
use crate::cluster::status::Seen;

pub(super) fn judge(case: &Case, findings: &mut Vec<Finding>) {
    identifiers(case, findings);
    let primaries: Vec<&str> = case
        .status
        .primaries()
        .map(|(node, _)| node.name.as_str())
        .collect();
    match primaries.as_slice() {
        [] => none(case, findings),
        [_] => one(case, findings),
        several => split(case, several, findings),
    }
}

fn identifiers(case: &Case, findings: &mut Vec<Finding>) {
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for node in &case.status.nodes {
        if let Some(answer) = node.seen.answer() {
            seen.push((&answer.system_identifier, &node.name));
        }
    }
    let Some((first, _)) = seen.first() else {
        return;
    };
    if seen.iter().all(|(identifier, _)| identifier == first) {
        return;
    }
    let told: Vec<String> = seen
        .iter()
        .map(|(identifier, name)| format!("{name} holds {identifier}"))
        .collect();
    findings.push(Finding {
        level: Level::Fault,
        says: format!(
            "the nodes hold different clusters (system identifiers: {}); keep the right one, and build each other node anew",
            told.join(", ")
        ),
        mend: vec![case.restore_replica("NODE")],
    });
}

fn none(case: &Case, findings: &mut Vec<Finding>) {
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
    let stopped = |node: &crate::cluster::status::Node| matches!(node.seen, Seen::Down { .. });
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
            vec![case.restore_primary(&declared.name)]
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

fn one(case: &Case, findings: &mut Vec<Finding>) {
    let Some(primary) = case.only_primary() else {
        return;
    };
    if primary.says.read_only {
        findings.push(Finding {
            level: Level::Fault,
            says: format!(
                "the primary {} refuses writes (default_transaction_read_only is on)",
                primary.name
            ),
            mend: vec![],
        });
    }
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
            vec![case.restore_primary(name)],
        ),
        Some(Seen::Up { .. }) => (
            format!("{name} does not stream; to make it a standby again, and then the primary"),
            vec![case.restore_replica(name), case.restore_primary(name)],
        ),
        Some(Seen::Unreachable { why }) => (
            format!(
                "{name} can't be reached ({why}); once it can, to make it a standby again, and then the primary"
            ),
            vec![case.restore_replica(name), case.restore_primary(name)],
        ),
        Some(Seen::Down { why } | Seen::Refused { why }) => (
            format!(
                "on {name} PostgreSQL is kept from coming back as a second primary, or has no data ({why}); to make it a standby again, and then the primary"
            ),
            vec![case.restore_replica(name), case.restore_primary(name)],
        ),
        None => (format!("{name} was not asked"), vec![]),
    };
    findings.push(Finding {
        level: Level::Warning,
        says: format!("{moved}; {how}"),
        mend,
    });
}

fn split(case: &Case, names: &[&str], findings: &mut Vec<Finding>) {
    let newest = case
        .status
        .primaries()
        .map(|(_, says)| says.timeline)
        .max()
        .unwrap_or_default();
    let pool_uses = case
        .status
        .pools
        .iter()
        .filter_map(|pool| pool.seen.answer())
        .flat_map(|pgpool| &pgpool.backends)
        .find(|backend| backend.role == "primary" && backend.attached())
        .map(|backend| backend.hostname.as_str());
    let on_newest: Vec<&str> = case
        .status
        .primaries()
        .filter(|(_, says)| says.timeline == newest)
        .map(|(node, _)| node.name.as_str())
        .collect();
    let right = match (pool_uses, on_newest.as_slice()) {
        (Some(used), _) if names.contains(&used) => Some(used),
        (_, [one]) => Some(*one),
        _ => None,
    };
    let told: Vec<String> = case
        .status
        .primaries()
        .map(|(node, says)| format!("{} on timeline {}", node.name, says.timeline))
        .collect();
    let mut says = format!(
        "SPLIT BRAIN: {} are primaries at once ({})",
        list(names),
        told.join(", ")
    );
    let mend = match right {
        Some(right) => {
            says.push_str(&format!("; clients of pgpool write to {right}: stop PostgreSQL on the other, look at what it holds alone, then bring it back as a standby"));
            names
                .iter()
                .filter(|name| **name != right)
                .map(|name| case.restore_replica(name))
                .collect()
        }
        None => {
            says.push_str("; which one clients wrote to is not known: a person must decide, stop the other, and bring it back as a standby");
            vec![case.restore_replica("NODE")]
        }
    };
    findings.push(Finding {
        level: Level::Fault,
        says,
        mend,
    });
}
