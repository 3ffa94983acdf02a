//! Two sides no longer hear each other, and hear everybody else.
//!
//! What one side sends to the other is routed to a neighbour that does not exist: it vanishes in
//! silence, as behind a pulled plug, and nothing needs to be installed for it. Both sides do it.

use super::{Act, Done, named, watch};
use crate::drill::cast::{Actor, Cast};
use crate::drill::scenario::{Kind, Peers};
use crate::drill::site::Site;
use crate::step::quote;
use std::collections::BTreeSet;

/// The preference of our rules, and the number of their routing table.
const MARK: u32 = 4242;
/// What the switch is called.
const SWITCH: &str = "cut";

/// The primary and these peers no longer hear each other.
pub(super) struct Cut {
    hosts: Vec<String>,
    /// Whether only the ports of the store are cut, because its members share the peers' hosts.
    store_only: bool,
    primary: Actor,
    peers: Vec<Actor>,
    towards: &'static str,
}

impl Cut {
    /// The primary on one side, `peers` on the other.
    pub fn new(cast: &Cast, peers: Peers) -> Self {
        let store_only = peers == Peers::Coordinator && cast.kind != Kind::Pgpool;
        let part = if store_only {
            &cast.store
        } else {
            &cast.standbys
        };
        // A member of the store may have a network of its own.
        let own = part.iter().find(|actor| actor.name == cast.primary.name);
        Self {
            hosts: vec![cast.primary.name.clone()],
            store_only,
            primary: own.unwrap_or(&cast.primary).clone(),
            peers: cast.peers(peers),
            towards: match (peers, store_only) {
                (Peers::Replicas, _) => "the other database nodes",
                (_, false) => "pgpool's host",
                (_, true) => "the other members of the store",
            },
        }
    }

    /// Both ends of each cut line: a host, and to which addresses it may send nothing.
    fn sides(&self) -> Vec<(&str, Vec<&str>)> {
        let mut sides = vec![(
            &*self.primary.name,
            self.peers.iter().map(|peer| &*peer.address).collect(),
        )];
        for peer in &self.peers {
            sides.push((&*peer.name, vec![&*self.primary.address]));
        }
        sides
    }
}

const UNDO: &str = "while ip rule del pref 4242 2>/dev/null; do :; done
ip route flush table 4242 2>/dev/null; ip neigh flush nud permanent to 192.0.2.66 2>/dev/null; true";

/// Swallows what goes to `addresses`; with `ports`, only what goes to or comes from these.
fn script(addresses: &[&str], ports: &BTreeSet<u16>) -> String {
    let mut text = watch::armed(SWITCH, UNDO) + UNDO + "\n";
    for address in addresses {
        text.push_str(&format!(
            "read -r to _ <<END\n$(getent ahostsv4 {})\nEND\n[ -n \"$to\" ] || exit 1
dev=$(ip -o route get \"$to\" | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p')
ip neigh replace 192.0.2.66 lladdr 02:00:00:00:00:01 nud permanent dev \"$dev\" || exit 1
ip route replace default via 192.0.2.66 dev \"$dev\" onlink table {MARK} || exit 1\n",
            quote(address)
        ));
        let mut rule = |matches: &str| {
            text.push_str(&format!(
                "ip rule add pref {MARK} to \"$to\"{matches} lookup {MARK} || exit 1\n"
            ));
        };
        if ports.is_empty() {
            rule("");
        }
        for port in ports {
            // TCP by its number: a bare host has no /etc/protocols.
            rule(&format!(" ipproto 6 dport {port}"));
            rule(&format!(" ipproto 6 sport {port}"));
        }
    }
    text
}

/// The ports on which the store listens there.
async fn ports(site: &Site, host: &str) -> Result<BTreeSet<u16>, String> {
    let text = "ss -Hltnp | sed -n 's/.*[]:.0-9*]:\\([0-9]*\\) .*((\"\\(etcd\\|java\\)\".*/\\1/p'";
    let found = site.ground.sh(host, text).await?;
    let ports: BTreeSet<u16> = found
        .lines()
        .filter_map(|line| line.trim().parse().ok())
        .collect();
    if ports.is_empty() {
        return Err(format!("{host}: neither etcd nor ZooKeeper listens there"));
    }
    Ok(ports)
}

/// Each to its end, whatever the others come to: a side that is left while it is being cut would
/// stay cut after it was healed.
async fn all<T>(
    sides: impl Iterator<Item = impl Future<Output = Result<T, String>>>,
) -> Result<(), String> {
    let ended = futures::future::join_all(sides).await;
    ended.into_iter().try_for_each(|ended| ended.map(drop))
}

impl Act for Cut {
    fn hosts(&self) -> &[String] {
        &self.hosts
    }

    fn words(&self) -> String {
        format!(
            "{} and {} no longer hear each other",
            named(&self.hosts),
            self.towards
        )
    }

    fn undo_words(&self) -> Option<String> {
        Some(format!(
            "{} and {} hear each other again",
            named(&self.hosts),
            self.towards
        ))
    }

    fn check<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(async move {
            if self.peers.is_empty() {
                return Err(format!(
                    "{} is {} too: there is nothing to cut between them",
                    self.primary.name, self.towards
                ));
            }
            for (host, _) in self.sides() {
                watch::check(site, host).await?;
                let rules = "ip rule list >/dev/null && ! ip rule list | grep -q ^4242:";
                let asked = site.ground.sh(host, rules).await;
                asked.map_err(|_| {
                    format!("{host} can't be cut off from single hosts: it has no `ip rule`, or a rule 4242 of its own")
                })?;
            }
            Ok(())
        })
    }

    fn strike<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(async move {
            let mut cut = BTreeSet::new();
            if self.store_only {
                for peer in &self.peers {
                    cut.extend(ports(site, &peer.name).await?);
                }
            }
            let sides = self.sides();
            let cutting = sides
                .iter()
                .map(|(host, addresses)| site.ground.sh(host, script(addresses, &cut)));
            all(cutting).await
        })
    }

    fn undo<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(async move {
            let sides = self.sides();
            let healing = sides
                .iter()
                .map(|(host, _)| watch::heal(site, host, SWITCH, UNDO));
            all(healing).await
        })
    }
}
