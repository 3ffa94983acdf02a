//! The file of a history: JSON Lines. A transaction stands there before it is sent, and how it ended behind;
//! so a run that was killed leaves a file that can be judged: what has no end is unknown.

use super::record::{Begin, End, History, Opening, Outcome, Transaction};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// A record that can't be written or read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The file can't be used.
    #[error("can't use the history {}: {source}; name a file of histories that can be read, or a folder that has room", path.display())]
    File {
        /// The record.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A line that no drill wrote.
    #[error("{}:{line}: not a line of a history: {why}; was it changed by hand?", path.display())]
    Line {
        /// The record.
        path: PathBuf,
        /// Which line, from 1 on.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
}

/// A line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    Opening(Opening),
    Begin(Begin),
    End(End),
    Transaction(Transaction),
}

/// A record that is written. A copy writes to the same.
#[derive(Clone, Debug)]
pub struct Record {
    path: Arc<Path>,
    file: Arc<Mutex<File>>,
}

impl Record {
    /// Begins one; there must be none at `path`.
    pub fn begin(path: &Path, opening: Opening) -> Result<Self, RecordError> {
        let file = File::options().append(true).create_new(true).open(path);
        let record = Self {
            path: path.into(),
            file: Arc::new(Mutex::new(file.map_err(at(path))?)),
        };
        record.write(&Line::Opening(opening))?;
        Ok(record)
    }

    /// Goes on with one that is there.
    pub fn resume(path: &Path) -> Result<Self, RecordError> {
        let file = File::options().append(true).open(path).map_err(at(path))?;
        Ok(Self {
            path: path.into(),
            file: Arc::new(Mutex::new(file)),
        })
    }

    /// Writes that a transaction will be sent.
    pub fn intend(&self, begin: Begin) -> Result<(), RecordError> {
        self.write(&Line::Begin(begin))
    }

    /// Writes how it ended.
    pub fn ended(&self, end: End) -> Result<(), RecordError> {
        self.write(&Line::End(end))
    }

    /// Writes a whole one.
    pub fn whole(&self, transaction: Transaction) -> Result<(), RecordError> {
        self.write(&Line::Transaction(transaction))
    }

    /// A line goes to the system in one piece, so that only a machine's death can cut it.
    fn write(&self, line: &Line) -> Result<(), RecordError> {
        let write = || {
            let mut text = serde_json::to_vec(line)?;
            text.push(b'\n');
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            file.write_all(&text)
        };
        write().map_err(at(&self.path))
    }
}

fn at(path: &Path) -> impl Fn(io::Error) -> RecordError + '_ {
    move |source| RecordError::File {
        path: path.to_owned(),
        source,
    }
}

/// Reads a record, also one whose run was killed.
pub fn read(path: &Path) -> Result<History, RecordError> {
    let mut reader = BufReader::new(File::open(path).map_err(at(path))?);
    let mut reading = Reading::default();
    let mut line = Vec::new();
    let mut number = 0;
    let mut cut = false;
    while reader.read_until(b'\n', &mut line).map_err(at(path))? > 0 {
        number += 1;
        // What the machine died over was never sent.
        cut = line.last() != Some(&b'\n');
        if !cut {
            reading.take(&line).map_err(|why| RecordError::Line {
                path: path.to_owned(),
                line: number,
                why,
            })?;
        }
        line.clear();
    }
    let opening = reading.opening.ok_or_else(|| RecordError::Line {
        path: path.to_owned(),
        line: 1,
        why: "it does not begin with the opening".to_owned(),
    })?;
    Ok(History {
        opening,
        transactions: reading.transactions,
        cut,
    })
}

#[derive(Default)]
struct Reading {
    opening: Option<Opening>,
    transactions: Vec<Transaction>,
    places: HashMap<u64, usize>,
}

impl Reading {
    fn take(&mut self, line: &[u8]) -> Result<(), String> {
        let line = serde_json::from_slice(line).map_err(|error| error.to_string())?;
        match (line, &self.opening) {
            (Line::Opening(opening), None) => self.opening = Some(opening),
            (Line::Opening(_), Some(_)) => return Err("a second opening".to_owned()),
            (_, None) => return Err("it stands before the opening".to_owned()),
            (Line::Begin(begin), _) => {
                return self.add(Transaction {
                    number: begin.number,
                    session: begin.session,
                    door: begin.door,
                    level: begin.level,
                    begun: begin.at,
                    ended: None,
                    asked: None,
                    outcome: Outcome::Unknown,
                    operations: begin.operations,
                });
            }
            (Line::Transaction(transaction), _) => return self.add(transaction),
            (Line::End(end), _) => {
                let place = self.places.get(&end.number);
                let place = place.and_then(|place| self.transactions.get_mut(*place));
                let transaction = place
                    .ok_or_else(|| format!("transaction {} ends and never began", end.number))?;
                if transaction.ended.is_some() {
                    return Err(format!("transaction {} ends twice", end.number));
                }
                transaction.ended = Some(end.at);
                transaction.asked = end.asked;
                transaction.outcome = end.outcome;
                // Of one that did not come to its end, what was to be done may have been done.
                if end.outcome == Outcome::Committed
                    || end.operations.len() >= transaction.operations.len()
                {
                    transaction.operations = end.operations;
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, transaction: Transaction) -> Result<(), String> {
        let number = transaction.number;
        if self
            .places
            .insert(number, self.transactions.len())
            .is_some()
        {
            return Err(format!("transaction {number} begins twice"));
        }
        self.transactions.push(transaction);
        Ok(())
    }
}
