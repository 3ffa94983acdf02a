//! What is recorded of a run: transactions with their operations, who answered, and how they ended.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An isolation level, as PostgreSQL names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Level {
    /// Each statement sees what was committed before it.
    #[serde(rename = "read committed")]
    ReadCommitted,
    /// All of a transaction sees one snapshot.
    #[serde(rename = "repeatable read")]
    RepeatableRead,
    /// As if one ran after the other.
    #[serde(rename = "serializable")]
    Serializable,
}

impl Level {
    /// In SQL.
    pub fn name(self) -> &'static str {
        match self {
            Self::ReadCommitted => "read committed",
            Self::RepeatableRead => "repeatable read",
            Self::Serializable => "serializable",
        }
    }
}

/// By which way a client came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Door {
    /// Where writes go, and what must see the newest.
    Write,
    /// Reads alone; a standby may answer.
    Read,
    /// The look at all that is there, when the run is over: at each node itself.
    Final,
}

/// How a transaction ended, as far as its client knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Its commit was acknowledged.
    Committed,
    /// It surely did not happen.
    Aborted,
    /// The client never heard, or was warned.
    Unknown,
}

/// What a record begins with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// The run's name.
    pub run: String,
    /// What was chosen by chance follows from it.
    pub seed: u64,
    /// The level of every transaction that names none of its own.
    pub level: Level,
    /// How many sessions work.
    pub sessions: u32,
    /// What the accounts hold at the beginning.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub accounts: BTreeMap<String, i64>,
}

/// What an operation does, and what it got. Each value of a key is written once only in a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Act {
    /// Puts a value behind the others of a list.
    Append {
        /// The list.
        key: String,
        /// The value.
        value: u64,
    },
    /// Reads a whole list.
    List {
        /// The list.
        key: String,
        /// What is in it, the oldest first.
        #[serde(default)]
        values: Vec<u64>,
    },
    /// Puts a value into a register.
    Write {
        /// The register.
        key: String,
        /// The value.
        value: u64,
        /// What the server says that it wrote over; `null`: it was the first. Left out: it did not say.
        #[serde(default, skip_serializing_if = "Option::is_none", with = "said")]
        over: Option<Option<u64>>,
    },
    /// Reads a register.
    Register {
        /// The register.
        key: String,
        /// Its value; `null`: nobody has written it.
        #[serde(default)]
        value: Option<u64>,
    },
    /// Adds to a counter.
    Add {
        /// The counter.
        key: String,
        /// How much.
        by: i64,
    },
    /// Reads a counter.
    Counter {
        /// The counter.
        key: String,
        /// What it says.
        #[serde(default)]
        value: i64,
    },
    /// Puts a value into a set.
    Insert {
        /// The set.
        key: String,
        /// The value.
        value: u64,
    },
    /// Reads a whole set.
    Set {
        /// The set.
        key: String,
        /// What is in it.
        #[serde(default)]
        values: Vec<u64>,
    },
    /// Takes from one account what it gives to another.
    Move {
        /// The one.
        from: String,
        /// The other.
        to: String,
        /// How much.
        amount: i64,
    },
    /// Reads all accounts by one statement.
    Balances {
        /// What each holds.
        #[serde(default)]
        accounts: BTreeMap<String, i64>,
    },
}

/// A value that may be left out, and may be null.
mod said {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[allow(clippy::option_option, clippy::ref_option)] // Serde gives it so.
    pub fn serialize<S: Serializer>(
        value: &Option<Option<u64>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.flatten().serialize(serializer)
    }

    #[allow(clippy::option_option)] // Left out, null, and a value are three things.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Option<u64>>, D::Error> {
        Option::deserialize(deserializer).map(Some)
    }
}

/// An operation, and who answered it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    /// What it is.
    #[serde(flatten)]
    pub act: Act,
    /// The server's own address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<Arc<str>>,
    /// The server's timeline, where the session may ask for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline: Option<u32>,
    /// Whether it was in recovery: a standby.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub standby: bool,
}

impl From<Act> for Operation {
    fn from(act: Act) -> Self {
        Self {
            act,
            server: None,
            timeline: None,
            standby: false,
        }
    }
}

/// A transaction that will be sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Begin {
    /// Its number in the run.
    pub number: u64,
    /// Whose it is.
    pub session: u32,
    /// By which way.
    pub door: Door,
    /// Its level, where it is not the run's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// When; seconds since the run began, by one clock.
    pub at: f64,
    /// What it is to do.
    pub operations: Vec<Operation>,
}

/// How a transaction ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// Its number.
    pub number: u64,
    /// When.
    pub at: f64,
    /// When its commit was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<f64>,
    /// How.
    pub outcome: Outcome,
    /// What was said, where it is not committed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// What was done, with what came of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<Operation>,
}

/// A whole transaction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transaction {
    /// Its number in the run.
    pub number: u64,
    /// Whose it is.
    pub session: u32,
    /// By which way.
    pub door: Door,
    /// Its level, where it is not the run's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// When it began.
    pub begun: f64,
    /// When it ended, where it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<f64>,
    /// When its commit was asked for, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<f64>,
    /// How it ended.
    pub outcome: Outcome,
    /// What it did.
    pub operations: Vec<Operation>,
}

/// A history that is judged.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// What it begins with.
    pub opening: Opening,
    /// The transactions in the order in which they began.
    pub transactions: Vec<Transaction>,
    /// Whether the last line was cut off.
    pub cut: bool,
}
