//! A table of a database.
//!
//! ```yaml
//! - postgresql_table:
//!     login_db: app
//!     name: orders
//!     columns: [id bigint primary key, customer text]
//!     owner: app
//!   become_user: postgres
//! ```
//!
//! The columns of a table that is there stay as they are.

mod work;

use super::postgresql::login::{login_aliases, with_login};
use super::postgresql::named::in_schema;
use super::postgresql::{in_servers_words, step};
use super::presence::Presence;
use super::{Change, Controller, Course, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::pg_within::PgWithin;
use crate::facts::sql::{ident, literal};
use crate::facts::{Look, ProbeError};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// `postgresql_table`
pub struct PostgresqlTable;

with_login! {
    /// Parameters of `postgresql_table`.
    #[allow(clippy::struct_field_names)] // They are Ansible's.
    pub struct Params {
        /// The table's name, with its schema before it where that is not `public`.
        name: String,
        /// `present` or `absent`.
        #[serde(default)]
        state: Presence,
        /// The columns of a new one, as SQL writes them.
        #[serde(default)]
        columns: Vec<String>,
        /// A table that a new one is made like.
        #[serde(default)]
        like: Option<String>,
        /// What is taken from that besides the columns: `DEFAULTS,CONSTRAINTS,INDEXES,STORAGE,COMMENTS` or `ALL`.
        #[serde(default)]
        including: Option<String>,
        /// A new one is not logged: a crash empties it.
        #[serde(default)]
        unlogged: bool,
        /// The owning role.
        #[serde(default)]
        owner: Option<String>,
        /// The tablespace.
        #[serde(default)]
        tablespace: Option<String>,
        /// Storage parameters: `fillfactor=90`.
        #[serde(default)]
        storage_params: Vec<String>,
        /// What it is to be called.
        #[serde(default)]
        rename: Option<String>,
        /// Empty it, each time.
        #[serde(default)]
        truncate: bool,
        /// Drop what needs it too.
        #[serde(default)]
        cascade: bool,
        /// The database that it is in.
        #[serde(default = "super::postgresql::login::postgres")]
        login_db: String,
    }
}

/// A table as it is.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Table {
    owner: String,
    tablespace: String,
    storage_params: Vec<String>,
}

/// What the server says.
#[derive(Clone, Debug)]
pub struct State {
    /// The table.
    is: Option<Table>,
    /// What has the name already that it is to get.
    renamed: Option<Table>,
}

impl Params {
    fn question(&self, name: &str) -> PgWithin<Table> {
        let (schema, bare) = in_schema(name);
        let schema = schema.unwrap_or_else(|| "public".to_owned());
        PgWithin {
            login: self.login(),
            database: self.login_db.clone(),
            kind: "table",
            name: format!("{schema}.{bare}"),
            sql: format!(
                "SELECT json_build_object('owner', pg_get_userbyid(c.relowner), \
                 'tablespace', coalesce((SELECT spcname FROM pg_catalog.pg_tablespace WHERE oid = c.reltablespace), ''), \
                 'storage_params', coalesce(to_json(c.reloptions), '[]')) \
                 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                 WHERE c.relkind IN ('r', 'p') AND n.nspname = {} AND c.relname = {};",
                literal(&schema),
                literal(&bare)
            ),
            own: false,
            answer: PhantomData,
        }
    }

    /// The name that it gets, in the schema that it is in.
    fn renamed(&self, to: &str) -> String {
        match in_schema(&self.name) {
            (Some(schema), _) => format!("{}.{}", ident(&schema), ident(to)),
            (None, _) => ident(to),
        }
    }

    fn what(&self) -> String {
        format!("table {}", self.name)
    }

    /// Why its parameters exclude each other.
    fn refused(&self) -> Option<&'static str> {
        let made = !self.columns.is_empty()
            || self.like.is_some()
            || self.including.is_some()
            || self.unlogged
            || self.owner.is_some()
            || self.tablespace.is_some()
            || !self.storage_params.is_empty();
        if self.state == Presence::Absent && (made || self.truncate || self.rename.is_some()) {
            Some("of a table that is to go say its name alone")
        } else if self.truncate && (made || self.rename.is_some()) {
            Some("`truncate` stands alone: declare the table by a task of its own")
        } else if self.rename.is_some() && made {
            Some("`rename` stands alone: declare the table by a task of its own")
        } else if self.like.is_some() && !self.columns.is_empty() {
            Some("`like` and `columns` exclude each other")
        } else if self.including.is_some() && self.like.is_none() {
            Some("`including` needs `like`: the table of which it is taken")
        } else {
            None
        }
    }
}

impl Module for PostgresqlTable {
    const NAME: &'static str = "postgresql_table";
    const COLLECTION: &'static str = "community.postgresql";
    const ALIASES: &'static [(&'static str, &'static str)] =
        login_aliases!("table" => "name", "db" => "login_db");
    type Params = Params;
    type Ready = Params;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        params.check_login()?;
        match params.refused() {
            Some(why) => Err(Diag::error(why)),
            None => Ok(params),
        }
    }

    async fn probe(params: &Params, look: &Look) -> Result<State, ProbeError> {
        let renamed = async {
            match &params.rename {
                Some(name) => look.fact(params.question(&params.renamed(name))).await,
                None => Ok(None),
            }
        };
        let (is, renamed) = futures::try_join!(look.fact(params.question(&params.name)), renamed)?;
        Ok(State { is, renamed })
    }

    fn plan(params: &Params, state: &State) -> Result<Plan, String> {
        let (login, database) = (params.login(), &params.login_db);
        if params.truncate {
            if state.is.is_none() {
                return Err(format!("there is no {} to empty", params.what()));
            }
            let sql = params.truncation();
            let step = step(
                &login,
                database,
                format!("empty {}", params.what()),
                std::slice::from_ref(&sql),
            );
            return Ok(Plan::Act {
                changes: vec![Change::new(Sign::Run, sql)],
                steps: vec![step.making([])],
            });
        }
        if let (Some(name), None, None) = (&params.rename, &state.is, &state.renamed) {
            return Err(format!(
                "there is no {} that could become {name}",
                params.what()
            ));
        }
        let work = params.work(state);
        Ok(work.plan(&login, database, &params.what(), || params.makes(state)))
    }

    fn result(course: Course<'_, Self>) -> TaskResult {
        let Course {
            ready: params,
            before,
            after,
            plan,
            ran,
        } = course;
        let queries = if params.truncate {
            vec![params.truncation()]
        } else {
            params.work(before).statements
        };
        let result = in_servers_words(TaskResult::of(plan, ran), ran)
            .with("table", params.name.as_str())
            .with("queries", queries);
        let next = params.next(before);
        let state = after.unwrap_or(before);
        let is = match (after, plan.is_change()) {
            (None, true) => next.as_ref(),
            _ if params.rename.is_some() => state.renamed.as_ref(),
            _ => state.is.as_ref(),
        };
        let result = result.with("state", if is.is_some() { "present" } else { "absent" });
        // Of one that was dropped, what it was.
        match is.or(before.is.as_ref()) {
            Some(is) => result
                .with("owner", is.owner.as_str())
                .with("tablespace", is.tablespace.as_str())
                .with("storage_params", is.storage_params.clone()),
            None => result,
        }
    }
}
