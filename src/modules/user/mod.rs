//! A user.
//!
//! ```yaml
//! - user: { name: deploy, groups: [ sudo ], append: true, shell: /bin/bash }
//! ```
//!
//! The password is a hash, as in Ansible. It appears in no diff, and goes to the host over stdin.

mod command;
mod differences;
mod follows;
mod params;

pub use params::Params;

use super::group::accounts;
use super::presence::Presence;
use super::{Change, Controller, Course, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::{
    AccountNumbers, File, FileAt, Look, Numbers, ProbeError, Rules, User as Account, UserNamed,
};
use crate::step::{self, Script, pinned, quote};

/// `user`
pub struct User;

/// What the host has.
#[derive(Clone, Debug)]
pub struct State {
    user: Option<Account>,
    key: Option<File>,
    /// Where the user is to be made or removed.
    rules: Rules,
    /// Where the user is to be made.
    numbers: Numbers,
    /// The home folder of a user who goes with it.
    home: Option<File>,
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

impl Module for User {
    const NAME: &'static str = "user";
    const ALIASES: &'static [(&'static str, &'static str)] =
        &[("user", "name"), ("createhome", "create_home")];
    type Params = Params;
    type Ready = Params;
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
        let mut state = State {
            user,
            key,
            rules: Rules::default(),
            numbers: Numbers::default(),
            home: None,
        };
        match (&state.user, params.state) {
            (Some(user), Presence::Present) => {
                for (wanted, number) in [
                    (params.uid.is_some(), &user.uid),
                    (
                        params
                            .group
                            .as_ref()
                            .is_some_and(|g| g.parse::<u32>().is_ok()),
                        &user.gid,
                    ),
                ] {
                    if wanted {
                        number.known()?;
                    }
                }
            }
            (None, Presence::Present) => {
                let rules = look.fact(params.rules());
                (state.rules, state.numbers) =
                    futures::try_join!(rules, look.fact(AccountNumbers))?;
            }
            (Some(user), Presence::Absent) => {
                let at = FileAt {
                    path: user.home.clone(),
                    follow: false,
                    hash: false,
                };
                let home = async {
                    if params.remove {
                        look.fact(at).await
                    } else {
                        Ok(None)
                    }
                };
                (state.rules, state.home) = futures::try_join!(look.fact(params.rules()), home)?;
            }
            (None, Presence::Absent) => {}
        }
        Ok(state)
    }

    fn plan(params: &Params, state: &State) -> Result<Plan, String> {
        let what = format!("user {}", params.name);
        let mut changes = Vec::new();
        let mut steps = Vec::new();
        match (params.state, &state.user) {
            (Presence::Absent, None) => {}
            (Presence::Absent, Some(user)) => {
                changes.push(Change::new(Sign::Remove, &what));
                let step = accounts(format!("remove {what}"), Script::new(params.remove()));
                steps.push(step.making(params.goes(user, state)));
            }
            (Presence::Present, None) => {
                changes.push(Change::new(Sign::Add, &what));
                changes.extend(params.declared().into_iter().map(|(name, value)| {
                    let mut change = Change::attribute(&what, name, None, Some(value));
                    change.sign = Sign::Add;
                    change
                }));
                let step = accounts(format!("make {what}"), Script::new(params.add()));
                steps.push(step.making(params.comes(state)));
                steps.extend(params.set_password());
                steps.extend(params.set_ages([None; 3]));
                if params.password_lock == Some(true) {
                    let text = format!("usermod -L {}", quote(&params.name));
                    let step = accounts(format!("lock {what}"), Script::new(text));
                    steps.push(step.making([params.becomes(step::Account {
                        locked: Some(true),
                        ..step::Account::default()
                    })]));
                }
            }
            (Presence::Present, Some(user)) => {
                let differences = params.differences(user);
                if !differences.is_empty() {
                    let options: Vec<&str> =
                        differences.iter().map(|d| d.option.as_str()).collect();
                    let text = format!("usermod {} {}", options.join(" "), quote(&params.name));
                    let mut makes = Vec::new();
                    for difference in differences {
                        makes.push(params.becomes(difference.makes));
                        changes.push(difference.change);
                    }
                    makes.extend(params.moves(user));
                    let step = accounts(format!("change {what}"), Script::new(text));
                    steps.push(step.making(makes));
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
            && params.state == Presence::Present
            && (state.key.is_none() || params.force)
        {
            let home = params
                .home
                .clone()
                .or_else(|| state.user.as_ref().map(|user| user.home.clone()));
            let home = home.or_else(|| state.rules.home.clone());
            let home = home.unwrap_or_else(|| format!("/home/{}", params.name));
            changes.push(Change::new(Sign::Add, params.key_path(&home)));
            steps.push(params.make_key(&home));
        }
        Ok(Plan::Converge { changes, steps })
    }

    fn result(
        Course {
            ready: params,
            before,
            after,
            plan,
            ran,
        }: Course<'_, Self>,
    ) -> TaskResult {
        let result = TaskResult::of(plan, ran)
            .with("name", params.name.clone())
            .with("state", params.state.word());
        let Some(user) = after.unwrap_or(before).user.as_ref() else {
            return match params.state {
                Presence::Absent => result
                    .with("remove", params.remove)
                    .with("force", params.force),
                Presence::Present => result,
            };
        };
        let result = if before.user.is_none() {
            result
                .with("create_home", params.create_home)
                .with("system", params.system)
        } else {
            result
        };
        let result = match params.password {
            Some(_) => result.with("password", "NOT_LOGGING_PASSWORD"),
            None => result,
        };
        let result = result
            .with_known("uid", user.uid.known())
            .with_known("group", user.gid.known())
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
