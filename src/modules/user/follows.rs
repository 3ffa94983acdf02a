//! What the steps of `user` make true.

use super::differences::days;
use super::{Params, State};
use crate::facts::{AccountRules, User};
use crate::step::{Access, Account, Effect, Group, Holds, Place};

impl Params {
    /// Asks what making or removing the user would bring with it.
    pub(super) fn rules(&self) -> AccountRules {
        AccountRules {
            name: self.name.clone(),
            home: self.home.clone(),
            group: self.group.clone(),
            skeleton: self.skeleton.clone(),
        }
    }

    /// This becomes of the user.
    pub(super) fn becomes(&self, account: Account) -> Effect {
        Effect::User(self.name.clone(), Some(account))
    }

    /// What comes with a user who is made. Nothing is said where there is no `useradd`.
    pub(super) fn comes(&self, state: &State) -> Vec<Effect> {
        let rules = &state.rules;
        let Some(home) = &rules.home else {
            return Vec::new();
        };
        let mut makes = Vec::new();
        let gets_own = self.group.is_none() && rules.own_group.is_none() && rules.groups_of_users;
        let uid = self.uid.or_else(|| state.numbers.user(self.system));
        let (group, gid) = match (&rules.group, gets_own) {
            (_, true) => {
                let gid = state.numbers.group(self.system, uid);
                makes.push(Effect::Group(self.name.clone(), Some(Group { gid })));
                (Some(self.name.clone()), gid)
            }
            (Some((name, gid)), false) => (Some(name.clone()), gid.known().ok()),
            // The host knows no such group: useradd will fail, or a package brings it.
            (None, false) => (self.group.clone(), None),
        };
        let ages = if self.system { [None; 3] } else { rules.ages };
        let expires = self.expires.map(|time| (time >= 0.0).then(|| days(time)));
        makes.push(self.becomes(Account {
            new: true,
            has_home: rules.has_home,
            uid,
            group: group.clone(),
            gid,
            groups: self.groups.clone(),
            comment: self.comment.clone(),
            home: Some(home.clone()),
            shell: Some(self.shell.clone().unwrap_or_else(|| rules.shell.clone())),
            ages,
            expires,
            ..Account::default()
        }));
        if self.create_home && !rules.has_home {
            let umask = self
                .umask
                .as_ref()
                .and_then(|umask| u32::from_str_radix(umask, 8).ok());
            let umask = umask.unwrap_or(rules.umask);
            let access = |mode| Access {
                owner: Some(self.name.clone()),
                group: group.clone(),
                mode: Some(mode),
            };
            let mode = rules.home_mode.unwrap_or(0o777 & !umask);
            makes.push(Effect::Path(home.clone(), Place::Folder(access(mode))));
            let inside = rules.skeleton.iter().map(|part| {
                let place = match &part.file {
                    None => Place::Folder(access(part.mode)),
                    Some((size, sum)) => {
                        Place::File(Holds::Sum(sum.clone(), *size), access(part.mode))
                    }
                };
                Effect::Path(
                    format!("{}/{}", home.trim_end_matches('/'), part.path),
                    place,
                )
            });
            makes.extend(inside);
        }
        makes
    }

    /// What goes with a user who is removed.
    pub(super) fn goes(&self, user: &User, state: &State) -> Vec<Effect> {
        let uid = user.uid.known().ok();
        // What was theirs is left with the number.
        let has = self.becomes(Account {
            uid,
            ..Account::default()
        });
        let mut makes = vec![has, Effect::User(self.name.clone(), None)];
        let own = state
            .rules
            .own_group
            .as_ref()
            .filter(|_| state.rules.groups_of_users);
        if own.is_some_and(|own| own.members.iter().all(|member| *member == self.name))
            && user.group == self.name
        {
            if let Ok(gid) = user.gid.known() {
                let has = Group { gid: Some(gid) };
                makes.push(Effect::Group(self.name.clone(), Some(has)));
            }
            makes.push(Effect::Group(self.name.clone(), None));
        }
        // userdel leaves a home that is somebody else's.
        let theirs = |file: &crate::facts::File| file.owner == self.name || Some(file.uid) == uid;
        if self.remove && state.home.as_ref().is_some_and(theirs) {
            makes.push(Effect::Path(user.home.clone(), Place::Nothing));
            makes.push(Effect::Path(
                format!("/var/mail/{}", self.name),
                Place::Nothing,
            ));
        }
        makes
    }

    /// What becomes of the folders where the home becomes another.
    pub(super) fn moves(&self, user: &User) -> Vec<Effect> {
        let Some(home) = self.home.as_ref().filter(|home| **home != user.home) else {
            return Vec::new();
        };
        let unknown = |why| Effect::Path(home.clone(), Place::Unknown(why));
        if self.move_home && user.has_home {
            let old = Effect::Path(user.home.clone(), Place::Nothing);
            return vec![
                unknown(format!("what is in {} is moved there", user.home)),
                old,
            ];
        }
        vec![unknown(format!("it becomes the home of {}", self.name))]
    }

    /// The files of a new SSH key.
    pub(super) fn key_files(&self, path: &str) -> Vec<Effect> {
        let file = |path: String, mode| {
            let access = Access {
                owner: Some(self.name.clone()),
                group: None,
                mode: Some(mode),
            };
            let holds = Holds::Unknown(format!("a new key of {} is made then", self.name));
            Effect::Path(path, Place::File(holds, access))
        };
        vec![
            file(path.to_owned(), 0o600),
            file(format!("{path}.pub"), 0o644),
        ]
    }
}
