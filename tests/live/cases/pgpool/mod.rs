//! The pgpool cluster: built from bare hosts, broken in each way, and found whole.

mod build;
mod cluster;
mod control;
mod faults;
mod home;
mod moved;

use crate::lab::Lab;
use crate::{Case, Suite, storm};

pub const SUITE: Suite = Suite {
    name: "pgpool",
    lab,
    cases: &[
        Case {
            name: "bare hosts become a cluster that takes writes",
            run: build::from_bare_hosts,
        },
        Case {
            name: "a second run changes nothing, and plan says nothing",
            run: build::second_run,
        },
        Case {
            name: "a line changed by hand is shown by plan and repaired by apply",
            run: build::changed_by_hand,
        },
        Case {
            name: "harm of twenty kinds is mended as the plan told",
            run: build::harmed,
        },
        Case {
            name: "no database port listens wider than the cluster's network",
            run: build::ports,
        },
        Case {
            name: "no password is in a process list, a log or a readable file",
            run: build::passwords,
        },
        Case {
            name: "a database that this controller did not make is adopted by its declared identifier, or refused",
            run: moved::foreign,
        },
        Case {
            name: "the ledger's check finds a row that is lost and one that came from nobody",
            run: faults::checker,
        },
        Case {
            name: "with B down writes wait",
            run: faults::synchronous_down,
        },
        Case {
            name: "with C down nothing waits",
            run: faults::asynchronous_down,
        },
        Case {
            name: "nobody is promoted while the candidate is gone",
            run: faults::both_down,
        },
        Case {
            name: "all five powered off and on come back without a person",
            run: faults::all_down,
        },
        Case {
            name: "the servers speak Russian from here on, and nothing is decided by their words",
            run: build::in_russian,
        },
        Case {
            name: "B rebooted, then A powered off under load: B is promoted and nothing is lost",
            run: faults::primary_down,
        },
        Case {
            name: "apply refuses while A can't be reached",
            run: moved::unreachable,
        },
        Case {
            name: "A powered on again is no second primary, and apply refuses",
            run: moved::powered_on_again,
        },
        Case {
            name: "apply refuses while A holds no data",
            run: moved::emptied,
        },
        Case {
            name: "a standby that is ahead of the promoted one is built anew",
            run: faults::ahead,
        },
        Case {
            name: "a node that is off is not brought home, and nothing is touched",
            run: home::off,
        },
        Case {
            name: "B becomes a standby of C again under load, by a rewind, and what only it had is listed",
            run: home::replica,
        },
        Case {
            name: "C hands over to A under load, and all is as declared",
            run: home::primary,
        },
        Case {
            name: "a switchover goes on when the controller is killed, and the way back is free",
            run: home::controller_killed,
        },
        Case {
            name: "A's 1 GB deleted under load and another cluster in its place: A comes home, and says how far it is",
            run: home::foreign_data,
        },
        Case {
            name: "A started by hand as a second primary under load: A comes home",
            run: home::false_primary,
        },
        Case {
            name: "where nobody is promoted a person promotes, and nobody who may lack a commit",
            run: home::by_hand,
        },
        Case {
            name: "a storm of three faults loses nothing, and all is as declared after it",
            run: |lab| storm::passes(lab, "1"),
        },
        Case {
            name: "a drill breaks no host of another inventory with the lab's name",
            run: control::not_the_lab_s,
        },
        Case {
            name: "a drill finds a row that nobody wrote, a torn transaction and a second primary",
            run: control::foreign_torn_and_second,
        },
        Case {
            name: "a drill finds the rows that an asynchronous failover loses",
            run: control::lost,
        },
    ],
};

fn lab(image: &str) -> Lab {
    let hosts = "\
all:
  children:
    cluster:
      children:
        databases:
          hosts:
            pg-a: {ansible_host: 10.77.10.11, pg_role: primary}
            pg-b: {ansible_host: 10.77.10.12, pg_role: synchronous}
            pg-c: {ansible_host: 10.77.10.13, pg_role: asynchronous}
        pool: {hosts: {pgpool: {ansible_host: 10.77.10.14}}}
        clients:
          hosts:
            client: {ansible_host: 10.77.10.15, lab_login: bare, ansible_user: root, ansible_become: false}
";
    Lab::new(
        "live-pgpool",
        image,
        hosts,
        "timings: fast\nreplica_delay: 10s\napp_networks: [10.77.10.1/32]\n",
    )
}
