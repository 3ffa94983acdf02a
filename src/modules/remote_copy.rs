//! A file of the host that `copy` puts elsewhere on the same host.

use super::attributes::{self, Wanted};
use super::mode::{Mode, octal};
use super::placed::{Placing, run};
use super::{Change, Detail, Sign};
use crate::facts::{Bytes, Content, File, FileAt, Kind, Look, ProbeError, expand};
use crate::step::{Step, quote};
use serde_json::{Map, Value};

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
        let (from, there) =
            futures::try_join!(look.fact(ask(&src, true)), look.fact(ask(&dest, follow)))?;
        let mut there = there;
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
            there = look.fact(ask(&dest, follow)).await?;
        }
        if let Some(real) = there
            .as_ref()
            .and_then(|file| file.real.clone())
            .filter(|_| follow)
        {
            dest = real;
        }
        let mut found = Self {
            src,
            dest,
            from,
            there,
            texts: None,
        };
        if found.differs() {
            let text = |path: &str| {
                look.fact(Content {
                    path: path.to_owned(),
                    limit: SHOWN,
                })
            };
            if let (Bytes::Are(after), before) =
                futures::try_join!(text(&found.src), text(&found.dest))?
            {
                let before = match before {
                    Bytes::Are(bytes) => String::from_utf8(bytes).ok(),
                    _ => None,
                };
                found.texts = String::from_utf8(after).ok().map(|after| (before, after));
            }
        }
        Ok(found)
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
                let script = wanted.script(dest, there);
                let steps = if script.is_empty() {
                    Vec::new()
                } else {
                    vec![run(format!("set attributes of {dest}"), script)]
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
        Ok((
            changes,
            vec![run(
                format!("copy {} to {dest}", self.src),
                self.script(&wanted, placing),
            )],
        ))
    }

    /// Copies beside the destination and renames, so that a failure leaves the old file.
    fn script(&self, wanted: &Wanted<'_>, placing: &Placing<'_>) -> String {
        let dest = quote(&self.dest);
        let folder =
            self.dest.rsplit_once('/').map_or(
                ".",
                |(folder, _)| if folder.is_empty() { "/" } else { folder },
            );
        let bits = match (&self.there, wanted.mode) {
            (Some(there), Some(mode)) => mode.bits(there.mode, false),
            (Some(there), None) if there.kind == Kind::File => there.mode,
            _ => wanted.new_bits(false).unwrap_or(0o644),
        };
        let owner = wanted
            .owner
            .map(str::to_owned)
            .or(self.there.as_ref().map(|file| file.uid.to_string()));
        let group = wanted
            .group
            .map(str::to_owned)
            .or(self.there.as_ref().map(|file| file.gid.to_string()));
        let whom = match (owner, group) {
            (None, None) => String::new(),
            (owner, group) => {
                let whom = format!(
                    "{}{}",
                    owner.unwrap_or_default(),
                    group.map(|group| format!(":{group}")).unwrap_or_default()
                );
                format!(" && chown {} \"$t\"", quote(&whom))
            }
        };
        let validate = placing
            .validate
            .map(|command| format!(" && {}", command.replace("%s", "\"$t\"")))
            .unwrap_or_default();
        let backup = if placing.backup && self.there.is_some() {
            format!(" && cp -p {dest} {dest}.$$.$(date +%Y-%m-%d@%H:%M:%S~)")
        } else {
            String::new()
        };
        format!(
            "t=$(mktemp {}) || exit\n\
             if cat {} >\"$t\"{whom} && chmod {} \"$t\"{validate}{backup} && mv -f \"$t\" {dest}; then exit 0; fi\n\
             rm -f \"$t\"; exit 1",
            quote(&format!("{}/.trueup.XXXXXX", folder.trim_end_matches('/'))),
            quote(&self.src),
            octal(bits),
        )
    }

    /// The return values.
    pub fn values(&self, wanted: &Wanted<'_>, known: bool) -> Map<String, Value> {
        let mut values = match &self.there {
            Some(there) if known || !self.differs() => attributes::values(there),
            _ => Map::new(),
        };
        if values.is_empty()
            && let Some(bits) = wanted.new_bits(false)
        {
            values.insert("mode".into(), octal(bits).into());
        }
        values.insert("dest".into(), self.dest.clone().into());
        values
    }
}
