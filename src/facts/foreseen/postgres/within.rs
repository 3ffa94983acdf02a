//! What there is within databases, and who may do what there, as pending effects leave it.

use super::{Foreseen, Is, Pending};
use crate::facts::ProbeError;
use crate::facts::pg_privileges::{Granted, Held, Holder, PgPrivileges};
use crate::facts::pg_within::PgWithin;
use crate::step::{Pg, Within};
use serde::de::DeserializeOwned;

/// Extensions of PostgreSQL itself, which make no schema and no table of a name that others ask for.
const PLAIN: &[&str] = &[
    "amcheck",
    "bloom",
    "btree_gin",
    "btree_gist",
    "citext",
    "cube",
    "dblink",
    "earthdistance",
    "file_fdw",
    "fuzzystrmatch",
    "hstore",
    "intarray",
    "isn",
    "lo",
    "ltree",
    "pageinspect",
    "pg_buffercache",
    "pg_freespacemap",
    "pg_prewarm",
    "pg_stat_statements",
    "pg_trgm",
    "pg_visibility",
    "pg_walinspect",
    "pgcrypto",
    "pgrowlocks",
    "pgstattuple",
    "plpgsql",
    "postgres_fdw",
    "seg",
    "sslinfo",
    "tablefunc",
    "tsm_system_rows",
    "tsm_system_time",
    "unaccent",
    "uuid-ossp",
    "xml2",
];

const SQL: &str = "what SQL does in that database is not known beforehand";
const GONE: &str = "its database is gone then";
const BROUGHT: &str = "what the extension brings is not known beforehand";

impl Foreseen {
    /// What something within a database will be.
    pub fn within<T: Clone + PartialEq + DeserializeOwned>(
        &self,
        asked: &PgWithin<T>,
        now: Is<T>,
    ) -> Is<T> {
        self.served(&asked.login, asked.own, now, |pg, is, pending| {
            match (pg, &is) {
                (Pg::Stirred(database), _) if *database == asked.database => {
                    Err(pending.unknown(SQL))
                }
                (Pg::Database(database, _), Err(ProbeError::Failed(_)))
                    if *database == asked.database =>
                {
                    if asked.own {
                        Err(pending.unknown("a new database has it by itself"))
                    } else {
                        Ok(None)
                    }
                }
                (Pg::DatabaseGone(database), _) if *database == asked.database => {
                    Err(pending.unknown(GONE))
                }
                (Pg::Within(within), _) if within.database == asked.database => {
                    if within.kind != asked.kind {
                        beside(within, asked.kind, is, pending)
                    } else if within.name == asked.name {
                        match &within.is {
                            None => Ok(None),
                            Some(value) => serde_json::from_value(value.clone())
                                .map(Some)
                                .map_err(|_| pending.unknown(SQL)),
                        }
                    } else {
                        is
                    }
                }
                _ => is,
            }
        })
    }

    /// Who will hold which privileges.
    pub fn privileges(&self, asked: &PgPrivileges, now: Is<Held>) -> Is<Held> {
        self.served(&asked.login, true, now, |pg, is, pending| match (pg, is) {
            (Pg::Stirred(database), _) if *database == asked.database => Err(pending.unknown(SQL)),
            (Pg::Database(database, _), Err(ProbeError::Failed(_)))
                if *database == asked.database =>
            {
                Err(pending.unknown("a new database's privileges are not asked yet"))
            }
            (Pg::DatabaseGone(database), _) if *database == asked.database => {
                Err(pending.unknown(GONE))
            }
            (Pg::Database(name, made), Ok(Some(held))) if asked.about("database", name) => {
                let owner = made.owner.as_deref();
                let public = ["CONNECT", "TEMPORARY"].map(Granted::to_public);
                made_known(held, name, owner, &public, pending).map(Some)
            }
            (Pg::Role(name, made), Ok(Some(mut held))) => {
                if asked.kind.word() == "group"
                    && !(made.joins.is_empty() && made.leaves.is_empty())
                {
                    return Err(pending.unknown("who is a member then is not asked yet"));
                }
                if asked.roles.contains(name) && !held.roles.contains(name) {
                    held.roles.push(name.clone());
                }
                Ok(Some(held))
            }
            (Pg::RoleGone(name), Ok(Some(_))) if asked.roles.contains(name) => {
                Err(pending.unknown("the role is gone then"))
            }
            (Pg::Within(within), Ok(Some(held))) if within.kind == asked.key() => {
                if within.database == asked.at() {
                    laid(held, within, pending).map(Some)
                } else {
                    Ok(Some(held))
                }
            }
            (Pg::Within(within), Ok(Some(held)))
                if within.database == asked.database && asked.about("schema", &within.name) =>
            {
                if within.kind != "schema" {
                    return Ok(Some(held));
                }
                let owner = within.is.as_ref().and_then(|is| is["owner"].as_str());
                match owner {
                    Some(owner) => {
                        made_known(held, &within.name, Some(owner), &[], pending).map(Some)
                    }
                    None => Err(pending.unknown("the schema is gone then")),
                }
            }
            (Pg::Within(within), is) if within.database == asked.database => {
                beside(within, asked.kind.word(), is, pending)
            }
            (_, is) => is,
        })
    }
}

/// What becomes of a thing of this kind by what is pending of another kind.
fn beside<T>(within: &Within, kind: &str, is: Is<T>, pending: &Pending) -> Is<T> {
    let of_server = ["database", "tablespace", "group", "parameter", "extension"];
    match within.kind.as_str() {
        "extension" if PLAIN.contains(&within.name.as_str()) || of_server.contains(&kind) => is,
        "extension" => Err(pending.unknown(BROUGHT)),
        "schema" if within.is.is_none() && kind != "schema" && !of_server.contains(&kind) => {
            Err(pending.unknown("a schema is gone then"))
        }
        "table" if kind != "schema" && !of_server.contains(&kind) => {
            Err(pending.unknown("its table is another then"))
        }
        _ => is,
    }
}

/// A thing is there then, and is this role's.
fn made_known(
    mut held: Held,
    name: &str,
    owner: Option<&str>,
    others: &[Granted],
    pending: &Pending,
) -> Result<Held, ProbeError> {
    match (
        held.objects.iter().find(|object| object.name == name),
        owner,
    ) {
        (Some(object), Some(owner)) if object.owner != owner => {
            Err(pending.unknown("it has another owner then"))
        }
        (Some(_), _) => Ok(held),
        (None, None) => Err(pending.unknown("whose it will be is not known")),
        (None, Some(owner)) => {
            let own = held.all.iter().map(|privilege| Granted {
                to: owner.to_owned(),
                privilege: privilege.clone(),
                grantable: false,
            });
            let held_by = own.chain(others.iter().cloned()).collect();
            held.objects.push(Holder {
                name: name.to_owned(),
                owner: owner.to_owned(),
                held: held_by,
            });
            Ok(held)
        }
    }
}

fn laid(mut held: Held, within: &Within, pending: &Pending) -> Result<Held, ProbeError> {
    let is = within.is.clone().unwrap_or_default();
    let holder: Holder = serde_json::from_value(is).map_err(|_| pending.unknown(SQL))?;
    let mut objects = held.objects.iter_mut();
    if let Some(object) = objects.find(|object| object.name == holder.name) {
        *object = holder;
    }
    Ok(held)
}
