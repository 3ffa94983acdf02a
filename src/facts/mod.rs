//! One read-only question a file: the shell text it asks with, the pure function that reads the answer.
//!
//! A module asks through [`Look::fact`]. Whoever answers (the engine's desk) collects what the
//! probes of one host asked and sends it as one script, one round trip. The contract: a probe
//! awaits nothing but its [`Look`].

mod account;
mod account_numbers;
mod account_rules;
mod ancestor;
mod clock;
mod content;
mod contents;
mod crontab;
mod disk_free;
mod dnf;
pub mod etcd;
mod evr;
mod file;
mod foreseen;
mod home;
pub mod http;
mod job;
mod listeners;
mod lists_age;
mod look;
mod manager;
mod matching;
mod mounts;
mod offered;
mod openpgp;
mod packages;
mod path;
pub mod patroni;
pub mod pcp_node;
pub mod pg_database;
pub mod pg_node;
pub mod pg_privileges;
pub mod pg_recovery;
pub mod pg_role;
pub mod pg_setting;
pub mod pg_slot;
pub mod pg_version;
pub mod pg_within;
pub mod psql;
mod rpm;
mod rpm_keys;
mod says;
mod since;
pub mod sql;
mod stat;
mod sudo;
mod system;
mod tree;
mod unit;
mod unpacked;
mod validated;
mod way;

pub use crate::step::UnitScope;
pub use account::{Group, GroupNamed, Number, User, UserNamed};
pub use account_numbers::{AccountNumbers, Numbers};
pub use account_rules::{AccountRules, OwnGroup, Rules, Skeleton};
pub use ancestor::Ancestor;
pub use clock::{ClockKeeper, Kept, Time};
pub use content::{Bytes, Content};
pub use contents::{Brought, Contents, PackageContents};
pub use crontab::{Crontab, Tab};
pub use disk_free::{Disk, DiskFree};
pub use dnf::{HeardAge, Repoquery, Which};
pub use evr::Evr;
pub use file::{File, FileAt, Kind, Loose};
pub use foreseen::Foreseen;
pub use home::expand;
pub use job::{JobEnded, JobFound, JobNamed};
pub use listeners::{Listener, Listeners};
pub use lists_age::{Age, ListsAge};
pub use look::{Desk, Look};
pub use manager::{Managers, ManagersFound};
pub use matching::Matching;
pub use mounts::{Mount, Mounts, is_from, mounted};
pub use offered::{Offered, Offers};
pub use openpgp::PublicKey;
#[cfg(test)]
pub use openpgp::SAMPLE as SAMPLE_KEY;
pub use packages::{Candidates, Installed, Move, Package, Provided, Simulated};
pub use rpm::{Rpm, RpmFiles, RpmInstalled, RpmProviders};
pub use rpm_keys::{ImportedKey, RpmKeys};
pub use says::{Says, TOOLS};
pub use since::{SettingSince, Since, Touched};
pub use stat::{Detailed, Details, checksum};
pub use sudo::{MaySudo, Sudo};
pub use system::{Said, System};
pub use tree::Tree;
pub use unit::{Unit, UnitState};
pub use unpacked::{Archive, Unpacked, Unpacking};
pub use validated::{Validated, Verdict};
pub use way::{found, real, seen};

use crate::step::{Output, Request, Script};
use std::time::Duration;

/// How long an answer stays true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Freshness {
    /// While no step ran on the machine: files, packages, users, groups, unit files.
    Settled,
    /// Only now: services' state, processes, ports, databases, time.
    Live,
}

/// What is asked, as data.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ask {
    /// A read-only script, run by the persistent shell of the task's user.
    Shell {
        /// The script; it must not change anything on the host.
        script: Script,
        /// How long the answer stays true.
        freshness: Freshness,
        /// A slow question (a package index): asked apart, so that it holds up nobody.
        slow: bool,
    },
    /// A TCP connection from the host's own sshd (direct-tcpip): status 0 when it opened
    /// (stdout: what the peer sent within the limit, when `listen`), 1 when it was refused.
    Connect {
        /// The host's name as the target sees it.
        host: String,
        /// The port.
        port: u16,
        /// Read what the peer says first (a banner).
        listen: bool,
        /// How long to wait for the connection and the banner.
        limit: Duration,
    },
    /// An HTTP request that only reads, made from the host's own sshd: status 0 with the
    /// [`Response`](crate::step::Response) as its output, whatever the server said; 1 when none
    /// came, stderr says why.
    Request(Box<Request>),
}

impl Ask {
    /// A settled question.
    pub fn settled(text: impl Into<String>) -> Self {
        Self::Shell {
            script: Script::new(text),
            freshness: Freshness::Settled,
            slow: false,
        }
    }

    /// A live question to a PostgreSQL server.
    pub fn psql(script: Script) -> Self {
        Self::Shell {
            script,
            freshness: Freshness::Live,
            slow: false,
        }
    }

    /// A live question.
    pub fn live(text: impl Into<String>) -> Self {
        Self::Shell {
            script: Script::new(text),
            freshness: Freshness::Live,
            slow: false,
        }
    }
}

/// A read-only question to a host.
pub trait Question: Send + Sync {
    /// What the answer is read into.
    type Answer: Send;

    /// What to ask with.
    fn ask(&self) -> Ask;

    /// Reads the answer. Pure.
    fn read(&self, output: &Output) -> Result<Self::Answer, ProbeError>;

    /// The same where something is pending: a link that is not there yet is followed all the same.
    fn ask_ahead(&self, pending: &Foreseen) -> Ask {
        let _ = pending;
        self.ask()
    }

    /// What the answer tells of links that stand on the host, by their real names: the absolute path that
    /// is written in each. So one place is known by all of its names.
    fn links(&self, now: &Self::Answer, pending: Option<&Foreseen>) -> Vec<(String, String)> {
        let _ = (now, pending);
        Vec::new()
    }

    /// What the answer will be once what is pending on the host was done, where [`Self::ask_ahead`] is answered with `now`: as it
    /// is, what the pending effects make of it, or unknown, by the task that decides it. Pure.
    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError>;
}

/// Why a probe has no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ProbeError {
    /// The host can't be asked any more.
    #[error("{0}")]
    Unreachable(String),
    /// The host answered with something that can't be read, or the question itself failed.
    #[error("{0}")]
    Failed(String),
    /// Only in a dry run: what is pending decides it.
    #[error("unknown until {until}: {why}")]
    Unknown {
        /// The task that decides.
        until: String,
        /// Why, in one sentence.
        why: String,
    },
}

impl ProbeError {
    /// The question failed: says what was asked and what the host said.
    pub fn answer(what: &str, output: &Output) -> Self {
        let said = output.err();
        let said = said.trim();
        let said = if said.is_empty() {
            "it said nothing"
        } else {
            said
        };
        Self::Failed(format!("{what}: exit status {}: {said}", output.status))
    }
}
