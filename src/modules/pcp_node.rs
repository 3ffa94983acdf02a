//! Whether pgpool sends clients to one of its backends.
//!
//! ```yaml
//! - pcp_node:
//!     node: 1
//!     state: attached
//!     username: pgpool
//!     passfile: /etc/pgpool2/.pcppass
//! ```

use super::{Change, Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::pcp_node::{Pcp, PcpNode, PcpNodeInfo};
use crate::facts::{Look, ProbeError};
use crate::secret::Secret;
use crate::step::{Action, Effect, Step};
use serde::Deserialize;

/// `pcp_node`
pub struct PcpNodeModule;

/// Parameters of `pcp_node`.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// pgpool's host as the target sees it, or the folder of its socket.
    #[serde(default = "localhost")]
    host: String,
    /// The control port.
    #[serde(default = "port")]
    port: u16,
    /// The user in pcp.conf.
    username: String,
    /// The user's password.
    #[serde(default)]
    password: Option<Secret>,
    /// A file on the target that holds the password, in the format of `.pcppass`.
    #[serde(default)]
    passfile: Option<String>,
    /// The node's number: N of `backend_hostnameN`.
    node: u32,
    /// `attached` or `detached`.
    #[serde(default)]
    state: Wanted,
    /// Let the clients end before it is detached.
    #[serde(default)]
    gracefully: bool,
    /// How many seconds pgpool may take.
    #[serde(default = "timeout")]
    timeout: u32,
}

/// What is wanted of a node.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Wanted {
    /// pgpool sends clients to it.
    #[default]
    Attached,
    /// pgpool leaves it alone.
    Detached,
}

fn localhost() -> String {
    "localhost".to_owned()
}

fn port() -> u16 {
    9898
}

fn timeout() -> u32 {
    60
}

impl Params {
    fn pcp(&self) -> Pcp {
        Pcp {
            host: self.host.clone(),
            port: self.port,
            user: self.username.clone(),
            password: self.password.clone(),
            passfile: self.passfile.clone(),
        }
    }

    /// pgpool takes an order and carries it out later: the step waits until it did.
    fn order(&self) -> String {
        let (command, reached) = match self.state {
            Wanted::Attached => ("pcp_attach_node", "up|waiting"),
            Wanted::Detached if self.gracefully => ("pcp_detach_node -g", "down|unused"),
            Wanted::Detached => ("pcp_detach_node", "down|unused"),
        };
        let (node, limit) = (self.node, self.timeout);
        format!(
            "{command} \"$@\" -n {node} || exit\n\
             tries=0\n\
             while :; do\n\
             status=$(pcp_node_info \"$@\" -n {node} 2>/dev/null | awk '{{print $5; exit}}')\n\
             case $status in {reached}) exit 0;; esac\n\
             tries=$((tries + 1))\n\
             [ \"$tries\" -lt $(({limit} * 2)) ] || break\n\
             sleep 0.5 2>/dev/null || sleep 1\n\
             done\n\
             echo \"after {limit} s pgpool's node {node} is ${{status:-not known}}\" >&2; exit 1\n"
        )
    }
}

impl Module for PcpNodeModule {
    const NAME: &'static str = "pcp_node";
    const COLLECTION: &'static str = "trueup.pgpool";
    const ALIASES: &'static [(&'static str, &'static str)] =
        &[("node_id", "node"), ("id", "node"), ("user", "username")];
    type Params = Params;
    type Ready = Params;
    type State = PcpNode;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        if params.password.is_some() && params.passfile.is_some() {
            return Err(
                Diag::error("password and passfile exclude each other").help("give one of them")
            );
        }
        if params
            .password
            .as_ref()
            .is_some_and(|password| password.reveal().contains('\n'))
        {
            return Err(Diag::error("password holds a line break")
                .help("read it with a lookup that strips the end of the line"));
        }
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<PcpNode, ProbeError> {
        look.fact(PcpNodeInfo {
            pcp: params.pcp(),
            node: params.node,
        })
        .await
    }

    fn plan(params: &Params, state: &PcpNode) -> Result<Plan, String> {
        let wanted = params.state == Wanted::Attached;
        if state.attached() == wanted {
            return Ok(Plan::nothing());
        }
        let (is, to, doing) = if wanted {
            ("detached", "attached", "attach")
        } else {
            ("attached", "detached", "detach")
        };
        let what = format!(
            "pgpool node {} ({}:{})",
            params.node, state.hostname, state.port
        );
        let change = Change::attribute(&what, "state", Some(is.to_owned()), Some(to.to_owned()));
        let script = params.pcp().script(&params.order());
        let (host, port) = (params.host.clone(), params.port);
        let made = Effect::PoolNode(host, port, params.node, wanted);
        let step = Step::new(format!("{doing} {what}"), Action::Run(script)).making([made]);
        Ok(Plan::Converge {
            changes: vec![change],
            steps: vec![step],
        })
    }

    fn result(
        Course {
            ready: params,
            before,
            after,
            plan,
            ran,
        }: Course<'_, Self>,
    ) -> TaskResult {
        let node = after.unwrap_or(before);
        TaskResult::of(plan, ran)
            .with("node", params.node)
            .with("hostname", node.hostname.as_str())
            .with("port", node.port.as_str())
            .with("status", node.status.as_str())
            .with("role", node.role.as_str())
    }
}
