//! All suites, in the order in which they run.

mod lab_hosts;
mod pgpool;
mod weather;

use crate::Suite;

pub const SUITES: &[Suite] = &[lab_hosts::SUITE, pgpool::SUITE, weather::SUITE];
