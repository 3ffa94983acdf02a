//! What comes with new packages: by what the host says of them, else what may come by their names.

use super::super::contents::{Brought, Contents};
use super::path::{bare, is_under, stored};
use super::{Foreseen, Pending};
use crate::facts::ProbeError;
use crate::step::{Effect, Package, Place};
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

/// What a new package, or a task of which not more is known, puts where nothing is.
#[derive(Clone, Copy)]
pub(super) struct Brings<'a> {
    pub(super) pending: &'a Pending,
    /// What; `None` where not even that is known.
    pub(super) place: Option<&'a Place>,
    why: &'static str,
}

impl<'a> Brings<'a> {
    /// It may put something there.
    pub(super) fn perhaps(pending: &'a Pending) -> Self {
        let why = match pending.effect {
            Effect::Path(_, Place::Brought) => "the package may put something there",
            _ => "the folder may be made on the way",
        };
        Self {
            pending,
            place: None,
            why,
        }
    }

    pub(super) fn unknown(&self) -> ProbeError {
        match self.pending.package() {
            Some(package) => self.pending.unknown(&format!("{package} {}", self.why)),
            None => self.pending.unknown(self.why),
        }
    }
}

/// Why it is not known what else a package brings.
const CLOSED: &str =
    "may bring it, and is not in the host's cache: say with `predicts` what it brings";
const UNPICKED: &str =
    "may bring it, and its version is not known yet: say with `predicts` what it brings";
const SCRIPTS: &str = "has scripts that may make it: say with `predicts` what it brings";

impl Pending {
    /// The name of the package that is new by it.
    pub(super) fn package(&self) -> Option<&String> {
        match &self.effect {
            Effect::Package(name, Package::There { new: true, .. }) => Some(name),
            _ => None,
        }
    }
}

impl Foreseen {
    /// These packages were looked into; `None` where the host can't tell what is in one.
    pub fn open(&mut self, packages: impl IntoIterator<Item = (String, Option<Contents>)>) {
        Arc::make_mut(&mut self.opened).extend(packages);
    }

    /// Those of these packages, of which the version is known, that were not looked into.
    pub fn closed(&self, packages: &[(String, Option<String>)]) -> Vec<(String, String)> {
        let closed = packages
            .iter()
            .filter(|(name, _)| !self.opened.contains_key(name));
        let known = closed.filter_map(|(name, version)| Some((name.clone(), version.clone()?)));
        known.collect()
    }

    /// The author of the task that brings these packages says all that comes with them.
    pub fn vouch_for(&mut self, packages: &[String]) {
        for pending in Arc::make_mut(&mut self.pending) {
            if let Effect::Package(name, Package::There { new, .. }) = &mut pending.effect {
                *new &= !packages.contains(name);
            }
        }
    }

    /// What is known to come with what is pending, where that is a new package.
    pub(super) fn contents(&self, pending: &Pending) -> Option<&Contents> {
        self.opened.get(pending.package()?)?.as_ref()
    }

    /// Why it is not known what else a new package brings; `None` where nothing else is.
    fn more(&self, package: &str) -> Option<&'static str> {
        match self.opened.get(package) {
            Some(Some(known)) if known.whole => None,
            Some(Some(known)) if known.opened => Some(SCRIPTS),
            Some(_) => Some(CLOSED),
            None => Some(UNPICKED),
        }
    }

    /// What the new package that is pending puts, or may put, at a path with these names, and whether that
    /// is only where nothing stands.
    pub(super) fn brings<'a>(
        &'a self,
        pending: &'a Pending,
        names: &[String],
    ) -> Option<(Brings<'a>, bool)> {
        let package = pending.package()?;
        let brings = |place, why| Brings {
            pending,
            place,
            why,
        };
        let known = self.contents(pending);
        if let Some(Brought { place, yields }) =
            known.and_then(|known| names.iter().find_map(|name| known.paths.get(&stored(name))))
        {
            return Some((brings(Some(place), CLOSED), *yields));
        }
        let may = names.iter().any(|name| may_bring(package, name));
        let why = self.more(package).filter(|_| may)?;
        Some((brings(None, why), true))
    }

    /// Where the link leads that a new package puts at a path.
    pub(super) fn link_brought(&self, path: &str) -> Option<&String> {
        let path = stored(path);
        let mut new = self.pending.iter().rev();
        match &new
            .find_map(|pending| self.contents(pending)?.paths.get(&path))?
            .place
        {
            Place::Link(target) => Some(target),
            _ => None,
        }
    }

    /// The paths of a folder and under it that new packages bring.
    pub(super) fn brought_under(&self, folder: &str) -> impl Iterator<Item = String> {
        let (folder, whole) = (bare(folder), stored(folder));
        let known = self
            .pending
            .iter()
            .filter_map(|pending| self.contents(pending));
        let paths = known.flat_map(|known| known.paths.keys());
        paths.filter_map(move |path| {
            let inside = *path == whole || is_under(path, &whole);
            inside.then(|| format!("{folder}{}", &path[whole.len()..]))
        })
    }

    /// The new package that may bring the unit of this name.
    pub(super) fn brings_unit(&self, name: &str) -> Option<ProbeError> {
        self.perhaps(|package| related(name, package))
    }

    /// The new package that may bring the user or the group of this name.
    pub(super) fn brings_account(&self, name: &str) -> Option<ProbeError> {
        let name = stem(name);
        self.perhaps(|package| {
            let package = stem(package);
            let same = package.starts_with(&name) || name.starts_with(&package);
            name.len() > 3 && package.len() > 3 && same
        })
    }

    /// That what is asked for may come with the first new package whose name is like it.
    fn perhaps(&self, like: impl Fn(&str) -> bool) -> Option<ProbeError> {
        self.pending.iter().find_map(|pending| {
            let package = pending.package().filter(|package| like(package))?;
            let why = self.more(package)?;
            Some(pending.unknown(&format!("{package} {why}")))
        })
    }
}

/// Whether a package may put something at this path.
fn may_bring(package: &str, path: &str) -> bool {
    let places = [
        "/etc/", "/usr/", "/var/", "/lib/", "/bin/", "/sbin/", "/run/",
    ];
    let inside = |place: &&str| path.starts_with(*place) && !path.starts_with("/usr/local/");
    places.iter().any(inside) && path.split('/').skip(2).any(|part| related(part, package))
}

#[cfg(test)]
mod tests;
