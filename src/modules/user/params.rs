//! The parameters of `user`.

use crate::diag::Diag;
use crate::modules::defaults::yes;
use crate::modules::presence::Presence;
use crate::modules::unsupported::Unsupported;
use crate::secret::Secret;
use serde::Deserialize;

/// When the password is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UpdatePassword {
    /// Whenever it is another one.
    #[default]
    Always,
    /// Only when the user is made.
    OnCreate,
}

/// The parameters of `user`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools)] // They are Ansible's.
#[allow(dead_code)] // What is not supported is only named, so that it is refused.
pub struct Params {
    /// The login name.
    pub name: String,
    /// Whether the user is there.
    #[serde(default)]
    pub state: Presence,
    /// The number.
    #[serde(default)]
    pub uid: Option<u32>,
    /// Allow a number that another user has.
    #[serde(default)]
    pub non_unique: bool,
    /// The primary group.
    #[serde(default)]
    pub group: Option<String>,
    /// The other groups.
    #[serde(default)]
    pub groups: Option<Vec<String>>,
    /// Leave the user in groups that are not named.
    #[serde(default)]
    pub append: bool,
    /// The comment (GECOS).
    #[serde(default)]
    pub comment: Option<String>,
    /// The home folder.
    #[serde(default)]
    pub home: Option<String>,
    /// Make the home folder.
    #[serde(default = "yes")]
    pub create_home: bool,
    /// What a new home folder is filled with.
    #[serde(default)]
    pub skeleton: Option<String>,
    /// Move the home folder where it becomes another one.
    #[serde(default)]
    pub move_home: bool,
    /// The login shell.
    #[serde(default)]
    pub shell: Option<String>,
    /// The hash of the password, as `mkpasswd` and the filter `password_hash` make it.
    #[serde(default)]
    pub password: Option<Secret>,
    /// When the password is set.
    #[serde(default)]
    pub update_password: UpdatePassword,
    /// Whether the password is locked.
    #[serde(default)]
    pub password_lock: Option<bool>,
    /// The time at which the account closes, in seconds since 1970; a negative one never.
    #[serde(default)]
    pub expires: Option<f64>,
    /// Most days between two changes of the password.
    #[serde(default)]
    pub password_expire_max: Option<i64>,
    /// Least days between two changes of the password.
    #[serde(default)]
    pub password_expire_min: Option<i64>,
    /// Days of warning before the password expires.
    #[serde(default)]
    pub password_expire_warn: Option<i64>,
    /// Make the user with a number of the system's range.
    #[serde(default)]
    pub system: bool,
    /// With `state: absent`: take the home folder away too.
    #[serde(default)]
    pub remove: bool,
    /// With `state: absent`: even while the user is logged in. With `generate_ssh_key`: a new key.
    #[serde(default)]
    pub force: bool,
    /// The umask of a new home folder.
    #[serde(default)]
    pub umask: Option<String>,
    /// Make an SSH key.
    #[serde(default)]
    pub generate_ssh_key: bool,
    /// The type of the SSH key.
    #[serde(default = "rsa")]
    pub ssh_key_type: String,
    /// Its bits.
    #[serde(default)]
    pub ssh_key_bits: Option<u32>,
    /// Its file, in the home folder where it is relative.
    #[serde(default)]
    pub ssh_key_file: Option<String>,
    /// Its comment.
    #[serde(default)]
    pub ssh_key_comment: Option<String>,
    /// Its passphrase.
    #[serde(default)]
    pub ssh_key_passphrase: Option<Secret>,
    /// Not supported.
    #[serde(default)]
    pub local: Unsupported,
    /// Not supported.
    #[serde(default)]
    pub hidden: Unsupported,
    /// Not supported.
    #[serde(default)]
    pub seuser: Unsupported,
    /// Not supported.
    #[serde(default)]
    pub login_class: Unsupported,
    /// Not supported.
    #[serde(default)]
    pub profile: Unsupported,
    /// Not supported.
    #[serde(default)]
    pub authorization: Unsupported,
    /// Not supported.
    #[serde(default)]
    pub role: Unsupported,
    /// Not supported.
    #[serde(default)]
    pub password_expire_account_disable: Unsupported,
    /// Not supported.
    #[serde(default)]
    pub uid_min: Unsupported,
    /// Not supported.
    #[serde(default)]
    pub uid_max: Unsupported,
}

fn rsa() -> String {
    "rsa".into()
}

impl Params {
    /// Refuses what can't be meant.
    pub fn check(self) -> Result<Self, Diag> {
        if let Some(hash) = &self.password {
            let hash = hash.reveal();
            let is_hash =
                hash.is_empty() || hash.starts_with(['$', '_', '*', '!']) || hash.len() == 13;
            if !is_hash || hash.contains([':', '\n']) {
                return Err(Diag::error(
                    "`password` is no hash: as a plain text it would let nobody log in",
                )
                .help("use the filter: {{ password | password_hash('sha512') }}"));
            }
        }
        if self.append && self.groups.is_none() {
            return Err(Diag::error("`append` needs `groups`"));
        }
        let kinds = ["rsa", "dsa", "ecdsa", "ed25519"];
        if !kinds.contains(&self.ssh_key_type.as_str()) {
            return Err(
                Diag::error(format!("`{}` is no type of an SSH key", self.ssh_key_type))
                    .help(format!("known are {}", kinds.join(", "))),
            );
        }
        Ok(self)
    }

    /// Least, most and warning days.
    pub fn ages(&self) -> [Option<i64>; 3] {
        [
            self.password_expire_min,
            self.password_expire_max,
            self.password_expire_warn,
        ]
    }

    /// Whether an existing user's password is mended.
    pub fn always_sets_password(&self) -> bool {
        self.update_password == UpdatePassword::Always
    }

    /// What a new user will have, for the diff.
    pub fn declared(&self) -> Vec<(&'static str, String)> {
        let mut declared = Vec::new();
        let mut add =
            |name, value: Option<String>| declared.extend(value.map(|value| (name, value)));
        add("uid", self.uid.map(|uid| uid.to_string()));
        add("group", self.group.clone());
        add(
            "groups",
            self.groups
                .as_ref()
                .filter(|groups| !groups.is_empty())
                .map(|groups| groups.join(",")),
        );
        add("comment", self.comment.clone());
        add("home", self.home.clone());
        add("shell", self.shell.clone());
        declared
    }
}
