//! Inventory, patterns, playbook, roles, variables and their precedence: typed, spans kept,
//! many errors collected at once.

mod files;
mod inventory;
mod loader;
mod playbook;
mod precedence;

pub(crate) use files::read_source;
pub use files::read_vars;
pub use inventory::{Brings, Group, HostEntry, Inventory, Joins};
pub use loader::{IncludedRole, Keyword, Loader, keywords};
pub use playbook::*;
pub use precedence::{Layer, Layers, VarMap, var_map};
