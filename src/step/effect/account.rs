//! What a step makes of a user or a group.

use crate::secret::Secret;

/// What a step makes of a user. `None` leaves what is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// The user is made: what is `None` is picked by the host then.
    pub new: bool,
    /// Of a new user: the home folder was there before.
    pub has_home: bool,
    /// The number.
    pub uid: Option<u32>,
    /// The primary group's name.
    pub group: Option<String>,
    /// Its number.
    pub gid: Option<u32>,
    /// The names of the other groups, all of them.
    pub groups: Option<Vec<String>>,
    /// Other groups that come to those that are.
    pub more: Vec<String>,
    /// The comment (GECOS).
    pub comment: Option<String>,
    /// The home folder.
    pub home: Option<String>,
    /// The login shell.
    pub shell: Option<String>,
    /// The hash of the password.
    pub password: Option<Secret>,
    /// Whether the password is locked.
    pub locked: Option<bool>,
    /// The day after which the account is closed, counted from 1970; `Some(None)`: never.
    pub expires: Option<Option<i64>>,
    /// Least and most days between two changes of the password, and days of warning.
    pub ages: [Option<i64>; 3],
}

/// What a step makes of a group. `None` leaves what is there; of a new one the host picks it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// The number.
    pub gid: Option<u32>,
}
