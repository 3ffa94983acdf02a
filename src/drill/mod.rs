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
mod chance;
pub mod check;
mod client;
mod clock;
mod command;
mod door;
mod entry;
mod fault;
mod fingerprint;
mod found;
mod ground;
pub mod histories;
pub mod ledger;
pub mod lesson;
pub mod log;
mod page;
mod person;
pub mod pgbench;
mod primary;
pub mod report;
mod roles;
mod run;
pub mod said;
pub mod scenario;
pub mod series;
mod sessions;
mod site;
pub mod storm;
mod table;
mod told;
mod transaction;
pub mod writable;

pub use cast::Cast;
pub use clock::Clock;
pub use command::Runner;
pub use entry::{Entry, Purpose};
pub use fault::{Act, act};
pub use fingerprint::fingerprint;
pub use found::{check, forget};
pub use ground::{Ground, root};
pub use ledger::Ledger;
pub use page::{Language, lesson as lesson_page, page};
pub use person::Person;
pub use pgbench::Pgbench;
pub use roles::{History, Roles};
pub use run::{Course, Plan, run};
pub use scenario::{SCENARIOS, Scenario, list};
pub use sessions::{Sessions, Settings};
pub use site::Site;
pub use storm::{Fewest, Storm};
pub use table::table;
pub use told::{Teller, Told};
