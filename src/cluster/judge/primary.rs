//! What is wrong with primaries, whoever chose them.

use super::case::{Case, Primary};
use super::{Finding, Level, list};

/// Nodes that hold different clusters.
pub(super) fn identifiers(case: &Case, findings: &mut Vec<Finding>) {
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
        mend: case.anew("NODE"),
    });
}

/// Servers that answer by the loopback alone.
pub(super) fn deaf(case: &Case, findings: &mut Vec<Finding>) {
    for (node, declared) in case.status.nodes.iter().zip(&case.spec.nodes) {
        let Some(answer) = node.seen.answer().filter(|_| node.listens == Some(false)) else {
            continue;
        };
        let (level, whom) = if answer.in_recovery {
            (Level::Warning, "clients can't read there")
        } else {
            (Level::Fault, "neither clients nor standbys reach it")
        };
        findings.push(Finding {
            level,
            says: format!(
                "PostgreSQL on {} does not listen on {}:{}, only on its own loopback, so {whom}: it was started while that address was not there, and must be restarted",
                node.name, declared.address, declared.port
            ),
            mend: case.restart(&node.name),
        });
    }
}

/// A primary that can't be written to.
pub(super) fn read_only(primary: Primary, findings: &mut Vec<Finding>) {
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
}

/// Several primaries at once. `used` is the one to which `clients` write.
pub(super) fn split(
    case: &Case,
    names: &[&str],
    (clients, used): (&str, Option<&str>),
    findings: &mut Vec<Finding>,
) {
    let newest = case
        .status
        .primaries()
        .map(|(_, says)| says.timeline)
        .max()
        .unwrap_or_default();
    let on_newest: Vec<&str> = case
        .status
        .primaries()
        .filter(|(_, says)| says.timeline == newest)
        .map(|(node, _)| node.name.as_str())
        .collect();
    let right = match (used, on_newest.as_slice()) {
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
            let others = names.iter().filter(|name| **name != right);
            says.push_str(&format!(
                "; {clients} write to {right}: stop PostgreSQL on the other, look at what it holds alone, then bring it back as a standby"
            ));
            others.flat_map(|name| case.anew(name)).collect()
        }
        None => {
            says.push_str("; which one clients wrote to is not known: a person must decide, stop the other, and bring it back as a standby");
            case.anew("NODE")
        }
    };
    findings.push(Finding {
        level: Level::Fault,
        says,
        mend,
    });
}
