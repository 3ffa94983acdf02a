//! Whether pgpool sees what is so.

use crate::cluster::judge::case::{Case, Primary};
use crate::cluster::judge::{Finding, Level};
use crate::cluster::status::{Asked, Backend, Node, Pgpool, Seen};

pub(super) fn judge(case: &Case, findings: &mut Vec<Finding>) {
    for pool in case.status.pools() {
        let name = &pool.name;
        let (says, mend) = match &pool.seen {
            Seen::Up { answer } => {
                if let Some(primary) = case.only_primary() {
                    backends(case, pool, &answer.backends, primary, findings);
                }
                continue;
            }
            Seen::Unreachable { why } => (format!("{name} can't be reached ({why})"), vec![]),
            Seen::Down { why } => (
                format!("pgpool does not run on {name} ({why})"),
                restart(case),
            ),
            Seen::Refused { why } => (format!("pgpool on {name} gives no answer ({why})"), vec![]),
        };
        findings.push(Finding {
            level: Level::Fault,
            says: format!("{says}: clients have no way to the cluster through it"),
            mend,
        });
    }
}

/// `apply` refuses while the layout has moved, so it is no advice then.
fn restart(case: &Case) -> Vec<String> {
    match case.only_primary() {
        Some(primary) if !case.moved(primary) => vec![case.apply()],
        _ => vec![],
    }
}

fn backends(
    case: &Case,
    pool: &Asked<Pgpool>,
    backends: &[Backend],
    primary: Primary,
    findings: &mut Vec<Finding>,
) {
    for (node, backend) in case.status.nodes.iter().zip(0..).filter_map(|(node, id)| {
        let backend = backends.iter().find(|backend| backend.id == id)?;
        Some((node, backend))
    }) {
        findings.extend(one(case, pool, node, backend, primary));
    }
    let known = |id: usize| {
        backends
            .iter()
            .any(|backend| usize::try_from(backend.id) == Ok(id))
    };
    for (id, node) in case
        .status
        .nodes
        .iter()
        .enumerate()
        .filter(|(id, _)| !known(*id))
    {
        findings.push(Finding {
            level: Level::Warning,
            says: format!(
                "pgpool on {} does not know {} (node {id})",
                pool.name, node.name
            ),
            mend: restart(case),
        });
    }
}

fn one(
    case: &Case,
    pool: &Asked<Pgpool>,
    node: &Node,
    backend: &Backend,
    primary: Primary,
) -> Option<Finding> {
    let (name, pgpool) = (&node.name, format!("pgpool on {}", pool.name));
    let keeper = "pg-keeper there mends it within seconds; if it stays so, its journal says why";
    if node.name == primary.name {
        if !backend.attached() {
            return Some(Finding {
                level: Level::Fault,
                says: format!(
                    "{pgpool} has detached the primary {name}, so clients can't write; {keeper}"
                ),
                mend: restart(case),
            });
        }
        return (backend.role != "primary").then(|| Finding {
            level: Level::Fault,
            says: format!("{pgpool} does not see yet that {name} is the primary, so clients can't write; {keeper}"),
            mend: vec![],
        });
    }
    if backend.role == "primary" && backend.attached() {
        return Some(Finding {
            level: Level::Fault,
            says: format!(
                "{pgpool} takes {name} for the primary, and it is {}",
                primary.name
            ),
            mend: vec![],
        });
    }
    let streams = primary
        .says
        .standbys
        .iter()
        .any(|standby| standby.application_name == *name && standby.state == "streaming");
    if streams && !backend.attached() {
        return Some(Finding {
            level: Level::Warning,
            says: format!("{pgpool} has detached {name} although it streams; {keeper}"),
            mend: restart(case),
        });
    }
    (backend.attached() && node.seen.answer().is_none()).then(|| Finding {
        level: Level::Note,
        says: format!("{pgpool} has not noticed yet that {name} is gone"),
        mend: vec![],
    })
}
