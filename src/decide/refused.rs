//! What is told instead of a decision.

/// A refusal with its words. Nothing was touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused<Why> {
    /// Why.
    pub why: Why,
    /// What the user is told: what is so, and what to do.
    pub words: String,
}
