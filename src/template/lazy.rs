//! A mapping or list of a variable whose parts are rendered when they are needed, so that one
//! part may use another, and a part that nobody needs may be undefined.

use super::session::Session;
use crate::yaml::{Node, Value as Yaml};
use minijinja::Value;
use minijinja::value::{Enumerator, Object, ObjectRepr};
use std::fmt;
use std::sync::{Arc, Weak};

/// Where a part stands in its variable.
#[derive(Clone, Debug)]
pub(super) struct Path {
    variable: String,
    steps: Vec<Step>,
}

#[derive(Clone, Debug)]
enum Step {
    Key(String),
    Index(usize),
}

impl Path {
    pub(super) fn new(variable: &str) -> Self {
        Self {
            variable: variable.to_owned(),
            steps: Vec::new(),
        }
    }

    fn then(&self, step: Step) -> Self {
        let mut path = self.clone();
        path.steps.push(step);
        path
    }

    /// The node at this path in the variable's node.
    pub(super) fn find<'n>(&self, root: &'n Node) -> Option<&'n Node> {
        self.steps
            .iter()
            .try_fold(root, |node, step| match (step, &node.value) {
                (Step::Key(key), Yaml::Map(map)) => map.get(key),
                (Step::Index(at), Yaml::Seq(items)) => items.get(*at),
                _ => None,
            })
    }
}

/// `users[0].name`
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.variable)?;
        for step in &self.steps {
            match step {
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(at) => write!(f, "[{at}]")?,
            }
        }
        Ok(())
    }
}

/// A part that is a mapping or list.
pub(super) struct Lazy {
    pub(super) session: Weak<Session>,
    pub(super) root: Arc<Node>,
    pub(super) path: Path,
}

impl Lazy {
    fn node(&self) -> Option<&Node> {
        self.path.find(&self.root)
    }
}

impl fmt::Debug for Lazy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path)
    }
}

impl Object for Lazy {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        match self.node().map(|node| &node.value) {
            Some(Yaml::Seq(_)) => ObjectRepr::Seq,
            _ => ObjectRepr::Map,
        }
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let step = match self.repr() {
            ObjectRepr::Seq => Step::Index(key.as_usize()?),
            _ => Step::Key(key.as_str()?.to_owned()),
        };
        self.session
            .upgrade()?
            .stored(&self.root, &self.path.then(step))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        match self.node().map(|node| &node.value) {
            Some(Yaml::Seq(items)) => Enumerator::Seq(items.len()),
            Some(Yaml::Map(map)) => Enumerator::Values(map.keys().map(Value::from).collect()),
            _ => Enumerator::Empty,
        }
    }
}
