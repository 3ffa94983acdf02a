//! What only one node has, for people.
//!
//! ```yaml
//! - pg_beyond:
//!     fork: "{{ forked.fork }}"
//!     log: "{{ logged.stdout }}"
//!     names: "{{ tables.stdout_lines }}"
//!   register: beyond
//! ```
//!
//! Registers `count` transactions, of which `committed` did, whether these are all (`complete`, else
//! `why`), `lines`, one for each of the first, and `files`, those that they wrote, as `names` has them.

use super::{Answer, Decision, Never, read};
use crate::decide::{Beyond, Fork, listed};
use crate::diag::Diag;
use serde::Deserialize;
use serde_json::Value;

/// `pg_beyond`
pub struct PgBeyond;

/// Parameters of `pg_beyond`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Where the node's log left the line of the primary, as `pg_fork` told it.
    #[serde(default)]
    fork: Value,
    /// What `log-beyond` printed on the node.
    #[serde(default)]
    log: String,
    /// Lines `SPACE/DATABASE/FILE NAME` of the tables that are touched.
    #[serde(default)]
    names: Vec<String>,
}

impl Decision for PgBeyond {
    const NAME: &'static str = "pg_beyond";
    type Params = Params;
    type Decided = Beyond;
    type Refusal = Never;

    fn decide(params: &Params) -> Result<Answer<Self>, Diag> {
        let fork: Option<Fork> = read("pg_fork", &params.fork)?;
        Ok(Ok(match fork {
            None => Beyond::nothing(),
            Some(_) if params.log.is_empty() => Beyond::unread(),
            Some(_) => Beyond::of(&listed(&params.log), &params.names),
        }))
    }
}
