//! Where variables come from.

use crate::yaml::Node;
use minijinja::Value;
use std::sync::Arc;

/// A variable as it is stored.
#[derive(Clone, Debug)]
pub enum Var {
    /// As it stands in a file, maybe with templates in it; rendered when it is used.
    Node(Arc<Node>),
    /// A final value (facts, registered results, magic variables): never rendered again, so
    /// that what a host said can't become a template.
    Value(Value),
    /// A registered result of a task that a dry run left pending: what is known of it
    /// (`changed`), the rest is decided by the task `until`.
    Pending {
        /// The attributes that are known.
        known: Value,
        /// The task that decides the rest.
        until: String,
    },
}

/// The variables that one host and task see. The one list of precedence is in `model`.
pub trait Scope: Send + Sync {
    /// The variable called `name`.
    fn get(&self, name: &str) -> Option<Var>;

    /// All names, for `did you mean`.
    fn names(&self) -> Vec<String>;
}
