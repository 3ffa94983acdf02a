//! Whether a primary can hand over to another node in peace.

pub mod pgpool;
