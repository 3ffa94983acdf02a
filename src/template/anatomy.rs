//! What a template is made of: the variables it uses, the names it calls, and where.

mod walk;

use super::depth;
use minijinja::machinery::{ast, parse, parse_expr};
use minijinja::syntax::SyntaxConfig;
use std::ops::Range;

/// One step of `a.b[0]` after the variable.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    Key(String),
    Index(i64),
    /// Decided only when it runs.
    Computed,
}

/// A use of a variable, with the attributes that are asked of it.
#[derive(Clone, Debug)]
pub(super) struct Use {
    pub(super) variable: String,
    pub(super) steps: Vec<Step>,
    pub(super) range: Range<usize>,
    /// It stands under `default` or a test for being defined.
    pub(super) guarded: bool,
    /// The template itself sets it (a loop, a `set`, a macro's parameter).
    pub(super) local: bool,
}

impl Use {
    /// `a.b[0]`, up to and with step `count`.
    pub(super) fn spelled(&self, count: usize) -> String {
        let mut text = self.variable.clone();
        for step in &self.steps[..count.min(self.steps.len())] {
            match step {
                Step::Key(key) => text.extend([".", key]),
                Step::Index(at) => text.push_str(&format!("[{at}]")),
                Step::Computed => text.push_str("[...]"),
            }
        }
        text
    }
}

/// What kind of thing a name is called as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Filter,
    Test,
    Function,
    Lookup,
}

/// A filter, test, function or lookup that is called by its name.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) range: Range<usize>,
}

/// `a.b.c` under `default` or a test for being defined: each part but the last may be undefined.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    pub(super) start: usize,
    /// Where the parts that more attributes are asked of end.
    pub(super) ends: Vec<usize>,
}

/// What a template is made of.
#[derive(Debug, Default)]
pub(super) struct Anatomy {
    pub(super) uses: Vec<Use>,
    pub(super) calls: Vec<Call>,
    pub(super) chains: Vec<Chain>,
    /// `'...' % value`: from the operator to the end of the value.
    pub(super) percents: Vec<Range<usize>>,
    /// The place that the engine names for an expression, and the whole of it.
    pub(super) extents: Vec<(Range<usize>, Range<usize>)>,
}

impl Anatomy {
    pub(super) fn of_expression(text: &str) -> Result<Self, minijinja::Error> {
        depth::check(text, true, SyntaxConfig::default())?;
        let tree = parse_expr(text)?;
        Ok(walk::expression(text, &tree))
    }

    pub(super) fn of_template(text: &str, syntax: SyntaxConfig) -> Result<Self, minijinja::Error> {
        depth::check(text, false, syntax.clone())?;
        let tree: ast::Stmt<'_> = parse(text, "", syntax)?;
        Ok(walk::template(text, &tree))
    }

    /// The whole of the expression that the engine names by `place`.
    pub(super) fn extent(&self, place: &Range<usize>) -> Range<usize> {
        self.extents
            .iter()
            .find(|(named, _)| named == place)
            .map_or_else(|| place.clone(), |(_, whole)| whole.clone())
    }

    /// The variables that the template guards somewhere.
    pub(super) fn guards(&self, variable: &str) -> bool {
        self.uses
            .iter()
            .any(|used| used.guarded && used.variable == variable)
    }
}
