//! What the command line says of a run.

use super::event::Mode;
use super::promise::Promises;
use crate::model::VarMap;
use crate::secret::Secret;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How to run a playbook.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether the run acts.
    pub mode: Mode,
    /// `--diff`: events carry the texts that differ (a plan always does).
    pub diff: bool,
    /// A dry run tells since when what differs is so, and who made it so, where the host knows.
    pub since: bool,
    /// `--limit`: a pattern that narrows every play's hosts.
    pub limit: Option<String>,
    /// `--tags`; empty means all.
    pub tags: Vec<String>,
    /// `--skip-tags`.
    pub skip_tags: Vec<String>,
    /// `--extra-vars`, merged.
    pub extra_vars: Arc<VarMap>,
    /// `--forks`: how many nodes run at once.
    pub forks: usize,
    /// `--become`.
    pub r#become: bool,
    /// `--become-user`.
    pub become_user: Option<String>,
    /// What `--ask-become-pass` was told.
    pub become_password: Option<Secret>,
    /// `--user`.
    pub user: Option<String>,
    /// What `--ask-pass` was told.
    pub password: Option<Secret>,
    /// `--private-key`.
    pub private_key: Option<String>,
    /// `--timeout`: how long to wait for a connection.
    pub connect_limit: Option<Duration>,
    /// `--ssh-common-args`, split into words.
    pub ssh_args: Vec<String>,
    /// Where what the controller makes for the inventory is kept.
    pub state: PathBuf,
    /// `-v`: how often.
    pub verbosity: u8,
    /// What a saved plan promises: written down, or held to.
    pub promises: Option<Arc<Promises>>,
}

impl Options {
    /// What a command line without any option says.
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            diff: mode == Mode::Plan,
            since: false,
            limit: None,
            tags: Vec::new(),
            skip_tags: Vec::new(),
            extra_vars: Arc::default(),
            forks: 50,
            r#become: false,
            become_user: None,
            become_password: None,
            user: None,
            password: None,
            private_key: None,
            connect_limit: None,
            ssh_args: Vec::new(),
            state: PathBuf::new(),
            verbosity: 0,
            promises: None,
        }
    }
}
