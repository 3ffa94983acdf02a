//! PostgreSQL servers, as pending effects leave them.

use super::super::ProbeError;
use super::super::pg_database::{Database, PgDatabase};
use super::super::pg_role::{PgRole, Role};
use super::super::pg_setting::{PgSetting, Setting};
use super::super::pg_slot::{PgSlot, Slot};
use super::super::psql::Login;
use super::{Foreseen, Pending};
use crate::step::{DatabaseMade, Effect, Holds, Pg, Place, RoleMade, Written};

/// What something in a server is: nothing where it is not there.
pub type Is<T> = Result<Option<T>, ProbeError>;

impl Foreseen {
    /// What becomes of what is `now` in a server, where `lay` says what an effect does to it.
    /// `own`: a new server makes it by itself.
    fn served<T: Clone + PartialEq>(
        &self,
        login: &Login,
        own: bool,
        now: Is<T>,
        mut lay: impl FnMut(&Pg, Is<T>, &Pending) -> Is<T>,
    ) -> Is<T> {
        let at = login.server();
        self.pending.iter().fold(now, |is, pending| {
            let Effect::Postgres(server, pg) = &pending.effect else {
                return is;
            };
            let next = match (server.is(&at), pg) {
                (Some(false), _) => return is,
                (_, Pg::New) if own => Err(pending.unknown("a new server makes it by itself")),
                (_, Pg::New) => Ok(None),
                (_, Pg::Unknown(why)) => Err(pending.unknown(why)),
                (_, pg) => lay(pg, is.clone(), pending),
            };
            match (server.is(&at), &next, &is) {
                (Some(_), ..) | (None, Err(_), Err(_)) => next,
                (None, Ok(next), Ok(is)) if next == is => Ok(next.clone()),
                _ => Err(pending.unknown("that may be the same server under another name")),
            }
        })
    }

    /// What the role will be.
    pub fn role(&self, asked: &PgRole, now: Is<Role>) -> Is<Role> {
        let own = asked.name.starts_with("pg_") || asked.name == "postgres";
        self.served(&asked.login, own, now, |pg, is, pending| match pg {
            Pg::Role(name, made) if *name == asked.name => {
                let role = is?.unwrap_or_else(|| new_role(asked));
                laid_role(role, made, asked)
                    .map(Some)
                    .map_err(|why| pending.unknown(why))
            }
            Pg::RoleGone(name) if *name == asked.name => Ok(None),
            Pg::RoleGone(name) => is.map(|role| {
                role.map(|mut role| {
                    role.groups.retain(|group| group != name);
                    role
                })
            }),
            _ => is,
        })
    }

    /// What the database will be.
    pub fn database(&self, asked: &PgDatabase, now: Is<Database>) -> Is<Database> {
        let own = ["postgres", "template0", "template1"].contains(&asked.name.as_str());
        self.served(&asked.login, own, now, |pg, is, pending| match pg {
            Pg::Database(name, made) if *name == asked.name => match is? {
                Some(there) => Ok(Some(laid_database(there, made))),
                None => new_database(asked, made)
                    .map(Some)
                    .ok_or_else(|| pending.unknown("its encoding will be its template's")),
            },
            Pg::DatabaseGone(name) if *name == asked.name => Ok(None),
            _ => is,
        })
    }

    /// What the slot will be.
    pub fn slot(&self, asked: &PgSlot, now: Is<Slot>) -> Is<Slot> {
        self.served(&asked.login, false, now, |pg, is, _| match pg {
            Pg::Slot(name, kind) if *name == asked.name => Ok(is?.or_else(|| {
                Some(Slot {
                    kind: (*kind).to_owned(),
                    active: false,
                })
            })),
            Pg::SlotGone(name) if *name == asked.name => Ok(None),
            _ => is,
        })
    }

    /// What the parameter will be.
    pub fn setting(&self, asked: &PgSetting, now: Is<Setting>) -> Is<Setting> {
        let mut lost = None;
        let is = self.served(&asked.login, true, now, |pg, is, pending| match pg {
            Pg::Setting(name, written) if name.eq_ignore_ascii_case(&asked.name) => {
                let Some(mut is) = is? else { return Ok(None) };
                let in_files = matches!(is.source.as_str(), "default" | "configuration file");
                if is.context != "postmaster" && in_files {
                    lost = (written.is_none() && is.auto.is_some()).then(|| {
                        pending.unknown("what it is without ALTER SYSTEM is not asked yet")
                    });
                    if let Some(written) = written {
                        in_effect(&mut is, written);
                    }
                }
                is.auto = written.as_ref().map(|written| written.text.clone());
                Ok(Some(is))
            }
            _ => is,
        });
        match (lost, &is) {
            (Some(unknown), _) => Err(unknown),
            (None, Ok(Some(now))) => match self.pending_file_of(now) {
                Some(pending) => {
                    Err(pending.unknown("a file of the server's configuration changes"))
                }
                None => is,
            },
            (None, _) => is,
        }
    }

    /// What may change a parameter that `ALTER SYSTEM` does not decide: a file that the server reads.
    fn pending_file_of(&self, is: &Setting) -> Option<&Pending> {
        let in_a_file = is.source == "configuration file";
        if is.auto.is_some() {
            return None;
        }
        let mut files = self.paths().filter(|(_, path, _)| is_read(path));
        let changes = |place: &Place| match place {
            Place::File(Holds::Bytes(bytes), _) => {
                in_a_file || String::from_utf8_lossy(bytes).contains(&is.name)
            }
            Place::File(..) | Place::Link(_) | Place::Twin(_) | Place::Unknown(_) => true,
            Place::Nothing => in_a_file,
            _ => false,
        };
        let found = files.find(|(_, _, place)| changes(place));
        found.map(|(pending, _, _)| pending)
    }

    /// Of a server that does not answer now: unknown where what is pending may bring it.
    pub fn brought<T>(&self, login: &Login, now: T) -> Result<T, ProbeError> {
        let at = login.server();
        let brings = |pending: &&Pending| match &pending.effect {
            Effect::Path(..) => false,
            Effect::Postgres(server, pg) => *pg == Pg::New && server.is(&at) != Some(false),
            _ => true,
        };
        match self.pending.iter().rev().find(brings) {
            Some(pending) => Err(pending.unknown("the server does not answer now")),
            None => Ok(now),
        }
    }
}

/// Whether a path is that of a file from which servers take their parameters, by what distributions
/// call it.
fn is_read(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or_default();
    let others = ["pg_hba.conf", "pg_ident.conf", "pg_ctl.conf", "start.conf"];
    let of_a_server = folder
        .split('/')
        .any(|part| part == "postgresql" || part == "pgsql");
    of_a_server
        && name.rsplit_once('.').is_some_and(|(_, end)| end == "conf")
        && !others.contains(&name)
}

fn new_role(asked: &PgRole) -> Role {
    Role {
        superuser: false,
        createrole: false,
        createdb: false,
        inherit: true,
        login: false,
        replication: false,
        bypassrls: false,
        conn_limit: -1,
        expires: None,
        expires_same: asked.expires.is_none(),
        comment: None,
        groups: Vec::new(),
        password: None,
    }
}

fn laid_role(mut role: Role, made: &RoleMade, asked: &PgRole) -> Result<Role, &'static str> {
    for (flag, on) in &made.flags {
        match *flag {
            "SUPERUSER" => role.superuser = *on,
            "CREATEROLE" => role.createrole = *on,
            "CREATEDB" => role.createdb = *on,
            "INHERIT" => role.inherit = *on,
            "REPLICATION" => role.replication = *on,
            "BYPASSRLS" => role.bypassrls = *on,
            _ => role.login = *on,
        }
    }
    if let Some(limit) = made.conn_limit {
        role.conn_limit = limit;
    }
    if let Some(expires) = &made.expires {
        if asked.expires.as_ref().is_some_and(|asked| asked != expires) {
            return Err("whether its password expires at the same time is not asked yet");
        }
        role.expires = Some(expires.clone());
        role.expires_same = asked.expires.is_some();
    }
    if let Some(comment) = &made.comment {
        role.comment = Some(comment.clone()).filter(|comment| !comment.is_empty());
    }
    if let (Some(password), true) = (&made.password, asked.password) {
        role.password = Some(password.clone()).filter(|stored| !stored.reveal().is_empty());
    }
    role.groups.retain(|group| !made.leaves.contains(group));
    role.groups.extend(made.joins.iter().cloned());
    role.groups.sort();
    role.groups.dedup();
    Ok(role)
}

/// `None` where its encoding matters and is not known.
fn new_database(asked: &PgDatabase, made: &DatabaseMade) -> Option<Database> {
    let bare = |name: &str| -> String {
        let letters = name.chars().filter(char::is_ascii_alphanumeric);
        letters.map(|c| c.to_ascii_lowercase()).collect()
    };
    let encoding_same = match (&asked.encoding, &made.encoding) {
        (None, _) => false,
        (Some(asked), Some(made)) if bare(asked) == bare(made) => true,
        _ => return None,
    };
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let new = Database {
        owner: text(&made.owner),
        encoding: text(&made.encoding),
        encoding_same,
        lc_collate: text(&made.lc_collate),
        lc_ctype: text(&made.lc_ctype),
        conn_limit: -1,
        tablespace: "pg_default".to_owned(),
        comment: None,
    };
    Some(laid_database(new, made))
}

fn laid_database(mut database: Database, made: &DatabaseMade) -> Database {
    if let Some(owner) = &made.owner {
        database.owner.clone_from(owner);
    }
    if let Some(limit) = made.conn_limit {
        database.conn_limit = limit;
    }
    if let Some(tablespace) = &made.tablespace {
        database.tablespace.clone_from(tablespace);
    }
    if let Some(comment) = &made.comment {
        database.comment = Some(comment.clone()).filter(|comment| !comment.is_empty());
    }
    database
}

fn in_effect(is: &mut Setting, written: &Written) {
    is.setting.clone_from(&written.setting);
    is.pretty.clone_from(&written.pretty);
    "configuration file".clone_into(&mut is.source);
}

mod within;

#[cfg(test)]
mod tests;
