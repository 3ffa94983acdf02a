//! Whether a cluster is the declared one, and if not, in plain words what is wrong and which
//! command mends it. Pure: a status and a declaration in, findings out.

mod pool;
mod primary;
mod standby;
mod synchronous;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod pool_cases;

use super::spec::{ClusterSpec, NodeSpec};
use super::status::{ClusterStatus, Node, Postgres, Seen};
use serde::Serialize;

/// What a status means.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Verdict {
    /// Whether all is as declared.
    pub as_declared: bool,
    /// In one sentence.
    pub summary: String,
    /// What there is to say, the worst first.
    pub findings: Vec<Finding>,
}

/// One thing that is not as declared.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// What is so, and why.
    pub says: String,
    /// The commands that mend it, in order; none where nothing of trueup's does.
    pub mend: Vec<String>,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Clients feel it, or data is in danger.
    Fault,
    /// It works, but with less safety than declared.
    Warning,
    /// Good to know.
    Note,
}

/// Holds `status` against `spec`.
pub fn judge(spec: &ClusterSpec, status: &ClusterStatus) -> Verdict {
    let case = Case { spec, status };
    let mut findings = Vec::new();
    if status.all_unreachable() {
        findings.push(Finding {
            level: Level::Fault,
            says: "no host of the cluster can be reached, so nothing is known of it".to_owned(),
            mend: vec![],
        });
    } else {
        primary::judge(&case, &mut findings);
        if let Some(primary) = case.only_primary() {
            standby::judge(&case, primary, &mut findings);
            synchronous::judge(&case, primary, &mut findings);
        }
        pool::judge(&case, &mut findings);
    }
    findings.sort_by_key(|finding| finding.level);
    let as_declared = findings.iter().all(|finding| finding.level == Level::Note);
    Verdict {
        as_declared,
        summary: case.summary(as_declared, &findings),
        findings,
    }
}

/// A status and its declaration, with the questions that all rules ask of them.
struct Case<'a> {
    spec: &'a ClusterSpec,
    status: &'a ClusterStatus,
}

/// The one primary.
#[derive(Clone, Copy)]
struct Primary<'a> {
    name: &'a str,
    says: &'a Postgres,
}

impl<'a> Case<'a> {
    /// The primary, when there is exactly one.
    fn only_primary(&self) -> Option<Primary<'a>> {
        let mut primaries = self.status.primaries();
        let (node, says) = primaries.next()?;
        primaries.next().is_none().then_some(Primary {
            name: &node.name,
            says,
        })
    }

    fn declared_primary(&self) -> Option<&'a NodeSpec> {
        self.spec.primary()
    }

    /// Whether another node than the declared one is the primary.
    fn moved(&self, primary: Primary) -> bool {
        self.declared_primary()
            .is_some_and(|declared| declared.name != primary.name)
    }

    fn restore_replica(&self, node: &str) -> String {
        self.command("restore-replica", Some(node))
    }

    fn restore_primary(&self, node: &str) -> String {
        self.command("restore-primary", Some(node))
    }

    fn apply(&self) -> String {
        self.command("pgpool", None)
    }

    fn command(&self, playbook: &str, node: Option<&str>) -> String {
        let mut command = format!("trueup apply playbooks/{playbook}.yml");
        if !self.spec.arguments.is_empty() {
            command.push(' ');
            command.push_str(&self.spec.arguments);
        }
        if let Some(node) = node {
            command.push_str(&format!(" -e node={node}"));
        }
        command
    }

    /// Why a node does not answer; nothing when it does.
    fn silence(node: &Node) -> Option<String> {
        let name = &node.name;
        match &node.seen {
            Seen::Up { .. } => None,
            Seen::Down { why } => Some(format!("PostgreSQL does not run on {name} ({why})")),
            Seen::Refused { why } => Some(format!("PostgreSQL on {name} gives no answer ({why})")),
            Seen::Unreachable { why } => Some(format!("{name} can't be reached ({why})")),
        }
    }

    fn summary(&self, as_declared: bool, findings: &[Finding]) -> String {
        let Some(primary) = self.only_primary() else {
            return match self.status.primaries().count() {
                0 => "The cluster has no primary that answers.".to_owned(),
                count => format!("The cluster has {count} primaries."),
            };
        };
        if as_declared {
            let standbys: Vec<String> = primary.says.standbys.iter().map(describe).collect();
            let standbys = if standbys.is_empty() {
                String::new()
            } else {
                format!(", {}", standbys.join(", "))
            };
            return format!(
                "The cluster is as declared: {} is the primary{standbys}.",
                primary.name
            );
        }
        let worst = findings.first().map(|finding| finding.level);
        let how = if worst == Some(Level::Fault) {
            "The cluster has a fault"
        } else {
            "The cluster works, but not as declared"
        };
        format!("{how}: {} is the primary.", primary.name)
    }
}

fn describe(standby: &super::status::Standby) -> String {
    match standby.sync_state.as_str() {
        "sync" | "quorum" => format!("{} is synchronous", standby.application_name),
        _ => format!("{} follows", standby.application_name),
    }
}

/// `a`, `a and b`, `a, b and c`.
fn list(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
