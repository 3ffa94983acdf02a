//! What a replication slot is.

use super::psql::{Login, row};
use super::sql::literal;
use super::{Ask, Foreseen, ProbeError, Question};
use crate::step::Output;
use serde::Deserialize;

/// What is the slot?
pub struct PgSlot {
    /// With what to connect.
    pub login: Login,
    /// The database to connect to.
    pub database: String,
    /// The slot's name.
    pub name: String,
}

/// A slot as `pg_replication_slots` shows it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Slot {
    /// `physical` or `logical`.
    pub kind: String,
    /// Whether somebody streams from it.
    pub active: bool,
}

impl Question for PgSlot {
    type Answer = Option<Slot>;

    fn ask(&self) -> Ask {
        let sql = format!(
            "SELECT json_build_object('kind', slot_type, 'active', active) \
             FROM pg_replication_slots WHERE slot_name = {};",
            literal(&self.name),
        );
        Ask::psql(self.login.script(&self.database, &sql))
    }

    fn read(&self, output: &Output) -> Result<Option<Slot>, ProbeError> {
        row(&format!("slot {}", self.name), output)
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        pending.slot(self, now)
    }
}
