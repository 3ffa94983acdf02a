//! Who may be promoted by hand, where nobody leads and nobody was promoted.

pub mod patroni;
pub mod pgpool;
