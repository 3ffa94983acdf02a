//! minijinja, strict, with Ansible's filters, tests and lookups; node -> node rendering.

mod scope;

pub use scope::{Scope, Var};

use crate::diag::{Diag, Source, Span};
use crate::yaml::Node;
use minijinja::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

/// Why a text has no value.
#[derive(Clone, Debug)]
pub enum RenderError {
    /// It rests on something that a pending change decides (only in a dry run).
    Unknown {
        /// The task that decides it.
        until: String,
    },
    /// It is wrong.
    Bad(Box<Diag>),
}

/// Renders with the variables of one host and task.
#[derive(Clone)]
pub struct Templar {
    scope: Arc<dyn Scope>,
    lookups: Arc<Lookups>,
}

/// What lookups need of the controller.
#[derive(Clone, Debug, Default)]
pub struct Lookups {
    /// Folders in which `lookup('file')`, `lookup('template')`, `include` search, best first.
    pub search: Vec<PathBuf>,
    /// Whether new secrets may be written (`apply`); otherwise they live for this run only.
    pub keep: bool,
}

impl Templar {
    /// A templar over `scope`.
    pub fn new(scope: Arc<dyn Scope>, lookups: Arc<Lookups>) -> Self {
        Self { scope, lookups }
    }

    /// The node with every string in it rendered; a string that is one `{{ expression }}` keeps
    /// the expression's type (Ansible's native types). Spans stay. A mapping key may be a
    /// template too. A key whose value is the magic variable `omit` is left out.
    pub fn node(&self, node: &Node) -> Result<Node, RenderError> {
        let _ = (node, &self.scope, &self.lookups);
        Err(RenderError::Bad(Box::new(Diag::error("not built yet"))))
    }

    /// The value of a node, rendered.
    pub fn value(&self, node: &Node) -> Result<Value, RenderError> {
        let _ = node;
        Err(RenderError::Bad(Box::new(Diag::error("not built yet"))))
    }

    /// The value of a bare expression (`when`, `until`, `that`, `var`), wherever it stands.
    pub fn expression(&self, text: &str, span: &Span) -> Result<Value, RenderError> {
        let _ = (text, span);
        Err(RenderError::Bad(Box::new(Diag::error("not built yet"))))
    }

    /// Whether a condition holds: a boolean, or a bare expression whose value must be a boolean
    /// (Ansible 2.19 refuses others and says so).
    pub fn test(&self, condition: &Node) -> Result<bool, RenderError> {
        let _ = condition;
        Err(RenderError::Bad(Box::new(Diag::error("not built yet"))))
    }

    /// Renders a template file.
    pub fn file(&self, source: &Source, options: &FileOptions) -> Result<String, RenderError> {
        let _ = (source, options);
        Err(RenderError::Bad(Box::new(Diag::error("not built yet"))))
    }
}

/// How a template file is rendered.
#[derive(Clone, Debug)]
pub struct FileOptions {
    /// The first newline after a block is removed.
    pub trim_blocks: bool,
    /// Blanks before a block are removed.
    pub lstrip_blocks: bool,
}

/// What is wrong with the templates in a node or an expression without any variable known:
/// syntax, unknown filters, tests and lookups. And the names of the variables they need that
/// are not guarded (`default`, `is defined`), with their places.
pub fn check_node(node: &Node) -> (Vec<Diag>, BTreeSet<Reference>) {
    let _ = node;
    (Vec::new(), BTreeSet::new())
}

/// The same for a bare expression.
pub fn check_expression(text: &str, span: &Span) -> (Vec<Diag>, BTreeSet<Reference>) {
    let _ = (text, span);
    (Vec::new(), BTreeSet::new())
}

/// The same for a template file.
pub fn check_file(source: &Source) -> (Vec<Diag>, BTreeSet<Reference>) {
    let _ = source;
    (Vec::new(), BTreeSet::new())
}

/// A variable that a text needs.
#[derive(Clone, Debug)]
pub struct Reference {
    /// Its name.
    pub name: String,
    /// Whether the text guards it (`default`, `is defined`), so that it may be undefined.
    pub guarded: bool,
    /// Where it is named.
    pub span: Span,
}

impl PartialEq for Reference {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Reference {}

impl PartialOrd for Reference {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Reference {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let key = |r: &Self| (r.name.clone(), r.span.source().name().to_owned(), r.span.start());
        key(self).cmp(&key(other))
    }
}
