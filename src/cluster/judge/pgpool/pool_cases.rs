//! What pgpool gets wrong, and the words for it.

use crate::cluster::judge::fixtures::{
    BOTH, NAMES, cluster, pool, primary, standby, stopped, words,
};
use crate::cluster::spec::Policy;

#[test]
fn pgpool_has_not_taken_b_back() {
    let status = cluster(
        [
            primary(1, NAMES, BOTH),
            standby(1, "pg-a"),
            standby(1, "pg-a"),
        ],
        pool(0, &[1]),
    );
    insta::assert_snapshot!(words(Policy::Degrade, &status), @"
    The cluster works, but not as declared: pg-a is the primary.

    warning: pgpool on pgpool has detached pg-b although it streams; pg-keeper there mends it within seconds; if it stays so, its journal says why:
        trueup apply playbooks/pgpool.yml -i inventories/lab-pgpool
    ");
}

#[test]
fn pgpool_has_detached_the_primary() {
    let status = cluster(
        [
            primary(1, NAMES, BOTH),
            standby(1, "pg-a"),
            standby(1, "pg-a"),
        ],
        pool(0, &[0]),
    );
    insta::assert_snapshot!(words(Policy::Degrade, &status), @"
    The cluster has a fault: pg-a is the primary.

    fault: pgpool on pgpool has detached the primary pg-a, so clients can't write; pg-keeper there mends it within seconds; if it stays so, its journal says why:
        trueup apply playbooks/pgpool.yml -i inventories/lab-pgpool
    ");
}

#[test]
fn pgpool_does_not_run() {
    let status = cluster(
        [
            primary(1, NAMES, BOTH),
            standby(1, "pg-a"),
            standby(1, "pg-a"),
        ],
        stopped(),
    );
    insta::assert_snapshot!(words(Policy::Degrade, &status), @"
    The cluster has a fault: pg-a is the primary.

    fault: pgpool does not run on pgpool (connection refused): clients have no way to the cluster through it:
        trueup apply playbooks/pgpool.yml -i inventories/lab-pgpool
    ");
}
