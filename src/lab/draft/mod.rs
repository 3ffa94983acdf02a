//! The first draft of an inventory: which machine plays which part, written down for people to go on
//! with. Pure: choices in, texts out.

mod files;

pub use files::Draft;

use super::Maker;
use std::fmt;
use std::str::FromStr;

/// What the hosts are to become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topology {
    /// PostgreSQL behind pgpool.
    Pgpool,
    /// PostgreSQL under Patroni with etcd, behind HAProxy.
    PatroniEtcd,
    /// PostgreSQL under Patroni with ZooKeeper, behind HAProxy.
    PatroniZookeeper,
    /// Hosts for playbooks of one's own.
    Plain,
}

/// What the hosts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Machines {
    /// Containers of this machine.
    Containers,
    /// Virtual machines by Vagrant.
    Vagrant,
    /// Machines that are there already: boards, servers.
    Own,
}

impl Topology {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Pgpool,
        Self::PatroniEtcd,
        Self::PatroniZookeeper,
        Self::Plain,
    ];

    /// Its name; the playbook that builds it bears it too.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pgpool => "pgpool",
            Self::PatroniEtcd => "patroni-etcd",
            Self::PatroniZookeeper => "patroni-zookeeper",
            Self::Plain => "none",
        }
    }

    /// How many hosts it has usually, and must have at least.
    pub fn hosts(self) -> (usize, usize) {
        match self {
            Self::Pgpool => (5, 3),
            Self::PatroniEtcd => (5, 4),
            Self::PatroniZookeeper => (4, 3),
            Self::Plain => (3, 1),
        }
    }

    /// How many of `count` hosts carry a database.
    fn databases(self, count: usize) -> usize {
        match self {
            Self::Pgpool | Self::PatroniEtcd => count.saturating_sub(2).max(3),
            Self::PatroniZookeeper => count.saturating_sub(2).max(2),
            Self::Plain => 0,
        }
    }

    /// The names that its hosts have where nobody says others.
    pub fn names(self, count: usize) -> Vec<String> {
        if self == Self::Plain {
            return (1..=count).map(|number| format!("host-{number}")).collect();
        }
        let mut names: Vec<String> = (0..self.databases(count)).map(node).collect();
        let around = match self {
            Self::Pgpool => ["pgpool", "client"],
            _ => ["proxy", "client"],
        };
        names.extend(around.map(str::to_owned));
        names.truncate(count);
        names
    }
}

/// `pg-a`, `pg-b`, ... `pg-27`
fn node(index: usize) -> String {
    match u8::try_from(index) {
        Ok(letter @ 0..26) => format!("pg-{}", char::from(b'a' + letter)),
        _ => format!("pg-{}", index + 1),
    }
}

impl Machines {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Containers, Self::Vagrant, Self::Own];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Containers => "containers",
            Self::Vagrant => "vagrant",
            Self::Own => "own",
        }
    }
}

impl From<Maker> for Machines {
    fn from(maker: Maker) -> Self {
        match maker {
            Maker::Containers => Self::Containers,
            Maker::Vagrant => Self::Vagrant,
        }
    }
}

/// What there is to choose from, for an error.
fn one_of(names: &[&str], word: &str) -> String {
    format!("`{word}` is none of {}", names.join(", "))
}

impl FromStr for Topology {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|one| one.name() == word);
        found.ok_or_else(|| one_of(&Self::ALL.map(Self::name), word))
    }
}

impl FromStr for Machines {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|one| one.name() == word);
        found.ok_or_else(|| one_of(&Self::ALL.map(Self::name), word))
    }
}

impl fmt::Display for Topology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Machines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_more_hosts_there_are_are_databases() {
        let names = |topology: Topology, count| topology.names(count).join(" ");
        assert_eq!(names(Topology::Pgpool, 3), "pg-a pg-b pg-c");
        assert_eq!(names(Topology::Pgpool, 4), "pg-a pg-b pg-c pgpool");
        assert_eq!(
            names(Topology::PatroniEtcd, 6),
            "pg-a pg-b pg-c pg-d proxy client"
        );
        assert_eq!(names(Topology::PatroniZookeeper, 3), "pg-a pg-b proxy");
        assert_eq!(names(Topology::Plain, 2), "host-1 host-2");
        assert_eq!(
            (node(25), node(26), node(300)),
            ("pg-z".into(), "pg-27".into(), "pg-301".into())
        );
    }

    #[test]
    fn words_that_are_none_of_the_choices_are_told_them() {
        assert_eq!("own".parse(), Ok(Machines::Own));
        let wrong = "patroni".parse::<Topology>().unwrap_err();
        assert_eq!(
            wrong,
            "`patroni` is none of pgpool, patroni-etcd, patroni-zookeeper, none"
        );
    }
}
