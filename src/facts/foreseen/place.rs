//! Paths, as pending effects leave them.

use super::super::{Bytes, Detailed, File, Kind, ProbeError};
use super::Foreseen;
use super::brought::Brings;
use super::over::{Becomes, Over};
use super::path::{bare, is_under, parent};
use crate::step::{Access, Effect, Holds, Place};
use std::collections::BTreeSet;

impl Foreseen {
    /// What lies over a path, under any of its names.
    fn over(&self, names: &[&str]) -> Over<'_> {
        let names: Vec<String> = names.iter().map(|name| bare(name)).collect();
        let mut over = Over {
            path: names.first().cloned().unwrap_or_default(),
            becomes: Becomes::Same,
            keeps: true,
            access: Access::default(),
            last: None,
            brought: None,
        };
        for pending in &*self.pending {
            let Effect::Path(path, place) = &pending.effect else {
                match self.brings(pending, &names) {
                    Some((brings, true)) => over.brought = Some(brings),
                    Some((
                        Brings {
                            place: Some(place), ..
                        },
                        false,
                    )) => {
                        over.lay(place);
                        (over.last, over.brought) = (Some(pending), None);
                    }
                    _ => {}
                }
                self.reowned(&mut over, pending);
                continue;
            };
            if *place == Place::Brought {
                if names.contains(path) && matches!(over.becomes, Becomes::Same | Becomes::Nothing)
                {
                    over.brought = Some(Brings::perhaps(pending));
                }
                continue;
            }
            if names.contains(path) {
                over.lay(place);
            } else if names.iter().any(|name| is_under(name, path)) {
                match place {
                    Place::Nothing | Place::File(..) | Place::Folder(_) => {
                        over.lose(Becomes::Nothing);
                    }
                    Place::Unknown(_) => over.lay(place),
                    Place::Link(_) | Place::Twin(_) => {
                        over.lose(Becomes::Unknown("the way to it becomes a link"));
                    }
                    Place::Folders(_) | Place::Access(_) | Place::Something | Place::Brought => {
                        continue;
                    }
                }
            } else if names.iter().any(|name| is_under(path, name)) {
                match place {
                    Place::Folders(_) => over.folder(&Access::default()),
                    Place::Unknown(_) => {
                        over.brought = Some(Brings::perhaps(pending));
                        continue;
                    }
                    _ => continue,
                }
            } else {
                continue;
            }
            over.last = Some(pending);
            // What a package brought goes with what is taken away after it came.
            if over.decided()
                && (*place == Place::Nothing || !matches!(over.becomes, Becomes::Nothing))
            {
                over.brought = None;
            }
        }
        over
    }

    /// What will stand at the path, by the first of its names; links there not followed.
    fn stands(&self, names: &[&str], now: Option<File>) -> Result<Option<File>, ProbeError> {
        self.over(names).stands(now)
    }

    /// What will stand at `path`. `now` is what stands there, or where it leads when it is followed.
    pub fn file(
        &self,
        path: &str,
        other: Option<&str>,
        follow: bool,
        now: Result<Option<File>, ProbeError>,
    ) -> Result<Option<File>, ProbeError> {
        let at = self.real(path, follow);
        let mut names = vec![at.as_str()];
        names.extend(other);
        let over = self.over(&names);
        let now = match now {
            Err(ProbeError::Failed(_)) if over.decided() => None,
            Ok(Some(file)) if over.keeps => Some(self.owned(file)?),
            other => other?,
        };
        let name = self.real(path, false);
        let link = self.over(&[&name]);
        if let (Some(leads), true) = (self.leading(&name), follow && at != name) {
            let target = now.as_ref().and_then(|file| file.target.clone());
            let there = over.stands(now)?;
            return Ok(Some(File {
                target: target.or_else(|| Some(leads.clone())),
                real: Some(at),
                ..there.unwrap_or_else(|| link.made(Kind::Link))
            }));
        }
        if let (Becomes::Link(target), true) = (&link.becomes, follow) {
            let target = Some((*target).to_owned());
            return match over.stands(now)? {
                Some(file) => Ok(Some(File {
                    target,
                    real: Some(at),
                    ..file
                })),
                None => link.stands(None),
            };
        }
        // What a link leads to has a name of its own.
        let real = now.as_ref().and_then(|file| file.leads(&at));
        if let (true, false, Some(real)) = (follow, over.decided(), real) {
            let target = now.as_ref().and_then(|file| file.target.clone());
            let there = self.stands(&[&real], now)?;
            return Ok(there.map(|file| File {
                target,
                real: Some(real),
                ..file
            }));
        }
        over.stands(now)
    }

    /// The same with the sum of its content, which must be known.
    pub fn file_with_sum(
        &self,
        path: &str,
        other: Option<&str>,
        follow: bool,
        now: Result<Option<File>, ProbeError>,
    ) -> Result<Option<File>, ProbeError> {
        let file = self.file(path, other, follow, now)?;
        if let Some(File {
            kind: Kind::File,
            sha256: None,
            ..
        }) = &file
        {
            let over = self.over(&[&self.real(path, follow)]).filled(false)?;
            let why = match over.becomes {
                Becomes::File(Holds::Unknown(why)) => why,
                _ => "what it will hold is not known",
            };
            return Err(over.unknown(why));
        }
        Ok(file)
    }

    /// The real name of `path`, where that is `now`.
    pub fn leads(&self, path: &str, now: Result<String, ProbeError>) -> Result<String, ProbeError> {
        let real = self.real(path, true);
        let over = self.over(&[&real]);
        let folder = parent(&real).map(|folder| self.over(&[folder]));
        let made = folder.as_ref().is_some_and(Over::decided);
        match (&over.becomes, folder.map(|folder| folder.becomes)) {
            (Becomes::Unknown(why), _) => Err(over.unknown(why)),
            (Becomes::Same | Becomes::Nothing, Some(Becomes::Nothing)) => Err(ProbeError::Failed(
                format!("{path} leads into a folder that is not there"),
            )),
            // Where nobody can go yet, there will be a folder, and no link.
            (Becomes::Same, _) if now.is_ok() || !made => now,
            _ => Ok(real),
        }
    }

    /// What the file at `path` will hold.
    pub fn bytes(
        &self,
        path: &str,
        limit: u64,
        now: Result<Bytes, ProbeError>,
    ) -> Result<Bytes, ProbeError> {
        let real = self.real(path, true);
        let there = !matches!(now, Ok(Bytes::Absent) | Err(_));
        let over = self.over(&[&real]).filled(there)?;
        // A link that leads nowhere is something, and no file.
        let absent = || {
            if real == self.real(path, false) {
                Bytes::Absent
            } else {
                Bytes::NoFile
            }
        };
        match over.becomes {
            Becomes::Same => match now? {
                Bytes::Absent => Ok(absent()),
                now => Ok(now),
            },
            Becomes::Nothing => Ok(absent()),
            Becomes::Folder => Ok(Bytes::NoFile),
            Becomes::File(Holds::Bytes(bytes)) => {
                let size = bytes.len() as u64;
                Ok(if size > limit {
                    Bytes::TooLarge(size)
                } else {
                    Bytes::Are(bytes.to_vec())
                })
            }
            Becomes::File(Holds::Unknown(why)) => Err(over.unknown(why)),
            Becomes::Unknown(why) => Err(over.unknown(why)),
            Becomes::File(Holds::Sum(..)) | Becomes::Something | Becomes::Link(_) => {
                Err(over.unknown("what it will hold is not looked at yet"))
            }
        }
    }

    /// Whether something will stand at `path`.
    pub fn is_there(&self, path: &str, now: bool) -> Result<bool, ProbeError> {
        let over = self.over(&[&self.real(path, false)]).filled(now)?;
        match over.becomes {
            Becomes::Same => Ok(now),
            Becomes::Nothing => Ok(false),
            Becomes::Unknown(why) => Err(over.unknown(why)),
            _ => Ok(true),
        }
    }

    /// Whether anything will match a glob, where `name` says what does. `now` is whether something
    /// does.
    pub fn matches(&self, matches: impl Fn(&str) -> bool, now: bool) -> Result<bool, ProbeError> {
        let mut doubt = None;
        for (pending, path, place) in self.paths() {
            let made = matches(path) && self.is_there(path, false)?;
            if made {
                return Ok(true);
            }
            if matches!(place, Place::Nothing | Place::Unknown(_)) {
                doubt = Some(pending);
            }
        }
        match doubt {
            Some(pending) if now => Err(pending.unknown("what matches may be gone by then")),
            _ => Ok(now),
        }
    }

    /// The task that decides what stands at `path`, where one is pending.
    pub fn decides(&self, path: &str) -> Option<String> {
        let over = self.over(&[&self.real(path, true)]);
        over.decided().then_some(())?;
        over.last.map(|pending| pending.until.to_string())
    }

    /// The deepest part of `path` that will be there; `now` is the deepest that is of its
    /// [`real`](Self::real) name.
    pub fn ancestor(&self, path: &str, now: &str) -> Result<String, ProbeError> {
        let path = bare(path);
        let mut level = path.as_str();
        loop {
            let real = self.real(level, false);
            let is = real == now || is_under(now, &real) || self.leading(&real).is_some();
            if self.is_there(&real, is)? {
                return Ok(level.to_owned());
            }
            match parent(level) {
                Some(above) => level = above,
                None => return Ok(now.to_owned()),
            }
        }
    }

    /// All that will stand under a folder, itself first; `now` is what stands under its
    /// [`real`](Self::real) name.
    pub fn tree(
        &self,
        folder: &str,
        now: Vec<(String, File)>,
    ) -> Result<Vec<(String, File)>, ProbeError> {
        let whole = self.real(folder, true);
        let mut names: BTreeSet<String> = BTreeSet::new();
        for (_, path, place) in self.paths() {
            if is_under(path, &whole) || *path == whole {
                names.insert(path.clone());
                // Those above it are made with it.
                let mut above = parent(path);
                while let (Place::Folders(_), Some(level)) =
                    (place, above.filter(|a| is_under(a, &whole)))
                {
                    names.insert(level.to_owned());
                    above = parent(level);
                }
            }
        }
        names.extend(self.brought_under(&whole));
        let mut all = Vec::new();
        for (path, file) in now {
            names.remove(&path);
            all.extend(self.stands(&[&path], Some(file))?.map(|file| (path, file)));
        }
        for path in names {
            all.extend(self.stands(&[&path], None)?.map(|file| (path, file)));
        }
        all.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (path, _) in &mut all {
            // By the name that was asked for.
            if let Some(inside) = path.strip_prefix(&whole) {
                *path = format!("{}{inside}", bare(folder));
            }
        }
        Ok(all)
    }

    /// What the content of `path` will be for `stat`.
    pub fn details(
        &self,
        path: &str,
        follow: bool,
        checksum: impl Fn(&[u8]) -> Option<String>,
        now: Result<Detailed, ProbeError>,
    ) -> Result<Detailed, ProbeError> {
        // Of what stands there the blocks are told.
        let there = !now.as_ref().is_ok_and(|now| now.blocks.is_none());
        let over = self.over(&[&self.real(path, follow)]).filled(there)?;
        match over.becomes {
            Becomes::Same if over.access == Access::default() => now,
            Becomes::Nothing => Ok(Detailed::default()),
            Becomes::File(Holds::Bytes(bytes)) => Ok(Detailed {
                allowed: over.allowed(),
                checksum: checksum(bytes),
                ..Detailed::default()
            }),
            Becomes::File(_) | Becomes::Unknown(_) | Becomes::Something | Becomes::Link(_) => {
                Err(over.unknown("what it will be is not known whole"))
            }
            Becomes::Same => Ok(Detailed {
                allowed: over.allowed(),
                ..now?
            }),
            Becomes::Folder => Ok(Detailed {
                allowed: over.allowed(),
                ..Detailed::default()
            }),
        }
    }
}
