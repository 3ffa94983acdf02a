//! Whom commits wait for.

use super::restore_replica;
use crate::cluster::judge::case::{Case, Primary};
use crate::cluster::judge::{Finding, Level, list};
use crate::cluster::spec::{Policy, Role};
use crate::cluster::status::Seen;

pub(super) fn judge(case: &Case, policy: Policy, primary: Primary, findings: &mut Vec<Finding>) {
    let names = primary.says.synchronous_standby_names.trim();
    let synchronous = primary.synchronous();
    let finding = if names.is_empty() {
        nobody(case, policy, primary)
    } else if synchronous.is_empty() {
        Some(waiting(case, policy, primary, names))
    } else {
        another(case, primary, &synchronous)
    };
    findings.extend(finding);
}

/// Commits wait for nobody.
fn nobody(case: &Case, policy: Policy, primary: Primary) -> Option<Finding> {
    let declared = case
        .spec
        .nodes
        .iter()
        .find(|node| node.role == Role::Synchronous)?;
    let danger = format!(
        "no standby is synchronous: commits on {} wait for nobody, and if it is lost now, nobody is promoted by itself",
        primary.name
    );
    if !case.moved(primary) {
        return Some(Finding {
            level: Level::Warning,
            says: format!("{danger}; {} is declared synchronous", declared.name),
            mend: vec![case.apply()],
        });
    }
    let (level, meaning) = match policy {
        Policy::Degrade => (
            Level::Warning,
            "policy `degrade` after a failover: writes go on; the next standby that streams becomes synchronous",
        ),
        Policy::Strict => (Level::Fault, "policy `strict` does not allow that"),
    };
    Some(Finding {
        level,
        says: format!("{danger} ({meaning})"),
        mend: vec![],
    })
}

/// Commits wait, and nobody answers.
fn waiting(case: &Case, policy: Policy, primary: Primary, names: &str) -> Finding {
    let wanted: Vec<_> = case
        .status
        .nodes
        .iter()
        .filter(|node| node.name != primary.name && primary.waits_for(&node.name))
        .collect();
    let who: Vec<&str> = wanted.iter().map(|node| node.name.as_str()).collect();
    let waiting = primary.waiting();
    let for_whom = if who.is_empty() {
        names.to_owned()
    } else {
        list(&who)
    };
    let mut says = format!(
        "writes wait: every commit on {} waits{waiting} until {for_whom} has it, and it does not stream",
        primary.name
    );
    says.push_str(if case.moved(primary) && policy == Policy::Strict {
        "; policy `strict`: they go on when a synchronous standby streams"
    } else {
        "; reads go on, and no acknowledged row can be lost"
    });
    let mut mend = Vec::new();
    for node in wanted {
        match &node.seen {
            Seen::Unreachable { .. } => {
                says.push_str(&format!("; bring {} back and writes go on", node.name));
            }
            Seen::Up { .. } | Seen::Down { .. } => mend.push(restore_replica(case, &node.name)),
            Seen::Refused { .. } => {}
        }
    }
    Finding {
        level: Level::Fault,
        says,
        mend,
    }
}

/// Commits wait for another than the declared one.
fn another(case: &Case, primary: Primary, synchronous: &[&str]) -> Option<Finding> {
    let declared: Vec<&str> = case
        .spec
        .nodes
        .iter()
        .filter(|node| node.role == Role::Synchronous && node.name != primary.name)
        .map(|node| node.name.as_str())
        .collect();
    if declared.iter().any(|name| synchronous.contains(name)) {
        return None;
    }
    let who = list(synchronous);
    if case.moved(primary) {
        return Some(Finding {
            level: Level::Note,
            says: format!(
                "after the failover {who} has become synchronous: commits on {} wait for it",
                primary.name
            ),
            mend: vec![],
        });
    }
    Some(Finding {
        level: Level::Warning,
        says: format!(
            "commits on {} wait for {who}, and {} is declared synchronous",
            primary.name,
            list(&declared)
        ),
        mend: vec![case.apply()],
    })
}
