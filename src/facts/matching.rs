//! Whether anything matches a glob (`creates`, `removes`).

use super::{Ask, Foreseen, ProbeError, Question};
use crate::step::{Output, quote};
use regex::Regex;

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

/// The regular expression of the paths that a pattern matches.
pub(super) fn expression(pattern: &str) -> Result<Regex, ProbeError> {
    let mut text = "^".to_owned();
    for c in pattern.chars() {
        match c {
            '*' => text.push_str("[^/]*"),
            '?' => text.push_str("[^/]"),
            '[' | ']' | '-' => text.push(c),
            c => text.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    text.push('$');
    Regex::new(&text.replace("[!", "[^"))
        .map_err(|_| ProbeError::Failed(format!("{pattern} is no pattern")))
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

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        let whole = match &self.folder {
            Some(folder) if !self.pattern.starts_with(['/', '~']) => {
                format!("{}/{}", folder.trim_end_matches('/'), self.pattern)
            }
            _ => self.pattern.clone(),
        };
        if !whole.contains(['*', '?', '[']) {
            return pending.is_there(&whole, now?);
        }
        let matches = expression(&whole)?;
        pending.matches(|path| matches.is_match(path), now?)
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
