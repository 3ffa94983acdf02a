//! The ledger: a file of JSON lines on the controller's disk, in which each transaction stands
//! before it is sent, and how it ended behind.
//!
//! A drill that was killed leaves a ledger that can be read: what has no outcome is unknown.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// A ledger that can't be written or read.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file can't be used.
    #[error(
        "can't keep the ledger {}: {source}; name a folder that has room and no earlier drill's ledger (--report)",
        path.display()
    )]
    File {
        /// The ledger.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A line that no drill wrote.
    #[error("{}:{line}: not a line of a ledger: {why}; was it changed by hand?", path.display())]
    Line {
        /// The ledger.
        path: PathBuf,
        /// Which line, from 1 on.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
}

/// What a ledger begins with.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Opening {
    /// The run's name; its tables bear it.
    pub run: String,
    /// What was chosen by chance follows from it.
    pub seed: u64,
    /// How many sessions write.
    pub sessions: u32,
}

/// A transaction that will be sent.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Intent {
    /// Whose it is, from 1 on.
    pub session: u32,
    /// Its number in the session, from 1 on.
    pub number: u64,
    /// How many lines its order has.
    pub parts: u32,
    /// The MD5 sum of the texts that it writes, the order's first.
    pub digest: String,
}

/// How a transaction ended, as far as its client knows.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Its commit was acknowledged: it is there for ever.
    Acknowledged,
    /// It surely did not happen.
    Refused,
    /// The client took it back itself, on purpose: it surely did not happen either.
    Abandoned,
    /// The client never heard.
    Unknown,
}

/// A line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    Opening(Opening),
    Intent {
        at: f64,
        #[serde(flatten)]
        intent: Intent,
    },
    Outcome {
        at: f64,
        session: u32,
        number: u64,
        outcome: Outcome,
        /// What was said, where it was not acknowledged.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        why: String,
    },
}

/// A ledger that is written. A copy writes to the same.
#[derive(Clone, Debug)]
pub struct Ledger {
    path: Arc<Path>,
    file: Arc<Mutex<File>>,
}

impl Ledger {
    /// Begins a ledger; there must be none at `path`.
    pub fn begin(path: &Path, opening: Opening) -> Result<Self, LedgerError> {
        let begin = || {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            File::options().append(true).create_new(true).open(path)
        };
        let ledger = Self {
            path: path.into(),
            file: Arc::new(Mutex::new(begin().map_err(at(path))?)),
        };
        ledger.write(&Line::Opening(opening))?;
        Ok(ledger)
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes that a transaction will be sent.
    pub fn intend(&self, at: f64, intent: Intent) -> Result<(), LedgerError> {
        self.write(&Line::Intent { at, intent })
    }

    /// Writes how it ended, and why not otherwise.
    pub fn ended(
        &self,
        at: f64,
        (session, number): (u32, u64),
        outcome: Outcome,
        why: String,
    ) -> Result<(), LedgerError> {
        self.write(&Line::Outcome {
            at,
            session,
            number,
            outcome,
            why,
        })
    }

    /// A line goes to the system in one piece, so that only a machine's death can cut it.
    fn write(&self, line: &Line) -> Result<(), LedgerError> {
        let write = || {
            let mut text = serde_json::to_vec(line)?;
            text.push(b'\n');
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            file.write_all(&text)
        };
        write().map_err(at(&self.path))
    }
}

fn at(path: &Path) -> impl Fn(io::Error) -> LedgerError + '_ {
    move |source| LedgerError::File {
        path: path.to_owned(),
        source,
    }
}

/// A transaction of a ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// How many lines its order has.
    pub parts: u32,
    /// The MD5 sum of its texts.
    pub digest: String,
    /// How it ended.
    pub outcome: Outcome,
}

/// All that a ledger holds: its opening, and each transaction by session and number.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// What it begins with.
    pub opening: Opening,
    /// The transactions.
    pub transactions: BTreeMap<(u32, u64), Kept>,
}

/// Reads a ledger, also one whose drill was killed.
pub fn read(path: &Path) -> Result<Account, LedgerError> {
    let text = std::fs::read_to_string(path).map_err(at(path))?;
    let wrong = |line: usize, why: &dyn std::fmt::Display| LedgerError::Line {
        path: path.to_owned(),
        line,
        why: why.to_string(),
    };
    let mut opening = None;
    let mut transactions = BTreeMap::new();
    for (before, line) in text.split_inclusive('\n').enumerate() {
        let number = before + 1;
        // What the machine died over was never sent.
        let Some(line) = line.strip_suffix('\n') else {
            break;
        };
        let line: Line = serde_json::from_str(line).map_err(|error| wrong(number, &error))?;
        match line {
            Line::Opening(found) => opening = Some(found),
            Line::Intent { intent, .. } => {
                let key = (intent.session, intent.number);
                let kept = Kept {
                    parts: intent.parts,
                    digest: intent.digest,
                    outcome: Outcome::Unknown,
                };
                transactions.insert(key, kept);
            }
            Line::Outcome {
                session,
                number: of,
                outcome,
                ..
            } => match transactions.get_mut(&(session, of)) {
                Some(kept) => kept.outcome = outcome,
                None => return Err(wrong(number, &"the outcome of what nobody intended")),
            },
        }
    }
    Ok(Account {
        opening: opening.ok_or_else(|| wrong(1, &"it has no opening"))?,
        transactions,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intent(number: u64) -> Intent {
        Intent {
            session: 2,
            number,
            parts: 1,
            digest: "d".into(),
        }
    }

    fn begun(folder: &Path) -> Ledger {
        let opening = Opening {
            run: "r".into(),
            seed: 7,
            sessions: 2,
        };
        Ledger::begin(&folder.join("new/ledger.jsonl"), opening).unwrap()
    }

    #[test]
    fn what_has_no_outcome_is_unknown_and_a_cut_line_was_never_sent() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = begun(folder.path());
        for number in 1..=4 {
            ledger.intend(0.5, intent(number)).unwrap();
        }
        let ended = |number, outcome| ledger.ended(0.7, (2, number), outcome, String::new());
        ended(1, Outcome::Acknowledged).unwrap();
        ended(2, Outcome::Refused).unwrap();
        ended(3, Outcome::Unknown).unwrap();
        let mut file = File::options().append(true).open(ledger.path()).unwrap();
        file.write_all(b"{\"intent\":{\"at\":0.8,\"sess").unwrap();
        let account = read(ledger.path()).unwrap();
        let outcomes: Vec<Outcome> = account
            .transactions
            .values()
            .map(|kept| kept.outcome)
            .collect();
        assert_eq!(account.opening.seed, 7);
        assert_eq!(
            outcomes,
            [
                Outcome::Acknowledged,
                Outcome::Refused,
                Outcome::Unknown,
                Outcome::Unknown
            ]
        );
    }

    #[test]
    fn an_older_ledger_is_never_written_over_and_a_strange_line_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = begun(folder.path());
        let again = Ledger::begin(
            ledger.path(),
            Opening {
                run: "r".into(),
                seed: 1,
                sessions: 1,
            },
        );
        assert!(matches!(again, Err(LedgerError::File { .. })));
        let ended = ledger.ended(1.0, (9, 9), Outcome::Acknowledged, String::new());
        ended.unwrap();
        let told = read(ledger.path()).unwrap_err().to_string();
        assert!(
            told.ends_with(
                "ledger.jsonl:2: not a line of a ledger: the outcome of what nobody intended; was it changed by hand?"
            ),
            "{told}"
        );
    }
}
