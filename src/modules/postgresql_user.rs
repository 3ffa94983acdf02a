//! A role that may log in.
//!
//! ```yaml
//! - postgresql_user:
//!     name: app
//!     password: "{{ lookup('password', 'secrets/app') }}"
//!     role_attr_flags: NOSUPERUSER,NOCREATEDB
//!   become_user: postgres
//! ```
//!
//! A plain password is hashed on the controller: the server gets and logs its SCRAM verifier alone.

use super::postgresql::login::{login_aliases, unsupported, with_login};
use super::postgresql::role_flags::{self, Flag};
use super::postgresql::{in_servers_words, loose_step, scram, step};
use super::presence::Presence;
use super::{Controller, Course, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::pg_role::{PgRole, Role};
use crate::facts::sql::literal;
use crate::facts::{Look, ProbeError};
use crate::modules::defaults::yes;
use crate::secret::Secret;
use serde_json::{Map, Value};
use work::Work;

/// `postgresql_user`
pub struct PostgresqlUser;

with_login! {
    /// Parameters of `postgresql_user`.
    pub struct Params {
        /// The role's name.
        name: String,
        /// `present` or `absent`.
        #[serde(default)]
        state: Presence,
        /// The password, plain or as PostgreSQL stores it; empty takes it away.
        #[serde(default)]
        password: Option<Secret>,
        /// Attributes: `CREATEDB,NOSUPERUSER`. A new role may log in unless it says `NOLOGIN`.
        #[serde(default)]
        role_attr_flags: String,
        /// Roles that it is made a member of; it stays a member of others.
        #[serde(default)]
        groups: Vec<String>,
        /// When the password expires; `infinity` for never.
        #[serde(default)]
        expires: Option<String>,
        /// The limit of its connections; -1 for none.
        #[serde(default)]
        conn_limit: Option<i64>,
        /// The comment on it; empty removes it.
        #[serde(default)]
        comment: Option<String>,
        /// Leave the password of a role that is there as it is.
        #[serde(default)]
        no_password_changes: bool,
        /// Whether it is an error when the role can't be removed.
        #[serde(default = "yes")]
        fail_on_user: bool,
        /// Always: the server stores no plain passwords.
        #[serde(default = "yes")]
        encrypted: bool,
        /// The database to connect to.
        #[serde(default = "super::postgresql::login::postgres")]
        login_db: String,
        /// Not supported.
        #[serde(default)]
        r#priv: Option<String>,
        /// Not supported.
        #[serde(default)]
        configuration: Map<String, Value>,
        /// Not supported.
        #[serde(default)]
        reset_unspecified_configuration: bool,
    }
}

/// The task, read.
pub struct Ready {
    params: Params,
    flags: Vec<Flag>,
    /// For the verifier of a plain password, made on the controller.
    salt: [u8; 16],
}

mod made;
mod password;
mod work;

/// How a warning begins that the role stays: the server's own words are in its language.
const NOT_DROPPED: &str = "not dropped: ";

impl Module for PostgresqlUser {
    const NAME: &'static str = "postgresql_user";
    const COLLECTION: &'static str = "community.postgresql";
    const ALIASES: &'static [(&'static str, &'static str)] =
        login_aliases!("user" => "name", "db" => "login_db", "fail_on_role" => "fail_on_user");
    type Params = Params;
    type Ready = Ready;
    type State = Option<Role>;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Ready, Diag> {
        params.check_login()?;
        let flags = role_flags::parse(&params.role_attr_flags)?;
        if params.r#priv.is_some() {
            return Err(unsupported("priv", "grant it by postgresql_query"));
        }
        if !params.configuration.is_empty() || params.reset_unspecified_configuration {
            return Err(unsupported(
                "configuration",
                "say ALTER ROLE ... SET by postgresql_query",
            ));
        }
        if !params.encrypted {
            return Err(unsupported(
                "encrypted: false",
                "leave it out: PostgreSQL stores no plain passwords",
            ));
        }
        if params.name.eq_ignore_ascii_case("public") {
            return Err(Diag::error("PUBLIC is no role").help("grant to it by postgresql_query"));
        }
        let mut salt = [0; 16];
        getrandom::fill(&mut salt)
            .map_err(|error| Diag::error(format!("the system has no random numbers: {error}")))?;
        Ok(Ready {
            params,
            flags,
            salt,
        })
    }

    async fn probe(ready: &Ready, look: &Look) -> Result<Option<Role>, ProbeError> {
        let password = ready.params.password.is_some()
            && !ready.params.no_password_changes
            && ready.params.state == Presence::Present;
        look.fact(PgRole {
            login: ready.params.login(),
            database: ready.params.login_db.clone(),
            name: ready.params.name.clone(),
            password,
            expires: ready.params.expires.clone(),
        })
        .await
    }

    fn plan(ready: &Ready, state: &Option<Role>) -> Result<Plan, String> {
        let work = ready.work(state.as_ref());
        let Some(first) = work.changes.first() else {
            return Ok(Plan::nothing());
        };
        let doing = match first.sign {
            Sign::Add if state.is_none() => "create",
            Sign::Remove => "drop",
            Sign::Add | Sign::Modify | Sign::Run => "alter",
        };
        let what = format!("{doing} role {}", ready.params.name);
        let login = ready.params.login();
        let made = ready.makes(state.is_none(), &work);
        if ready.params.state == Presence::Absent && !ready.params.fail_on_user {
            // The server may refuse, and that is fine: nothing that a second probe could hold against it.
            let body = format!(
                "BEGIN EXECUTE {}; EXCEPTION WHEN dependent_objects_still_exist THEN \
                 RAISE WARNING '{NOT_DROPPED}%', SQLERRM; END",
                literal(&work.sql().join(";"))
            );
            let sql = format!("DO {}", literal(&body));
            let step = loose_step(&login, &ready.params.login_db, what, &[sql]);
            return Ok(Plan::Act {
                changes: work.changes,
                steps: vec![step.making([made])],
            });
        }
        let step = step(&login, &ready.params.login_db, what, &work.sql());
        Ok(Plan::Converge {
            changes: work.changes,
            steps: vec![step.making([made])],
        })
    }

    fn result(
        Course {
            ready,
            before,
            plan,
            ran,
            ..
        }: Course<'_, Self>,
    ) -> TaskResult {
        let work = ready.work(before.as_ref());
        let queries: Vec<&str> = work
            .statements
            .iter()
            .map(|statement| statement.told.as_str())
            .collect();
        let mut result = in_servers_words(TaskResult::of(plan, ran), ran)
            .with("user", ready.params.name.as_str())
            .with("queries", queries);
        if ready.params.state == Presence::Absent {
            let refused = ran.iter().any(|ran| ran.output.err().contains(NOT_DROPPED));
            let removed = before.is_some() && !refused && result.failed.is_none();
            result.changed = removed;
            result = result.with("user_removed", removed);
        }
        result
    }
}

#[cfg(test)]
mod tests;
