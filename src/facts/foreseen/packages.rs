//! Packages of Debian's, as pending effects leave them, and what a new one may bring.

use super::super::matching::expression;
use super::super::{Age, Move, Package, ProbeError};
use super::{Foreseen, Pending};
use crate::step::{self, Effect, Place};
use regex::Regex;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What stands in names of packages and of what they bring, and says nothing of what it is.
const USUAL: [&str; 17] = [
    "client", "common", "server", "service", "daemon", "core", "base", "bin", "utils", "tools",
    "data", "dev", "doc", "plugin", "plugins", "contrib", "conf",
];

/// What a name is about: `postgresql` of `postgresql-client-17`, `pgpool` of `pgpool2.conf`.
fn stem(name: &str) -> String {
    let name = name.trim_start_matches(['_', '.']).to_lowercase();
    let name = name.split(['.', '@']).next().unwrap_or_default();
    let mut words: Vec<&str> = name.split(['-', '_']).collect();
    while words.len() > 1
        && words.last().is_some_and(|word| {
            USUAL.contains(word) || word.starts_with(|c: char| c.is_ascii_digit())
        })
    {
        words.pop();
    }
    words
        .join("-")
        .trim_end_matches(|c: char| c.is_ascii_digit())
        .to_owned()
}

/// Whether a file, a unit or a folder of this name may be the package's.
fn related(name: &str, package: &str) -> bool {
    let (name, package) = (stem(name), stem(package));
    let whole = name.len() > 2 && (name == package || package == format!("open{name}"));
    whole || name.strip_suffix('d') == Some(&package)
}

impl Foreseen {
    pub(super) fn packages(
        &self,
    ) -> impl DoubleEndedIterator<Item = (&Pending, &String, &step::Package)> {
        self.pending
            .iter()
            .filter_map(|pending| match &pending.effect {
                Effect::Package(name, package) => Some((pending, name, package)),
                _ => None,
            })
    }

    /// Those of some packages, patterns too, that dpkg will know.
    pub fn installed(
        &self,
        names: &[String],
        mut now: Vec<Package>,
    ) -> Result<Vec<Package>, ProbeError> {
        let asked: Vec<Regex> = names
            .iter()
            .map(|name| expression(name.split(':').next().unwrap_or_default()))
            .collect::<Result<_, _>>()?;
        let asked = |(_, name, _): &(_, &String, _)| asked.iter().any(|asked| asked.is_match(name));
        for (pending, name, becomes) in self.packages().filter(asked) {
            match becomes {
                step::Package::There {
                    version,
                    architecture,
                    ..
                } => {
                    let there = |package: &&mut Package| {
                        package.name == *name
                            && (architecture.is_empty() || *architecture == package.architecture)
                    };
                    let known = Package {
                        name: name.clone(),
                        architecture: architecture.clone(),
                        version: version.clone().unwrap_or_default(),
                        installed: true,
                        held: false,
                        until: version.is_none().then(|| pending.until.to_string()),
                    };
                    match now.iter_mut().find(there) {
                        Some(package) => {
                            *package = Package {
                                architecture: package.architecture.clone(),
                                held: package.held,
                                ..known
                            };
                        }
                        None => now.push(known),
                    }
                }
                step::Package::Gone { purged } => {
                    for package in now.iter_mut().filter(|package| package.name == *name) {
                        package.installed = false;
                    }
                    now.retain(|package| !purged || package.name != *name);
                }
            }
        }
        Ok(now)
    }

    /// What `apt-get` will do. `free` is whether it chooses by itself what goes.
    pub fn moves(&self, free: bool, now: Vec<Move>) -> Result<Vec<Move>, ProbeError> {
        let pending = self.packages().next_back().map(|(pending, ..)| pending);
        if let (Some(pending), true) = (pending.or(self.unread_sources()), free) {
            return Err(pending.unknown("what apt does then rests on it"));
        }
        let is_so = |moved: &Move| {
            let last = self
                .packages()
                .rev()
                .find(|(_, name, _)| **name == moved.name);
            match last.map(|(.., becomes)| becomes) {
                Some(step::Package::There { version, .. }) => {
                    version.is_none() || *version == moved.to
                }
                Some(step::Package::Gone { .. }) => moved.to.is_none(),
                None => false,
            }
        };
        Ok(now.into_iter().filter(|moved| !is_so(moved)).collect())
    }

    /// Where the packages come from is changed, and read anew then.
    fn unread_sources(&self) -> Option<&Pending> {
        let mut changed = None;
        for pending in &*self.pending {
            match &pending.effect {
                Effect::Path(path, _) if is_source(path) => changed = Some((pending, false)),
                Effect::ListsRead => changed = changed.map(|(pending, _)| (pending, true)),
                _ => {}
            }
        }
        changed.and_then(|(pending, read)| read.then_some(pending))
    }

    /// Which versions apt will offer: none is known where what it offers changes, which `newest` can't
    /// do without.
    pub fn candidates(
        &self,
        newest: bool,
        now: BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, ProbeError> {
        match self.unread_sources() {
            Some(pending) if newest => {
                Err(pending.unknown("what is newest is known once its packages are listed"))
            }
            Some(_) => Ok(BTreeMap::new()),
            None => Ok(now),
        }
    }

    /// How old the lists of packages will be.
    pub fn lists_age(&self, mut now: Age) -> Age {
        for pending in &*self.pending {
            match &pending.effect {
                Effect::Path(path, place)
                    if is_source(path) && !matches!(place, Place::Access(_)) =>
                {
                    now.read = 0;
                }
                Effect::ListsRead => now.read = now.now,
                _ => {}
            }
        }
        now
    }

    /// The packages that are new by the task `until`, whose author says all that comes with them.
    pub fn told(&mut self, until: &str) -> Vec<String> {
        let mut names = Vec::new();
        for pending in Arc::make_mut(&mut self.pending) {
            if let (Effect::Package(name, step::Package::There { new, .. }), true) =
                (&mut pending.effect, *pending.until == *until)
                && std::mem::take(new)
            {
                names.push(name.clone());
            }
        }
        names
    }

    /// The new package that may bring the unit of this name.
    pub(super) fn brings_unit(&self, name: &str) -> Option<&Pending> {
        let new = |(pending, package, becomes): (_, &String, &step::Package)| {
            let new = matches!(becomes, step::Package::There { new: true, .. });
            (new && related(name, package)).then_some(pending)
        };
        self.packages().find_map(new)
    }

    /// The new package that may bring the user or the group of this name.
    pub(super) fn brings_account(&self, name: &str) -> Option<&Pending> {
        let name = stem(name);
        let new = |(pending, package, becomes): (_, &String, &step::Package)| {
            let new = matches!(becomes, step::Package::There { new: true, .. });
            let package = stem(package);
            let same = name.len() > 3 && (package.starts_with(&name) || name.starts_with(&package));
            (new && same && package.len() > 3).then_some(pending)
        };
        self.packages().find_map(new)
    }
}

impl Pending {
    /// Whether it is a new package that may put something at this path.
    pub(super) fn brings(&self, path: &str) -> bool {
        let Effect::Package(package, step::Package::There { new: true, .. }) = &self.effect else {
            return false;
        };
        let places = [
            "/etc/", "/usr/", "/var/", "/lib/", "/bin/", "/sbin/", "/run/",
        ];
        places
            .iter()
            .any(|place| path.starts_with(place) && !path.starts_with("/usr/local/"))
            && path.split('/').skip(2).any(|part| related(part, package))
    }
}

fn is_source(path: &str) -> bool {
    let folders = ["/etc/apt/sources.list.d/", "/etc/yum.repos.d/"];
    path == "/etc/apt/sources.list" || folders.iter().any(|folder| path.starts_with(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_package_may_bring_bears_its_name() {
        let pairs = [
            ("postgresql", "postgresql-17"),
            ("postgresql-common", "postgresql-17"),
            ("pgpool.conf", "pgpool2"),
            ("haproxy.service", "haproxy"),
            ("ssh", "openssh-server"),
            ("etcd", "etcd-server"),
            ("mysqld", "mysql-server"),
        ];
        assert!(pairs.iter().all(|(name, package)| related(name, package)));
        let others = [
            ("digits", "git"),
            ("ssl", "ssl-cert"),
            ("myapp", "curl"),
            ("server", "nginx-server"),
        ];
        assert!(!others.iter().any(|(name, package)| related(name, package)));
    }

    fn installing(name: &str) -> Effect {
        let new = step::Package::There {
            version: None,
            architecture: String::new(),
            new: true,
        };
        Effect::Package(name.to_owned(), new)
    }

    #[test]
    fn what_the_author_of_a_task_says_is_all_that_its_packages_bring() {
        let mut pending = Foreseen::default();
        pending.add("install", "root", [installing("haproxy")]);
        pending.add("install more", "root", [installing("etcd-server")]);
        let there = |pending: &Foreseen, path| pending.is_there(path, false).ok();
        let (one, other) = ("/etc/haproxy/tls", "/etc/etcd/tls");
        assert_eq!((there(&pending, one), there(&pending, other)), (None, None));
        assert_eq!(pending.told("install"), ["haproxy"]);
        assert_eq!(there(&pending, one), Some(false));
        assert_eq!(there(&pending, other), None);
        assert!(pending.told("install").is_empty());
    }
}
