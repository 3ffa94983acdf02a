//! Whether anything matches a glob (`creates`, `removes`).

use super::{Ask, ProbeError, Question};
use crate::step::{Output, quote};

/// Asks whether a path, or anything that matches a glob, is there.
#[derive(Clone, Debug)]
pub struct Matching {
    /// The folder that a relative pattern is under; the login folder when `None`.
    pub folder: Option<String>,
    /// The pattern with `*`, `?` and `[...]`.
    pub pattern: String,
}

/// The pattern for a shell: all quoted but what makes it a glob, and a leading `~`.
fn glob(pattern: &str) -> String {
    let (home, rest) = match pattern.strip_prefix("~/") {
        Some(rest) => ("~/", rest),
        None => ("", pattern),
    };
    let mut text = home.to_owned();
    let mut plain = String::new();
    for c in rest.chars() {
        if "*?[]".contains(c) {
            if !plain.is_empty() {
                text.push_str(&quote(&plain));
                plain.clear();
            }
            text.push(c);
        } else {
            plain.push(c);
        }
    }
    if !plain.is_empty() {
        text.push_str(&quote(&plain));
    }
    text
}

impl Question for Matching {
    type Answer = bool;

    fn ask(&self) -> Ask {
        let folder = match &self.folder {
            Some(folder) => format!(
                "cd {} 2>/dev/null || {{ echo no; exit 0; }}\n",
                quote(folder)
            ),
            None => String::new(),
        };
        Ask::settled(format!(
            "{folder}for p in {}; do if [ -e \"$p\" ] || [ -L \"$p\" ]; then echo yes; exit 0; fi; done\necho no",
            glob(&self.pattern)
        ))
    }

    fn read(&self, output: &Output) -> Result<bool, ProbeError> {
        match output.out().trim() {
            "yes" => Ok(true),
            "no" => Ok(false),
            _ => Err(ProbeError::answer(
                &format!("look for {}", self.pattern),
                output,
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_makes_a_glob_stays_unquoted() {
        assert_eq!(glob("/var/lib/my db/*.conf"), "'/var/lib/my db/'*.conf");
        assert_eq!(glob("~/$(x)"), "~/'$(x)'");
    }
}
