//! A host's key in a file of known hosts, so that `ssh` on the host trusts it without a question.
//!
//! ```yaml
//! - known_hosts:
//!     path: /etc/ssh/ssh_known_hosts
//!     name: pg-b
//!     key: "pg-b {{ lookup('file', 'keys/pg-b.pub') }}"
//! ```
//!
//! A host has one key of each type: another of the same type is replaced.

use super::edited::{Edited, lines};
use super::placed::Placing;
use super::presence::Presence;
use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha1::{Digest, Sha1};

/// `known_hosts`
pub struct KnownHosts;

/// The parameters of `known_hosts`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The host, with a port of its own as `[HOST]:PORT`.
    pub name: String,
    /// The line: `HOST TYPE KEY`. With `state: absent` it may be left out: all keys of the host go then.
    #[serde(default)]
    pub key: Option<String>,
    /// The file.
    #[serde(default = "path")]
    pub path: String,
    /// Write the host's name as a hash.
    #[serde(default)]
    pub hash_host: bool,
    /// Whether the key is there.
    #[serde(default)]
    pub state: Presence,
}

fn path() -> String {
    "~/.ssh/known_hosts".into()
}

/// A line of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Line<'a> {
    /// `@cert-authority`, `@revoked`
    marker: Option<&'a str>,
    hosts: &'a str,
    kind: &'a str,
    key: &'a str,
}

impl<'a> Line<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let line = line.trim();
        if line.starts_with('#') {
            return None;
        }
        let mut words = line.split_whitespace().peekable();
        let marker = words.next_if(|word| word.starts_with('@'));
        Some(Self {
            marker,
            hosts: words.next()?,
            kind: words.next()?,
            key: words.next()?,
        })
    }

    /// Whether it is about the host.
    fn names(&self, host: &str) -> bool {
        if let Some(hash) = self.hosts.strip_prefix("|1|") {
            let Some((salt, sum)) = hash.split_once('|') else {
                return false;
            };
            let salt = STANDARD.decode(salt).unwrap_or_default();
            return STANDARD.encode(keyed(&salt, host)) == sum;
        }
        self.hosts
            .split(',')
            .any(|name| name.to_lowercase() == host)
    }

    fn is(&self, other: &Self) -> bool {
        (self.marker, self.kind, self.key) == (other.marker, other.kind, other.key)
    }
}

/// A line, where it is about the host.
fn of_host<'a>(line: &'a str, host: &str) -> Option<Line<'a>> {
    Line::read(line).filter(|line| line.names(host))
}

/// HMAC-SHA1, by which `ssh` hides names.
fn keyed(salt: &[u8], host: &str) -> Vec<u8> {
    // A key of any length does.
    #[allow(clippy::expect_used)]
    let mac = Hmac::<Sha1>::new_from_slice(salt).expect("a key");
    mac.chain_update(host.as_bytes())
        .finalize()
        .into_bytes()
        .to_vec()
}

impl Params {
    fn host(&self) -> String {
        self.name.to_lowercase()
    }

    /// The line as it is written. The salt is made of what it hides, so that a plan tells the same line
    /// that an apply writes.
    fn line(&self) -> Option<String> {
        let text = self.key.as_deref()?.trim();
        let words: Vec<&str> = text.split_whitespace().collect();
        if !self.hash_host {
            return Some(format!("{text}\n"));
        }
        let salt = Sha1::digest(format!("{}\n{text}", self.host()));
        let hash = format!(
            "|1|{}|{}",
            STANDARD.encode(salt),
            STANDARD.encode(keyed(&salt, &self.host()))
        );
        let at = usize::from(text.starts_with('@'));
        let mut words = words;
        *words.get_mut(at)? = &hash;
        Some(words.join(" ") + "\n")
    }

    /// The file as it is declared.
    fn edit(&self, text: &str) -> String {
        let host = self.host();
        let mut all = lines(text);
        let own = self.line();
        let wanted = own.as_deref().and_then(Line::read);
        let Some(wanted) = wanted else {
            // Without a key: all of the host.
            all.retain(|line| of_host(line, &host).is_none());
            return all.concat();
        };
        if self.state == Presence::Absent {
            all.retain(|line| of_host(line, &host).is_none_or(|line| !line.is(&wanted)));
            return all.concat();
        }
        let hashed = |line: &Line<'_>| line.hosts.starts_with("|1|");
        let same = |line: &Line<'_>| {
            let hosts = hashed(line) && hashed(&wanted) || line.hosts == wanted.hosts;
            line.is(&wanted) && hosts
        };
        if all
            .iter()
            .any(|line| of_host(line, &host).is_some_and(|line| same(&line)))
        {
            return text.to_owned();
        }
        let replaced = all.iter().position(|line| {
            of_host(line, &host)
                .is_some_and(|line| line.marker.is_none() && line.kind == wanted.kind)
        });
        if let Some(at) = replaced {
            all.remove(at);
        }
        if let Some(last) = all.last_mut().filter(|last| !last.ends_with('\n')) {
            last.push('\n');
        }
        all.extend(own.clone());
        all.concat()
    }
}

impl Module for KnownHosts {
    const NAME: &'static str = "known_hosts";
    const ALIASES: &'static [(&'static str, &'static str)] = &[("host", "name")];
    const ABOUT: Option<&'static str> = Some("path");
    type Params = Params;
    type Ready = Params;
    type State = Edited;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        if params.name.contains(',') {
            return Err(Diag::error(
                "`name` is one name: make a task, or a loop, of each",
            ));
        }
        let Some(key) = &params.key else {
            return match params.state {
                Presence::Absent => Ok(params),
                Presence::Present => Err(Diag::error("`key` is missing")),
            };
        };
        let key = key.trim();
        if key.contains('\n') {
            return Err(Diag::error("`key` has several lines: make a loop of them"));
        }
        match Line::read(key) {
            None => Err(Diag::error("`key` is no line of known hosts").help(
                "it is written as HOST TYPE KEY: the public key with the host's name before it",
            )),
            Some(line) if !line.names(&params.host()) => Err(Diag::error(format!(
                "`key` is of {}, not of {}",
                line.hosts, params.name
            ))
            .help("the line begins with the host's name as `name` has it")),
            Some(_) => Ok(params),
        }
    }

    async fn probe(params: &Params, look: &Look) -> Result<Edited, ProbeError> {
        Edited::look(look, &params.path).await
    }

    fn plan(params: &Params, state: &Edited) -> Result<Plan, String> {
        let old = state.text.as_deref().unwrap_or_default();
        let new = params.edit(old);
        if new == old {
            return Ok(Plan::nothing());
        }
        let (changes, steps) = state.plan(&new, &Placing::default())?;
        Ok(Plan::Converge { changes, steps })
    }

    fn result(
        Course {
            ready: params,
            before,
            after,
            plan,
            ran,
        }: Course<'_, Self>,
    ) -> TaskResult {
        before
            .result(after, plan, ran, "")
            .with("name", params.name.clone())
            .with("key", params.key.clone())
            .with("hash_host", params.hash_host)
            .with("state", params.state.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Shell, live, ready, settled};
    use serde_json::json;

    fn edited(args: serde_json::Value, text: &str) -> String {
        let params = ready::<KnownHosts>("/".as_ref(), args).unwrap();
        let new = params.edit(text);
        assert_eq!(params.edit(&new), new, "it converges");
        new
    }

    #[test]
    fn a_key_is_added_or_takes_the_place_of_another_of_its_type() {
        let args = json!({ "name": "PG-b", "key": "pg-b ssh-ed25519 BBBB me@x" });
        let line = "pg-b ssh-ed25519 BBBB me@x\n";
        assert_eq!(
            edited(args.clone(), "x ssh-rsa A"),
            format!("x ssh-rsa A\n{line}")
        );
        let both = "pg-b ssh-rsa RRRR\npg-b ssh-ed25519 AAAA\n# c\n";
        assert_eq!(
            edited(args.clone(), both),
            format!("pg-b ssh-rsa RRRR\n# c\n{line}")
        );
        let there = "pg-b ssh-ed25519 BBBB\n";
        assert_eq!(edited(args, there), there);
    }

    #[test]
    fn keys_go_one_by_one_or_all() {
        let all = "pg-b ssh-rsa RRRR\npg-b,10.0.0.2 ssh-ed25519 AAAA\npg-c ssh-rsa RRRR\n";
        let one = json!({ "name": "pg-b", "key": "pg-b ssh-rsa RRRR", "state": "absent" });
        assert_eq!(edited(one, all).lines().count(), 2);
        let host = json!({ "name": "pg-b", "state": "absent" });
        assert_eq!(edited(host, all), "pg-c ssh-rsa RRRR\n");
    }

    #[test]
    fn a_hashed_name_is_known_again() {
        let args = json!({ "name": "pg-b", "key": "pg-b ssh-rsa RRRR", "hash_host": true });
        let text = edited(args, "");
        assert!(text.starts_with("|1|") && !text.contains("pg-b"), "{text}");
        let gone = json!({ "name": "pg-b", "state": "absent" });
        assert_eq!(edited(gone, &text), "");
        // ssh-keygen -H made this of `pg-b`.
        let made = "|1|E/94sWxAT3Mh7zS5uqUAeS2Epu0=|whyhxXnZuUYDCTm9VYqx7dH+fIs= ssh-rsa AAAA";
        let made = Line::read(made).unwrap();
        assert!(made.names("pg-b") && !made.names("pg-c"));
    }

    #[test]
    fn a_line_that_is_of_another_host_is_refused() {
        let told = |args| {
            ready::<KnownHosts>("/".as_ref(), args)
                .unwrap_err()
                .to_string()
        };
        assert!(told(json!({ "name": "a", "key": "ssh-rsa AAAA" })).contains("no line"));
        assert!(told(json!({ "name": "a", "key": "b ssh-rsa AAAA" })).contains("not of a"));
        assert!(told(json!({ "name": "a" })).contains("missing"));
    }

    #[test]
    fn the_file_is_made() {
        for shell in Shell::all() {
            let home = tempfile::tempdir().unwrap();
            let path = home.path().join("known_hosts");
            let args = json!({ "name": "a", "key": "a ssh-rsa AAAA", "path": path });
            assert!(live::<KnownHosts>(&shell, home.path(), args.clone()).changed);
            settled::<KnownHosts>(&shell, home.path(), args);
            assert_eq!(std::fs::read_to_string(&path).unwrap(), "a ssh-rsa AAAA\n");
        }
    }
}
