//! The names of paths, with the links on the way that stand or are pending.

use super::path::{absolute, bare};
use super::{Foreseen, Pending};
use crate::step::Place;

impl Foreseen {
    /// The name of `path` by which it is asked for, with the links that are pending followed.
    pub fn real(&self, path: &str, follow: bool) -> String {
        /// How many links the kernel follows.
        const MOST: usize = 40;
        let mut path = bare(path);
        for _ in 0..MOST {
            match self.step(&path, follow) {
                Some(next) => path = next,
                None => break,
            }
        }
        path
    }

    /// The name by which an effect on `path` is known.
    pub(super) fn name(&self, path: &str, place: &Place) -> String {
        let path = bare(path);
        match (place, path.rsplit_once('/')) {
            // Where a link leads to a folder, that is the one that has to be there.
            (Place::Folders(_), _) => self.real(&path, true),
            // What is made of one name leaves the others of that file; what it allows is all of theirs.
            (Place::Access(_), _) | (_, None) => self.real(&path, false),
            (_, Some((folder, name))) => bare(&format!("{}/{name}", self.real(folder, true))),
        }
    }

    /// The path with the first pending link on the way to it followed.
    fn step(&self, path: &str, follow: bool) -> Option<String> {
        let all: Vec<_> = self.paths().collect();
        let link = |(at, (_, link, place)): (usize, &(&Pending, &String, &Place))| {
            let rest = path.strip_prefix(link.as_str())?;
            let followed = rest.starts_with('/') || (rest.is_empty() && follow);
            let later = |what: &str| {
                all[at + 1..]
                    .iter()
                    .any(|(_, other, place)| place.ends(what, other))
            };
            let target = match place {
                Place::Link(target) if followed => absolute(link, target),
                // What is put in the place of one name leaves the other with what it was.
                Place::Twin(target) if rest.is_empty() && !later(target) => bare(target),
                _ => return None,
            };
            (!later(link)).then(|| bare(&format!("{target}{rest}")))
        };
        let pending = all.iter().enumerate().rev().find_map(link);
        let led = pending.or_else(|| {
            self.links.keys().find_map(|link| {
                let rest = path.strip_prefix(link.as_str())?;
                let followed = rest.starts_with('/') || (rest.is_empty() && follow);
                let target = self.leading(link).filter(|_| followed)?;
                Some(bare(&format!("{target}{rest}")))
            })
        });
        led.or_else(|| {
            let ends = path
                .match_indices('/')
                .map(|(at, _)| at)
                .filter(|at| *at > 0);
            ends.chain(follow.then_some(path.len())).find_map(|end| {
                let (link, rest) = path.split_at(end);
                let target = self.link_brought(link)?;
                let ended = self.paths().any(|(_, of, place)| place.ends(link, of));
                (!ended).then(|| bare(&format!("{}{rest}", absolute(link, target))))
            })
        })
    }

    /// Where the link that stands at `path` on the host leads, while it stays.
    pub(super) fn leading(&self, path: &str) -> Option<&String> {
        let target = self.links.get(path)?;
        let ended = self.paths().any(|(_, of, place)| place.ends(path, of));
        (!ended).then_some(target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{File, ProbeError};
    use crate::step::Effect;

    #[test]
    fn what_is_done_behind_a_link_that_may_stand_may_be_done_at_either_place() {
        let mut foreseen = Foreseen::default();
        let unknown = |path: &str| {
            let why = "it decides it".to_owned();
            Effect::Path(path.to_owned(), Place::Unknown(why))
        };
        foreseen.learn(vec![("/srv/now".into(), "/old".into())]);
        foreseen.add("Ask", "root", [unknown("/srv/now")]);
        foreseen.may_link("/srv/now", "../new");
        let of = |foreseen: &Foreseen, path: &str| -> Result<Option<File>, ProbeError> {
            foreseen.file(path, None, false, Ok(None))
        };
        // The link itself makes nothing where it leads.
        assert!(of(&foreseen, "/new/a").is_ok() && of(&foreseen, "/srv/now").is_err());
        foreseen.add("Ask", "root", [unknown("/srv/now/a")]);
        for path in ["/new/a", "/new/a/b", "/old/a"] {
            let error = of(&foreseen, path).unwrap_err();
            assert!(
                matches!(error, ProbeError::Unknown { until, .. } if until == "Ask"),
                "{path}"
            );
        }
        for path in ["/new/b", "/srv/other"] {
            assert!(of(&foreseen, path).is_ok(), "{path}");
        }
    }
}
