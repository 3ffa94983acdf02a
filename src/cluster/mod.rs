//! What a PostgreSQL cluster looks like now, asked of PostgreSQL itself and of pgpool, and whether
//! that is what the inventory declares.

pub mod judge;
pub mod render;
pub mod spec;
pub mod status;
