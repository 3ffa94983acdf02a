//! Whether hosts are ready for what the inventory declares of them: each is asked at once how it is
//! reached, as whom, and what it has; what is missing is said with the command that mends it. Nothing
//! is changed anywhere.

mod ask;
mod judge;
mod needs;
mod render;
mod status;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod fixtures;

pub use ask::survey;
pub use judge::{Verdict, judge};
pub use needs::{Need, needs};
pub use render::render;
pub use status::{Clock, Host, Port, Reached, Seen, Sudo, Survey, System, Why};

use crate::remote::Target;
use crate::secret::Secret;

/// A host as declared.
#[derive(Clone, Debug)]
pub struct HostSpec {
    /// Its name in the inventory.
    pub name: String,
    /// How it is reached.
    pub target: Target,
    /// What sudo is told when it asks.
    pub password: Option<Secret>,
    /// Whether `trueup lab` makes it.
    pub lab: bool,
    /// The ports that it needs.
    pub needs: Vec<Need>,
}
