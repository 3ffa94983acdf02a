//! Whether changes came as they were told.

use super::{Change, Detail};

/// With what a plan begins and ends the words for what an apply makes anew.
const ANEW: [&str; 2] = ["(a new ", ")"];

/// Whether these came so. Notes stand beside the changes; what is told as made anew may come to be any
/// text.
pub fn as_told(told: &[Change], made: &[Change]) -> bool {
    let anew = told.iter().any(
        |change| matches!(&change.detail, Detail::Note(words) if words.starts_with("with a new ")),
    );
    let mut told = told.iter().filter(|change| !change.detail.stands_beside());
    let mut made = made.iter().filter(|change| !change.detail.stands_beside());
    loop {
        match (told.next(), made.next()) {
            (None, None) => return true,
            (Some(told), Some(made)) if told == made || (anew && is_anew(told, made)) => {}
            _ => return false,
        }
    }
}

/// Whether these differ only in what was told as made anew.
fn is_anew(told: &Change, made: &Change) -> bool {
    let fit = |told: &Option<String>, made: &Option<String>| match (told, made) {
        (Some(told), Some(made)) => fits(told, made),
        (told, made) => told == made,
    };
    told.sign == made.sign
        && fits(&told.what, &made.what)
        && match (&told.detail, &made.detail) {
            (
                Detail::Text { before, after },
                Detail::Text {
                    before: was,
                    after: is,
                },
            ) => before == was && fit(after, is),
            (
                Detail::Attribute { name, from, to },
                Detail::Attribute {
                    name: other,
                    from: was,
                    to: is,
                },
            ) => name == other && from == was && fit(to, is),
            (told, made) => told == made,
        }
}

/// Whether a text is what was told, with anything in the place of `(a new ...)`.
fn fits(told: &str, made: &str) -> bool {
    let [begin, end] = ANEW;
    let mut parts = told.split(begin);
    let Some(mut rest) = parts.next().and_then(|first| made.strip_prefix(first)) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        let Some((_, known)) = part.split_once(end) else {
            return false;
        };
        if parts.peek().is_none() {
            return rest.ends_with(known);
        }
        match rest.split_once(known) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    true
}
