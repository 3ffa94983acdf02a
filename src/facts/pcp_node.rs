//! What pgpool thinks of one of its backends, asked through its control port (PCP).

use super::{Ask, Foreseen, Freshness, ProbeError, Question};
use crate::secret::Secret;
use crate::step::{Output, Script, quote};
use std::fmt::Write as _;

/// With what the `pcp_*` commands connect.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pcp {
    /// pgpool's host as the target sees it, or the folder of its socket.
    pub host: String,
    /// The control port.
    pub port: u16,
    /// The user in pcp.conf.
    pub user: String,
    /// The user's password.
    pub password: Option<Secret>,
    /// A file on the target that holds the password, in the format of `.pcppass`.
    pub passfile: Option<String>,
}

impl Pcp {
    /// A script that runs `body`, in which `$pcp` holds the flags of every `pcp_*` command.
    ///
    /// A password comes over stdin and lives in a 0600 file for as long as the script runs.
    pub fn script(&self, body: &str) -> Script {
        // Debian keeps these commands in /usr/sbin, which is not on every user's path.
        let mut text = String::from("PATH=$PATH:/usr/sbin:/sbin\n");
        let mut stdin = String::new();
        if let Some(password) = &self.password {
            text.push_str(
                "umask 077; PCPPASSFILE=$(mktemp) || exit; export PCPPASSFILE\n\
                 trap 'rm -f \"$PCPPASSFILE\"' EXIT; trap 'exit 130' INT TERM HUP\n\
                 cat >\"$PCPPASSFILE\"\n",
            );
            let escaped = password.reveal().replace('\\', r"\\").replace(':', r"\:");
            let _ = writeln!(stdin, "*:*:*:{escaped}");
        } else if let Some(passfile) = &self.passfile {
            let _ = writeln!(text, "export PCPPASSFILE={}", quote(passfile));
        }
        let _ = writeln!(
            text,
            "set -- -w -h {} -p {} -U {}",
            quote(&self.host),
            self.port,
            quote(&self.user)
        );
        text.push_str(body);
        Script::new(text).stdin(stdin)
    }
}

/// What does pgpool think of the node?
pub struct PcpNodeInfo {
    /// With what to connect.
    pub pcp: Pcp,
    /// The node's number.
    pub node: u32,
}

/// A backend as pgpool sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PcpNode {
    /// `backend_hostname`
    pub hostname: String,
    /// `backend_port`
    pub port: String,
    /// `waiting`, `up`, `down`, `unused`, `quarantine`.
    pub status: String,
    /// `primary`, `standby`, ...; empty where pgpool does not say it.
    pub role: String,
}

impl PcpNode {
    /// Whether pgpool sends clients to it.
    pub fn attached(&self) -> bool {
        matches!(self.status.as_str(), "up" | "waiting")
    }
}

impl Question for PcpNodeInfo {
    type Answer = PcpNode;

    fn ask(&self) -> Ask {
        let script = self
            .pcp
            .script(&format!("pcp_node_info \"$@\" -n {}\n", self.node));
        Ask::Shell {
            script,
            freshness: Freshness::Live,
            slow: false,
        }
    }

    fn read(&self, output: &Output) -> Result<PcpNode, ProbeError> {
        let what = format!("pgpool's node {}", self.node);
        if !output.ok() {
            return Err(ProbeError::answer(&what, output));
        }
        let text = output.out();
        // hostname port status weight status_name backend_status_name role backend_role delay ...
        let words: Vec<&str> = text.split_whitespace().collect();
        let [hostname, port, _, _, status, rest @ ..] = words.as_slice() else {
            return Err(ProbeError::Failed(format!(
                "{what}: pcp_node_info answered {text:?}"
            )));
        };
        // Before 4.3 the actual states were not among the words.
        let role = rest
            .iter()
            .find(|word| matches!(**word, "primary" | "standby" | "main" | "replica"));
        Ok(PcpNode {
            hostname: (*hostname).to_owned(),
            port: (*port).to_owned(),
            status: (*status).to_owned(),
            role: role.map(|role| (*role).to_owned()).unwrap_or_default(),
        })
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        let mut node = now?;
        if let Some(attached) = pending.attached(&self.pcp.host, self.pcp.port, self.node) {
            // Up once pgpool has connected to it.
            let status = if attached { "waiting" } else { "down" };
            if node.attached() != attached {
                status.clone_into(&mut node.status);
            }
        }
        Ok(node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::Effect;

    fn question() -> PcpNodeInfo {
        let pcp = Pcp {
            host: "localhost".into(),
            port: 9898,
            user: "pgpool".into(),
            password: Some(Secret::new(r"a:b\c")),
            passfile: None,
        };
        PcpNodeInfo { pcp, node: 1 }
    }

    #[test]
    fn the_password_is_only_on_stdin_and_escaped() {
        let Ask::Shell { script, .. } = question().ask() else {
            panic!("a shell question")
        };
        assert!(!script.text.contains("a:b"));
        assert_eq!(
            String::from_utf8(script.stdin).unwrap(),
            "*:*:*:a\\:b\\\\c\n"
        );
    }

    #[test]
    fn node_info_is_read() {
        let said = "pg-b 5432 2 0.500000 up up standby standby 0 none none 2026-01-01 10:00:00\n";
        let output = Output {
            status: 0,
            stdout: said.into(),
            ..Output::default()
        };
        let node = question().read(&output).unwrap();
        assert_eq!(
            (node.hostname.as_str(), node.role.as_str()),
            ("pg-b", "standby")
        );
        assert!(node.attached());
    }

    #[test]
    fn a_node_becomes_what_the_last_task_makes_of_it() {
        let node = |status: &str| PcpNode {
            hostname: "pg-b".into(),
            port: "5432".into(),
            status: status.into(),
            role: "standby".into(),
        };
        let detached = |node, attached| {
            let mut pending = Foreseen::default();
            let of = Effect::PoolNode("localhost".into(), 9898, node, attached);
            pending.add("detach it", "root", [of]);
            pending
        };
        let asked = question();
        let will = |now: &str, pending: &Foreseen| asked.foresee(Ok(node(now)), pending).unwrap();
        assert!(!will("up", &detached(1, false)).attached());
        assert_eq!(will("up", &detached(0, false)), node("up"));
        assert_eq!(will("up", &detached(1, true)), node("up"));
        assert!(will("down", &detached(1, true)).attached());
    }
}
