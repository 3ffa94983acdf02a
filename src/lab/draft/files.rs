//! The files of a draft, with a comment at each choice.

use super::{Machines, Topology};
use std::fmt::Write as _;
use std::net::Ipv4Addr;

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
                "# The machine that the lab runs on, or one beside the lab that carries trueup: `trueup drill`\n\
                 # connects from there.\napp_networks: [{a}.{b}.{c}.1/32, {a}.{b}.{c}.250/32]"
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
        insta::assert_snapshot!(draft.hosts_file(), @"
        # PostgreSQL behind pgpool: a primary, a synchronous standby, a delayed one; 3 machines of one's own.
        all:
          children:
            cluster:
              children:
                # The order here is pgpool's numbering of its backends: add new ones at the end.
                databases:
                  hosts:
                    pg-a:
                      ansible_host: 192.168.57.11
                      pg_role: primary
                    pg-b:
                      ansible_host: 192.168.57.12
                      pg_role: synchronous
                    pg-c:
                      ansible_host: 192.168.57.13
                      pg_role: asynchronous
                # The same machine again: one host may play several parts.
                pool:
                  hosts:
                    pg-a:
                clients:
                  hosts:
                    pg-a:
        ");
        insta::assert_snapshot!(draft.all_file(), @r#"
        # What this cluster is like; defaults/main.yml of the roles lists all that can be said.
        # How fast a fault is noticed: default or fast. A memory card stands still for seconds at times,
        # and its host must not be given up for that.
        timings: default
        # How far the asynchronous standby stays behind, to look at the mistake of a moment ago.
        replica_delay: 3s
        # After a failover: degrade goes on without a synchronous standby, strict waits for one.
        failover_policy: degrade
        # Further networks whose programs may use the database, besides the hosts in `clients`:
        # app_networks: [192.0.2.0/24]

        # Who logs in, by a key of ~/.ssh or of the agent; the host keys must be known: `trueup ping`
        # says what to do where one is not.
        ansible_user: ann
        # A user who is not root becomes it by sudo. Where that asks for a password: `trueup apply -K`.
        # ansible_become_password: "{{ lookup('ansible.builtin.env', 'SUDO_PASSWORD') }}"

        # Nothing lives on these hosts that may not break: `trueup drill` may delete data here.
        # drill_allowed: true
        "#);
    }

    #[test]
    fn a_proxy_carries_the_third_zookeeper() {
        let draft = draft(Topology::PatroniZookeeper, Machines::Vagrant, 4);
        insta::assert_snapshot!(draft.hosts_file(), @"
        # PostgreSQL under Patroni with ZooKeeper, behind HAProxy; 4 virtual machines by Vagrant.
        all:
          children:
            cluster:
              children:
                # The first is the primary when the cluster is made; later Patroni chooses.
                databases:
                  hosts:
                    pg-a:
                      ansible_host: 192.168.57.11
                      pg_role: primary
                    pg-b:
                      ansible_host: 192.168.57.12
                      pg_role: replica
                # A member's number stays its own for as long as it is a member.
                zookeeper:
                  hosts:
                    pg-a:
                      zookeeper_id: 1
                    pg-b:
                      zookeeper_id: 2
                    proxy:
                      ansible_host: 192.168.57.13
                      zookeeper_id: 3
                proxy:
                  hosts:
                    proxy:
                clients:
                  hosts:
                    client:
                      ansible_host: 192.168.57.14
        ");
        insta::assert_snapshot!(draft.all_file(), @r#"
        # What this cluster is like; defaults/main.yml of the roles lists all that can be said.
        # How fast a fault is noticed: default or fast.
        timings: fast
        # required: a node that hangs is switched off by its /dev/watchdog, and none leads without;
        # automatic: where there is one. Containers have none.
        watchdog: automatic
        # The machine that the lab runs on, or one beside the lab that carries trueup: `trueup drill`
        # connects from there.
        app_networks: [192.168.57.1/32, 192.168.57.250/32]

        # The hosts: what `trueup lab up` makes, and how they are logged in to.
        lab_image: debian-13
        lab_provider: vagrant
        # What each machine gets:
        lab_memory: 1024
        lab_cpus: 1
        ansible_user: lab
        ansible_ssh_private_key_file: "{{ trueup_lab }}/key"
        ansible_ssh_known_hosts_file: "{{ trueup_lab }}/known_hosts"
        "#);
    }
}
