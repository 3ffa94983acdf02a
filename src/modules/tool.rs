//! What modules that stand over a tool of the host have in common.

use super::placed::run;
use crate::facts::TOOLS;
use crate::step::{Action, Effect, Script, Step};

/// A step that runs a tool.
pub fn work(what: impl Into<String>, text: &str) -> Step {
    run(what, format!("{TOOLS}\n{text}"))
}

/// The same with something for the tool to read on stdin.
pub fn fed(what: impl Into<String>, text: &str, stdin: impl Into<Vec<u8>>) -> Step {
    let script = Script::new(format!("{TOOLS}\n{text}")).stdin(stdin);
    Step::new(what, Action::Run(script))
}

/// That the tool says this then.
pub fn says(of: &str, text: impl Into<String>) -> [Effect; 1] {
    [Effect::Says(of.to_owned(), Some(text.into()))]
}
