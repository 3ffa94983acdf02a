//! Connections against a real sshd and against this machine itself.

#![allow(clippy::expect_used, reason = "a test ends where it can't go on")]

mod acting;
mod answers;
mod busy;
mod connecting;
mod cuts;
mod factors;
mod floods;
mod http;
mod sshd;
mod trust;
mod turns;
