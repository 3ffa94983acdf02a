//! What a role of a PostgreSQL cluster is.

use super::psql::{Login, row};
use super::sql::{literal, nullable};
use super::{Ask, Foreseen, ProbeError, Question};
use crate::secret::Secret;
use crate::step::Output;
use serde::Deserialize;

/// What is the role?
pub struct PgRole {
    /// With what to connect.
    pub login: Login,
    /// The database to connect to.
    pub database: String,
    /// The role's name.
    pub name: String,
    /// Ask for the stored password too; only a superuser may.
    pub password: bool,
    /// A date that is compared with the one at which the password expires.
    pub expires: Option<String>,
}

/// A role as the catalogs show it.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[allow(clippy::struct_excessive_bools)] // One a column of pg_roles.
pub struct Role {
    /// `rolsuper`
    pub superuser: bool,
    /// `rolcreaterole`
    pub createrole: bool,
    /// `rolcreatedb`
    pub createdb: bool,
    /// `rolinherit`
    pub inherit: bool,
    /// `rolcanlogin`
    pub login: bool,
    /// `rolreplication`
    pub replication: bool,
    /// `rolbypassrls`
    pub bypassrls: bool,
    /// `rolconnlimit`, -1 for none.
    pub conn_limit: i64,
    /// When the password expires.
    pub expires: Option<String>,
    /// Whether that is the date that was asked about.
    pub expires_same: bool,
    /// The comment on the role.
    pub comment: Option<String>,
    /// The roles that it is a member of.
    pub groups: Vec<String>,
    /// The stored password, when it was asked for.
    pub password: Option<Secret>,
}

impl Question for PgRole {
    type Answer = Option<Role>;

    fn ask(&self) -> Ask {
        let (table, password) = if self.password {
            ("pg_authid", "r.rolpassword")
        } else {
            ("pg_roles", "NULL::text")
        };
        let sql = format!(
            "SELECT json_build_object(\
             'superuser', r.rolsuper, 'createrole', r.rolcreaterole, 'createdb', r.rolcreatedb, \
             'inherit', r.rolinherit, 'login', r.rolcanlogin, 'replication', r.rolreplication, \
             'bypassrls', r.rolbypassrls, 'conn_limit', r.rolconnlimit, \
             'expires', r.rolvaliduntil::text, \
             'expires_same', r.rolvaliduntil IS NOT DISTINCT FROM {expires}::timestamptz, \
             'comment', shobj_description(r.oid, 'pg_authid'), \
             'groups', (SELECT coalesce(json_agg(g.rolname ORDER BY g.rolname), '[]') \
             FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid), \
             'password', {password}) \
             FROM {table} r WHERE r.rolname = {name};",
            expires = nullable(self.expires.as_deref()),
            name = literal(&self.name),
        );
        Ask::psql(self.login.script(&self.database, &sql))
    }

    fn read(&self, output: &Output) -> Result<Option<Role>, ProbeError> {
        let what = format!("role {}", self.name);
        match row(&what, output) {
            Err(ProbeError::Failed(why)) if why.contains("pg_authid") => {
                Err(ProbeError::Failed(format!(
                    "{why}; only a superuser may compare passwords: log in as one, or say no_password_changes: true"
                )))
            }
            other => other,
        }
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        pending.role(self, now)
    }
}
