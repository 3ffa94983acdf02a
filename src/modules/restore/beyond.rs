//! What only one node has, for people.
//!
//! ```yaml
//! - pg_beyond:
//!     fork: "{{ forked.fork }}"
//!     listed: "{{ listed.stdout }}"
//!     names: "{{ tables.stdout_lines }}"
//!   register: beyond
//! ```
//!
//! Registers `count` transactions, of which `committed` did, whether these are all (`complete`, else
//! `why`), and `lines`, one for each of the first.

use super::{Answer, Decision, Never, read};
use crate::decide::{Beyond, Fork};
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
    /// What `pg-beyond` printed.
    #[serde(default)]
    listed: Value,
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
        Ok(Ok(match (read("pg-beyond", &params.listed)?, fork) {
            (Some(listed), _) => Beyond::of(&listed, &params.names),
            (None, Some(_)) => Beyond::unread(),
            (None, None) => Beyond::nothing(),
        }))
    }
}
