//! Harm that is done to a cluster behind trueup's back: harms.txt names it, a seed chooses.

use crate::lab::Lab;
use sha2::{Digest, Sha256};

/// What may be done.
const ALL: &str = include_str!("harms.txt");

/// The hosts that harms.txt does not name: who is primary when all is as declared.
const PRIMARY: &str = "pg-a";

/// Words that its scripts use.
const WORDS: &str =
    "set -e; cd /; PSQL() { runuser -u postgres -- psql -XAtqw -d postgres -c \"$1\"; }; ";

/// One harm, on one host.
pub struct Harm {
    pub host: &'static str,
    pub what: &'static str,
    script: &'static str,
}

/// So many harms that fit the topology, in an order and on hosts that follow from the seed.
pub fn chosen(topology: &str, seed: u64, count: usize) -> Vec<Harm> {
    let lines = ALL
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut drawn: Vec<_> = lines
        .filter_map(|line| {
            let [topologies, hosts, what, script] = line.splitn(4, " | ").collect::<Vec<_>>()[..]
            else {
                panic!("harms.txt: `{line}` is no harm");
            };
            let fits = topologies == "*" || topologies.split(' ').any(|name| name == topology);
            let lot = Sha256::digest(format!("{seed} {line}"));
            let hosts: Vec<_> = hosts.split(' ').collect();
            let host = match hosts[usize::from(lot[0]) % hosts.len()] {
                "PRIMARY" => PRIMARY,
                host => host,
            };
            fits.then_some((lot, Harm { host, what, script }))
        })
        .collect();
    assert!(
        drawn.len() >= count,
        "harms.txt has {} for {topology}",
        drawn.len()
    );
    drawn.sort_by_key(|(lot, _)| *lot);
    drawn.truncate(count);
    drawn.into_iter().map(|(_, harm)| harm).collect()
}

impl Harm {
    /// Does it.
    #[track_caller]
    pub fn happen(&self, lab: &Lab) {
        let script = format!("{WORDS}{}", self.script).replace('\'', "'\\''");
        lab.ask(self.host, &format!("$(command -v sudo) sh -c '{script}'"));
    }
}
