//! What the modules of packages have in common: patterns of names, and how a change of version is told.

use super::{Change, Detail, Sign};

/// Whether a text matches a pattern with `*`.
pub fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|left| {
            left.char_indices()
                .map(|(at, _)| at)
                .chain([left.len()])
                .any(|at| matches(rest, &left[at..]))
        }),
    }
}

/// A package that comes, goes, or gets another version.
pub fn version(name: &str, from: Option<&String>, to: Option<&String>) -> Change {
    let sign = match (from, to) {
        (None, _) => Sign::Add,
        (Some(_), None) => Sign::Remove,
        (Some(_), Some(_)) => Sign::Modify,
    };
    let detail = match (from, to) {
        (None, None) => Detail::None,
        _ => Detail::Attribute {
            name: "version".into(),
            from: from.cloned(),
            to: to.cloned(),
        },
    };
    Change {
        sign,
        what: format!("package {name}"),
        detail,
    }
}
