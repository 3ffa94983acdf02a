//! What a database of a PostgreSQL cluster is.

use super::psql::{Login, row};
use super::sql::{literal, nullable};
use super::{Ask, Foreseen, ProbeError, Question};
use crate::step::Output;
use serde::Deserialize;

/// What is the database?
pub struct PgDatabase {
    /// With what to connect.
    pub login: Login,
    /// The database to connect to.
    pub maintenance: String,
    /// The database's name.
    pub name: String,
    /// An encoding's name, which is compared with the one that the database has.
    pub encoding: Option<String>,
}

/// A database as `pg_database` shows it.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Database {
    /// The owning role.
    pub owner: String,
    /// The encoding's name.
    pub encoding: String,
    /// Whether that is the encoding that was asked about, under whichever of its names.
    pub encoding_same: bool,
    /// `LC_COLLATE`
    pub lc_collate: String,
    /// `LC_CTYPE`
    pub lc_ctype: String,
    /// The limit of connections, -1 for none.
    pub conn_limit: i64,
    /// The tablespace.
    pub tablespace: String,
    /// The comment on the database.
    pub comment: Option<String>,
}

impl Question for PgDatabase {
    type Answer = Option<Database>;

    fn ask(&self) -> Ask {
        let sql = format!(
            "SELECT json_build_object(\
             'owner', pg_get_userbyid(d.datdba), 'encoding', pg_encoding_to_char(d.encoding), \
             'encoding_same', d.encoding IS NOT DISTINCT FROM pg_char_to_encoding({encoding}), \
             'lc_collate', d.datcollate, 'lc_ctype', d.datctype, 'conn_limit', d.datconnlimit, \
             'tablespace', t.spcname, 'comment', shobj_description(d.oid, 'pg_database')) \
             FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace \
             WHERE d.datname = {name};",
            encoding = nullable(self.encoding.as_deref()),
            name = literal(&self.name),
        );
        Ask::psql(self.login.script(&self.maintenance, &sql))
    }

    fn read(&self, output: &Output) -> Result<Option<Database>, ProbeError> {
        row(&format!("database {}", self.name), output)
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        pending.database(self, now)
    }
}
