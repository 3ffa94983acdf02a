//! Breaks a cluster on purpose, under load, and proves what became of every write.
//!
//! ```text
//! declared layout -> clients write and read through the proxy and keep a ledger
//!                 -> a fault -> failover -> restore as replica -> restore as primary
//!                 -> declared layout; then the ledger is held against the tables
//! ```
//!
//! What the playbooks do is done by the same commands that a person would type. All that is
//! measured is measured from outside, and comes together in one [`Report`](report::Report).

mod clock;
mod ground;
pub mod report;
pub mod scenario;
mod told;

pub use clock::Clock;
pub use ground::{Ground, root};
pub use told::{Teller, Told};
