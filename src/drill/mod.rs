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

mod cast;
mod clock;
mod command;
mod fault;
mod ground;
pub mod log;
pub mod report;
pub mod scenario;
mod site;
mod told;

pub use clock::Clock;
pub use cast::Cast;
pub use command::Runner;
pub use fault::{Act, act};
pub use ground::{Ground, root};
pub use site::Site;
pub use told::{Teller, Told};
