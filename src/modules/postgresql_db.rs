//! A database.
//!
//! ```yaml
//! - postgresql_db:
//!     name: app
//!     owner: app
//!   become_user: postgres
//! ```

use super::postgresql::in_servers_words;
use super::postgresql::login::{login_aliases, unsupported, with_login};
use super::postgresql::work::Work;
use super::{Change, Controller, Course, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::pg_database::{Database, PgDatabase};
use crate::facts::sql::{ident, literal};
use crate::facts::{Look, ProbeError};
use crate::step::{DatabaseMade, Pg};
use serde::Deserialize;

/// `postgresql_db`
pub struct PostgresqlDb;

/// What is wanted of a database.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Wanted {
    /// It is there.
    #[default]
    Present,
    /// It is not there.
    Absent,
    /// Not supported.
    Dump,
    /// Not supported.
    Restore,
    /// Not supported.
    Rename,
}

with_login! {
    /// Parameters of `postgresql_db`.
    pub struct Params {
        /// The database's name.
        name: String,
        /// `present` or `absent`.
        #[serde(default)]
        state: Wanted,
        /// The owning role.
        #[serde(default)]
        owner: String,
        /// The database that it is copied from when it is created.
        #[serde(default)]
        template: String,
        /// The encoding.
        #[serde(default)]
        encoding: String,
        /// The order of sorting.
        #[serde(default)]
        lc_collate: String,
        /// The classes of characters.
        #[serde(default)]
        lc_ctype: String,
        /// The ICU locale when it is created.
        #[serde(default)]
        icu_locale: String,
        /// `libc` or `icu` when it is created.
        #[serde(default)]
        locale_provider: String,
        /// The limit of connections; -1 for none.
        #[serde(default)]
        conn_limit: Option<i64>,
        /// The tablespace when it is created.
        #[serde(default)]
        tablespace: String,
        /// The comment on it; empty removes it.
        #[serde(default)]
        comment: Option<String>,
        /// Drop it although clients are connected.
        #[serde(default)]
        force: bool,
        /// The database to connect to for all this.
        #[serde(default = "super::postgresql::login::postgres")]
        maintenance_db: String,
        /// Not supported.
        #[serde(default)]
        target: Option<String>,
        /// Not supported.
        #[serde(default)]
        target_opts: Option<String>,
        /// Not supported.
        #[serde(default)]
        dump_extra_args: Option<String>,
    }
}

impl Params {
    fn create(&self) -> Work {
        let mut sql = format!("CREATE DATABASE {}", ident(&self.name));
        for (keyword, name) in [
            ("OWNER", &self.owner),
            ("TEMPLATE", &self.template),
            ("TABLESPACE", &self.tablespace),
        ] {
            if !name.is_empty() {
                sql.push_str(&format!(" {keyword} {}", ident(name)));
            }
        }
        for (keyword, value) in [
            ("ENCODING", &self.encoding),
            ("LC_COLLATE", &self.lc_collate),
            ("LC_CTYPE", &self.lc_ctype),
            ("LOCALE_PROVIDER", &self.locale_provider),
            ("ICU_LOCALE", &self.icu_locale),
        ] {
            if !value.is_empty() {
                sql.push_str(&format!(" {keyword} {}", literal(value)));
            }
        }
        if let Some(limit) = self.conn_limit {
            sql.push_str(&format!(" CONNECTION LIMIT {limit}"));
        }
        let mut statements = vec![sql];
        if self
            .comment
            .as_ref()
            .is_some_and(|comment| !comment.is_empty())
        {
            statements.push(self.set_comment());
        }
        let change = Change::new(Sign::Add, format!("database {}", self.name));
        Work {
            changes: vec![change],
            statements,
        }
    }

    fn alter(&self, is: &Database) -> Result<Work, String> {
        let fixed = [
            ("encoding", &self.encoding, &is.encoding, !is.encoding_same),
            (
                "lc_collate",
                &self.lc_collate,
                &is.lc_collate,
                self.lc_collate != is.lc_collate,
            ),
            (
                "lc_ctype",
                &self.lc_ctype,
                &is.lc_ctype,
                self.lc_ctype != is.lc_ctype,
            ),
        ];
        for (name, wanted, is, differs) in fixed {
            if !wanted.is_empty() && differs {
                return Err(format!(
                    "database {} has {name} {is}, and that can't be changed to {wanted}: \
                     dump it and restore it into a new database, or declare {is}",
                    self.name
                ));
            }
        }
        let what = format!("database {}", self.name);
        let name = ident(&self.name);
        let mut work = Work::default();
        let mut differ =
            |attribute: &str, from: Option<String>, to: Option<String>, sql: String| {
                work.changes
                    .push(Change::attribute(&what, attribute, from, to));
                work.statements.push(sql);
            };
        if !self.owner.is_empty() && self.owner != is.owner {
            let sql = format!("ALTER DATABASE {name} OWNER TO {}", ident(&self.owner));
            differ(
                "owner",
                Some(is.owner.clone()),
                Some(self.owner.clone()),
                sql,
            );
        }
        if let Some(limit) = self.conn_limit.filter(|limit| *limit != is.conn_limit) {
            let sql = format!("ALTER DATABASE {name} CONNECTION LIMIT {limit}");
            differ(
                "conn_limit",
                Some(is.conn_limit.to_string()),
                Some(limit.to_string()),
                sql,
            );
        }
        if !self.tablespace.is_empty() && self.tablespace != is.tablespace {
            let sql = format!(
                "ALTER DATABASE {name} SET TABLESPACE {}",
                ident(&self.tablespace)
            );
            differ(
                "tablespace",
                Some(is.tablespace.clone()),
                Some(self.tablespace.clone()),
                sql,
            );
        }
        if let Some(comment) = &self.comment {
            let wanted = Some(comment.clone()).filter(|comment| !comment.is_empty());
            if wanted != is.comment {
                differ("comment", is.comment.clone(), wanted, self.set_comment());
            }
        }
        Ok(work)
    }

    fn makes(&self, is: Option<&Database>) -> Pg {
        if self.state == Wanted::Absent {
            return Pg::DatabaseGone(self.name.clone());
        }
        let word = |word: &String| Some(word.clone()).filter(|word| !word.is_empty());
        let creator = || {
            let login = self.login();
            login.session_role.or(login.user)
        };
        Pg::Database(
            self.name.clone(),
            DatabaseMade {
                owner: word(&self.owner).or_else(|| is.is_none().then(creator).flatten()),
                encoding: word(&self.encoding),
                lc_collate: word(&self.lc_collate),
                lc_ctype: word(&self.lc_ctype),
                conn_limit: self.conn_limit,
                tablespace: word(&self.tablespace),
                comment: self.comment.clone(),
            },
        )
    }

    fn set_comment(&self) -> String {
        let comment = self.comment.as_deref().unwrap_or_default();
        format!(
            "COMMENT ON DATABASE {} IS {}",
            ident(&self.name),
            literal(comment)
        )
    }

    fn work(&self, state: Option<&Database>) -> Result<Work, String> {
        match (self.state, state) {
            (Wanted::Absent, None) => Ok(Work::default()),
            (Wanted::Absent, Some(_)) => {
                let force = if self.force { " WITH (FORCE)" } else { "" };
                Ok(Work {
                    changes: vec![Change::new(Sign::Remove, format!("database {}", self.name))],
                    statements: vec![format!("DROP DATABASE {}{force}", ident(&self.name))],
                })
            }
            (_, None) => Ok(self.create()),
            (_, Some(is)) => self.alter(is),
        }
    }
}

impl Module for PostgresqlDb {
    const NAME: &'static str = "postgresql_db";
    const COLLECTION: &'static str = "community.postgresql";
    const ALIASES: &'static [(&'static str, &'static str)] = login_aliases!("db" => "name");
    type Params = Params;
    type Ready = Params;
    type State = Option<Database>;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        params.check_login()?;
        if matches!(
            params.state,
            Wanted::Dump | Wanted::Restore | Wanted::Rename
        ) {
            return Err(unsupported(
                "state: dump|restore|rename",
                "run pg_dump, pg_restore or ALTER DATABASE by command or postgresql_query",
            ));
        }
        let dumps = [&params.target, &params.target_opts, &params.dump_extra_args];
        if dumps.iter().any(|parameter| parameter.is_some()) {
            return Err(unsupported(
                "target, target_opts, dump_extra_args",
                "run pg_dump or pg_restore by command",
            ));
        }
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<Option<Database>, ProbeError> {
        let encoding = Some(params.encoding.clone()).filter(|encoding| !encoding.is_empty());
        look.fact(PgDatabase {
            login: params.login(),
            maintenance: params.maintenance_db.clone(),
            name: params.name.clone(),
            encoding,
        })
        .await
    }

    fn plan(params: &Params, state: &Option<Database>) -> Result<Plan, String> {
        let work = params.work(state.as_ref())?;
        let what = format!("database {}", params.name);
        // A database is made outside of a transaction.
        Ok(
            work.loose(&params.login(), &params.maintenance_db, &what, || {
                vec![params.makes(state.as_ref())]
            }),
        )
    }

    fn result(
        Course {
            ready: params,
            before,
            plan,
            ran,
            ..
        }: Course<'_, Self>,
    ) -> TaskResult {
        let executed = params
            .work(before.as_ref())
            .map(|work| work.statements)
            .unwrap_or_default();
        in_servers_words(TaskResult::of(plan, ran), ran)
            .with("db", params.name.as_str())
            .with("executed_commands", executed)
    }
}
