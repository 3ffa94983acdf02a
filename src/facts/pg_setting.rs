//! What a server parameter of PostgreSQL is, now and after a restart.

use super::psql::{Login, row};
use super::sql::literal;
use super::{Ask, Foreseen, ProbeError, Question};
use crate::step::Output;
use serde::Deserialize;

/// What is the parameter?
pub struct PgSetting {
    /// With what to connect.
    pub login: Login,
    /// The database to connect to.
    pub database: String,
    /// The parameter's name.
    pub name: String,
}

/// A parameter as `pg_settings` shows it.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Setting {
    /// The name as the server spells it.
    pub name: String,
    /// The value in the parameter's own unit.
    pub setting: String,
    /// The value as `SHOW` prints it.
    pub pretty: String,
    /// The unit: `8kB`, `ms`, ...
    pub unit: Option<String>,
    /// `bool`, `integer`, `real`, `enum`, `string`.
    pub vartype: String,
    /// When it can be changed: `postmaster`, `sighup`, ...
    pub context: String,
    /// The value that is built in.
    pub boot_val: Option<String>,
    /// Where the value in effect comes from: `default`, `configuration file`, `database`, ...
    pub source: String,
    /// Whether a file holds a value that waits for a restart.
    pub pending_restart: bool,
    /// What `ALTER SYSTEM` wrote, if it did.
    pub auto: Option<String>,
}

impl Question for PgSetting {
    type Answer = Option<Setting>;

    fn ask(&self) -> Ask {
        let sql = format!(
            "SELECT json_build_object(\
             'name', s.name, 'setting', s.setting, 'pretty', current_setting(s.name), \
             'unit', s.unit, 'vartype', s.vartype, 'context', s.context, 'boot_val', s.boot_val, \
             'source', s.source, 'pending_restart', s.pending_restart, \
             'auto', (SELECT f.setting FROM pg_file_settings f WHERE lower(f.name) = lower(s.name) \
             AND f.sourcefile LIKE '%/postgresql.auto.conf' ORDER BY f.seqno DESC LIMIT 1)) \
             FROM pg_settings s WHERE lower(s.name) = lower({});",
            literal(&self.name),
        );
        Ask::psql(self.login.script(&self.database, &sql))
    }

    fn read(&self, output: &Output) -> Result<Option<Setting>, ProbeError> {
        row(&format!("parameter {}", self.name), output)
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        pending.setting(self, now)
    }
}
