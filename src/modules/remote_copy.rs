//! A file of the host that `copy` puts elsewhere on the same host.

use super::attributes::{self, Wanted};
use super::mode::{Mode, octal};
use super::placed::{Placing, act};
use super::{Change, Detail, Sign, TaskResult};
use crate::facts::{Bytes, Content, File, FileAt, Kind, Look, ProbeError, expand, found};
use crate::step::{Step, Upload};
use std::sync::Arc;

const SHOWN: u64 = 256 * 1024;

/// A file of the host and the place where it goes.
#[derive(Clone, Debug)]
pub struct RemoteCopy {
    src: String,
    dest: String,
    from: File,
    there: Option<File>,
    texts: Option<(Option<String>, String)>,
}

impl RemoteCopy {
    /// Looks at both.
    pub async fn look(
        look: &Look,
        src: &str,
        dest: &str,
        follow: bool,
    ) -> Result<Self, ProbeError> {
        let src = expand(look, src).await?;
        let mut dest = expand(look, dest).await?;
        let ask = |path: &str, follow| FileAt {
            path: path.to_owned(),
            follow,
            hash: true,
        };
        let (from, (mut there, mut to)) =
            futures::try_join!(look.fact(ask(&src, true)), found(look, ask(&dest, follow)))?;
        let from =
            from.ok_or_else(|| ProbeError::Failed(format!("the host has no {src} to copy")))?;
        if from.kind != Kind::File {
            return Err(ProbeError::Failed(format!(
                "{src} is a {}: on the host itself only files are copied; use `command: cp -a` with `creates`",
                from.kind.word()
            )));
        }
        if dest.ends_with('/')
            || there
                .as_ref()
                .is_some_and(|file| file.kind == Kind::Directory)
        {
            let name = src.rsplit('/').next().unwrap_or(&src);
            dest = format!("{}/{name}", dest.trim_end_matches('/'));
            (there, to) = found(look, ask(&dest, follow)).await?;
        }
        let mut both = Self {
            src,
            dest: to,
            from,
            there,
            texts: None,
        };
        if both.differs() {
            let text = |path: &str| {
                look.fact(Content {
                    path: path.to_owned(),
                    limit: SHOWN,
                })
            };
            if let (Bytes::Are(after), before) =
                futures::try_join!(text(&both.src), text(&both.dest))?
            {
                let before = match before {
                    Bytes::Are(bytes) => String::from_utf8(bytes).ok(),
                    _ => None,
                };
                both.texts = String::from_utf8(after).ok().map(|after| (before, after));
            }
        }
        Ok(both)
    }

    fn differs(&self) -> bool {
        self.there
            .as_ref()
            .is_none_or(|there| there.kind != Kind::File || there.sha256 != self.from.sha256)
    }

    /// What is to do.
    pub fn plan(
        &self,
        placing: &Placing<'_>,
        force: bool,
    ) -> Result<(Vec<Change>, Vec<Step>), String> {
        let mut wanted = placing.wanted;
        let kept = Mode::Bits(self.from.mode);
        if wanted.mode == Some(&Mode::Preserve) {
            wanted.mode = Some(&kept);
        }
        let dest = &self.dest;
        if let Some(there) = &self.there {
            if there.kind == Kind::Directory {
                return Err(format!("{dest} is a directory where a file is wanted"));
            }
            if !self.differs() {
                let lines = wanted.lines(dest, there);
                let steps = if lines.is_empty() {
                    Vec::new()
                } else {
                    vec![act(format!("set attributes of {dest}"), &lines)]
                };
                return Ok((wanted.changes(dest, there), steps));
            }
            if !force {
                return Ok((Vec::new(), Vec::new()));
            }
        }
        let detail = match &self.texts {
            Some((before, after)) => Detail::Text {
                before: before.clone(),
                after: Some(after.clone()),
            },
            None => Detail::Attribute {
                name: "sha256".into(),
                from: self.there.as_ref().and_then(|file| file.sha256.clone()),
                to: self.from.sha256.clone(),
            },
        };
        let sign = if self.there.is_some() {
            Sign::Modify
        } else {
            Sign::Add
        };
        let mut changes = vec![Change {
            sign,
            what: dest.clone(),
            detail,
        }];
        changes.extend(match &self.there {
            Some(there) => wanted.changes(dest, there),
            None => wanted.additions(dest, false),
        });
        let note = placing.note(&changes);
        changes.extend(note);
        Ok((changes, vec![self.step(&wanted, placing)]))
    }

    /// What is copied is what was looked at, or nothing.
    fn step(&self, wanted: &Wanted<'_>, placing: &Placing<'_>) -> Step {
        let bits = match (&self.there, wanted.mode) {
            (Some(there), Some(mode)) => Some(mode.bits(there.mode, false)),
            (Some(_), None) => None,
            (None, _) => wanted.new_bits(false),
        };
        let upload = Upload {
            path: self.dest.clone(),
            content: Arc::default(),
            mode: bits,
            owner: wanted.owner.map(str::to_owned),
            group: wanted.group.map(str::to_owned),
            backup: placing.backup && self.there.is_some(),
            validate: placing.validate.map(str::to_owned),
        };
        let sum = self.from.sha256.as_deref().unwrap_or_default();
        upload.copy_of(&self.src, sum, self.from.size)
    }

    /// The return values.
    pub fn tell(&self, result: &mut TaskResult, wanted: &Wanted<'_>, known: bool) {
        let there = self.there.as_ref();
        if let Some(there) = there.filter(|_| known || !self.differs()) {
            attributes::tell(result, there);
        } else if let Some(bits) = wanted.new_bits(false) {
            result.values.insert("mode".into(), octal(bits).into());
        }
        result
            .values
            .insert("dest".into(), self.dest.clone().into());
    }
}
