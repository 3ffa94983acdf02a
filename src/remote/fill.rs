//! What OpenSSH's percent signs and `~` stand for.

use super::ssh_config::expand_home;
use std::path::{Path, PathBuf};

/// What is known of a host when its configuration is filled in.
pub(super) struct Fill<'a> {
    /// `%h`
    pub host: &'a str,
    /// `%p`
    pub port: u16,
    /// `%r`
    pub user: &'a str,
    /// `%n`
    pub name: &'a str,
    /// `%u`
    pub local_user: &'a str,
    /// `%d` and `~`
    pub home: &'a Path,
}

impl Fill<'_> {
    /// A path, filled in.
    pub fn path(&self, text: &str) -> PathBuf {
        expand_home(&self.text(text), self.home)
    }

    /// A text, filled in.
    pub fn text(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut letters = text.chars();
        while let Some(letter) = letters.next() {
            if letter != '%' {
                filled.push(letter);
                continue;
            }
            match letters.next() {
                Some('h') => filled.push_str(self.host),
                Some('p') => filled.push_str(&self.port.to_string()),
                Some('r') => filled.push_str(self.user),
                Some('n') => filled.push_str(self.name),
                Some('u') => filled.push_str(self.local_user),
                Some('d') => filled.push_str(&self.home.to_string_lossy()),
                Some('%') | None => filled.push('%'),
                Some(other) => filled.extend(['%', other]),
            }
        }
        filled
    }
}
