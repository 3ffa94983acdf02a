//! A variable that a text needs.

use crate::diag::Span;
use std::cmp::Ordering;

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
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Reference {
    fn cmp(&self, other: &Self) -> Ordering {
        self.name
            .cmp(&other.name)
            .then_with(|| self.span.source().name().cmp(other.span.source().name()))
            .then_with(|| self.span.start().cmp(&other.span.start()))
    }
}
