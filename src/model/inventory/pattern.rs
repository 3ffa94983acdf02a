//! Patterns that select hosts: `a:b`, `a,b`, `!x`, `&x`, globs, `~regex`, `g[0]`, `g[1:]`, `@file`.

use super::{Inventory, LOCALHOST};
use crate::diag::Diag;
use indexmap::IndexSet;
use regex::Regex;

impl Inventory {
    /// The hosts that a pattern selects, in order, each once. What matches nothing selects
    /// nothing, as in Ansible.
    pub fn select(&self, pattern: &str) -> Result<Vec<String>, Diag> {
        Ok(self.select_and_warn(pattern)?.0)
    }

    /// The same, and a warning for each part that matches no host and no group.
    pub fn select_and_warn(&self, pattern: &str) -> Result<(Vec<String>, Vec<Diag>), Diag> {
        let mut warnings = Vec::new();
        let mut parts = Vec::new();
        for part in split(pattern) {
            match part.strip_prefix('@') {
                Some(path) => {
                    let text = crate::diag::read_text(path.as_ref()).map_err(|error| {
                        Diag::error(format!("the file {path} of hosts can't be read: {error}"))
                    })?;
                    parts.extend(
                        text.lines()
                            .map(|line| line.trim().to_owned())
                            .filter(|line| !line.is_empty()),
                    );
                }
                None => parts.push(part),
            }
        }
        let only_modifiers = parts.iter().all(|part| part.starts_with(['&', '!']));
        if only_modifiers && !parts.is_empty() {
            parts.insert(0, "all".to_owned());
        }
        // First what is added, then what is kept, then what is taken out.
        parts.sort_by_key(|part| match part.as_bytes() {
            [b'&', ..] => 1,
            [b'!', ..] => 2,
            _ => 0,
        });
        let mut hosts: IndexSet<String> = IndexSet::new();
        for part in &parts {
            let matched = self.matches(part.trim_start_matches(['&', '!']), &mut warnings)?;
            match part.as_bytes() {
                [b'&', ..] => hosts.retain(|host| matched.contains(host)),
                [b'!', ..] => hosts.retain(|host| !matched.contains(host)),
                _ => hosts.extend(matched),
            }
        }
        Ok((hosts.into_iter().collect(), warnings))
    }

    fn matches(&self, part: &str, warnings: &mut Vec<Diag>) -> Result<IndexSet<String>, Diag> {
        if self.hosts.contains_key(part) {
            return Ok(IndexSet::from([part.to_owned()]));
        }
        let (expression, subscript) = split_subscript(part);
        let matcher = Matcher::of(expression)?;
        let groups: Vec<&String> = self
            .groups
            .keys()
            .filter(|name| matcher.is_match(name))
            .collect();
        let mut hosts: IndexSet<String> = IndexSet::new();
        for group in &groups {
            hosts.extend(self.members(group));
        }
        if groups.is_empty()
            || expression.starts_with('~')
            || expression.contains(['.', '?', '*', '['])
        {
            let named = self.hosts.keys().filter(|host| matcher.is_match(host));
            hosts.extend(named.cloned());
        }
        if hosts.is_empty() && LOCALHOST.contains(&expression) {
            hosts.insert(expression.to_owned());
        }
        if hosts.is_empty() && groups.is_empty() && expression != "all" {
            let names = self
                .groups
                .keys()
                .chain(self.hosts.keys())
                .map(String::as_str);
            let diag = Diag::warning(format!("`{part}` is no host and no group of the inventory"));
            warnings.push(diag.suggest(expression, names));
        }
        match subscript {
            None => Ok(hosts),
            Some(subscript) => {
                let all: Vec<String> = hosts.into_iter().collect();
                let chosen = subscript.of(&all).ok_or_else(|| {
                    let count = all.len();
                    Diag::error(format!("`{part}` counts further than its {count} hosts"))
                })?;
                Ok(chosen.into_iter().collect())
            }
        }
    }
}

/// The parts of a pattern: between commas, else between colons that stand in no brackets.
pub(super) fn split(pattern: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let by_commas = pattern.contains(',');
    let is_address = pattern.parse::<std::net::Ipv6Addr>().is_ok();
    let mut brackets = 0_usize;
    for c in pattern.chars() {
        match c {
            '[' => brackets += 1,
            ']' => brackets = brackets.saturating_sub(1),
            _ => {}
        }
        let ends = if by_commas {
            c == ','
        } else {
            c == ':' && brackets == 0 && !is_address
        };
        match parts.last_mut() {
            Some(part) if !ends => part.push(c),
            _ => parts.push(String::new()),
        }
    }
    parts
        .iter()
        .map(|part| part.trim().to_owned())
        .filter(|part| !part.is_empty())
        .collect()
}

#[derive(Clone, Copy)]
enum Subscript {
    One(i64),
    /// Both ends belong to it; without an end, all that follows.
    Range(usize, Option<usize>),
}

impl Subscript {
    fn of(self, hosts: &[String]) -> Option<Vec<String>> {
        match self {
            _ if hosts.is_empty() => Some(Vec::new()),
            Self::One(index) => {
                let back = usize::try_from(index.unsigned_abs()).ok()?;
                let at = if index < 0 {
                    hosts.len().checked_sub(back)?
                } else {
                    back
                };
                Some(vec![hosts.get(at)?.clone()])
            }
            Self::Range(first, last) => {
                let last = last.unwrap_or(hosts.len()).min(hosts.len() - 1);
                Some(hosts.get(first..=last).unwrap_or_default().to_vec())
            }
        }
    }
}

fn split_subscript(part: &str) -> (&str, Option<Subscript>) {
    let subscript = || {
        if part.starts_with('~') {
            return None;
        }
        let (expression, index) = part.strip_suffix(']')?.rsplit_once('[')?;
        if expression.is_empty() {
            return None;
        }
        let subscript = match index
            .split_once([':', '-'])
            .filter(|(first, _)| !first.is_empty())
        {
            None => Subscript::One(index.parse().ok()?),
            Some((first, "")) => Subscript::Range(first.parse().ok()?, None),
            Some((first, last)) => Subscript::Range(first.parse().ok()?, Some(last.parse().ok()?)),
        };
        Some((expression, Some(subscript)))
    };
    subscript().unwrap_or((part, None))
}

pub(super) enum Matcher<'a> {
    Word(&'a str),
    Regex(Regex),
}

impl<'a> Matcher<'a> {
    pub(super) fn of(expression: &'a str) -> Result<Self, Diag> {
        let regex = match expression.strip_prefix('~') {
            Some(regex) => format!("^(?:{regex})"),
            None if expression.contains(['*', '?', '[']) => glob(expression),
            None => return Ok(Self::Word(expression)),
        };
        Regex::new(&regex).map(Self::Regex).map_err(|error| {
            Diag::error(format!("`{expression}` is no pattern: {error}"))
                .help("see Ansible's host patterns")
        })
    }

    fn is_match(&self, name: &str) -> bool {
        match self {
            Self::Word(word) => *word == name,
            Self::Regex(regex) => regex.is_match(name),
        }
    }
}

/// A shell's glob as a regular expression.
fn glob(expression: &str) -> String {
    let mut regex = "^".to_owned();
    let mut rest = expression;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match (c, rest.find(']')) {
            ('*', _) => regex.push_str(".*"),
            ('?', _) => regex.push('.'),
            ('[', Some(end)) if end > 0 => {
                let (set, after) = (&rest[..end], &rest[end + 1..]);
                let (negated, set) = set
                    .strip_prefix('!')
                    .map_or((false, set), |set| (true, set));
                let set = set.replace('\\', "\\\\").replace('[', "\\[");
                regex.push_str(&format!("[{}{set}]", if negated { "^" } else { "" }));
                rest = after;
            }
            _ => regex.push_str(&regex::escape(&c.to_string())),
        }
    }
    regex.push('$');
    regex
}
