//! minijinja, strict, with Ansible's filters, tests and lookups; node -> node rendering.
//!
//! A text is compiled once and kept by its words. Variables are looked up in a [`Scope`] when
//! they are needed and rendered then, so that a variable may use others, and one that nobody
//! needs may be undefined. What is undefined is an error at its place, unless it is guarded by
//! `default` or `is defined`, whatever depth it comes from.

mod anatomy;
mod check;
mod compile;
mod condition;
mod convert;
mod depth;
mod edits;
mod environment;
mod error;
mod file;
mod filters;
mod functions;
mod json;
mod lazy;
mod limits;
mod logic;
mod lookups;
mod methods;
mod nodes;
mod omit;
mod pending;
mod place;
mod print;
mod reference;
mod registry;
mod scope;
mod session;
#[cfg(test)]
mod spec;
mod tests;
mod trace;
mod translate;

pub use check::{check_expression, check_file, check_node};
pub use error::RenderError;
pub use json::from_json;
pub use limits::interrupt;
pub use pending::pending;
pub use reference::Reference;
pub use scope::{Scope, Var};

use crate::diag::{Source, Span};
use crate::yaml::Node;
use minijinja::Value;
use session::Session;
use std::path::PathBuf;
use std::sync::Arc;

/// What templates can call, by name.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    /// `value | filter`
    pub filters: Vec<&'static str>,
    /// `value is test`
    pub tests: Vec<&'static str>,
    /// `lookup('name', ...)`
    pub lookups: Vec<&'static str>,
}

/// All that templates can call.
pub fn vocabulary() -> Vocabulary {
    let all = environment::registry();
    // What begins with an underscore is how texts are compiled, and nobody writes it.
    let names = |set: &std::collections::BTreeSet<&'static str>| {
        let written = set.iter().filter(|name| !name.starts_with('_'));
        written.copied().collect()
    };
    Vocabulary {
        filters: names(all.filters()),
        tests: names(all.tests()),
        lookups: names(all.lookups()),
    }
}

/// The folder of Ansible's documentation that has a filter: of whose it is.
pub fn collection(filter: &str) -> &'static str {
    let all = environment::registry();
    let foreign = [
        ("community.general", "community/general"),
        ("ansible.utils", "ansible/utils"),
    ];
    foreign
        .iter()
        .find(|(name, _)| all.is_foreign(&format!("{name}.{filter}")))
        .map_or("ansible/builtin", |(_, folder)| folder)
}

/// Renders with the variables of one host and task.
#[derive(Clone, Debug)]
pub struct Templar {
    session: Arc<Session>,
}

/// What lookups need of the controller.
#[derive(Clone, Debug, Default)]
pub struct Lookups {
    /// Folders in which lookups search, best first: those of the role, and last the playbook's,
    /// below which new secrets with a relative path are kept.
    pub search: Vec<PathBuf>,
    /// Whether new secrets may be written (`apply`); otherwise they live for this run only.
    pub keep: bool,
}

impl Templar {
    /// A templar over `scope`. It remembers what it rendered: a scope that changed needs a new one.
    pub fn new(scope: Arc<dyn Scope>, lookups: Arc<Lookups>) -> Self {
        Self {
            session: Session::new(scope, lookups),
        }
    }

    /// The node with every string in it rendered; a string that is one `{{ expression }}` keeps
    /// the expression's type (Ansible's native types). Spans stay. A mapping key may be a
    /// template too. A key whose value is the magic variable `omit` is left out.
    pub fn node(&self, node: &Node) -> Result<Node, RenderError> {
        trace::begin();
        Ok(nodes::node(&self.session, node)?)
    }

    /// The value of a node, rendered.
    pub fn value(&self, node: &Node) -> Result<Value, RenderError> {
        trace::begin();
        Ok(nodes::value(&self.session, node)?)
    }

    /// The value of a bare expression (`when`, `until`, `that`, `var`), wherever it stands.
    pub fn expression(&self, text: &str, span: &Span) -> Result<Value, RenderError> {
        trace::begin();
        Ok(self.session.expression(text, span)?)
    }

    /// Whether a condition holds: a boolean, or a bare expression whose value must be a boolean
    /// (Ansible 2.19 refuses others and says so). A list holds when each of its items does. What is
    /// unknown in it makes it unknown, unless the rest decides it alone.
    pub fn test(&self, condition: &Node) -> Result<bool, RenderError> {
        trace::begin();
        Ok(condition::holds(&self.session, condition)?)
    }

    /// The first of several conditions that does not hold, where all must.
    pub fn broken<'c>(&self, all: &'c [Node]) -> Result<Option<&'c Node>, RenderError> {
        trace::begin();
        Ok(condition::broken(&self.session, all)?)
    }

    /// What the lookup `name` finds for `terms`, which are rendered: what `with_<name>` loops over.
    pub fn lookup(&self, name: &str, terms: &Node) -> Result<Vec<Value>, RenderError> {
        trace::begin();
        Ok(self.session.lookup(name, terms)?)
    }

    /// Whether a variable of that name exists, whatever it holds.
    pub fn has(&self, name: &str) -> bool {
        self.session.scope.get(name).is_some()
    }

    /// The variable `name` for another object of a template (`hostvars`): a failure is an
    /// invalid value, which fails where it is used.
    pub fn variable(&self, name: &str) -> Option<Value> {
        self.session.variable(name)
    }

    /// Renders a template file.
    pub fn file(&self, source: &Source, options: &FileOptions) -> Result<String, RenderError> {
        trace::begin();
        let prepared = file::Prepared::of(source, options).map_err(RenderError::Bad)?;
        Ok(prepared.render(&self.session, source)?)
    }
}

/// Runs `act`, and tells whether a value was used in it that hosts or other outsiders have a part in.
pub fn noting_outsiders<T>(act: impl FnOnce() -> T) -> (T, bool) {
    trace::noting_outsiders(act)
}

/// How a template file is rendered.
#[derive(Clone, Debug)]
pub struct FileOptions {
    /// The first newline after a block is removed.
    pub trim_blocks: bool,
    /// Blanks before a block are removed.
    pub lstrip_blocks: bool,
}

/// As the module `template` does it when nobody says otherwise.
impl Default for FileOptions {
    fn default() -> Self {
        Self {
            trim_blocks: true,
            lstrip_blocks: false,
        }
    }
}
