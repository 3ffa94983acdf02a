//! Looks for files in folders.
//!
//! ```yaml
//! - find: { paths: /var/log, patterns: '*.gz', age: 4w, recurse: true }
//!   register: old
//! - file: { path: "{{ item.path }}", state: absent }
//!   loop: "{{ old.files }}"
//!   loop_control: { label: "{{ item.path }}" }
//! ```
//!
//! What is found is told in the order of the names, each folder's own before those of the folders in it.

mod params;

use super::edited::pattern;
use super::stat::of_file;
use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{
    Bytes, Content, Details, File, FileAt, Kind, Look, ProbeError, Time, Tree, expand,
};
use futures::future::try_join_all;
use params::{Params, Stamp, Wanted};
use regex::Regex;
use serde_json::{Map, Value};

/// `find`
pub struct Find;

/// Files larger than this are not read for `contains`.
const LIMIT: u64 = 16 * 1024 * 1024;

/// The task, with what it says in words read.
#[derive(Debug)]
pub struct Ready {
    params: Params,
    patterns: Vec<Regex>,
    excludes: Vec<Regex>,
    contains: Option<Regex>,
    age: Option<i64>,
    size: Option<i64>,
}

/// What was found.
#[derive(Debug, Default)]
pub struct State {
    files: Vec<(String, File, Option<String>)>,
    examined: usize,
    skipped: Map<String, Value>,
    limited: bool,
}

/// A number with a unit.
fn amount(name: &str, text: &str, units: &[(char, i64)]) -> Result<i64, Diag> {
    let text = text.trim().to_ascii_lowercase();
    let unit = units.iter().find(|(unit, _)| text.ends_with(*unit));
    let (digits, times) = match unit {
        Some((unit, times)) => (text.trim_end_matches(*unit), *times),
        None => (&*text, 1),
    };
    let number: Option<i64> = digits.parse().ok();
    number
        .and_then(|number| number.checked_mul(times))
        .ok_or_else(|| {
            let units: String = units.iter().map(|(unit, _)| *unit).collect();
            Diag::error(format!(
                "`{name}` is a number, which may end in one of `{units}`; this is `{text}`"
            ))
        })
}

/// The expression of a glob over names, as Python's `fnmatch` reads it.
fn glob(text: &str) -> Result<Regex, Diag> {
    let mut written = "(?s)^".to_owned();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '*' => written.push_str(".*"),
            '?' => written.push('.'),
            '[' => {
                let inner: String = rest.clone().collect();
                // A `]` right at the start is one of the letters.
                let from = usize::from(inner.starts_with('!'));
                let from = from + usize::from(inner[from..].starts_with(']'));
                let Some(end) = inner[from..].find(']').map(|end| end + from) else {
                    written.push_str(r"\[");
                    continue;
                };
                let (negated, letters) = match inner[..end].strip_prefix('!') {
                    Some(letters) => ("^", letters),
                    None => ("", &inner[..end]),
                };
                let letters = letters.replace('\\', r"\\").replace('[', r"\[");
                let letters = letters.replace(']', r"\]").replace('^', r"\^");
                written.push_str(&format!("[{negated}{letters}]"));
                for _ in 0..=inner[..end].chars().count() {
                    rest.next();
                }
            }
            c => written.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    written.push('$');
    Regex::new(&written).map_err(|_| Diag::error(format!("`{text}` is no pattern")))
}

impl Module for Find {
    const NAME: &'static str = "find";
    const ALIASES: &'static [(&'static str, &'static str)] = &[
        ("name", "paths"),
        ("path", "paths"),
        ("pattern", "patterns"),
        ("exclude", "excludes"),
        ("checksum", "checksum_algorithm"),
        ("checksum_algo", "checksum_algorithm"),
    ];
    const ONLY_ASKS: bool = true;
    type Params = Params;
    type Ready = Ready;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Ready, Diag> {
        const SECONDS: [(char, i64); 5] = [
            ('s', 1),
            ('m', 60),
            ('h', 3600),
            ('d', 86400),
            ('w', 604_800),
        ];
        const BYTES: [(char, i64); 5] = [
            ('b', 1),
            ('k', 1 << 10),
            ('m', 1 << 20),
            ('g', 1 << 30),
            ('t', 1 << 40),
        ];
        if params.limit == Some(0) {
            return Err(Diag::error(
                "`limit` is at least 1; without it all are told",
            ));
        }
        let read = |name: &str, texts: &[String]| -> Result<Vec<Regex>, Diag> {
            let one = |text: &String| {
                if params.use_regex {
                    pattern(name, &format!("^(?:{text})"), false, false)
                } else {
                    glob(text)
                }
            };
            texts.iter().map(one).collect()
        };
        let contains = |text: &String| {
            if params.read_whole_file {
                pattern("contains", text, false, false)
            } else {
                pattern("contains", &format!("^(?:{text})"), false, false)
            }
        };
        let amounts = |name, text: &Option<String>, units: &[_]| {
            text.as_deref()
                .map(|text| amount(name, text, units))
                .transpose()
        };
        Ok(Ready {
            patterns: read("patterns", &params.patterns)?,
            excludes: read("excludes", &params.excludes)?,
            contains: params.contains.as_ref().map(contains).transpose()?,
            age: amounts("age", &params.age, &SECONDS)?,
            size: amounts("size", &params.size, &BYTES)?,
            params,
        })
    }

    async fn probe(ready: &Ready, look: &Look) -> Result<State, ProbeError> {
        let params = &ready.params;
        let now = match ready.age {
            Some(_) => look.fact(Time).await?.time.as_secs().cast_signed(),
            None => 0,
        };
        let mut state = State::default();
        for path in &params.paths {
            let path = expand(look, path).await?;
            let folder = look
                .fact(FileAt {
                    path: path.clone(),
                    follow: true,
                    hash: false,
                })
                .await?;
            if folder.is_none_or(|folder| folder.kind != Kind::Directory) {
                let why = format!("'{path}' is not a directory");
                state.skipped.insert(path, why.into());
                continue;
            }
            let levels = if params.recurse {
                params.depth.filter(|depth| *depth > 0)
            } else {
                Some(1)
            };
            let bare = path.trim_end_matches('/');
            let tree = Tree {
                path: format!("{bare}/"),
                levels,
                follow: params.follow,
            };
            let mut inside: Vec<(String, File)> = look.fact(tree).await?;
            inside.retain(|(path, _)| path.trim_end_matches('/') != bare);
            state.examined += inside.len();
            // Each folder's own names first, then what is in the folders, as a walk from the top meets them.
            inside.sort_by(|(one, _), (other, _)| in_turn(one).cmp(&in_turn(other)));
            state.take(ready, look, now, inside).await?;
        }
        Ok(state)
    }

    fn plan(_: &Ready, _: &State) -> Result<Plan, String> {
        Ok(Plan::nothing())
    }

    fn result(Course { before, .. }: Course<'_, Self>) -> TaskResult {
        let mut unsure = None;
        let mut files = Vec::new();
        for (path, file, checksum) in &before.files {
            let mut told = of_file(file);
            unsure = file.known(&mut told).or(unsure);
            told.insert("path".into(), path.as_str().into());
            if let Some(checksum) = checksum {
                told.insert("checksum".into(), checksum.as_str().into());
            }
            files.push(Value::Object(told));
        }
        let message = match (before.skipped.is_empty(), before.limited) {
            (false, _) => "Not all paths examined, check warnings for details",
            (true, true) => "Limit of matches reached",
            (true, false) => "All paths examined",
        };
        TaskResult {
            unsure,
            ..TaskResult::default()
                .with("matched", files.len())
                .with("files", files)
                .with("examined", before.examined)
                .with("skipped_paths", before.skipped.clone())
                .with("msg", message)
        }
    }
}

/// The folder and the name: what sorts as a walk from the top meets it.
fn in_turn(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

impl State {
    async fn take(
        &mut self,
        ready: &Ready,
        look: &Look,
        now: i64,
        inside: Vec<(String, File)>,
    ) -> Result<(), ProbeError> {
        let params = &ready.params;
        let mut found: Vec<_> = inside
            .into_iter()
            .filter(|(path, file)| ready.wants(in_turn(path).1, file, now))
            .collect();
        if ready.contains.is_some() && params.file_type == Wanted::File {
            let hold = found.iter().map(|(path, _)| ready.holds(look, path));
            let mut hold = try_join_all(hold).await?.into_iter();
            found.retain(|_| hold.next() == Some(true));
        }
        if let Some(limit) = params.limit {
            let room = limit.saturating_sub(self.files.len());
            self.limited |= found.len() >= room;
            found.truncate(room);
        }
        let sums = found.iter().map(|(path, file)| async move {
            if !params.get_checksum || file.kind != Kind::File {
                return Ok(None);
            }
            let details = Details {
                path: path.clone(),
                follow: false,
                checksum: Some(params.checksum_algorithm.word()),
                mime: false,
                flags: false,
            };
            look.fact(details).await.map(|details| details.checksum)
        });
        let sums = try_join_all(sums).await?;
        let found = found.into_iter().zip(sums);
        self.files
            .extend(found.map(|((path, file), sum)| (path, file, sum)));
        Ok(())
    }
}

impl Ready {
    fn wants(&self, name: &str, file: &File, now: i64) -> bool {
        let params = &self.params;
        let of_kind = match params.file_type {
            Wanted::Any => true,
            Wanted::Directory => file.kind == Kind::Directory,
            Wanted::File => file.kind == Kind::File,
            Wanted::Link => file.kind == Kind::Link,
        };
        let named = (params.hidden || !name.starts_with('.'))
            && (self.patterns.is_empty() || self.patterns.iter().any(|p| p.is_match(name)))
            && !self.excludes.iter().any(|p| p.is_match(name));
        let at = match params.age_stamp {
            Stamp::Atime => file.atime,
            Stamp::Ctime => file.ctime,
            Stamp::Mtime => file.mtime,
        };
        let within = |wanted: Option<i64>, is: i64| {
            wanted.is_none_or(|wanted| {
                if wanted >= 0 {
                    is >= wanted
                } else {
                    is <= -wanted
                }
            })
        };
        let size = if file.kind == Kind::File {
            self.size
        } else {
            None
        };
        let allowed = params.mode.as_ref().is_none_or(|mode| {
            let bits = mode.bits(0, false);
            if params.exact_mode {
                file.mode == bits
            } else {
                file.mode & bits != 0
            }
        });
        of_kind
            && named
            && allowed
            && within(self.age, now - at)
            && within(size, file.size.cast_signed())
    }

    async fn holds(&self, look: &Look, path: &str) -> Result<bool, ProbeError> {
        let content = Content {
            path: path.to_owned(),
            limit: LIMIT,
        };
        let Bytes::Are(bytes) = look.fact(content).await? else {
            return Ok(false);
        };
        let text = String::from_utf8_lossy(&bytes);
        Ok(self.contains.as_ref().is_none_or(|contains| {
            if self.params.read_whole_file {
                contains.is_match(&text)
            } else {
                text.lines().any(|line| contains.is_match(line))
            }
        }))
    }
}

#[cfg(test)]
mod tests;
