//! What the engine is asked to run on a host: plain data.
//!
//! A module plans [`Step`]s, the engine alone runs them, `remote` carries them over. What a step does
//! to files and folders it says in the words of [`pinned`], since others may change the names there.

mod effect;
mod job;
mod long;
pub mod pinned;
mod request;
mod upload;

pub use effect::{
    Access, Account, DatabaseMade, Effect, EtcdMember, Group, Holds, Mounted, Package, Pg,
    PgServer, Place, RoleMade, Served, Unit, UnitScope, Within, Written,
};
pub use job::{JOBS, Job, together};
pub use long::{end_of, size};
pub use request::{Client, Follow, Request, Response, Tls, behind, shown};
pub use upload::{Upload, hex, sha256};

use crate::secret::AuthorityStage;
use std::path::PathBuf;
use std::time::Duration;

/// One acting step.
#[derive(Clone, Debug)]
pub struct Step {
    /// What it does, for the progress line: `install postgresql-17`.
    pub what: String,
    /// How it is done.
    pub action: Action,
    /// What it makes true, beside what follows from its action.
    makes: Vec<Effect>,
}

impl Step {
    /// A step of which nothing is told but its words.
    pub fn new(what: impl Into<String>, action: Action) -> Self {
        Self {
            what: what.into(),
            action,
            makes: Vec::new(),
        }
    }

    /// The same, which makes this true.
    #[must_use]
    pub fn making(mut self, effects: impl IntoIterator<Item = Effect>) -> Self {
        self.makes.extend(effects);
        self
    }

    /// What it makes true, in order.
    pub fn effects(&self) -> Vec<Effect> {
        let mut effects = match &self.action {
            Action::Put(upload) => vec![upload.effect()],
            _ => Vec::new(),
        };
        effects.extend(self.makes.iter().cloned());
        effects
    }
}

/// How a [`Step`] is done.
#[derive(Clone, Debug)]
pub enum Action {
    /// Run a shell script.
    Run(Script),
    /// Put a file in place whole.
    Put(Upload),
    /// Make an HTTP request from the host.
    Request(Box<Request>),
    /// Take a certificate authority of the controller to a stage of its change.
    Turn(AuthorityTurn),
    /// Let time pass.
    Pause(Duration),
    /// Wait until the host can be reached, and first take it away where that is wanted.
    Return(Box<Return>),
}

/// When a host that is or goes away counts as back.
#[derive(Clone, Debug)]
pub struct Return {
    /// What takes it away (a reboot), and the connection with it.
    pub after: Option<Script>,
    /// How long it is let be before it is tried.
    pub delay: Duration,
    /// How long between two tries.
    pub every: Duration,
    /// How long opening a connection may take, where that is not as usual.
    pub connect_limit: Option<Duration>,
    /// When to give up.
    pub limit: Duration,
    /// A question, and the answer that only the host of before gives.
    pub anew: Option<(Script, String)>,
    /// What must succeed on it.
    pub test: Option<Script>,
}

/// A stage of the change of the authority that the controller keeps in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityTurn {
    /// The folder.
    pub folder: PathBuf,
    /// The stage.
    pub stage: AuthorityStage,
}

/// POSIX shell text, run by `sh` with a stdin of its own. The text travels over stdin too:
/// neither appears in a process list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Script {
    /// The shell text. Quote what is foreign with [`quote`].
    pub text: String,
    /// What the script reads on stdin (secrets belong here); empty means end of file at once.
    pub stdin: Vec<u8>,
    /// How long it may take; `None` means that only the connection's keepalive bounds it.
    pub limit: Option<Duration>,
    /// The machine's lock that it needs, such as `apt`: scripts with the same lock on one
    /// machine never run at once.
    pub lock: Option<&'static str>,
    /// A package manager's step: never killed, also not by a second Ctrl-C.
    pub unkillable: bool,
    /// It changes users, groups or limits: the persistent shells are opened anew after it.
    pub reopens_shells: bool,
}

impl Script {
    /// A script with no stdin and no limits.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    /// The same with something to read on stdin.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }
}

/// What a script said and how it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// The exit status; 128 + N when signal N ended it; 124 when its limit did.
    pub status: i32,
    /// What came on stdout; of a step's flood its end.
    pub stdout: Vec<u8>,
    /// What came on stderr; of a step's flood its end.
    pub stderr: Vec<u8>,
    /// How many bytes came before these and were not kept.
    pub left_out: u64,
}

impl Output {
    /// How many bytes the script printed, those that were not kept too.
    pub fn printed(&self) -> u64 {
        (self.stdout.len() + self.stderr.len()) as u64 + self.left_out
    }

    /// Whether the status is 0.
    pub fn ok(&self) -> bool {
        self.status == 0
    }

    /// stdout as text; what is no UTF-8 is replaced.
    pub fn out(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// stderr as text; what is no UTF-8 is replaced.
    pub fn err(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
}

/// The word quoted for a POSIX shell, whatever it holds.
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-+=./:@%,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_survives_every_shell_metacharacter() {
        assert_eq!(quote("/etc/hosts"), "/etc/hosts");
        assert_eq!(quote(""), "''");
        assert_eq!(quote("a'b $c"), r"'a'\''b $c'");
        assert_eq!(quote("~root"), "'~root'");
    }
}
