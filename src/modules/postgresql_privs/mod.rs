//! Privileges of roles on what is in a server.
//!
//! ```yaml
//! - postgresql_privs:
//!     login_db: app
//!     privs: SELECT,INSERT
//!     objs: ALL_IN_SCHEMA
//!     schema: public
//!     roles: reader
//!   become_user: postgres
//! ```

mod asked;
mod grant;

use super::postgresql::in_servers_words;
use super::postgresql::login::{login_aliases, with_login};
use super::presence::Presence;
use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::pg_privileges::{Held, On, PgPrivileges};
use crate::facts::{Look, ProbeError};
use crate::modules::defaults::yes;

/// `postgresql_privs`
pub struct PostgresqlPrivs;

with_login! {
    /// Parameters of `postgresql_privs`.
    pub struct Params {
        /// `present`: the roles hold the privileges; `absent`: they do not.
        #[serde(default)]
        state: Presence,
        /// The privileges: `SELECT,INSERT`, or `ALL`.
        #[serde(default)]
        privs: Option<String>,
        /// On what kind of things.
        #[serde(default)]
        r#type: On,
        /// Their names; `ALL_IN_SCHEMA`; of a function its types behind it: `add(int:int)`; of what will be made
        /// `TABLES,SEQUENCES,FUNCTIONS,TYPES,SCHEMAS` or `ALL_DEFAULT`.
        #[serde(default)]
        objs: Option<String>,
        /// The schema that they are in: `public` where nothing is said; `not-specified` for default privileges
        /// everywhere.
        #[serde(default)]
        schema: Option<String>,
        /// The roles: `alice,bob`, or `PUBLIC`.
        roles: String,
        /// Of default privileges: who will make the things. Without it, who logs in.
        #[serde(default)]
        target_roles: Option<String>,
        /// Whether the roles may grant it on; of groups, to others. What is not said stays.
        #[serde(default)]
        grant_option: Option<bool>,
        /// Whether it is an error when one of the roles is not there.
        #[serde(default = "yes")]
        fail_on_role: bool,
        /// The database to connect to.
        login_db: String,
    }
}

/// The task, read.
pub struct Ready {
    params: Params,
    /// In capitals, blanks in them: `ALTER SYSTEM`. Of groups none.
    privileges: Vec<String>,
    question: PgPrivileges,
}

impl Module for PostgresqlPrivs {
    const NAME: &'static str = "postgresql_privs";
    const COLLECTION: &'static str = "community.postgresql";
    const ALIASES: &'static [(&'static str, &'static str)] = login_aliases!(
        "db" => "login_db", "database" => "login_db", "priv" => "privs", "obj" => "objs",
        "role" => "roles", "admin_option" => "grant_option"
    );
    type Params = Params;
    type Ready = Ready;
    type State = Held;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Ready, Diag> {
        params.check_login()?;
        Ready::read(params)
    }

    async fn probe(ready: &Ready, look: &Look) -> Result<Held, ProbeError> {
        let held = look.fact(ready.question.clone()).await?;
        held.ok_or_else(|| ProbeError::Failed("psql answered nothing".to_owned()))
    }

    fn plan(ready: &Ready, held: &Held) -> Result<Plan, String> {
        ready.refused(held)?;
        let params = &ready.params;
        let work = ready.work(held);
        let what = format!("privileges on {}", params.r#type.word());
        Ok(work.plan(&params.login(), &params.login_db, &what, || {
            ready.makes(held)
        }))
    }

    fn result(course: Course<'_, Self>) -> TaskResult {
        let Course {
            ready,
            before,
            plan,
            ran,
            ..
        } = course;
        let queries: Vec<String> = match ready.statements(before) {
            statements if statements.is_empty() => Vec::new(),
            statements => vec![
                statements
                    .iter()
                    .map(|one| format!("{one};"))
                    .collect::<Vec<_>>()
                    .join("\n"),
            ],
        };
        let result = in_servers_words(TaskResult::of(plan, ran), ran).with("queries", queries);
        let missing = ready.missing(before);
        if missing.is_empty() {
            return result;
        }
        let warn = |name: &String| format!("there is no role {name}: it is passed over");
        result.with("warnings", missing.iter().map(warn).collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests;
