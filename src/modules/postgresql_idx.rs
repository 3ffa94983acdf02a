//! An index of a table.
//!
//! ```yaml
//! - postgresql_idx:
//!     login_db: app
//!     name: orders_by_customer
//!     table: orders
//!     columns: [customer, placed_at]
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
use crate::modules::defaults::yes;
use crate::step::Pg;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// `postgresql_idx`
pub struct PostgresqlIdx;

with_login! {
    /// Parameters of `postgresql_idx`.
    #[allow(clippy::struct_field_names)] // They are Ansible's.
    pub struct Params {
        /// The index's name.
        name: String,
        /// `present` or `absent`. An index of this name is left as it is, whatever it is on.
        #[serde(default)]
        state: Presence,
        /// The schema of its table.
        #[serde(default)]
        schema: Option<String>,
        /// The table.
        #[serde(default)]
        table: Option<String>,
        /// The columns, or expressions, as SQL writes them.
        #[serde(default)]
        columns: Vec<String>,
        /// The condition of a partial index, as SQL.
        #[serde(default)]
        cond: Option<String>,
        /// `btree`, `hash`, `gist`, `spgist`, `gin` or `brin`.
        #[serde(default)]
        idxtype: Option<String>,
        /// Without a lock that holds up who writes.
        #[serde(default = "yes")]
        concurrent: bool,
        /// No two rows have the same values.
        #[serde(default)]
        unique: bool,
        /// The tablespace.
        #[serde(default)]
        tablespace: Option<String>,
        /// Storage parameters: `fillfactor=90`.
        #[serde(default)]
        storage_params: Vec<String>,
        /// Drop what needs it too.
        #[serde(default)]
        cascade: bool,
        /// The database that it is in.
        #[serde(default = "super::postgresql::login::postgres")]
        login_db: String,
    }
}

/// The kinds of indexes that there are.
const KINDS: &[&str] = &["BTREE", "HASH", "GIST", "SPGIST", "GIN", "BRIN"];

/// An index as it is.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Index {
    table: String,
    tablespace: String,
    valid: bool,
    storage_params: Vec<String>,
}

impl Params {
    fn schema(&self) -> &str {
        let given = self.schema.as_deref();
        given.filter(|given| !given.is_empty()).unwrap_or("public")
    }

    fn question(&self) -> PgWithin<Index> {
        PgWithin {
            login: self.login(),
            database: self.login_db.clone(),
            kind: "index",
            name: format!("{}.{}", self.schema(), self.name),
            sql: format!(
                "SELECT json_build_object('table', t.relname, 'valid', i.indisvalid, \
                 'tablespace', coalesce((SELECT spcname FROM pg_catalog.pg_tablespace WHERE oid = c.reltablespace), ''), \
                 'storage_params', coalesce(to_json(c.reloptions), '[]')) \
                 FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
                 JOIN pg_catalog.pg_class t ON t.oid = i.indrelid \
                 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                 WHERE n.nspname = {} AND c.relname = {};",
                literal(self.schema()),
                literal(&self.name)
            ),
            own: false,
            answer: PhantomData,
        }
    }

    fn what(&self) -> String {
        format!("index {}.{}", self.schema(), self.name)
    }

    fn work(&self, state: Option<&Index>) -> Work {
        let mut work = Work::default();
        let concurrently = if self.concurrent { " CONCURRENTLY" } else { "" };
        let schema = ident(self.schema());
        match (self.state, state) {
            (Presence::Present, None) => {
                let unique = if self.unique { " UNIQUE" } else { "" };
                let kind = self.idxtype.as_deref().unwrap_or("BTREE").to_uppercase();
                let mut create = format!(
                    "CREATE{unique} INDEX{concurrently} {} ON {schema}.{} USING {kind} ({})",
                    ident(&self.name),
                    ident(self.table.as_deref().unwrap_or_default()),
                    self.columns.join(",")
                );
                if !self.storage_params.is_empty() {
                    create.push_str(&format!(" WITH ({})", self.storage_params.join(",")));
                }
                if let Some(tablespace) = &self.tablespace {
                    create.push_str(&format!(" TABLESPACE {}", ident(tablespace)));
                }
                if let Some(cond) = &self.cond {
                    create.push_str(&format!(" WHERE {cond}"));
                }
                work.add(Change::new(Sign::Add, self.what()), create);
            }
            (Presence::Absent, Some(_)) => {
                let cascade = if self.cascade { " CASCADE" } else { "" };
                let drop = format!(
                    "DROP INDEX{concurrently} {schema}.{}{cascade}",
                    ident(&self.name)
                );
                work.add(Change::new(Sign::Remove, self.what()), drop);
            }
            _ => {}
        }
        work
    }

    fn new_index(&self) -> Index {
        let params = self.storage_params.iter().flat_map(|one| one.split(','));
        Index {
            table: self.table.clone().unwrap_or_default(),
            tablespace: self.tablespace.clone().unwrap_or_default(),
            valid: true,
            storage_params: params.map(|one| one.trim().to_owned()).collect(),
        }
    }
}

impl Module for PostgresqlIdx {
    const NAME: &'static str = "postgresql_idx";
    const COLLECTION: &'static str = "community.postgresql";
    const ALIASES: &'static [(&'static str, &'static str)] = login_aliases!(
        "idxname" => "name", "column" => "columns", "type" => "idxtype", "db" => "login_db"
    );
    type Params = Params;
    type Ready = Params;
    type State = Option<Index>;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        params.check_login()?;
        let kind = params.idxtype.as_deref().map(str::to_uppercase);
        let present = params.state == Presence::Present;
        let made = params.table.is_some()
            || !params.columns.is_empty()
            || params.cond.is_some()
            || params.idxtype.is_some()
            || params.tablespace.is_some();
        let why = if params.concurrent && params.cascade {
            "`cascade` and `concurrent` exclude each other: say concurrent: false"
        } else if params.cascade && present {
            "`cascade` is for `state: absent`"
        } else if !present && made {
            "of an index that is to go say its name and schema alone"
        } else if present && params.table.is_none() {
            "`table` is missing: what the index is on"
        } else if present && params.columns.is_empty() {
            "`columns` is missing: what the index is on"
        } else if params.unique && kind.as_deref().is_some_and(|kind| kind != "BTREE") {
            "only a btree index can be unique"
        } else if kind.is_some_and(|kind| !KINDS.contains(&kind.as_str())) {
            "`idxtype` is one of btree, hash, gist, spgist, gin, brin"
        } else {
            return Ok(params);
        };
        Err(Diag::error(why))
    }

    async fn probe(params: &Params, look: &Look) -> Result<Option<Index>, ProbeError> {
        look.fact(params.question()).await
    }

    fn plan(params: &Params, state: &Option<Index>) -> Result<Plan, String> {
        let work = params.work(state.as_ref());
        // `CONCURRENTLY` can't stand in a transaction.
        Ok(
            work.loose(&params.login(), &params.login_db, &params.what(), || {
                let next = (params.state == Presence::Present).then(|| params.new_index());
                vec![Pg::Within(params.question().made(next.as_ref()))]
            }),
        )
    }

    fn result(course: Course<'_, Self>) -> TaskResult {
        let Course {
            ready: params,
            before,
            after,
            plan,
            ran,
        } = course;
        let new = params.new_index();
        let is = match (after, plan.is_change(), params.state) {
            (Some(after), ..) => after.as_ref(),
            (None, true, Presence::Present) => Some(&new),
            (None, true, Presence::Absent) => None,
            (None, false, _) => before.as_ref(),
        };
        let result = in_servers_words(TaskResult::of(plan, ran), ran)
            .with("name", params.name.as_str())
            .with("query", params.work(before.as_ref()).statements.join("; "));
        let (presence, schema) = match is {
            Some(_) => (Presence::Present, params.schema()),
            None => (Presence::Absent, ""),
        };
        let result = result.with("state", presence.word()).with("schema", schema);
        let result = match is {
            Some(is) => result
                .with("tblname", is.table.as_str())
                .with("tblspace", is.tablespace.as_str())
                .with("valid", is.valid)
                .with("storage_params", is.storage_params.clone()),
            None => result
                .with("tblname", "")
                .with("tblspace", "")
                .with("valid", true)
                .with("storage_params", Vec::<String>::new()),
        };
        match is {
            Some(is) if !is.valid => result.with(
                "warnings",
                vec![format!(
                    "index {} is not valid: an interrupted CONCURRENTLY leaves it so; drop it, then make it again",
                    params.name
                )],
            ),
            _ => result,
        }
    }
}
