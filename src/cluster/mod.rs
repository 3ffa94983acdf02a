//! What a PostgreSQL cluster looks like now, asked of PostgreSQL itself and of pgpool, and whether
//! that is what the inventory declares.

pub mod judge;
pub mod spec;
pub mod status;

mod connect;
mod node;
mod pool;
mod reach;
mod render;
mod survey;

pub use judge::judge;
pub use reach::Reach;
pub use render::render;
pub use survey::survey;
