//! A schema of a database.
//!
//! ```yaml
//! - postgresql_schema:
//!     login_db: app
//!     name: reports
//!     owner: app
//!   become_user: postgres
//! ```

use super::postgresql::in_servers_words;
use super::postgresql::login::{login_aliases, with_login};
use super::postgresql::work::Work;
use super::presence::Presence;
use super::{Change, Controller, Course, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::pg_within::PgWithin;
use crate::facts::sql::{ident, literal};
use crate::facts::{Look, ProbeError};
use crate::step::Pg;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// `postgresql_schema`
pub struct PostgresqlSchema;

with_login! {
    /// Parameters of `postgresql_schema`.
    pub struct Params {
        /// The schema's name.
        name: String,
        /// `present` or `absent`.
        #[serde(default)]
        state: Presence,
        /// The owning role.
        #[serde(default)]
        owner: String,
        /// Drop what is in it too.
        #[serde(default)]
        cascade_drop: bool,
        /// The comment on it; empty removes it.
        #[serde(default)]
        comment: Option<String>,
        /// The database that it is in.
        #[serde(default = "super::postgresql::login::postgres")]
        login_db: String,
    }
}

/// A schema as it is.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Schema {
    owner: String,
    comment: String,
}

impl Params {
    fn question(&self) -> PgWithin<Schema> {
        let name = &self.name;
        PgWithin {
            login: self.login(),
            database: self.login_db.clone(),
            kind: "schema",
            name: name.clone(),
            sql: format!(
                "SELECT json_build_object('owner', pg_get_userbyid(nspowner), \
                 'comment', coalesce(obj_description(oid, 'pg_namespace'), '')) \
                 FROM pg_catalog.pg_namespace WHERE nspname = {};",
                literal(name)
            ),
            own: name.starts_with("pg_") || ["public", "information_schema"].contains(&&**name),
            answer: PhantomData,
        }
    }

    fn what(&self) -> String {
        format!("schema {}", self.name)
    }

    fn work(&self, state: Option<&Schema>) -> Work {
        let mut work = Work::default();
        let (what, name) = (self.what(), ident(&self.name));
        if self.state == Presence::Absent {
            if state.is_some() {
                let cascade = if self.cascade_drop { " CASCADE" } else { "" };
                let drop = format!("DROP SCHEMA {name}{cascade}");
                work.add(Change::new(Sign::Remove, what), drop);
            }
            return work;
        }
        match state {
            None => {
                let owner = Some(ident(&self.owner)).filter(|_| !self.owner.is_empty());
                let owner = owner.map(|owner| format!(" AUTHORIZATION {owner}"));
                let create = format!("CREATE SCHEMA {name}{}", owner.unwrap_or_default());
                work.add(Change::new(Sign::Add, &what), create);
            }
            Some(is) if !self.owner.is_empty() && self.owner != is.owner => {
                let alter = format!("ALTER SCHEMA {name} OWNER TO {}", ident(&self.owner));
                work.differs(&what, "owner", Some(&is.owner), Some(&self.owner), alter);
            }
            Some(_) => {}
        }
        let is = state.map_or("", |is| &is.comment);
        if let Some(comment) = self.comment.as_deref().filter(|comment| *comment != is) {
            let set = format!("COMMENT ON SCHEMA {name} IS {}", literal(comment));
            work.differs(&what, "comment", Some(is), Some(comment), set);
        }
        work
    }

    fn makes(&self, is: Option<&Schema>) -> Vec<Pg> {
        let within = |is| Pg::Within(self.question().made(is));
        if self.state == Presence::Absent {
            return vec![within(None)];
        }
        let login = self.login();
        let mut next = is.cloned().unwrap_or_else(|| Schema {
            owner: login.session_role.or(login.user).unwrap_or_default(),
            comment: String::new(),
        });
        if !self.owner.is_empty() {
            next.owner.clone_from(&self.owner);
        }
        if let Some(comment) = &self.comment {
            next.comment.clone_from(comment);
        }
        vec![within(Some(&next))]
    }
}

impl Module for PostgresqlSchema {
    const NAME: &'static str = "postgresql_schema";
    const COLLECTION: &'static str = "community.postgresql";
    const ALIASES: &'static [(&'static str, &'static str)] =
        login_aliases!("schema" => "name", "db" => "login_db", "database" => "login_db");
    type Params = Params;
    type Ready = Params;
    type State = Option<Schema>;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        params.check_login()?;
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<Option<Schema>, ProbeError> {
        look.fact(params.question()).await
    }

    fn plan(params: &Params, state: &Option<Schema>) -> Result<Plan, String> {
        let work = params.work(state.as_ref());
        Ok(
            work.plan(&params.login(), &params.login_db, &params.what(), || {
                params.makes(state.as_ref())
            }),
        )
    }

    fn result(course: Course<'_, Self>) -> TaskResult {
        let Course {
            ready: params,
            before,
            plan,
            ran,
            ..
        } = course;
        in_servers_words(TaskResult::of(plan, ran), ran)
            .with("schema", params.name.as_str())
            .with("queries", params.work(before.as_ref()).statements)
    }
}
