//! The table of all scenarios.

use super::Deed::{
    CutFrom, CutFromAll, DeleteData, FillDisk, Flicker, Freeze, JumpClock, Kill, Lossy, PowerOff,
    Slow,
};
use super::Expected::{Either, Promotion, Refused, Same, Wait};
use super::Fit::{Expect, Not};
use super::Whom::{
    Asynchronous, Everyone, Primary, Proxy, Standbys, Store, StoreLeader, Synchronous,
};
use super::{Fault, Peers, Scenario, Service};

const NO_PATRONI: &str = "Patroni is not part of it";
const NO_STORE: &str = "pgpool decides alone, without a store";
const TWO_NODES: &str = "it has only one standby";

/// All scenarios, in the order of the list.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "primary-off",
        explained: "The primary's plug is pulled; later it is powered on again.",
        faults: &[Fault {
            deed: PowerOff,
            whom: Primary,
        }],
        fits: [Expect(Promotion), Expect(Promotion), Expect(Promotion)],
    },
    Scenario {
        name: "synchronous-off",
        explained: "The synchronous standby's plug is pulled: does a commit still wait for it?",
        faults: &[Fault {
            deed: PowerOff,
            whom: Synchronous,
        }],
        fits: [Expect(Wait), Expect(Same), Expect(Same)],
    },
    Scenario {
        name: "asynchronous-off",
        explained: "The plug of a standby that nobody waits for is pulled: clients must not notice.",
        faults: &[Fault {
            deed: PowerOff,
            whom: Asynchronous,
        }],
        fits: [Expect(Same), Expect(Same), Not(TWO_NODES)],
    },
    Scenario {
        name: "standbys-off",
        explained: "All standbys lose their power at once.",
        faults: &[Fault {
            deed: PowerOff,
            whom: Standbys,
        }],
        fits: [Expect(Wait), Expect(Wait), Not(TWO_NODES)],
    },
    Scenario {
        name: "proxy-off",
        explained: "The proxy's plug is pulled: nobody comes in, and nobody may be promoted for that.",
        faults: &[Fault {
            deed: PowerOff,
            whom: Proxy,
        }],
        fits: [Expect(Wait), Expect(Wait), Expect(Wait)],
    },
    Scenario {
        name: "all-off",
        explained: "The whole cluster loses its power, and must come back without a person.",
        faults: &[Fault {
            deed: PowerOff,
            whom: Everyone,
        }],
        fits: [Expect(Wait), Expect(Wait), Expect(Wait)],
    },
    Scenario {
        name: "two-off",
        explained: "The primary's plug is pulled, and then that of the node that was promoted.",
        faults: &[
            Fault {
                deed: PowerOff,
                whom: Primary,
            },
            Fault {
                deed: PowerOff,
                whom: Primary,
            },
        ],
        fits: [Expect(Promotion), Expect(Wait), Expect(Wait)],
    },
    Scenario {
        name: "data-deleted",
        explained: "The primary's data folder is deleted under the running server.",
        faults: &[Fault {
            deed: DeleteData,
            whom: Primary,
        }],
        fits: [Expect(Promotion), Expect(Promotion), Expect(Promotion)],
    },
    Scenario {
        name: "postgres-killed",
        explained: "The primary's postmaster is killed with SIGKILL.",
        faults: &[Fault {
            deed: Kill(Service::Postgres),
            whom: Primary,
        }],
        fits: [Expect(Either), Expect(Either), Expect(Either)],
    },
    Scenario {
        name: "session-killed",
        explained: "One client's session on the primary is killed with SIGKILL, as by a kernel short of memory: all others end with it.",
        faults: &[Fault {
            deed: Kill(Service::Session),
            whom: Primary,
        }],
        fits: [Expect(Either), Expect(Either), Expect(Either)],
    },
    Scenario {
        name: "patroni-killed",
        explained: "The primary's Patroni is killed with SIGKILL.",
        faults: &[Fault {
            deed: Kill(Service::Patroni),
            whom: Primary,
        }],
        fits: [Not(NO_PATRONI), Expect(Either), Expect(Either)],
    },
    Scenario {
        name: "store-killed",
        explained: "The member of etcd or ZooKeeper that leads is killed with SIGKILL.",
        faults: &[Fault {
            deed: Kill(Service::Store),
            whom: StoreLeader,
        }],
        fits: [Not(NO_STORE), Expect(Same), Expect(Same)],
    },
    Scenario {
        name: "store-leader-off",
        explained: "The plug of the host is pulled on which the leader of etcd or ZooKeeper runs.",
        faults: &[Fault {
            deed: PowerOff,
            whom: StoreLeader,
        }],
        fits: [Not(NO_STORE), Expect(Either), Expect(Either)],
    },
    Scenario {
        name: "store-frozen",
        explained: "All members of etcd or ZooKeeper are stopped with SIGSTOP, and wake up later: nobody can be promoted, and nobody knows who leads.",
        faults: &[Fault {
            deed: Freeze(Service::Store),
            whom: Store,
        }],
        fits: [Not(NO_STORE), Expect(Refused), Expect(Refused)],
    },
    Scenario {
        name: "proxy-killed",
        explained: "pgpool or HAProxy is killed with SIGKILL.",
        faults: &[Fault {
            deed: Kill(Service::Proxy),
            whom: Proxy,
        }],
        fits: [Expect(Same), Expect(Same), Expect(Same)],
    },
    Scenario {
        name: "primary-cut",
        explained: "The primary loses its whole network, and runs on without knowing that it is alone.",
        faults: &[Fault {
            deed: CutFromAll,
            whom: Primary,
        }],
        fits: [Expect(Promotion), Expect(Promotion), Expect(Promotion)],
    },
    Scenario {
        name: "primary-cut-from-replicas",
        explained: "The primary and the other database nodes no longer hear each other.",
        faults: &[Fault {
            deed: CutFrom(Peers::Replicas),
            whom: Primary,
        }],
        fits: [Expect(Wait), Expect(Either), Expect(Either)],
    },
    Scenario {
        name: "primary-cut-from-coordinator",
        explained: "The primary and who decides about promotions (pgpool's host; the members of the store) no longer hear each other; replication goes on.",
        faults: &[Fault {
            deed: CutFrom(Peers::Coordinator),
            whom: Primary,
        }],
        fits: [Expect(Promotion), Expect(Either), Expect(Either)],
    },
    Scenario {
        name: "primary-frozen",
        explained: "All processes of the primary's server are stopped with SIGSTOP, and wake up after another was promoted.",
        faults: &[Fault {
            deed: Freeze(Service::Postgres),
            whom: Primary,
        }],
        fits: [Expect(Promotion), Expect(Promotion), Expect(Promotion)],
    },
    Scenario {
        name: "primary-slow",
        explained: "What the primary sends leaves it at 512 kbit/s; it hears the others as ever.",
        faults: &[Fault {
            deed: Slow,
            whom: Primary,
        }],
        fits: [Expect(Refused), Expect(Refused), Expect(Refused)],
    },
    Scenario {
        name: "primary-lossy",
        explained: "Of what the primary sends, a third is lost; it hears the others as ever (only where nftables is there).",
        faults: &[Fault {
            deed: Lossy,
            whom: Primary,
        }],
        fits: [Expect(Refused), Expect(Refused), Expect(Refused)],
    },
    Scenario {
        name: "synchronous-flickers",
        explained: "The network of the synchronous standby goes and comes, several times within two seconds, while commits wait for it.",
        faults: &[Fault {
            deed: Flicker,
            whom: Synchronous,
        }],
        fits: [Expect(Either), Expect(Either), Expect(Either)],
    },
    Scenario {
        name: "disk-full",
        explained: "The primary's disk is full (only where its data has a file system of its own).",
        faults: &[Fault {
            deed: FillDisk,
            whom: Primary,
        }],
        fits: [Expect(Refused), Expect(Refused), Expect(Refused)],
    },
    Scenario {
        name: "clock-jump",
        explained: "The clock of the primary's Patroni and PostgreSQL jumps an hour ahead.",
        faults: &[Fault {
            deed: JumpClock(Service::Patroni),
            whom: Primary,
        }],
        fits: [Not(NO_PATRONI), Expect(Either), Expect(Either)],
    },
    Scenario {
        name: "proxy-clock-jump",
        explained: "The clock of pgpool or HAProxy jumps an hour ahead.",
        faults: &[Fault {
            deed: JumpClock(Service::Proxy),
            whom: Proxy,
        }],
        fits: [Expect(Same), Expect(Same), Expect(Same)],
    },
];

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;

    #[test]
    fn every_name_is_there_once_and_fits_somewhere() {
        for (at, scenario) in SCENARIOS.iter().enumerate() {
            let again = SCENARIOS[at + 1..]
                .iter()
                .any(|other| other.name == scenario.name);
            assert!(!again, "{} is there twice", scenario.name);
            let fits = Kind::ALL.map(|kind| scenario.fit(kind));
            assert!(fits.iter().any(|fit| matches!(fit, Expect(_))));
            assert!(!scenario.faults.is_empty());
        }
    }

    #[test]
    fn no_scenario_needs_a_part_that_its_topology_lacks() {
        for scenario in SCENARIOS {
            let fits = |kind| matches!(scenario.fit(kind), Expect(_));
            for fault in scenario.faults {
                let patroni = matches!(fault.deed, Kill(Service::Patroni | Service::Store));
                let store = matches!(fault.whom, StoreLeader | Store);
                assert!(
                    !((patroni || store) && fits(Kind::Pgpool)),
                    "{}",
                    scenario.name
                );
                let three = matches!(fault.whom, Asynchronous | Standbys);
                assert!(
                    !(three && fits(Kind::PatroniZookeeper)),
                    "{}",
                    scenario.name
                );
            }
        }
    }
}
