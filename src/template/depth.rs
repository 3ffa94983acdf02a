//! How deep an expression may be. The parser counts parentheses, but not the operators that stand
//! side by side: each takes a level of the tree, which is walked and dropped by recursion.

use minijinja::machinery::{Token, tokenize};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Error, ErrorKind};

/// How many operators may rest on each other.
const DEEPEST: usize = 200;

/// Refuses a text with an expression that is too deep. What the tokenizer refuses is left to the parser.
pub(super) fn check(text: &str, expression: bool, syntax: SyntaxConfig) -> Result<(), Error> {
    let mut depth = Depth::default();
    for token in tokenize(text, expression, syntax) {
        let Ok((token, span)) = token else {
            return Ok(());
        };
        if depth.with(&token) > DEEPEST {
            let line = match span.start_line {
                0 | 1 => String::new(),
                line => format!(" (line {line})"),
            };
            return Err(Error::new(
                ErrorKind::SyntaxError,
                format!("more than {DEEPEST} operators rest on each other in one expression{line}"),
            ));
        }
    }
    Ok(())
}

/// The depth so far.
#[derive(Default)]
struct Depth {
    /// The operators in each open bracket since its last comma; the outermost first.
    open: Vec<usize>,
    here: usize,
    /// The `elif`s of each open `if`.
    branches: Vec<usize>,
    /// A tag's first word comes next.
    tag: bool,
}

impl Depth {
    fn with(&mut self, token: &Token) -> usize {
        let tag = std::mem::replace(&mut self.tag, matches!(token, Token::BlockStart));
        match token {
            Token::BlockStart | Token::VariableStart => {
                self.open.clear();
                self.here = 0;
            }
            Token::Comma => self.here = 0,
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => {
                self.open.push(self.here + 1);
                self.here = 0;
            }
            Token::ParenClose | Token::BracketClose | Token::BraceClose => {
                self.here = self.open.pop().unwrap_or_default();
            }
            Token::Ident("if") if tag => self.branches.push(0),
            Token::Ident("elif") if tag => {
                if let Some(branches) = self.branches.last_mut() {
                    *branches += 1;
                }
            }
            Token::Ident("endif") if tag => {
                self.branches.pop();
            }
            Token::Ident("not" | "and" | "or" | "is" | "in" | "if" | "else")
            | Token::Plus
            | Token::Minus
            | Token::Mul
            | Token::Div
            | Token::FloorDiv
            | Token::Pow
            | Token::Mod
            | Token::Dot
            | Token::Tilde
            | Token::Pipe
            | Token::Eq
            | Token::Ne
            | Token::Gt
            | Token::Gte
            | Token::Lt
            | Token::Lte => self.here += 1,
            _ => {}
        }
        self.here + self.open.iter().sum::<usize>() + self.branches.iter().sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(text: &str) -> bool {
        check(text, false, SyntaxConfig::default()).is_ok()
    }

    #[test]
    fn only_what_rests_on_each_other_counts() {
        let long = "a.b | default(1 + 2), ".repeat(1000);
        assert!(fits(&format!("{{{{ [{long}] }}}}")));
        assert!(fits(&"{{ a + b }}".repeat(1000)));
        assert!(fits(&"{% if a %}{% elif b %}{% endif %}".repeat(1000)));
        assert!(!fits(&format!("{{{{ a{} }}}}", ".a".repeat(201))));
        assert!(!fits(&format!("{{{{ a{} }}}}", "[0]".repeat(201))));
        assert!(!fits(&format!("{{{{ f({}a) }}}}", "not ".repeat(201))));
        let branches = "{% elif b %}".repeat(201);
        assert!(!fits(&format!("{{% if a %}}{branches}{{% endif %}}")));
    }
}
