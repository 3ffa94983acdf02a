//! Whether a cluster is the declared one, and if not, in plain words what is wrong and which
//! command mends it. Pure: a status and a declaration in, findings out.

mod case;
mod patroni;
mod pgpool;
mod primary;
mod standby;

#[cfg(test)]
mod fixtures;

use super::spec::{ClusterSpec, Topology};
use super::status::ClusterStatus;
use case::Case;
use serde::Serialize;

/// What a status means.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Verdict {
    /// Whether all is as declared.
    pub as_declared: bool,
    /// In one sentence.
    pub summary: String,
    /// By which rules who decides works, in words; none where there is nothing to say of it.
    pub policy: Option<String>,
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
        primary::identifiers(&case, &mut findings);
        primary::deaf(&case, &mut findings);
        match &spec.topology {
            Topology::Pgpool(spec) => pgpool::judge(&case, spec, &mut findings),
            Topology::Patroni(spec) => patroni::judge(&case, spec, &mut findings),
        }
    }
    findings.sort_by_key(|finding| finding.level);
    let as_declared = findings.iter().all(|finding| finding.level == Level::Note);
    Verdict {
        as_declared,
        summary: case.summary(as_declared, &findings),
        policy: policy(spec, status),
        findings,
    }
}

fn policy(spec: &ClusterSpec, status: &ClusterStatus) -> Option<String> {
    match &spec.topology {
        Topology::Pgpool(_) => None,
        Topology::Patroni(spec) => patroni::policy(spec, status.patroni()?),
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
