//! All suites, in the order in which they begin.

mod attackers;
mod boards;
mod connections;
mod controller;
mod dnf;
mod drift;
mod foreseen;
mod jobs;
mod lab_hosts;
mod patroni;
mod pgpool;
mod ping;
mod redhat;
mod releases;
mod secrets;
mod system_modules;
mod truth;
mod turns;
mod weather;

use crate::Suite;

pub use truth::SUITES as TRUTH;

/// A lab's life first, since all others stand on it; then the long ones, so that none of them is
/// the last and alone.
pub const SUITES: &[Suite] = &[
    lab_hosts::SUITE,
    pgpool::SUITE,
    patroni::ETCD,
    patroni::ZOOKEEPER,
    boards::SUITE,
    weather::SUITE,
    releases::SUITE,
    ping::SUITE,
    foreseen::SUITE,
    attackers::SUITE,
    connections::SUITE,
    secrets::SUITE,
    system_modules::SUITE,
    turns::SUITE,
    jobs::SUITE,
    controller::SUITE,
    dnf::SUITE,
    drift::SUITE,
];

/// Those that only run where a word names them, since they take long: `make test-all` does.
pub const NAMED: &[Suite] = &[redhat::SUITE];
