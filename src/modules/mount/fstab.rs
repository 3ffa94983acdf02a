//! The lines of an fstab, and how a task changes them: a line stays as it is unless something of it differs.

use crate::modules::edited::lines;

/// What an fstab says of a mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) source: String,
    pub(super) path: String,
    pub(super) fstype: String,
    pub(super) options: String,
    pub(super) dump: String,
    pub(super) passno: String,
}

impl Entry {
    /// Reads a line; nothing but comments and what is no line of an fstab is none.
    fn read(line: &str) -> Option<Self> {
        if line.trim_start().starts_with('#') {
            return None;
        }
        let words: Vec<&str> = line.split('#').next()?.split_whitespace().collect();
        if !(4..=6).contains(&words.len()) {
            return None;
        }
        let word = |at: usize| (*words.get(at).unwrap_or(&"0")).to_owned();
        Some(Self {
            source: word(0),
            path: word(1),
            fstype: word(2),
            options: word(3),
            dump: word(4),
            passno: word(5),
        })
    }

    fn line(&self) -> String {
        let Self {
            source,
            path,
            fstype,
            options,
            dump,
            passno,
        } = self;
        format!("{source} {path} {fstype} {options} {dump} {passno}\n")
    }

    /// With what fstab can't hold as it is written there.
    fn escaped(&self) -> Self {
        Self {
            source: escaped(&self.source),
            path: escaped(&self.path),
            fstype: escaped(&self.fstype),
            options: escaped(&self.options),
            dump: escaped(&self.dump),
            passno: escaped(&self.passno),
        }
    }

    /// Whether a line is about the same; swap is known by its source.
    fn is_about(&self, path: &str, source: Option<&str>) -> bool {
        let is_swap = self.path == "none" && self.fstype == "swap";
        self.path == path && (!is_swap || source.is_none_or(|source| source == self.source))
    }
}

fn escaped(word: &str) -> String {
    word.replace('\\', r"\134")
        .replace(' ', r"\040")
        .replace('&', r"\046")
}

/// The text with the entry in it.
pub(super) fn with(text: &str, entry: &Entry) -> String {
    let wanted = entry.escaped();
    let mut all = whole(text);
    let mut found = false;
    for line in &mut all {
        let there = Entry::read(line);
        let there = there.filter(|there| there.is_about(&wanted.path, Some(&entry.source)));
        if let Some(there) = there {
            found = true;
            if there != wanted {
                *line = wanted.line();
            }
        }
    }
    if found && all.concat().trim_end_matches('\n') == text.trim_end_matches('\n') {
        return text.to_owned();
    }
    if !found {
        all.push(wanted.line());
    }
    all.concat()
}

/// The text without entries of this path.
pub(super) fn without(text: &str, path: &str, source: Option<&str>) -> String {
    let path = escaped(path);
    let mut all = lines(text);
    all.retain(|line| !Entry::read(line).is_some_and(|there| there.is_about(&path, source)));
    all.concat()
}

/// The options that an fstab gives a path.
pub(super) fn options_of(text: &str, path: &str) -> Option<String> {
    let path = escaped(path);
    let all = lines(text);
    let mut entries = all.iter().filter_map(|line| Entry::read(line));
    entries
        .find(|entry| entry.path == path)
        .map(|entry| entry.options)
}

/// Its lines, each with an end.
fn whole(text: &str) -> Vec<String> {
    let mut all = lines(text);
    if let Some(last) = all.last_mut().filter(|last| !last.ends_with('\n')) {
        last.push('\n');
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(source: &str, path: &str) -> Entry {
        Entry {
            source: source.into(),
            path: path.into(),
            fstype: "ext4".into(),
            options: "defaults".into(),
            dump: "0".into(),
            passno: "0".into(),
        }
    }

    #[test]
    fn a_line_that_says_the_same_stays_as_it_is_written() {
        let text = "# a\n\n/dev/a   /srv\text4 defaults # mine\n/dev/b /b ext4 ro 0 2\n";
        assert_eq!(with(text, &entry("/dev/a", "/srv")), text);
        assert_eq!(
            with("/dev/a /srv ext4 defaults", &entry("/dev/a", "/srv")),
            "/dev/a /srv ext4 defaults"
        );
    }

    #[test]
    fn a_line_that_differs_is_written_anew_and_a_new_one_comes_last() {
        assert_eq!(
            with("/dev/x /srv ext4 ro\n# end", &entry("/dev/a", "/srv")),
            "/dev/a /srv ext4 defaults 0 0\n# end\n"
        );
        assert_eq!(
            with("# end", &entry("//s/a b", "/srv/a b")),
            "# end\n//s/a\\040b /srv/a\\040b ext4 defaults 0 0\n"
        );
    }

    #[test]
    fn swap_is_known_by_its_source() {
        let swap = |source| Entry {
            fstype: "swap".into(),
            ..entry(source, "none")
        };
        let text = "/dev/a none swap defaults 0 0\n";
        assert_eq!(with(text, &swap("/dev/a")), text);
        assert_eq!(
            with(text, &swap("/dev/b")),
            format!("{text}/dev/b none swap defaults 0 0\n")
        );
        assert_eq!(without(text, "none", Some("/dev/b")), text);
        assert_eq!(without(text, "none", Some("/dev/a")), "");
    }

    #[test]
    fn what_is_no_entry_is_left_alone() {
        let text = "#/dev/a /srv ext4 defaults 0 0\n/dev/a /srv\n/dev/a /srv ext4 defaults\n";
        assert_eq!(
            without(text, "/srv", None),
            "#/dev/a /srv ext4 defaults 0 0\n/dev/a /srv\n"
        );
        assert_eq!(options_of(text, "/srv").as_deref(), Some("defaults"));
        assert_eq!(options_of(text, "/"), None);
    }
}
