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
use super::{Change, Controller, Course, Detail, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::pg_role::{PgRole, Role};
use crate::facts::sql::{ident, literal};
use crate::facts::{Look, ProbeError};
use crate::modules::defaults::yes;
use crate::secret::Secret;
use serde_json::{Map, Value};

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

/// What is to do: changes for the diff, statements for the server.
#[derive(Default)]
struct Work {
    changes: Vec<Change>,
    statements: Vec<Statement>,
}

/// A statement, and how it is told where the secret must not be.
struct Statement {
    sql: String,
    told: String,
}

impl Work {
    fn statement(&mut self, sql: String) {
        self.statements.push(Statement {
            told: sql.clone(),
            sql,
        });
    }

    fn told_password(&self) -> bool {
        self.statements.iter().any(|one| one.told != one.sql)
    }

    fn sql(&self) -> Vec<String> {
        self.statements
            .iter()
            .map(|statement| statement.sql.clone())
            .collect()
    }
}

/// What a diff shows of a password.
const HIDDEN: &str = "***";
/// How a warning begins that the role stays: the server's own words are in its language.
const NOT_DROPPED: &str = "not dropped: ";

impl Ready {
    fn create(&self) -> Work {
        let mut work = Work::default();
        let role = ident(&self.params.name);
        let mut options = String::new();
        if !self
            .flags
            .iter()
            .any(|flag| flag.column == role_flags::LOGIN)
        {
            options.push_str(" LOGIN");
        }
        for flag in &self.flags {
            options.push_str(&format!(" {}", flag.keyword()));
        }
        if let Some(limit) = self.params.conn_limit {
            options.push_str(&format!(" CONNECTION LIMIT {limit}"));
        }
        if let Some(expires) = &self.params.expires {
            options.push_str(&format!(" VALID UNTIL {}", literal(expires)));
        }
        let (mut sql, mut told) = (format!("CREATE ROLE {role}{options}"), String::new());
        told.push_str(&sql);
        let password = self
            .params
            .password
            .as_ref()
            .filter(|password| !password.reveal().is_empty());
        if let Some(password) = password {
            sql.push_str(&format!(" PASSWORD {}", self.stored(password)));
            told.push_str(" PASSWORD '***'");
        }
        work.statements.push(Statement { sql, told });
        let what = format!("role {}", self.params.name);
        work.changes.push(Change::new(Sign::Add, &what));
        if password.is_some() {
            work.changes.push(Change::attribute(
                &what,
                "password",
                None,
                Some(HIDDEN.to_owned()),
            ));
        }
        for flag in &self.flags {
            let detail = Detail::Attribute {
                name: flag.column.to_lowercase(),
                from: None,
                to: Some(flag.on.to_string()),
            };
            work.changes.push(Change {
                sign: Sign::Add,
                what: what.clone(),
                detail,
            });
        }
        self.join(&[], &mut work);
        if self
            .params
            .comment
            .as_ref()
            .is_some_and(|comment| !comment.is_empty())
        {
            self.set_comment(&mut work);
        }
        work
    }

    fn alter(&self, is: &Role) -> Work {
        let mut work = Work::default();
        let role = ident(&self.params.name);
        let what = format!("role {}", self.params.name);
        let mut options = String::new();
        for flag in self.flags.iter().filter(|flag| flag.is_on(is) != flag.on) {
            options.push_str(&format!(" {}", flag.keyword()));
            let (from, to) = (Some((!flag.on).to_string()), Some(flag.on.to_string()));
            work.changes.push(Change::attribute(
                &what,
                flag.column.to_lowercase(),
                from,
                to,
            ));
        }
        if let Some(limit) = self
            .params
            .conn_limit
            .filter(|limit| *limit != is.conn_limit)
        {
            options.push_str(&format!(" CONNECTION LIMIT {limit}"));
            let (from, to) = (Some(is.conn_limit.to_string()), Some(limit.to_string()));
            work.changes
                .push(Change::attribute(&what, "conn_limit", from, to));
        }
        if let Some(expires) = self.params.expires.as_ref().filter(|_| !is.expires_same) {
            options.push_str(&format!(" VALID UNTIL {}", literal(expires)));
            let (from, to) = (is.expires.clone(), Some(expires.clone()));
            work.changes
                .push(Change::attribute(&what, "expires", from, to));
        }
        if !options.is_empty() {
            work.statement(format!("ALTER ROLE {role}{options}"));
        }
        let stored = is.password.as_ref().map(Secret::reveal);
        let password = self
            .params
            .password
            .as_ref()
            .filter(|_| !self.params.no_password_changes);
        if let Some(password) = password.filter(|_| self.password_differs(stored)) {
            let sql = format!("ALTER ROLE {role} PASSWORD {}", self.stored(password));
            let told = format!("ALTER ROLE {role} PASSWORD '***'");
            work.statements.push(Statement { sql, told });
            let from = stored.map(|_| HIDDEN.to_owned());
            let to = (!password.reveal().is_empty()).then(|| HIDDEN.to_owned());
            work.changes
                .push(Change::attribute(&what, "password", from, to));
        }
        self.join(&is.groups, &mut work);
        let comment = self
            .params
            .comment
            .clone()
            .filter(|comment| !comment.is_empty());
        if self.params.comment.is_some() && comment != is.comment {
            work.changes.push(Change::attribute(
                &what,
                "comment",
                is.comment.clone(),
                comment,
            ));
            self.set_comment(&mut work);
        }
        work
    }

    fn join(&self, is: &[String], work: &mut Work) {
        for group in self
            .params
            .groups
            .iter()
            .filter(|group| !is.contains(group))
        {
            work.changes.push(Change::new(
                Sign::Add,
                format!("membership of role {} in {group}", self.params.name),
            ));
            work.statement(format!(
                "GRANT {} TO {}",
                ident(group),
                ident(&self.params.name)
            ));
        }
    }

    fn set_comment(&self, work: &mut Work) {
        let comment = literal(self.params.comment.as_deref().unwrap_or_default());
        work.statement(format!(
            "COMMENT ON ROLE {} IS {comment}",
            ident(&self.params.name)
        ));
    }

    fn work(&self, state: Option<&Role>) -> Work {
        match (self.params.state, state) {
            (Presence::Absent, None) => Work::default(),
            (Presence::Absent, Some(_)) => {
                let mut work = Work::default();
                work.changes.push(Change::new(
                    Sign::Remove,
                    format!("role {}", self.params.name),
                ));
                work.statement(format!("DROP ROLE {}", ident(&self.params.name)));
                work
            }
            (Presence::Present, None) => self.create(),
            (Presence::Present, Some(is)) => self.alter(is),
        }
    }
}

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
