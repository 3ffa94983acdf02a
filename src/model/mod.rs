//! Inventory, patterns, playbook, roles, variables and their precedence: typed, spans kept,
//! many errors collected at once.

mod playbook;

pub use playbook::*;
