//! The first draft of an inventory: which machine plays which part, written down for people to go on
//! with. Pure: choices in, texts out.

use std::fmt::{self, Write as _};
use std::net::Ipv4Addr;
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
            Self::Pgpool => count.saturating_sub(2).max(3),
            Self::PatroniEtcd => count.saturating_sub(2).max(3),
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

/// The choices.
#[derive(Clone, Debug)]
pub struct Draft {
    /// What the hosts are to become.
    pub topology: Topology,
    /// What they are.
    pub machines: Machines,
    /// Their names and addresses, in the order of their parts: the databases first.
    pub hosts: Vec<(String, Ipv4Addr)>,
    /// `lab_image`
    pub image: String,
    /// Who logs in to machines of one's own.
    pub user: String,
}

/// A group: each host by its place in the draft, with what is said of it there.
type Group = (&'static str, &'static str, Vec<(usize, Vec<String>)>);

impl Draft {
    /// `hosts.yml`
    pub fn hosts_file(&self) -> String {
        let mut text = format!("# {}\n", self.words());
        if self.topology == Topology::Plain {
            text.push_str("all:\n  hosts:\n");
            for (name, address) in &self.hosts {
                let _ = writeln!(text, "    {name}:\n      ansible_host: {address}");
            }
            return text;
        }
        text.push_str("all:\n  children:\n    cluster:\n      children:\n");
        let mut told = vec![false; self.hosts.len()];
        for (group, comment, members) in self.groups() {
            if !comment.is_empty() {
                let _ = writeln!(text, "        # {comment}");
            }
            let _ = writeln!(text, "        {group}:\n          hosts:");
            for (place, said) in members {
                let (name, address) = &self.hosts[place];
                let _ = writeln!(text, "            {name}:");
                if !std::mem::replace(&mut told[place], true) {
                    let _ = writeln!(text, "              ansible_host: {address}");
                }
                for line in said {
                    let _ = writeln!(text, "              {line}");
                }
            }
        }
        text
    }

    fn words(&self) -> String {
        let count = self.hosts.len();
        let what = match self.topology {
            Topology::Pgpool => {
                "PostgreSQL behind pgpool: a primary, a synchronous standby, a delayed one"
            }
            Topology::PatroniEtcd => "PostgreSQL under Patroni with etcd, behind HAProxy",
            Topology::PatroniZookeeper => "PostgreSQL under Patroni with ZooKeeper, behind HAProxy",
            Topology::Plain => "hosts for playbooks of one's own",
        };
        let machines = match self.machines {
            Machines::Containers => "containers of this machine",
            Machines::Vagrant => "virtual machines by Vagrant",
            Machines::Own => "machines of one's own",
        };
        format!("{what}; {count} {machines}.")
    }

    fn groups(&self) -> Vec<Group> {
        let count = self.hosts.len();
        let databases = self.topology.databases(count);
        let roles = (0..databases).map(|place| {
            let role = match (self.topology, place) {
                (_, 0) => "primary",
                (Topology::Pgpool, 1) => "synchronous",
                (Topology::Pgpool, _) => "asynchronous",
                _ => "replica",
            };
            (place, vec![format!("pg_role: {role}")])
        });
        let order = match self.topology {
            Topology::Pgpool => {
                "The order here is pgpool's numbering of its backends: add new ones at the end."
            }
            _ => "The first is the primary when the cluster is made; later Patroni chooses.",
        };
        let bare = |places: Vec<usize>| places.into_iter().map(|place| (place, vec![])).collect();
        // Where there are fewer hosts than parts, one plays several.
        let around = if databases < count { databases } else { 0 };
        let client = if around == 0 { 0 } else { count - 1 };
        let shared = match (around, client) {
            (0, _) => "The same machine again: one host may play several parts.",
            _ => "",
        };
        let clients = if client == around && around != 0 {
            "The same machine again: one host may play several parts."
        } else {
            ""
        };
        let mut groups = vec![("databases", order, roles.collect())];
        match self.topology {
            Topology::Pgpool => groups.push(("pool", shared, bare(vec![around]))),
            Topology::PatroniEtcd => {
                let three = "An odd number: what more than half of them agree on holds.";
                groups.push(("etcd", three, bare(vec![0, 1, 2])));
                groups.push(("proxy", shared, bare(vec![around])));
            }
            Topology::PatroniZookeeper => {
                let members = [0, 1, around].into_iter().zip(1..);
                let members = members
                    .map(|(place, id)| (place, vec![format!("zookeeper_id: {id}")]))
                    .collect();
                let words = "A member's number stays its own for as long as it is a member.";
                groups.push(("zookeeper", words, members));
                groups.push(("proxy", shared, bare(vec![around])));
            }
            Topology::Plain => {}
        }
        groups.push(("clients", clients, bare(vec![client])));
        groups
    }

    /// `group_vars/all.yml`
    pub fn all_file(&self) -> String {
        let mut text = String::new();
        if self.topology != Topology::Plain {
            text.push_str(
                "# What this cluster is like; defaults/main.yml of the roles lists all that can be said.\n",
            );
            text.push_str(&self.cluster());
            text.push('\n');
        }
        text.push_str(&self.login());
        text
    }

    fn cluster(&self) -> String {
        let lab = self.machines != Machines::Own;
        let mut text = String::new();
        text.push_str(if lab {
            "# How fast a fault is noticed: default or fast.\ntimings: fast\n"
        } else {
            "# How fast a fault is noticed: default or fast. A memory card stands still for seconds at times,\n\
             # and its host must not be given up for that.\ntimings: default\n"
        });
        if self.topology == Topology::Pgpool {
            text.push_str(
                "# How far the asynchronous standby stays behind, to look at the mistake of a moment ago.\n\
                 replica_delay: 3s\n\
                 # After a failover: degrade goes on without a synchronous standby, strict waits for one.\n\
                 failover_policy: degrade\n",
            );
        } else {
            text.push_str(
                "# required: a node that hangs is switched off by its /dev/watchdog, and none leads without;\n\
                 # automatic: where there is one. Containers have none.\nwatchdog: automatic\n",
            );
        }
        if lab && let Some((_, first)) = self.hosts.first() {
            let [a, b, c, _] = first.octets();
            let _ = writeln!(
                text,
                "# The machine that the lab runs on, whose programs may use the database: `trueup drill` connects\n\
                 # from there.\napp_networks: [{a}.{b}.{c}.1/32]"
            );
        } else {
            text.push_str(
                "# Further networks whose programs may use the database, besides the hosts in `clients`:\n\
                 # app_networks: [192.0.2.0/24]\n",
            );
        }
        text
    }

    fn login(&self) -> String {
        let Self { image, user, .. } = self;
        let provider = match self.machines {
            Machines::Own => {
                return format!(
                    "# Who logs in, by a key of ~/.ssh or of the agent; the host keys must be known: `trueup ping`\n\
                     # says what to do where one is not.\n\
                     ansible_user: {user}\n\
                     # A user who is not root becomes it by sudo. Where that asks for a password: `trueup apply -K`.\n\
                     # ansible_become_password: \"{{{{ lookup('ansible.builtin.env', 'SUDO_PASSWORD') }}}}\"\n\
                     \n\
                     # Nothing lives on these hosts that may not break: `trueup drill` may delete data here.\n\
                     # drill_allowed: true\n"
                );
            }
            Machines::Containers => "lab_provider: containers\n".to_owned(),
            Machines::Vagrant => {
                "lab_provider: vagrant\n# What each machine gets:\nlab_memory: 1024\nlab_cpus: 1\n"
                    .to_owned()
            }
        };
        format!(
            "# The hosts: what `trueup lab up` makes, and how they are logged in to.\n\
             lab_image: {image}\n{provider}ansible_user: lab\n\
             ansible_ssh_private_key_file: \"{{{{ trueup_lab }}}}/key\"\n\
             ansible_ssh_known_hosts_file: \"{{{{ trueup_lab }}}}/known_hosts\"\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(topology: Topology, machines: Machines, count: usize) -> Draft {
        let addresses = (11..).map(|last| Ipv4Addr::new(192, 168, 57, last));
        Draft {
            topology,
            machines,
            hosts: topology.names(count).into_iter().zip(addresses).collect(),
            image: "debian-13".into(),
            user: "ann".into(),
        }
    }

    #[test]
    fn three_boards_play_all_parts_of_pgpool() {
        let draft = draft(Topology::Pgpool, Machines::Own, 3);
        insta::assert_snapshot!(draft.hosts_file(), @"");
        insta::assert_snapshot!(draft.all_file(), @"");
    }

    #[test]
    fn a_proxy_carries_the_third_zookeeper() {
        let draft = draft(Topology::PatroniZookeeper, Machines::Vagrant, 4);
        insta::assert_snapshot!(draft.hosts_file(), @"");
        insta::assert_snapshot!(draft.all_file(), @"");
    }

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
