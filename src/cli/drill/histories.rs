//! `trueup drill --histories`

use crate::drill::report::Report;
use crate::history::{self, Level};

/// Whether histories are recorded, and of what.
#[derive(Debug, clap::Args)]
pub struct Record {
    /// Besides, let sessions meet on shared keys, record all that they read and write, and judge it
    #[arg(long)]
    histories: bool,
    /// With --histories: the isolation level of these sessions
    #[arg(
        long,
        value_enum,
        value_name = "LEVEL",
        default_value_t = LevelKind::ReadCommitted,
        requires = "histories"
    )]
    level: LevelKind,
}

impl Record {
    /// The level, where histories are wanted.
    pub fn level(&self) -> Option<Level> {
        self.histories.then(|| self.level.into())
    }
}

/// An isolation level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum LevelKind {
    /// Each statement sees what was committed before it
    ReadCommitted,
    /// All of a transaction sees one snapshot
    RepeatableRead,
    /// As if one ran after the other
    Serializable,
}

impl From<LevelKind> for Level {
    fn from(kind: LevelKind) -> Self {
        match kind {
            LevelKind::ReadCommitted => Self::ReadCommitted,
            LevelKind::RepeatableRead => Self::RepeatableRead,
            LevelKind::Serializable => Self::Serializable,
        }
    }
}

/// What the histories came to.
pub fn told(report: &Report) -> String {
    report
        .histories
        .as_ref()
        .map_or(String::new(), |judgement| {
            format!(
                "histories of {} operations at {}: {}\n{}",
                judgement.operations,
                judgement.level.name(),
                history::verdict(judgement),
                history::read_door(&judgement.read_door)
            )
        })
}
