//! How far a saved plan was carried out: a line for each thing that began and for each that ended.
//! What a command left can't be seen on its host, so that it is known from here that it was run.

use super::Key;
use crate::engine::machine::lock;
use crate::engine::outcome::Registered;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::{DirBuilder, File, Permissions};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// How an item stands.
#[derive(Clone, Debug)]
pub enum Past {
    /// It began, and nothing says that it ended.
    Begun,
    /// It failed.
    Failed,
    /// It ended well.
    Done {
        /// Whether it counts as a change.
        changed: bool,
        /// What `register` got.
        result: Registered,
    },
}

/// A line of the journal.
#[derive(Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
enum Line {
    Begun {
        node: Key,
        item: usize,
    },
    Failed {
        node: Key,
        item: usize,
    },
    Done {
        node: Key,
        item: usize,
        changed: bool,
        #[serde(default, skip_serializing_if = "Registered::is_empty")]
        result: Registered,
    },
    Applied {
        time: String,
    },
}

/// How far a plan was carried out.
pub struct Journal {
    path: PathBuf,
    /// Nothing where it is only read.
    file: Option<Mutex<File>>,
    past: HashMap<(Key, usize), Past>,
    /// What began in this run.
    open: Mutex<std::collections::HashSet<(Key, usize)>>,
    applied: Option<String>,
}

/// A journal that can't be kept.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// It can't be read or written to.
    #[error("can't keep the journal of the plan, {}: {source}; look at who owns its folder", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line can't be read.
    #[error("the journal of the plan is broken: {}, line {line}: {source}; make a new plan", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// Why.
        source: serde_json::Error,
    },
    /// Another run holds it.
    #[error("another run applies this plan now: it holds {}", path.display())]
    Held {
        /// The file.
        path: PathBuf,
    },
}

impl Journal {
    /// Reads what there is of the plan with that digest, below the folder of an inventory's state.
    pub fn read(state: &Path, digest: &str) -> Result<Self, JournalError> {
        let path = state.join("plans").join(format!("{digest}.jsonl"));
        let mut journal = Self {
            file: None,
            past: HashMap::new(),
            open: Mutex::default(),
            applied: None,
            path,
        };
        match File::open(&journal.path) {
            Ok(file) => journal.take(file)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(journal.io(error)),
        }
        Ok(journal)
    }

    fn take(&mut self, file: File) -> Result<(), JournalError> {
        let mut lines = BufReader::new(file).lines().enumerate().peekable();
        while let Some((index, line)) = lines.next() {
            let line = line.map_err(|error| self.io(error))?;
            match serde_json::from_str(&line) {
                Ok(Line::Begun { node, item }) => self.past.insert((node, item), Past::Begun),
                Ok(Line::Failed { node, item }) => self.past.insert((node, item), Past::Failed),
                Ok(Line::Done {
                    node,
                    item,
                    changed,
                    result,
                }) => self
                    .past
                    .insert((node, item), Past::Done { changed, result }),
                Ok(Line::Applied { time }) => {
                    self.applied = Some(time);
                    None
                }
                // The machine went down while it was written: what it would have said did not end.
                Err(_) if lines.peek().is_none() => None,
                Err(source) => {
                    return Err(JournalError::Broken {
                        path: self.path.clone(),
                        line: index + 1,
                        source,
                    });
                }
            };
        }
        Ok(())
    }

    /// From now on it is written, by this run alone.
    pub fn open(mut self) -> Result<Self, JournalError> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let open = || {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(folder)?;
            let mut options = File::options();
            options.create(true).append(true).read(true).mode(0o600);
            let file = options.open(&self.path)?;
            if file.try_lock().is_err() {
                return Ok(None);
            }
            // Of a line that broke off nothing stays, so that the next one begins a line.
            let whole = whole_lines(&self.path)?;
            if file.metadata()?.len() > whole {
                file.set_len(whole)?;
            }
            Ok(Some(file))
        };
        match open().map_err(|error| self.io(error))? {
            Some(file) => self.file = Some(Mutex::new(file)),
            None => return Err(JournalError::Held { path: self.path }),
        }
        Ok(self)
    }

    /// When the plan was carried out whole.
    pub fn applied(&self) -> Option<&str> {
        self.applied.as_deref()
    }

    /// Whether the plan was applied in part.
    pub fn is_begun(&self) -> bool {
        !self.past.is_empty()
    }

    /// How an item stands.
    pub(super) fn past(&self, node: &Key, item: usize) -> Option<Past> {
        self.past.get(&(node.clone(), item)).cloned()
    }

    /// Whether something of a task counted as a change.
    pub(super) fn changed(&self, node: &Key) -> bool {
        self.past
            .iter()
            .any(|((key, _), past)| key == node && matches!(past, Past::Done { changed: true, .. }))
    }

    pub(super) fn begun(&self, node: &Key, item: usize) -> Result<(), JournalError> {
        if !lock(&self.open).insert((node.clone(), item)) {
            return Ok(());
        }
        let node = node.clone();
        self.write(&Line::Begun { node, item })
    }

    pub(super) fn ended(
        &self,
        node: &Key,
        item: usize,
        well: bool,
        changed: bool,
        result: Option<&Registered>,
    ) {
        if !lock(&self.open).remove(&(node.clone(), item)) {
            return;
        }
        let node = node.clone();
        let line = if well {
            Line::Done {
                node,
                item,
                changed,
                result: result.cloned().unwrap_or_default(),
            }
        } else {
            Line::Failed { node, item }
        };
        // That it is not written can't undo what was done: it then counts as begun.
        if let Err(error) = self.write(&line) {
            tracing::warn!("{error}");
        }
    }

    /// All of it was carried out; what it came to is not needed any more.
    pub(super) fn close(&self) -> Result<(), JournalError> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let write = || {
            let mut file = tempfile::Builder::new()
                .permissions(Permissions::from_mode(0o600))
                .tempfile_in(folder)?;
            let time = jiff::Timestamp::now()
                .strftime("%Y-%m-%dT%H:%M:%SZ")
                .to_string();
            writeln!(file, "{}", serde_json::to_string(&Line::Applied { time })?)?;
            file.as_file().sync_all()?;
            file.persist(&self.path)?;
            Ok(())
        };
        write().map_err(|error| self.io(error))
    }

    fn write(&self, line: &Line) -> Result<(), JournalError> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let write = || {
            let text = serde_json::to_string(line)? + "\n";
            let mut file = lock(file);
            file.write_all(text.as_bytes())?;
            file.sync_data()
        };
        write().map_err(|error| self.io(error))
    }

    fn io(&self, source: io::Error) -> JournalError {
        JournalError::Io {
            path: self.path.clone(),
            source,
        }
    }
}

/// How long a file is up to the end of its last whole line.
fn whole_lines(path: &Path) -> io::Result<u64> {
    let bytes = std::fs::read(path)?;
    let end = bytes.iter().rposition(|byte| *byte == b'\n');
    Ok(end.map_or(0, |at| at as u64 + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(place: &str) -> Key {
        Key {
            play: 0,
            place: place.to_owned(),
            host: "a".to_owned(),
            nth: 0,
        }
    }

    /// A child that another test starts at this moment may still hold what was let go, until its exec.
    fn open(state: &Path) -> Journal {
        let mut tries = 0..200;
        loop {
            match Journal::read(state, "p").unwrap().open() {
                Err(JournalError::Held { .. }) if tries.next().is_some() => {
                    std::thread::sleep(std::time::Duration::from_millis(10));
                }
                opened => return opened.unwrap(),
            }
        }
    }

    #[test]
    fn what_was_done_is_known_in_the_next_run_and_nothing_more_once_all_is() {
        let state = tempfile::tempdir().unwrap();
        let (one, two) = (node("site.yml:1:1"), node("site.yml:2:1"));
        let first = open(state.path());
        assert!(matches!(
            Journal::read(state.path(), "p").unwrap().open(),
            Err(JournalError::Held { .. })
        ));
        first.begun(&one, 0).unwrap();
        let result: Registered = [("stdout".to_owned(), "geheim".into())]
            .into_iter()
            .collect();
        first.ended(&one, 0, true, true, Some(&result));
        first.begun(&two, 1).unwrap();
        // What did not begin did not end.
        first.ended(&two, 0, true, true, None);
        drop(first);
        let mode = std::fs::metadata(state.path().join("plans/p.jsonl")).unwrap();
        assert_eq!(mode.permissions().mode() & 0o777, 0o600);

        let second = open(state.path());
        assert!(second.is_begun() && second.changed(&one) && !second.changed(&two));
        let Some(Past::Done { result, .. }) = second.past(&one, 0) else {
            panic!("it is done");
        };
        assert_eq!(result["stdout"], "geheim");
        assert!(matches!(second.past(&two, 1), Some(Past::Begun)));
        assert!(second.past(&two, 0).is_none());
        second.close().unwrap();
        drop(second);

        let third = Journal::read(state.path(), "p").unwrap();
        assert!(third.applied().is_some() && !third.is_begun());
        let kept = std::fs::read_to_string(state.path().join("plans/p.jsonl")).unwrap();
        assert!(!kept.contains("geheim"), "{kept}");
    }

    #[test]
    fn of_a_line_that_broke_off_nothing_stays() {
        let state = tempfile::tempdir().unwrap();
        let (one, two) = (node("site.yml:1:1"), node("site.yml:2:1"));
        open(state.path()).begun(&one, 0).unwrap();
        let path = state.path().join("plans/p.jsonl");
        let whole = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{whole}{}", &whole[..whole.len() / 2])).unwrap();
        let second = open(state.path());
        second.begun(&two, 0).unwrap();
        second.ended(&two, 0, false, false, None);
        drop(second);
        let third = Journal::read(state.path(), "p").unwrap();
        assert!(matches!(third.past(&one, 0), Some(Past::Begun)));
        assert!(matches!(third.past(&two, 0), Some(Past::Failed)));
        std::fs::write(&path, "no line\n{}\n").unwrap();
        let broken = Journal::read(state.path(), "p").map(|_| ()).unwrap_err();
        assert!(broken.to_string().contains("line 1"), "{broken}");
    }
}
