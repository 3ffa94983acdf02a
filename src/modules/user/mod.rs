//! A user.
//!
//! ```yaml
//! - user: { name: deploy, groups: [ sudo ], append: true, shell: /bin/bash }
//! ```
//!
//! The password is a hash, as in Ansible. It appears in no diff, and goes to the host over stdin.

mod command;
mod params;

pub use params::Params;

use super::group::accounts;
use super::lineinfile::Want;
use super::{Change, Controller, Module, Plan, Sign, StepOutput, TaskResult};
use crate::diag::Diag;
use crate::facts::{File, FileAt, Look, ProbeError, User as Account, UserNamed};
use crate::step::{Script, pinned};

/// `user`
pub struct User;

/// What the host has.
#[derive(Clone, Debug)]
pub struct State {
    user: Option<Account>,
    key: Option<File>,
}

/// One thing about a user that differs.
struct Difference {
    change: Change,
    option: String,
}

impl Params {
    fn key_path(&self, home: &str) -> String {
        match &self.ssh_key_file {
            Some(path) if path.starts_with('/') => path.clone(),
            Some(path) => format!("{}/{path}", home.trim_end_matches('/')),
            None => format!(
                "{}/.ssh/id_{}",
                home.trim_end_matches('/'),
                self.ssh_key_type
            ),
        }
    }

    /// What `usermod` has to change.
    fn differences(&self, user: &Account) -> Vec<Difference> {
        let mut found = Vec::new();
        let what = format!("user {}", self.name);
        let mut differs = |name: &str, from: String, to: String, option: String| {
            let change = Change::attribute(&what, name, Some(from), Some(to));
            found.push(Difference { change, option });
        };
        let quote = crate::step::quote;
        if let Some(uid) = self.uid.filter(|uid| *uid != user.uid) {
            let unique = if self.non_unique { "-o " } else { "" };
            differs(
                "uid",
                user.uid.to_string(),
                uid.to_string(),
                format!("{unique}-u {uid}"),
            );
        }
        if let Some(group) = self
            .group
            .as_ref()
            .filter(|group| **group != user.group && **group != user.gid.to_string())
        {
            differs(
                "group",
                user.group.clone(),
                group.clone(),
                format!("-g {}", quote(group)),
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
                differs("groups", before.join(","), after.join(","), option);
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
            );
        }
        if let Some(home) = self.home.as_ref().filter(|home| **home != user.home) {
            let moves = if self.move_home { "-m " } else { "" };
            differs(
                "home",
                user.home.clone(),
                home.clone(),
                format!("{moves}-d {}", quote(home)),
            );
        }
        if let Some(shell) = self.shell.as_ref().filter(|shell| **shell != user.shell) {
            differs(
                "shell",
                user.shell.clone(),
                shell.clone(),
                format!("-s {}", quote(shell)),
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
                differs("expires", show(user.expires), show(wanted), option);
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
            );
        }
        found
    }

    /// Whether the password is another one than the wanted, a lock aside.
    fn other_password(&self, user: &Account) -> bool {
        match (&self.password, self.always_sets_password(), &user.password) {
            (Some(wanted), true, Some(now)) => {
                now.reveal().trim_start_matches('!') != wanted.reveal()
            }
            _ => false,
        }
    }
}

/// The day of a time.
#[allow(clippy::cast_possible_truncation)] // Whole days of any time that has a calendar fit.
fn days(seconds: f64) -> i64 {
    (seconds / 86400.0).floor() as i64
}

/// A day as usermod takes it.
fn date(day: i64) -> String {
    let time = jiff::Timestamp::from_second(day.saturating_mul(86400)).unwrap_or_default();
    time.to_zoned(jiff::tz::TimeZone::UTC)
        .strftime("%Y-%m-%d")
        .to_string()
}

impl Module for User {
    const NAME: &'static str = "user";
    const ALIASES: &'static [(&'static str, &'static str)] =
        &[("user", "name"), ("createhome", "create_home")];
    type Params = Params;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        params.check()
    }

    async fn probe(params: &Params, look: &Look) -> Result<State, ProbeError> {
        let password = params.password.is_some()
            || params.expires.is_some()
            || params.password_lock.is_some()
            || params.ages().iter().any(Option::is_some);
        let user = look
            .fact(UserNamed {
                name: params.name.clone(),
                password,
            })
            .await?;
        if password && user.as_ref().is_some_and(|user| user.password.is_none()) {
            return Err(ProbeError::Failed(format!(
                "the password of {} can't be seen by this user; `become: true` lets root look",
                params.name
            )));
        }
        let key = match &user {
            Some(user) if params.generate_ssh_key => {
                let home = params.home.as_ref().unwrap_or(&user.home);
                look.fact(FileAt {
                    path: params.key_path(home),
                    follow: true,
                    hash: false,
                })
                .await?
            }
            _ => None,
        };
        Ok(State { user, key })
    }

    fn plan(params: &Params, state: &State) -> Result<Plan, String> {
        let what = format!("user {}", params.name);
        let mut changes = Vec::new();
        let mut steps = Vec::new();
        match (params.state, &state.user) {
            (Want::Absent, None) => {}
            (Want::Absent, Some(_)) => {
                changes.push(Change::new(Sign::Remove, &what));
                steps.push(accounts(
                    format!("remove {what}"),
                    Script::new(params.remove()),
                ));
            }
            (Want::Present, None) => {
                changes.push(Change::new(Sign::Add, &what));
                changes.extend(params.declared().into_iter().map(|(name, value)| {
                    let mut change = Change::attribute(&what, name, None, Some(value));
                    change.sign = Sign::Add;
                    change
                }));
                steps.push(accounts(format!("make {what}"), Script::new(params.add())));
                steps.extend(params.set_password());
                steps.extend(params.set_ages([None; 3]));
                if params.password_lock == Some(true) {
                    let text = format!("usermod -L {}", crate::step::quote(&params.name));
                    steps.push(accounts(format!("lock {what}"), Script::new(text)));
                }
            }
            (Want::Present, Some(user)) => {
                let differences = params.differences(user);
                if !differences.is_empty() {
                    let options: Vec<&str> =
                        differences.iter().map(|d| d.option.as_str()).collect();
                    let text = format!(
                        "usermod {} {}",
                        options.join(" "),
                        crate::step::quote(&params.name)
                    );
                    steps.push(accounts(format!("change {what}"), Script::new(text)));
                    changes.extend(differences.into_iter().map(|difference| difference.change));
                }
                if params.other_password(user) {
                    changes.push(Change::attribute(
                        &what,
                        "password",
                        Some("(old)".into()),
                        Some("(new)".into()),
                    ));
                    steps.extend(params.set_password());
                }
                let ages = params.set_ages(user.ages);
                if ages.is_some() {
                    changes.push(Change::new(
                        Sign::Modify,
                        format!("{what}: ages of its password"),
                    ));
                    steps.extend(ages);
                }
                if params.create_home
                    && !user.has_home
                    && !params.system
                    && params.home.as_ref().is_none_or(|home| *home == user.home)
                {
                    changes.push(Change::new(Sign::Add, format!("{}/", user.home)));
                    let lines = params.make_home(user);
                    let script = Script::new(pinned::script(&lines.text));
                    let step = accounts(format!("make {}/", user.home), script);
                    steps.push(step.making(lines.makes));
                }
            }
        }
        if params.generate_ssh_key
            && params.state == Want::Present
            && (state.key.is_none() || params.force)
        {
            let home = params
                .home
                .clone()
                .or_else(|| state.user.as_ref().map(|user| user.home.clone()));
            let home = home.unwrap_or_else(|| format!("/home/{}", params.name));
            changes.push(Change::new(Sign::Add, params.key_path(&home)));
            steps.push(params.make_key(&home));
        }
        Ok(Plan::Converge { changes, steps })
    }

    fn result(
        params: &Params,
        before: &State,
        after: Option<&State>,
        plan: &Plan,
        ran: &[StepOutput],
    ) -> TaskResult {
        let word = if params.state == Want::Absent {
            "absent"
        } else {
            "present"
        };
        let result = TaskResult::of(plan, ran)
            .with("name", params.name.clone())
            .with("state", word);
        let Some(user) = after.unwrap_or(before).user.as_ref() else {
            return result;
        };
        let result = result
            .with("uid", user.uid)
            .with("group", user.gid)
            .with("groups", user.groups.join(","))
            .with("comment", user.comment.clone())
            .with("home", user.home.clone())
            .with("shell", user.shell.clone())
            .with("append", params.append)
            .with("move_home", params.move_home);
        if params.generate_ssh_key {
            result.with("ssh_key_file", params.key_path(&user.home))
        } else {
            result
        }
    }
}

#[cfg(test)]
mod tests;
