//! Where variables come from.

use crate::yaml::Node;
use minijinja::Value;
use std::sync::Arc;

/// A variable as it is stored.
#[derive(Clone, Debug)]
pub enum Var {
    /// As it stands in a file, maybe with templates in it; rendered when it is used.
    Node(Arc<Node>),
    /// A final value that hosts and other outsiders have a part in (facts, registered results):
    /// never rendered again and never an expression, so that what a host said stays a text.
    Value(Value),
    /// A final value that follows from the author's own files alone (magic variables, the items
    /// of a loop over such): never rendered again, but a text in it may be an expression.
    Own(Value),
    /// A registered result of a task that a dry run left pending: what is known of it
    /// (`changed`), the rest is decided by the task `until`.
    Pending {
        /// The attributes that are known.
        known: Value,
        /// The task that decides the rest.
        until: String,
        /// Whether that task surely runs: then it is neither skipped nor unreachable.
        runs: bool,
    },
}

/// The variables that one host and task see. The one list of precedence is in `model`.
pub trait Scope: Send + Sync {
    /// The variable called `name`.
    fn get(&self, name: &str) -> Option<Var>;

    /// All names, for `did you mean`.
    fn names(&self) -> Vec<String>;
}
