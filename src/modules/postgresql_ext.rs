//! An extension in a database.
//!
//! ```yaml
//! - postgresql_ext:
//!     login_db: app
//!     name: pg_stat_statements
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

/// `postgresql_ext`
pub struct PostgresqlExt;

with_login! {
    /// Parameters of `postgresql_ext`.
    pub struct Params {
        /// The extension's name.
        name: String,
        /// `present` or `absent`.
        #[serde(default)]
        state: Presence,
        /// The schema that a new one is put into.
        #[serde(default)]
        schema: Option<String>,
        /// Make the extensions that it needs too; drop what needs it too.
        #[serde(default)]
        cascade: bool,
        /// The version, or `latest`. Without it, one that is there stays as it is.
        #[serde(default)]
        version: Option<String>,
        /// The comment on it; empty removes it.
        #[serde(default)]
        comment: Option<String>,
        /// The database that it is in.
        login_db: String,
    }
}

/// What a server knows of an extension.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Extension {
    /// The version that is in the database.
    version: Option<String>,
    /// The version that a new one has.
    default: Option<String>,
    /// The versions that there are.
    versions: Vec<String>,
    /// Those that it can be updated to; `None` where that is not known.
    targets: Option<Vec<String>>,
    comment: String,
    /// The comment that a new one has.
    described: String,
}

impl Params {
    fn question(&self) -> PgWithin<Extension> {
        let name = literal(&self.name);
        PgWithin {
            login: self.login(),
            database: self.login_db.clone(),
            kind: "extension",
            name: self.name.clone(),
            sql: format!(
                "SELECT json_build_object('version', (SELECT extversion FROM pg_catalog.pg_extension WHERE extname = {name}), \
                 'default', (SELECT default_version FROM pg_catalog.pg_available_extensions WHERE name = {name}), \
                 'described', coalesce((SELECT comment FROM pg_catalog.pg_available_extensions WHERE name = {name}), ''), \
                 'comment', coalesce((SELECT obj_description(oid, 'pg_extension') FROM pg_catalog.pg_extension WHERE extname = {name}), ''), \
                 'versions', (SELECT coalesce(json_agg(version ORDER BY version), '[]') \
                 FROM pg_catalog.pg_available_extension_versions WHERE name = {name}), \
                 'targets', (SELECT coalesce(json_agg(p.target ORDER BY p.target), '[]') FROM pg_catalog.pg_available_extensions a, \
                 pg_extension_update_paths(a.name) p WHERE a.name = {name} AND p.source = a.installed_version AND p.path IS NOT NULL));"
            ),
            own: self.name == "plpgsql",
            answer: PhantomData,
        }
    }

    fn what(&self) -> String {
        format!("extension {}", self.name)
    }

    /// The version that is declared; `None` where any will do.
    fn wanted(&self, is: &Extension) -> Result<Option<String>, String> {
        let name = &self.name;
        match (self.version.as_deref(), &is.version) {
            (None, Some(_)) => Ok(None),
            (None | Some("latest"), _) if is.versions.is_empty() => Err(format!(
                "the server has no extension {name}: install the package that brings it"
            )),
            (None | Some("latest"), _) => is.default.clone().map(Some).ok_or_else(|| {
                format!("the server says no default version of {name}: give `version`")
            }),
            (Some(version), _) => Ok(Some(version.to_owned())),
        }
    }

    /// `None`: of a database that is to be made, where what the server has is not known.
    fn work(&self, is: Option<&Extension>) -> Result<Work, String> {
        let mut work = Work::default();
        let (what, name) = (self.what(), ident(&self.name));
        let there = is.and_then(|is| is.version.as_deref());
        if self.state == Presence::Absent {
            if there.is_some() {
                let cascade = if self.cascade { " CASCADE" } else { "" };
                let drop = format!("DROP EXTENSION {name}{cascade}");
                work.add(Change::new(Sign::Remove, what), drop);
            }
            return Ok(work);
        }
        let wanted = is.map(|is| self.wanted(is)).transpose()?.flatten();
        let given = self.version.as_deref().filter(|given| *given != "latest");
        match (there, &wanted) {
            (None, wanted) => {
                if let (Some(is), Some(wanted)) = (is, wanted)
                    && !is.versions.contains(wanted)
                {
                    return Err(self.unknown_version(wanted, is));
                }
                let mut create = format!("CREATE EXTENSION {name}");
                if let Some(schema) = &self.schema {
                    create.push_str(&format!(" WITH SCHEMA {}", ident(schema)));
                }
                if let Some(version) = given {
                    create.push_str(&format!(" VERSION {}", literal(version)));
                }
                if self.cascade {
                    create.push_str(" CASCADE");
                }
                work.add(Change::new(Sign::Add, &what), create);
            }
            (Some(there), Some(wanted)) if there != wanted => {
                let reaches = |is: &Extension| match &is.targets {
                    Some(targets) => targets.contains(wanted),
                    None => true,
                };
                if let Some(is) = is.filter(|is| !reaches(is)) {
                    return Err(self.unknown_version(wanted, is));
                }
                let to = given.map(|version| format!(" TO {}", literal(version)));
                let update = format!("ALTER EXTENSION {name} UPDATE{}", to.unwrap_or_default());
                work.differs(&what, "version", Some(there), Some(wanted), update);
            }
            (Some(_), _) => {}
        }
        let comment = match (is, there) {
            (Some(is), Some(_)) => is.comment.as_str(),
            (Some(is), None) => is.described.as_str(),
            (None, _) => "",
        };
        if let Some(wanted) = self.comment.as_deref().filter(|wanted| *wanted != comment) {
            let set = format!("COMMENT ON EXTENSION {name} IS {}", literal(wanted));
            work.differs(&what, "comment", Some(comment), Some(wanted), set);
        }
        Ok(work)
    }

    fn unknown_version(&self, wanted: &str, is: &Extension) -> String {
        let name = &self.name;
        let versions = is.versions.join(", ");
        match &is.version {
            None => format!("the server has no version {wanted} of {name}, it has {versions}"),
            Some(there) => format!(
                "{name} is there at {there}, and no path leads from it to {wanted}: the server has {versions}"
            ),
        }
    }

    fn makes(&self, is: Option<&Extension>) -> Vec<Pg> {
        let mut made = Vec::new();
        if self.cascade {
            made.push(Pg::Stirred(self.login_db.clone()));
        }
        let Some(is) = is else {
            made.push(Pg::Stirred(self.login_db.clone()));
            return made;
        };
        let mut next = is.clone();
        let new = is.version.is_none();
        if self.state == Presence::Absent {
            next.version = None;
            next.comment = String::new();
            next.targets = Some(Vec::new());
        } else if let Ok(Some(wanted)) = self.wanted(is) {
            // Where it can be updated to from there was not asked.
            next.targets = None;
            next.version = Some(wanted);
        }
        if new && self.state == Presence::Present {
            next.comment.clone_from(&is.described);
        }
        if let Some(comment) = &self.comment {
            next.comment.clone_from(comment);
        }
        made.push(Pg::Within(self.question().made(Some(&next))));
        made
    }
}

impl Module for PostgresqlExt {
    const NAME: &'static str = "postgresql_ext";
    const COLLECTION: &'static str = "community.postgresql";
    const ALIASES: &'static [(&'static str, &'static str)] =
        login_aliases!("ext" => "name", "db" => "login_db");
    type Params = Params;
    type Ready = Params;
    type State = Option<Extension>;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        params.check_login()?;
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<Option<Extension>, ProbeError> {
        look.fact(params.question()).await
    }

    fn plan(params: &Params, state: &Option<Extension>) -> Result<Plan, String> {
        let is = state.as_ref();
        let work = params.work(is)?;
        // An extension may want to be the first in its session.
        Ok(
            work.loose(&params.login(), &params.login_db, &params.what(), || {
                params.makes(is)
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
        let version = |is: &Option<Extension>| {
            let version = is.as_ref().and_then(|is| is.version.clone());
            version.unwrap_or_default()
        };
        let is = before.as_ref();
        let mut result = in_servers_words(TaskResult::of(plan, ran), ran)
            .with("db", params.login_db.as_str())
            .with("ext", params.name.as_str())
            .with("prev_version", version(before))
            .with("queries", params.work(is).unwrap_or_default().statements);
        result = match (after, plan.is_change(), params.state) {
            (Some(after), ..) => result.with("version", version(after)),
            (None, true, Presence::Absent) => result.with("version", ""),
            (None, true, Presence::Present) => {
                match is.and_then(|is| params.wanted(is).ok().flatten()) {
                    Some(wanted) => result.with("version", wanted),
                    None => result.partial(),
                }
            }
            (None, false, _) => result.with("version", version(before)),
        };
        result
    }
}
