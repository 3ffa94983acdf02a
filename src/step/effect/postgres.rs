//! What steps make true of a PostgreSQL server.

use super::is_own;
use crate::secret::Secret;

/// A PostgreSQL server, as a host reaches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PgServer {
    /// Its name or address; `None` where it is the host's own.
    pub host: Option<String>,
    /// Its port.
    pub port: u16,
}

impl PgServer {
    /// By the host as libpq takes it: a name, an address, or the folder of a socket.
    pub fn new(host: Option<&str>, port: u16) -> Self {
        Self {
            host: host.filter(|host| !is_own(host)).map(str::to_owned),
            port,
        }
    }

    /// Whether it is that one; `None` where it may be, under another name.
    pub fn is(&self, other: &Self) -> Option<bool> {
        if self.port == other.port {
            (self.host == other.host).then_some(true)
        } else {
            Some(false)
        }
    }
}

/// What a step makes of a PostgreSQL server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pg {
    /// It is a new one, and holds what `initdb` puts there, nothing else.
    New,
    /// What is in it can't be said; in one sentence why.
    Unknown(String),
    /// The role of this name is there.
    Role(String, RoleMade),
    /// It is not.
    RoleGone(String),
    /// The database of this name is there.
    Database(String, DatabaseMade),
    /// It is not.
    DatabaseGone(String),
    /// The slot of this name is there, and of this kind.
    Slot(String, &'static str),
    /// It is not.
    SlotGone(String),
    /// `ALTER SYSTEM` set the parameter of this name; `None`: what it set before is taken away.
    Setting(String, Option<Written>),
    /// What there is within a database.
    Within(Within),
    /// What there is within the database of this name can't be said.
    Stirred(String),
}

/// Something within a database, as the question for it is answered then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Within {
    /// The database; empty for what all databases share.
    pub database: String,
    /// What kind of thing it is.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The answer; `None`: it is not there.
    pub is: Option<serde_json::Value>,
}

/// A role. What is `None` or not named stays; a new one has PostgreSQL's defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleMade {
    /// Its attributes: `SUPERUSER`, ..., and whether it has them.
    pub flags: Vec<(&'static str, bool)>,
    /// The limit of its connections.
    pub conn_limit: Option<i64>,
    /// When its password expires.
    pub expires: Option<String>,
    /// The comment on it; empty for none.
    pub comment: Option<String>,
    /// Roles that it is made a member of.
    pub joins: Vec<String>,
    /// Roles that it is no member of any more.
    pub leaves: Vec<String>,
    /// The password as it is stored; empty for none.
    pub password: Option<Secret>,
}

/// A database. What is `None` stays; of a new one it is the template's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DatabaseMade {
    /// The owning role.
    pub owner: Option<String>,
    /// The encoding.
    pub encoding: Option<String>,
    /// The order of sorting.
    pub lc_collate: Option<String>,
    /// The classes of characters.
    pub lc_ctype: Option<String>,
    /// The limit of connections.
    pub conn_limit: Option<i64>,
    /// The tablespace.
    pub tablespace: Option<String>,
    /// The comment on it; empty for none.
    pub comment: Option<String>,
}

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// In the parameter's own unit.
    pub setting: String,
    /// As `SHOW` prints it.
    pub pretty: String,
    /// As it is written down.
    pub text: String,
}
