//! What about a user differs from what a task declares.

use super::Params;
use crate::facts::User;
use crate::modules::Change;
use crate::step::{self, quote};

/// One thing about a user that differs.
pub(super) struct Difference {
    pub(super) change: Change,
    pub(super) option: String,
    pub(super) makes: step::Account,
}

impl Params {
    /// What `usermod` has to change.
    pub(super) fn differences(&self, user: &User) -> Vec<Difference> {
        let mut found = Vec::new();
        let what = format!("user {}", self.name);
        let mut differs =
            |name: &str, from: String, to: String, option: String, makes: step::Account| {
                let change = Change::attribute(&what, name, Some(from), Some(to));
                found.push(Difference {
                    change,
                    option,
                    makes,
                });
            };
        let now = user.uid.known().ok();
        let gid = user.gid.known().map(|gid| gid.to_string());
        if let Some(uid) = self.uid.filter(|wanted| Some(*wanted) != now) {
            let unique = if self.non_unique { "-o " } else { "" };
            differs(
                "uid",
                now.map_or_else(String::new, |now| now.to_string()),
                uid.to_string(),
                format!("{unique}-u {uid}"),
                step::Account {
                    uid: Some(uid),
                    ..step::Account::default()
                },
            );
        }
        if let Some(group) = self
            .group
            .as_ref()
            .filter(|group| **group != user.group && gid.as_ref().ok() != Some(group))
        {
            differs(
                "group",
                user.group.clone(),
                group.clone(),
                format!("-g {}", quote(group)),
                step::Account {
                    group: Some(group.clone()),
                    ..step::Account::default()
                },
            );
        }
        if let Some(wanted) = &self.groups {
            let mut wanted: Vec<&String> = wanted
                .iter()
                .filter(|group| **group != user.group && !group.is_empty())
                .collect();
            wanted.sort();
            wanted.dedup();
            let missing: Vec<&&String> = wanted
                .iter()
                .filter(|group| !user.groups.contains(group))
                .collect();
            let too_many = !self.append && user.groups.iter().any(|group| !wanted.contains(&group));
            if !missing.is_empty() || too_many {
                let mut after: Vec<String> = wanted.iter().map(|group| (*group).clone()).collect();
                let append = if self.append { "-a " } else { "" };
                let option = format!("{append}-G {}", quote(&after.join(",")));
                if self.append {
                    after.extend(
                        user.groups
                            .iter()
                            .filter(|group| !wanted.contains(group))
                            .cloned(),
                    );
                }
                after.sort();
                let mut before = user.groups.clone();
                before.sort();
                let makes = step::Account {
                    groups: Some(after.clone()),
                    ..step::Account::default()
                };
                differs("groups", before.join(","), after.join(","), option, makes);
            }
        }
        if let Some(comment) = self
            .comment
            .as_ref()
            .filter(|comment| **comment != user.comment)
        {
            differs(
                "comment",
                user.comment.clone(),
                comment.clone(),
                format!("-c {}", quote(comment)),
                step::Account {
                    comment: Some(comment.clone()),
                    ..step::Account::default()
                },
            );
        }
        if let Some(home) = self.home.as_ref().filter(|home| **home != user.home) {
            let moves = if self.move_home { "-m " } else { "" };
            differs(
                "home",
                user.home.clone(),
                home.clone(),
                format!("{moves}-d {}", quote(home)),
                step::Account {
                    home: Some(home.clone()),
                    ..step::Account::default()
                },
            );
        }
        if let Some(shell) = self.shell.as_ref().filter(|shell| **shell != user.shell) {
            differs(
                "shell",
                user.shell.clone(),
                shell.clone(),
                format!("-s {}", quote(shell)),
                step::Account {
                    shell: Some(shell.clone()),
                    ..step::Account::default()
                },
            );
        }
        if let Some(expires) = self.expires {
            let wanted = if expires < 0.0 {
                None
            } else {
                Some(days(expires))
            };
            if wanted != user.expires {
                let show = |day: Option<i64>| day.map_or_else(|| "never".to_owned(), date);
                let option = format!("-e {}", quote(&wanted.map(date).unwrap_or_default()));
                let makes = step::Account {
                    expires: Some(wanted),
                    ..step::Account::default()
                };
                differs("expires", show(user.expires), show(wanted), option, makes);
            }
        }
        let locked = user
            .password
            .as_ref()
            .map(|hash| hash.reveal().starts_with('!'));
        if let (Some(wanted), Some(locked)) = (self.password_lock, locked)
            && wanted != locked
        {
            let word = |locked: bool| if locked { "yes" } else { "no" }.to_owned();
            differs(
                "locked",
                word(locked),
                word(wanted),
                if wanted { "-L" } else { "-U" }.to_owned(),
                step::Account {
                    locked: Some(wanted),
                    ..step::Account::default()
                },
            );
        }
        found
    }
}

/// The day of a time.
#[allow(clippy::cast_possible_truncation)] // Whole days of any time that has a calendar fit.
pub(super) fn days(seconds: f64) -> i64 {
    (seconds / 86400.0).floor() as i64
}

/// A day as usermod takes it.
pub(super) fn date(day: i64) -> String {
    let time = jiff::Timestamp::from_second(day.saturating_mul(86400)).unwrap_or_default();
    time.to_zoned(jiff::tz::TimeZone::UTC)
        .strftime("%Y-%m-%d")
        .to_string()
}
