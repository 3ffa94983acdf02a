//! Reads OpenSSH's configuration: for each keyword the first value that fits the host wins.

use super::pattern::matches;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// How deep files may include each other, as in OpenSSH.
const DEPTH: usize = 16;

/// Whom the configuration is asked about.
#[derive(Clone, Debug)]
pub(super) struct Asked<'a> {
    /// The host as it was named.
    pub name: &'a str,
    /// Who logs in, where that is already said.
    pub user: Option<&'a str>,
    /// Who runs this.
    pub local_user: &'a str,
    /// The home folder.
    pub home: &'a Path,
}

/// Keywords in lower case, with their words.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    first: HashMap<String, Vec<String>>,
    /// Every `IdentityFile`: these add up.
    pub identity_files: Vec<String>,
}

impl Settings {
    /// The words of a keyword.
    pub fn words(&self, keyword: &str) -> &[String] {
        self.first
            .get(keyword)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// The one word of a keyword.
    pub fn word(&self, keyword: &str) -> Option<&str> {
        self.words(keyword).first().map(String::as_str)
    }

    /// Sets a keyword that nobody set before.
    pub fn offer(&mut self, keyword: &str, words: Vec<String>) {
        let keyword = keyword.to_lowercase();
        if keyword == "identityfile" {
            self.identity_files.extend(words.into_iter().take(1));
        } else {
            self.first.entry(keyword).or_insert(words);
        }
    }

    /// Takes `KEYWORD=VALUE` or `KEYWORD VALUE` in, as after `-o`.
    pub fn offer_line(&mut self, line: &str) {
        if let Some((keyword, words)) = split(line) {
            self.offer(&keyword, words);
        }
    }

    /// Takes in what a file says of the host. A file that is not there says nothing.
    pub fn read(&mut self, file: &Path, asked: &Asked<'_>) {
        self.read_at(file, asked, 0);
    }

    fn read_at(&mut self, file: &Path, asked: &Asked<'_>, depth: usize) {
        let Ok(text) = std::fs::read_to_string(file) else {
            return;
        };
        let mut fits = true;
        for line in text.lines() {
            let Some((keyword, words)) = split(line) else {
                continue;
            };
            match keyword.to_lowercase().as_str() {
                "host" => fits = any(words.iter().map(String::as_str), asked.name),
                "match" => fits = self.fits(&words, asked),
                "include" if fits && depth < DEPTH => {
                    for file in words.iter().flat_map(|word| included(word, asked.home)) {
                        self.read_at(&file, asked, depth + 1);
                    }
                }
                keyword if fits => self.offer(keyword, words),
                _ => {}
            }
        }
    }

    /// Whether a `Match` line fits. Criteria that ask a program or for a second reading never do.
    fn fits(&self, words: &[String], asked: &Asked<'_>) -> bool {
        let mut words = words.iter();
        while let Some(criterion) = words.next() {
            let (not, criterion) = match criterion.strip_prefix('!') {
                Some(criterion) => (true, criterion),
                None => (false, criterion.as_str()),
            };
            if criterion.eq_ignore_ascii_case("all") {
                continue;
            }
            let Some(patterns) = words.next() else {
                return false;
            };
            let subject = match criterion.to_lowercase().as_str() {
                "host" => self.word("hostname").unwrap_or(asked.name),
                "originalhost" => asked.name,
                "user" => asked.user.or(self.word("user")).unwrap_or(asked.local_user),
                "localuser" => asked.local_user,
                _ => return false,
            };
            if any(patterns.split(','), subject) == not {
                return false;
            }
        }
        true
    }
}

/// Whether one of the patterns fits and none with `!` does.
fn any<'a>(patterns: impl Iterator<Item = &'a str>, subject: &str) -> bool {
    let mut fits = false;
    for pattern in patterns {
        match pattern.strip_prefix('!') {
            Some(pattern) if matches(pattern, subject) => return false,
            Some(_) => {}
            None => fits |= matches(pattern, subject),
        }
    }
    fits
}

/// A line's keyword and words; `None` for an empty line or a comment.
fn split(line: &str) -> Option<(String, Vec<String>)> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let end = line.find([' ', '\t', '='])?;
    let (keyword, rest) = line.split_at(end);
    let rest = rest.trim_start();
    let rest = rest.strip_prefix('=').unwrap_or(rest).trim();
    // A command is a text of its own, quotes and all.
    if keyword.eq_ignore_ascii_case("proxycommand") {
        return Some((keyword.to_owned(), vec![rest.to_owned()]));
    }
    let words = shlex::split(rest).unwrap_or_else(|| vec![rest.to_owned()]);
    Some((keyword.to_owned(), words))
}

/// The files of an `Include`; stars stand in the last part of the path only.
fn included(word: &str, home: &Path) -> Vec<PathBuf> {
    let path = home.join(".ssh").join(expand_home(word, home));
    let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|n| n.to_str()))
    else {
        return Vec::new();
    };
    if !name.contains(['*', '?']) {
        return vec![path];
    }
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| {
            entry
                .file_name()
                .to_str()
                .is_some_and(|found| matches(name, found))
        })
        .map(|entry| entry.path())
        .collect();
    files.sort();
    files
}

/// A path whose `~` is the home folder.
pub(super) fn expand_home(path: &str, home: &Path) -> PathBuf {
    match path.strip_prefix("~/") {
        Some(rest) => home.join(rest),
        None => PathBuf::from(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ask(text: &str, name: &str) -> Settings {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join(".ssh")).expect("a folder");
        std::fs::write(folder.path().join(".ssh/more.conf"), "Port 2200\n").expect("a file");
        let file = folder.path().join("config");
        std::fs::write(&file, text).expect("a file");
        let asked = Asked {
            name,
            user: None,
            local_user: "me",
            home: folder.path(),
        };
        let mut settings = Settings::default();
        settings.read(&file, &asked);
        settings
    }

    #[test]
    fn the_first_value_wins_and_keys_add_up() {
        let text = "IdentityFile ~/all\nHost pg-* !pg-c\n  User=lab\n  IdentityFile \"my key\"\nHost *\n  User other\n";
        assert_eq!(ask(text, "pg-a").word("user"), Some("lab"));
        assert_eq!(ask(text, "pg-a").identity_files, ["~/all", "my key"]);
        assert_eq!(ask(text, "pg-c").word("user"), Some("other"));
    }

    #[test]
    fn matches_see_what_was_set_before_them() {
        let text = "Host a\n HostName a.example\nMatch host *.example user me\n Port 7\nMatch exec true\n Port 8\nMatch all\n Port 9\n";
        assert_eq!(ask(text, "a").word("port"), Some("7"));
        assert_eq!(ask(text, "b").word("port"), Some("9"));
    }

    #[test]
    fn included_files_belong_to_the_hosts_they_stand_under() {
        let text = "Host a\n Include *.conf\n";
        assert_eq!(ask(text, "a").word("port"), Some("2200"));
        assert_eq!(ask(text, "b").word("port"), None);
    }

    #[test]
    fn a_proxy_command_keeps_its_quotes() {
        let mut settings = Settings::default();
        settings.offer_line("ProxyCommand=ssh -o \"A b\" -W %h:%p x");
        assert_eq!(
            settings.word("proxycommand"),
            Some("ssh -o \"A b\" -W %h:%p x")
        );
    }

    const PIECES: &[&str] = &[
        "Host ",
        "Match ",
        "Include ",
        "*",
        "?",
        "!",
        ",",
        "=",
        "\"",
        "\\",
        "\n",
        "all",
        "h1",
        "HostName ",
        "IdentityFile ",
        "user",
        "~/x",
        "\t",
        "#",
        "é",
    ];

    proptest! {
        #[test]
        fn no_text_panics(
            pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..60),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("config");
            std::fs::write(&file, pieces.concat()).unwrap();
            let asked = Asked {
                name: "h1",
                user: None,
                local_user: "me",
                home: folder.path(),
            };
            let mut settings = Settings::default();
            settings.read(&file, &asked);
            settings.offer_line(&pieces.concat());
        }
    }
}
