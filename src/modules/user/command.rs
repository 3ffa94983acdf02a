//! The steps of `user`.

use super::differences::{date, days};
use super::params::Params;
use crate::facts::User as Account;
use crate::modules::group::accounts;
use crate::modules::ssh_key::NewKey;
use crate::step::pinned::{self, Lines};
use crate::step::{self, Script, Step, quote};
use std::fmt::Write;

impl Params {
    /// Makes the user; with busybox's `adduser` where there is no `useradd`.
    pub(super) fn add(&self) -> String {
        let name = quote(&self.name);
        let mut words = String::new();
        let mut option = |letter: &str, value: Option<String>| {
            if let Some(value) = value {
                let _ = write!(words, "{letter} {} ", quote(&value));
            }
        };
        option("-u", self.uid.map(|uid| uid.to_string()));
        option("-g", self.group.clone());
        option(
            "-G",
            self.groups
                .as_ref()
                .filter(|groups| !groups.is_empty())
                .map(|groups| groups.join(",")),
        );
        option("-c", self.comment.clone());
        option("-d", self.home.clone());
        option("-s", self.shell.clone());
        option("-k", self.skeleton.clone().filter(|_| self.create_home));
        option(
            "-K",
            self.umask.as_ref().map(|umask| format!("UMASK={umask}")),
        );
        option(
            "-e",
            self.expires.map(|time| {
                if time < 0.0 {
                    String::new()
                } else {
                    date(days(time))
                }
            }),
        );
        for (wanted, flag) in [
            (self.non_unique && self.uid.is_some(), "-o "),
            (self.system, "-r "),
            (self.create_home, "-m "),
            (!self.create_home, "-M "),
        ] {
            if wanted {
                words.push_str(flag);
            }
        }
        // As in Ansible: where a group of the user's name is there already, none is made.
        let own_group = if self.group.is_none() {
            format!("g=; if getent group {name} >/dev/null 2>&1; then g=-N; fi\nuseradd $g ")
        } else {
            "useradd ".to_owned()
        };
        let text = format!("{own_group}{words}{name}");
        format!(
            "if command -v useradd >/dev/null; then\n{text}\nelse\n{}\nfi",
            self.busybox_add()
        )
    }

    fn busybox_add(&self) -> String {
        let name = quote(&self.name);
        let mut words = String::from("-D ");
        let mut option = |letter: &str, value: Option<String>| {
            if let Some(value) = value {
                let _ = write!(words, "{letter} {} ", quote(&value));
            }
        };
        option("-u", self.uid.map(|uid| uid.to_string()));
        option("-G", self.group.clone());
        option("-g", self.comment.clone());
        option("-h", self.home.clone());
        option("-s", self.shell.clone());
        if self.system {
            words.push_str("-S ");
        }
        if !self.create_home {
            words.push_str("-H ");
        }
        let groups = self
            .groups
            .iter()
            .flatten()
            .map(|group| format!(" && addgroup {name} {}", quote(group)));
        format!("adduser {words}{name}{}", groups.collect::<String>())
    }

    /// Takes the user away.
    pub(super) fn remove(&self) -> String {
        let force = if self.force { "-f " } else { "" };
        let home = if self.remove { "-r " } else { "" };
        let name = quote(&self.name);
        let home_too = if self.remove { "--remove-home " } else { "" };
        format!(
            "if command -v userdel >/dev/null; then userdel {force}{home}{name}; else deluser {home_too}{name}; fi"
        )
    }

    /// Sets the password's hash, which is read from stdin.
    pub(super) fn set_password(&self) -> Option<Step> {
        let hash = self.password.as_ref()?;
        let script = Script::new("chpasswd -e").stdin(format!("{}:{}\n", self.name, hash.reveal()));
        let step = accounts(format!("set the password of {}", self.name), script);
        Some(step.making([self.becomes(step::Account {
            password: Some(hash.clone()),
            ..step::Account::default()
        })]))
    }

    /// Sets the ages of the password that differ.
    pub(super) fn set_ages(&self, now: [Option<i64>; 3]) -> Option<Step> {
        let mut words = String::new();
        for ((wanted, now), letter) in self.ages().into_iter().zip(now).zip(["-m", "-M", "-W"]) {
            if let Some(wanted) = wanted.filter(|wanted| Some(*wanted) != now) {
                let _ = write!(words, "{letter} {wanted} ");
            }
        }
        if words.is_empty() {
            return None;
        }
        let text = format!("chage {words}{}", quote(&self.name));
        let what = format!("set the ages of the password of {}", self.name);
        let step = accounts(what, Script::new(text));
        Some(step.making([self.becomes(step::Account {
            ages: self.ages(),
            ..step::Account::default()
        })]))
    }

    /// Makes the home folder of a user who is there already.
    pub(super) fn make_home(&self, user: &Account) -> Lines {
        let mode = self
            .umask
            .as_ref()
            .and_then(|umask| u32::from_str_radix(umask, 8).ok())
            .map_or_else(
                || "0755".to_owned(),
                |umask| format!("{:04o}", 0o777 & !umask),
            );
        let skeleton = self.skeleton.as_deref().unwrap_or("/etc/skel");
        let whom = format!("{}:{}", user.name, user.group);
        pinned::make_home(&user.home, skeleton, &whom, &mode)
    }

    /// Makes the SSH key, as its owner.
    pub(super) fn make_key(&self, home: &str) -> Step {
        let path = self.key_path(home);
        let folder = path.rsplit_once('/').map_or(".", |(folder, _)| folder);
        let comment = match &self.ssh_key_comment {
            Some(comment) => quote(comment),
            None => "\"ansible-generated on $(uname -n)\"".to_owned(),
        };
        let folders = pinned::make_folders(folder, &format!("{}:", self.name), "0700");
        let key = NewKey {
            path: &path,
            kind: &self.ssh_key_type,
            bits: self.ssh_key_bits,
            comment,
            passphrase: self.ssh_key_passphrase.as_ref(),
            whom: &format!("{}:", self.name),
            mode: "",
            before: &folders.text,
        };
        let step = accounts(format!("make an SSH key for {}", self.name), key.script());
        step.making(folders.makes).making(self.key_files(&path))
    }
}
