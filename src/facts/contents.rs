//! What Debian packages bring that are still to come, as far as the host can tell without them: a package
//! that was fetched already holds it, and the lists of contents that apt-file keeps name paths.

use super::path::{is_under, stored};
use super::{Ask, Foreseen, Freshness, ProbeError, Question};
use crate::step::{Access, Account, Effect, Group, Holds, Output, Place, Script, quote};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How long a host may look into packages: those of a kernel take seconds.
const LIMIT: Duration = Duration::from_secs(60);

/// Asks what packages bring.
#[derive(Clone, Debug)]
pub struct PackageContents {
    /// Their names and versions.
    pub packages: Vec<(String, String)>,
}

/// What a package brings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Its paths, as [`stored`] writes them.
    pub paths: BTreeMap<String, Brought>,
    /// The users and groups that systemd makes of what it says.
    pub accounts: Vec<Effect>,
    /// Whether that is all: it has no scripts that may make more.
    pub whole: bool,
    /// Whether the package itself was looked into; else only paths are known.
    pub opened: bool,
}

/// What a package puts at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brought {
    /// What stands there then.
    pub place: Place,
    /// Only where nothing stands there before.
    pub yields: bool,
}

impl Question for PackageContents {
    /// By name; those of which the host can't tell are left out.
    type Answer = BTreeMap<String, Contents>;

    fn ask(&self) -> Ask {
        let mut text = include_str!("contents.sh").to_owned();
        for (name, version) in &self.packages {
            let version = version.replace('%', "%25").replace(':', "%3a");
            text.push_str(&format!("of {} {}\n", quote(name), quote(&version)));
        }
        text.push_str("[ ! \"$missing\" ] || listed\ntrue\n");
        Ask::Shell {
            script: Script {
                limit: Some(LIMIT),
                ..Script::new(text)
            },
            freshness: Freshness::Settled,
            slow: true,
        }
    }

    fn read(&self, output: &Output) -> Result<Self::Answer, ProbeError> {
        let mut all = BTreeMap::new();
        let mut opened: Option<(String, Reading)> = None;
        let mut rest = &output.stdout[..];
        while let Some((line, after)) = line(rest) {
            rest = after;
            let (kind, said) = line.split_once(' ').unwrap_or((&line, ""));
            if kind == "package" {
                all.extend(opened.take().map(|(name, read)| (name, read.contents())));
                opened = Some((said.to_owned(), Reading::default()));
            } else if kind == "listed" {
                if let Some((name, path)) = said.split_once(' ') {
                    let known: &mut Contents = all.entry(name.to_owned()).or_default();
                    known.list(path);
                }
            } else if let Some((_, read)) = &mut opened {
                rest = read.line(kind, said, rest);
            }
        }
        all.extend(opened.map(|(name, read)| (name, read.contents())));
        Ok(all)
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        _: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        // What is in a package changes with nothing that is pending.
        now
    }
}

fn line(bytes: &[u8]) -> Option<(String, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let text = String::from_utf8_lossy(&bytes[..end]).into_owned();
    Some((text, &bytes[end + 1..]))
}

impl Contents {
    /// A path of which a list of contents says no more than that. It names no folders.
    fn list(&mut self, path: &str) {
        let path = stored(path);
        let mut at = path.as_str();
        while !at.is_empty() {
            self.paths.insert(
                at.to_owned(),
                Brought {
                    place: Place::Something,
                    yields: true,
                },
            );
            at = at.rsplit_once('/').map_or("", |(folder, _)| folder);
        }
    }
}

/// A package as it is read line by line.
#[derive(Default)]
struct Reading {
    conffiles: BTreeSet<String>,
    /// Whether it has scripts that run when it comes.
    scripts: bool,
    /// The lines of these that set owners and modes.
    owns: Vec<String>,
    entries: Vec<String>,
    texts: BTreeMap<String, Vec<u8>>,
}

impl Reading {
    /// Takes a line; what it leaves of the bytes behind it.
    fn line<'a>(&mut self, kind: &str, said: &str, rest: &'a [u8]) -> &'a [u8] {
        match kind {
            "conffile" => drop(self.conffiles.insert(stored(said))),
            "scripts" => self.scripts = true,
            "owns" => self.owns.push(said.to_owned()),
            "entry" => self.entries.push(said.to_owned()),
            "text" => {
                let parts = said.split_once(' ');
                let size = parts.and_then(|(size, path)| Some((size.parse().ok()?, path)));
                if let Some((size, path)) = size.filter(|(size, _)| *size <= rest.len()) {
                    self.texts.insert(stored(path), rest[..size].to_vec());
                    return rest.get(size + 1..).unwrap_or_default();
                }
            }
            _ => {}
        }
        rest
    }

    fn contents(self) -> Contents {
        let paths = self.entries.iter().filter_map(|entry| self.entry(entry));
        let paths = paths.collect();
        let own = |(path, _): &(&String, _)| path.starts_with("/usr/lib/sysusers.d/");
        let accounts = self.texts.iter().filter(own);
        Contents {
            accounts: accounts
                .flat_map(|(_, text)| sysusers(&String::from_utf8_lossy(text)))
                .collect(),
            paths,
            whole: !self.scripts,
            opened: true,
        }
    }

    /// What tar says of a path: `-rw-r--r-- root/root 12 2026-01-01 10:00 ./etc/x`.
    fn entry(&self, line: &str) -> Option<(String, Brought)> {
        let mut rest = line;
        let mut word = || {
            let (word, after) = rest.trim_start().split_once(' ')?;
            rest = after;
            Some(word)
        };
        let (bits, whose, _, _, _) = (word()?, word()?, word()?, word()?, word()?);
        let (owner, group) = whose.split_once('/')?;
        let access = Access {
            owner: Some(owner.to_owned()),
            group: Some(group.to_owned()),
            mode: mode(bits),
        };
        let mut name = rest;
        let mut yields = false;
        let place = match bits.as_bytes().first()? {
            b'l' => {
                let (link, target) = name.split_once(" -> ")?;
                name = link;
                Place::Link(target.to_owned())
            }
            b'd' => {
                yields = true;
                Place::Folders(access)
            }
            kind => {
                name = name.split(" link to ").next().unwrap_or(name);
                let path = stored(name);
                yields = self.conffiles.contains(&path);
                let holds = match self.texts.get(&path) {
                    Some(text) => Holds::Bytes(text.clone().into()),
                    None => Holds::Unknown("the package brings what it holds".to_owned()),
                };
                match kind {
                    b'-' | b'h' => Place::File(holds, access),
                    _ => Place::Something,
                }
            }
        };
        let path = stored(name);
        let reowned = self.reowned(&path);
        let place = match place {
            Place::File(..) | Place::Folders(_) if reowned => Place::Something,
            place => place,
        };
        (!path.is_empty()).then_some((path, Brought { place, yields }))
    }
}

impl Reading {
    /// Whether its scripts may set whose a path is, and what it allows: they name it, or one above it with
    /// all in it, or don't say by its name what they act on.
    fn reowned(&self, path: &str) -> bool {
        self.owns.iter().any(|line| {
            let apart = |c: char| c.is_whitespace() || "\"';|&()".contains(c);
            let words = line.split(apart).map(|word| word.trim_end_matches('/'));
            let mut words = words.filter(|word| !word.is_empty());
            let deep = line.contains("-R");
            let vague = line.contains(['$', '*', '`']) && !path.starts_with("/usr/");
            vague || words.any(|word| word == path || (deep && is_under(path, word)))
        })
    }
}

/// The mode's bits of `-rwxr-sr-t`.
fn mode(bits: &str) -> Option<u32> {
    let bits = bits.as_bytes().get(1..10)?;
    let mut mode = 0;
    for (at, bit) in bits.iter().enumerate() {
        let own = 0o400 >> at;
        let special = match at {
            2 => 0o4000,
            5 => 0o2000,
            _ => 0o1000,
        };
        mode |= match bit {
            b'-' => 0,
            b's' | b't' => own | special,
            b'S' | b'T' => special,
            _ => own,
        };
    }
    Some(mode)
}

/// The users and groups of a file for systemd-sysusers.
fn sysusers(text: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for line in text.lines() {
        let words = words(line);
        let word = |at: usize| words.get(at).map(String::as_str).filter(|w| *w != "-");
        let (Some(kind), Some(name)) = (word(0), word(1)) else {
            continue;
        };
        let ids = word(2).unwrap_or_default();
        let (id, group) = ids
            .split_once(':')
            .map_or((ids, None), |(id, group)| (id, Some(group)));
        match kind.trim_end_matches('!') {
            "u" => {
                let gid: Option<u32> = group.map_or_else(|| id.parse().ok(), |g| g.parse().ok());
                let group = group.filter(|group| group.parse::<u32>().is_err());
                if group.is_none() {
                    effects.push(Effect::Group(name.to_owned(), Some(Group { gid })));
                }
                let account = Account {
                    new: true,
                    uid: id.parse().ok(),
                    gid,
                    group: Some(group.unwrap_or(name).to_owned()),
                    comment: word(3).map(str::to_owned),
                    home: Some(word(4).unwrap_or("/").to_owned()),
                    shell: Some(word(5).unwrap_or("/usr/sbin/nologin").to_owned()),
                    ..Account::default()
                };
                effects.push(Effect::User(name.to_owned(), Some(account)));
            }
            "g" => {
                let gid = id.parse().ok();
                effects.push(Effect::Group(name.to_owned(), Some(Group { gid })));
            }
            _ => {}
        }
    }
    effects
}

/// The words of a line, some in quotes; none of a comment.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() && !rest.starts_with('#') {
        let quote = rest.chars().next().filter(|c| ['"', '\''].contains(c));
        let (word, after) = match quote {
            Some(quote) => rest[1..].split_once(quote).unwrap_or((&rest[1..], "")),
            None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    words
}

#[cfg(test)]
mod tests;
