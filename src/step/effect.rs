//! What a step makes true, as data: so that a dry run can lay it over what a host says.

mod account;
mod etcd;
mod package;
mod postgres;
mod unit;

pub use account::{Account, Group};
pub use etcd::EtcdMember;
pub use package::Package;
pub use postgres::{DatabaseMade, Pg, PgServer, RoleMade, Within, Written};
pub use unit::{Unit, UnitScope};

use super::request::behind;
use std::sync::Arc;

/// What a step makes true, as far as that can be said before it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Of an absolute path.
    Path(String, Place),
    /// Of the user of this name; `None`: there is none.
    User(String, Option<Account>),
    /// Of the group of this name; `None`: there is none.
    Group(String, Option<Group>),
    /// Of the unit of this name of this systemd's.
    Unit(String, UnitScope, Unit),
    /// This systemd reads its unit files anew.
    UnitsRead(UnitScope),
    /// Of the package of this name.
    Package(String, Package),
    /// The kernel has this setting at this value.
    Kernel(String, String),
    /// This is the host's name.
    HostName(String),
    /// The crontab of this user, of the one whom the step runs as where that is empty, is this text.
    Crontab(String, String),
    /// This is mounted at this path; `None`: what was mounted there last is not any more.
    Mount(String, Option<Mounted>),
    /// A tool of the host says this when it is asked about that; `None`: nothing any more.
    Says(String, Option<String>),
    /// apt or dnf hears anew which packages there are.
    ListsRead,
    /// Of a PostgreSQL server.
    Postgres(PgServer, Pg),
    /// Of what is answered at this address.
    Http(String, Served),
    /// Of the etcd cluster that these are members of, by their ids.
    Etcd(Vec<String>, EtcdMember),
    /// Of a node of the pgpool at this control port: whether it is attached.
    PoolNode(String, u16, u32, bool),
    /// What the step does can't be said.
    Unsaid,
}

impl Effect {
    /// Whether something is gone, stopped or barred then that was there, ran or was allowed before.
    pub fn takes_away(&self) -> bool {
        match self {
            Self::Path(_, place) => *place == Place::Nothing,
            Self::User(_, user) => match user {
                None => true,
                Some(account) => !account.new && account.locked == Some(true),
            },
            Self::Group(_, group) => group.is_none(),
            Self::Unit(.., unit) => {
                unit.active == Some(false)
                    || unit.enabled == Some(false)
                    || unit.masked == Some(true)
            }
            Self::Package(_, package) => matches!(package, Package::Gone { .. }),
            Self::Postgres(_, pg) => match pg {
                Pg::RoleGone(_) | Pg::DatabaseGone(_) | Pg::SlotGone(_) => true,
                Pg::Within(within) => within.is.is_none(),
                _ => false,
            },
            Self::PoolNode(.., attached) => !attached,
            Self::Mount(_, mounted) => mounted.is_none(),
            Self::Says(_, text) => text.is_none(),
            Self::Etcd(_, member) => matches!(member, EtcdMember::Removed(_)),
            Self::UnitsRead(_)
            | Self::Kernel(..)
            | Self::HostName(_)
            | Self::Crontab(..)
            | Self::ListsRead
            | Self::Http(..)
            | Self::Unsaid => false,
        }
    }

    /// The same as other hosts see it, where it is not of the host alone.
    pub fn afar(&self) -> Option<Self> {
        match self {
            Self::Postgres(PgServer { host: Some(_), .. }, _) | Self::Etcd(..) => {
                Some(self.clone())
            }
            Self::PoolNode(host, ..) if !is_own(host) => Some(self.clone()),
            Self::Http(at, served) => {
                let rest = at.split_once("://").map_or(&**at, |(_, rest)| rest);
                let (name, behind) = (rest.strip_suffix(behind(at)), behind(at));
                // What each host calls its own may be one of several that tell of the same.
                let at = if name.is_some_and(is_own) {
                    format!("other://{behind}")
                } else {
                    at.clone()
                };
                Some(Self::Http(at, served.clone()))
            }
            _ => None,
        }
    }
}

/// Whether a host calls itself so.
fn is_own(name: &str) -> bool {
    ["", "localhost", "127.0.0.1", "::1", "[::1]"].contains(&name) || name.starts_with(['/', '@'])
}

/// What is mounted somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mounted {
    /// A device, a share, a folder, the name of a file system of the kernel's own.
    pub source: String,
    /// The file system's kind.
    pub fstype: String,
    /// With which options.
    pub options: Vec<String>,
}

/// What a step makes of what is answered over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Served {
    /// This is merged into the JSON document there; `null` takes a name away.
    Merged(serde_json::Map<String, serde_json::Value>),
    /// The member of this name leads the Patroni cluster that is told there.
    Leads(String),
    /// What can't be said beforehand; in one sentence why.
    Unknown(String),
}

/// What a step makes of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A regular file stands there, whatever stood there before.
    File(Holds, Access),
    /// A new folder stands there, which holds nothing.
    Folder(Access),
    /// A folder stands there, and those above it are made where they are missing; what it holds stays.
    Folders(Access),
    /// A symbolic link stands there and leads to this, as written in it.
    Link(String),
    /// A second name of the file at this path stands there.
    Twin(String),
    /// What stands there belongs to these and allows this; what it is stays.
    Access(Access),
    /// Something stands there.
    Something,
    /// Something of which not more is known stands there, unless another thing did: a package leaves that.
    Brought,
    /// Nothing stands there, and nothing under it.
    Nothing,
    /// What stands there, and under it, can't be said; in one sentence why.
    Unknown(String),
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holds {
    /// These bytes.
    Bytes(Arc<[u8]>),
    /// So many bytes, known by their SHA-256 in hex.
    Sum(String, u64),
    /// What can't be said beforehand; in one sentence why.
    Unknown(String),
}

/// Whose a path is and what it allows. `None` leaves what is there; what is made anew belongs to
/// whom the step runs as.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// The owner's name or number.
    pub owner: Option<String>,
    /// The group's name or number.
    pub group: Option<String>,
    /// The permission bits.
    pub mode: Option<u32>,
}

impl Access {
    /// From the words that chown and chmod take: `OWNER:GROUP`, octal digits; empty leaves it.
    pub fn of_words(whom: &str, mode: &str) -> Self {
        let word = |word: &str| (!word.is_empty()).then(|| word.to_owned());
        let (owner, group) = whom.split_once(':').unwrap_or((whom, ""));
        Self {
            owner: word(owner),
            group: word(group),
            mode: u32::from_str_radix(mode, 8).ok(),
        }
    }

    /// These where they say something, else those.
    #[must_use]
    pub fn over(&self, old: &Self) -> Self {
        Self {
            owner: self.owner.clone().or_else(|| old.owner.clone()),
            group: self.group.clone().or_else(|| old.group.clone()),
            mode: self.mode.or(old.mode),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_or_stopped_then_is_taken_away() {
        let unit = |unit| Effect::Unit("x.service".into(), UnitScope::System, unit);
        let server = || PgServer::new(None, 5432);
        let gone = [
            Effect::Path("/srv".into(), Place::Nothing),
            Effect::User("lab".into(), None),
            Effect::User(
                "lab".into(),
                Some(Account {
                    locked: Some(true),
                    ..Account::default()
                }),
            ),
            Effect::Group("lab".into(), None),
            unit(Unit {
                active: Some(false),
                ..Unit::default()
            }),
            unit(Unit {
                enabled: Some(false),
                active: Some(true),
                ..Unit::default()
            }),
            unit(Unit {
                masked: Some(true),
                ..Unit::default()
            }),
            Effect::Package("etcd".into(), Package::Gone { purged: false }),
            Effect::Postgres(server(), Pg::DatabaseGone("app".into())),
            Effect::Postgres(server(), Pg::RoleGone("app".into())),
            Effect::Postgres(server(), Pg::SlotGone("app".into())),
            Effect::PoolNode("pg-a".into(), 9898, 0, false),
            Effect::Mount("/srv".into(), None),
            Effect::Etcd(vec!["1".into()], EtcdMember::Removed("2".into())),
        ];
        assert!(gone.iter().all(Effect::takes_away));
        let kept = [
            Effect::Path("/srv".into(), Place::Folders(Access::default())),
            Effect::User(
                "lab".into(),
                Some(Account {
                    new: true,
                    locked: Some(true),
                    ..Account::default()
                }),
            ),
            unit(Unit {
                active: Some(true),
                enabled: Some(true),
                masked: Some(false),
            }),
            Effect::PoolNode("pg-a".into(), 9898, 0, true),
            Effect::Unsaid,
        ];
        assert!(!kept.iter().any(Effect::takes_away));
    }

    #[test]
    fn what_other_hosts_see_is_told_to_them() {
        let afar = |at: &str| {
            let why = Served::Unknown(String::new());
            match Effect::Http(at.into(), why).afar() {
                Some(Effect::Http(at, _)) => at,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(afar("https://pg-a:8008/config"), "https://pg-a:8008/config");
        assert_eq!(
            afar("https://127.0.0.1:8008/config"),
            "other://:8008/config"
        );
        assert_eq!(afar("http://[::1]/config"), "other:///config");
        let server = |host| Effect::Postgres(PgServer::new(host, 5432), Pg::New).afar();
        assert_eq!(server(Some("/run/postgresql")), None);
        assert!(server(Some("pg-a")).is_some());
        assert_eq!(
            Effect::PoolNode("localhost".into(), 9898, 0, true).afar(),
            None
        );
    }
}
