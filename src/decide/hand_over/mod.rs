//! Whether the lead can go to another node in peace.

pub mod patroni;
pub mod pgpool;
