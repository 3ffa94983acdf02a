//! What a PostgreSQL cluster looks like now, asked of PostgreSQL itself and of what decides and
//! directs around it, and whether that is what the inventory declares.

pub mod judge;
pub mod spec;
pub mod status;

mod amount;
mod ask;
mod declare;
mod reach;
mod render;
mod survey;

pub use ask::{Silent, error_text, session};
pub use declare::{HostWords, declared};
pub use judge::{Verdict, judge};
pub use reach::{ByInventory, Reach};
pub use render::{findings, render, table};
pub use status::ClusterStatus;
pub use survey::survey;
