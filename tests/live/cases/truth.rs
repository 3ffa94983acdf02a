//! Whether plans are true, in every topology: `--truth`. In `make test` part of it rides on the other
//! suites.

use super::{foreseen, patroni, pgpool};
use crate::truth::{PATRONI_ETCD, PATRONI_ZOOKEEPER, PGPOOL};
use crate::{Case, Suite};

const BARE: &str = "what a plan tells of bare hosts comes so";
const CONVERGED: &str = "of what is as declared a plan tells nothing";
const DRIFTED: &str = "harm of twenty kinds is mended as the plan told";

/// On the labs of the other suites and under their names, so that the two never run at once.
pub const SUITES: &[Suite] = &[
    Suite {
        name: pgpool::SUITE.name,
        lab: pgpool::SUITE.lab,
        cases: &[
            Case {
                name: BARE,
                run: |lab| PGPOOL.bare(lab),
            },
            Case {
                name: CONVERGED,
                run: |lab| PGPOOL.converged(lab),
            },
            Case {
                name: DRIFTED,
                run: |lab| PGPOOL.drifted(lab),
            },
        ],
    },
    Suite {
        name: patroni::ETCD.name,
        lab: patroni::ETCD.lab,
        cases: &[
            Case {
                name: BARE,
                run: |lab| PATRONI_ETCD.bare(lab),
            },
            Case {
                name: CONVERGED,
                run: |lab| PATRONI_ETCD.converged(lab),
            },
            Case {
                name: DRIFTED,
                run: |lab| PATRONI_ETCD.drifted(lab),
            },
        ],
    },
    Suite {
        name: patroni::ZOOKEEPER.name,
        lab: patroni::ZOOKEEPER.lab,
        cases: &[
            Case {
                name: BARE,
                run: |lab| PATRONI_ZOOKEEPER.bare(lab),
            },
            Case {
                name: CONVERGED,
                run: |lab| PATRONI_ZOOKEEPER.converged(lab),
            },
            Case {
                name: DRIFTED,
                run: |lab| PATRONI_ZOOKEEPER.drifted(lab),
            },
        ],
    },
    foreseen::TRUTH,
];
