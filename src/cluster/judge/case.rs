//! A status and its declaration, with the questions that all rules ask of them.

use super::{Finding, Level};
use crate::cluster::spec::{ClusterSpec, NodeSpec, Topology};
use crate::cluster::status::{ClusterStatus, Node, Postgres, Seen, Standby};
use crate::decide::is_waited_for;

/// A status and its declaration, with the questions that all rules ask of them.
pub(super) struct Case<'a> {
    pub spec: &'a ClusterSpec,
    pub status: &'a ClusterStatus,
}

/// The one primary.
#[derive(Clone, Copy)]
pub(super) struct Primary<'a> {
    pub name: &'a str,
    pub says: &'a Postgres,
}

impl<'a> Primary<'a> {
    /// Whether `synchronous_standby_names` names the node: `FIRST 1 ("pg-b", c)`, `*`.
    pub fn waits_for(&self, node: &str) -> bool {
        self.says
            .synchronous_standby_names
            .split(|c: char| c == ',' || c == '(' || c == ')' || c.is_whitespace())
            .map(|word| word.trim_matches('"'))
            .any(|word| word.eq_ignore_ascii_case(node) || word == "*")
    }

    /// The standbys that commits wait for and that stream.
    pub fn synchronous(&self) -> Vec<&'a str> {
        self.says
            .standbys
            .iter()
            .filter(|standby| is_waited_for(&standby.sync_state))
            .filter(|standby| standby.state == "streaming")
            .map(|standby| standby.application_name.as_str())
            .collect()
    }

    /// How many commits wait now, in words to be put after "waits".
    pub fn waiting(&self) -> String {
        match self.says.waiting_commits {
            0 => String::new(),
            1 => " (1 does now)".to_owned(),
            count => format!(" ({count} do now)"),
        }
    }
}

impl<'a> Case<'a> {
    /// The primary, when there is exactly one.
    pub fn only_primary(&self) -> Option<Primary<'a>> {
        let mut primaries = self.status.primaries();
        let (node, says) = primaries.next()?;
        primaries.next().is_none().then_some(Primary {
            name: &node.name,
            says,
        })
    }

    /// The node that is declared to be the primary.
    pub fn declared_primary(&self) -> Option<&'a NodeSpec> {
        self.spec.primary()
    }

    /// Whether another node than the declared one is the primary.
    pub fn moved(&self, primary: Primary) -> bool {
        self.declared_primary()
            .is_some_and(|declared| declared.name != primary.name)
    }

    /// The names of the primaries.
    pub fn primaries(&self) -> Vec<&'a str> {
        let primaries = self.status.primaries();
        primaries.map(|(node, _)| node.name.as_str()).collect()
    }

    /// The command that makes a node a standby again, whatever it holds.
    pub fn anew(&self, node: &str) -> Vec<String> {
        vec![self.command("restore-replica", Some(node))]
    }

    /// The commands that restart the PostgreSQL of a node, where something of ours keeps it.
    pub fn restart(&self, node: &str) -> Vec<String> {
        match &self.spec.topology {
            Topology::Pgpool(_) => vec![],
            Topology::Patroni(patroni) => {
                vec![format!(
                    "on {node}: patronictl restart {} {node}",
                    patroni.scope
                )]
            }
        }
    }

    /// The address of a node in the cluster's network.
    pub fn address(&self, node: &str) -> Option<&'a str> {
        let declared = self
            .spec
            .nodes
            .iter()
            .find(|declared| declared.name == node)?;
        Some(&declared.address)
    }

    /// The command that builds the declared cluster.
    pub fn apply(&self) -> String {
        self.command(self.spec.topology.name(), None)
    }

    /// The command that runs a playbook.
    pub fn command(&self, playbook: &str, node: Option<&str>) -> String {
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
    pub fn silence(node: &Node) -> Option<String> {
        let name = &node.name;
        match &node.seen {
            Seen::Up { .. } => None,
            Seen::Down { why } => Some(format!("PostgreSQL does not run on {name} ({why})")),
            Seen::Refused { why } => Some(format!("PostgreSQL on {name} gives no answer ({why})")),
            Seen::Unreachable { why } => Some(format!("{name} can't be reached ({why})")),
        }
    }

    /// The verdict in one sentence.
    pub fn summary(&self, as_declared: bool, findings: &[Finding]) -> String {
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

fn describe(standby: &Standby) -> String {
    if is_waited_for(&standby.sync_state) {
        format!("{} is synchronous", standby.application_name)
    } else {
        format!("{} follows", standby.application_name)
    }
}
