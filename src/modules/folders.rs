//! Folders that a task needs, made level by level.

use super::attributes::Wanted;
use super::{Change, Sign};
use crate::facts::{Ancestor, Look, ProbeError};
use crate::step::pinned::{self, Lines};

/// The folders on the way to `path`, itself included, that are not there; the outermost first.
pub async fn missing(look: &Look, path: &str) -> Result<Vec<String>, ProbeError> {
    let path = path.trim_end_matches('/');
    let there = look
        .fact(Ancestor {
            path: path.to_owned(),
        })
        .await?;
    Ok(levels(path, &there))
}

fn levels(path: &str, there: &str) -> Vec<String> {
    let mut levels = Vec::new();
    let mut level = path;
    while !level.is_empty() && level != there && level != "." {
        levels.push(level.to_owned());
        level = match level.rsplit_once('/') {
            Some((above, _)) => above.trim_end_matches('/'),
            None => break,
        };
    }
    levels.reverse();
    levels
}

/// What is shown, and the lines of [`pinned`] that make them with their attributes.
pub fn make(folders: &[String], wanted: &Wanted<'_>) -> (Vec<Change>, Lines) {
    let mut changes = Vec::new();
    let mut lines = Lines::default();
    let (whom, mode) = wanted.new_words(true);
    for folder in folders {
        changes.push(Change::new(Sign::Add, format!("{folder}/")));
        lines += pinned::make_folder(folder, &whom, &mode);
    }
    if let Some(last) = folders.last() {
        changes.extend(wanted.additions(&format!("{last}/"), true));
    }
    (changes, lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_named_from_the_outermost() {
        assert_eq!(levels("/a/b/c", "/a"), ["/a/b", "/a/b/c"]);
        assert_eq!(levels("/a", "/"), ["/a"]);
        assert_eq!(levels("a/b", "."), ["a", "a/b"]);
        assert_eq!(levels("/a/b", "/a/b"), [""; 0]);
    }
}
