//! The modules that speak HTTP against real servers.

#![allow(clippy::unwrap_used, clippy::expect_used)] // A test that can't set up its server fails.

mod etcd;
mod members;
#[path = "../postgres/task.rs"]
mod task;
