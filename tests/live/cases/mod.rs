//! All suites, in the order in which they run.

mod attackers;
mod boards;
mod connections;
mod controller;
mod dnf;
mod drift;
mod foreseen;
mod lab_hosts;
mod patroni;
mod pgpool;
mod ping;
mod redhat;
mod releases;
mod secrets;
mod truth;
mod turns;
mod weather;

use crate::Suite;

pub use truth::SUITES as TRUTH;

pub const SUITES: &[Suite] = &[
    lab_hosts::SUITE,
    ping::SUITE,
    foreseen::SUITE,
    attackers::SUITE,
    pgpool::SUITE,
    boards::SUITE,
    patroni::ETCD,
    patroni::ZOOKEEPER,
    weather::SUITE,
    releases::SUITE,
    connections::SUITE,
    secrets::SUITE,
    turns::SUITE,
    controller::SUITE,
    dnf::SUITE,
    drift::SUITE,
];

/// Those that only run where a word names them, since they take long: `make test-all` does.
pub const NAMED: &[Suite] = &[redhat::SUITE];
