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

use super::read;
use crate::decide::{Beyond, Fork};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError};
use crate::modules::{Controller, Module, Plan, StepOutput, TaskResult};
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
    #[serde(skip)]
    #[schemars(skip)]
    beyond: Beyond,
}

impl Module for PgBeyond {
    const NAME: &'static str = "pg_beyond";
    const COLLECTION: &'static str = "trueup.postgresql";
    const ON_CONTROLLER: bool = true;
    type Params = Params;
    type State = ();

    fn prepare(mut params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        let fork: Option<Fork> = read("pg_fork", &params.fork)?;
        params.beyond = match (read("pg-beyond", &params.listed)?, fork) {
            (Some(listed), _) => Beyond::of(&listed, &params.names),
            (None, Some(_)) => Beyond::unread(),
            (None, None) => Beyond::nothing(),
        };
        Ok(params)
    }

    async fn probe(_: &Params, _: &Look) -> Result<(), ProbeError> {
        Ok(())
    }

    fn plan(_: &Params, (): &()) -> Result<Plan, String> {
        Ok(Plan::nothing())
    }

    fn result(params: &Params, (): &(), _: Option<&()>, _: &Plan, _: &[StepOutput]) -> TaskResult {
        TaskResult::data(&params.beyond)
    }
}
