//! Users and groups, as pending effects leave them.

use super::super::{AccountRules, Group, Number, Numbers, OwnGroup, ProbeError, Rules, User};
use super::{Foreseen, Pending};
use crate::secret::Secret;
use crate::step::{self, Account, Effect};
use std::collections::BTreeMap;

impl Foreseen {
    /// What the user `name` will be.
    pub fn user(
        &self,
        name: &str,
        now: Result<Option<User>, ProbeError>,
    ) -> Result<Option<User>, ProbeError> {
        let mut now = now;
        for (pending, effect) in self.of_accounts() {
            match (effect, &mut now) {
                // Who is there already is left alone by a package.
                (_, Ok(Some(_))) if pending.package().is_some() => {}
                (Effect::User(other, None), _) if other == name => now = Ok(None),
                (Effect::User(other, Some(account)), _) if account.new && other == name => {
                    now = Ok(Some(made(name, account, pending)));
                }
                (Effect::User(other, Some(account)), Ok(Some(user))) if other == name => {
                    lay(user, account, pending);
                }
                (Effect::Group(gone, None), Ok(Some(user))) => {
                    user.groups.retain(|group| group != gone);
                }
                (Effect::Group(other, Some(group)), Ok(Some(user))) if user.group == *other => {
                    user.gid = group.gid.map_or_else(|| user.gid.clone(), Number::Is);
                }
                _ => {}
            }
        }
        let mut user = now?;
        if let (None, Some(unknown)) = (&user, self.brings_account(name)) {
            return self.unless_gone(name, unknown);
        }
        if let Some(user) = &mut user {
            user.has_home = self.is_there(&user.home, user.has_home)?;
            if let (Number::Picked { .. }, Some(Number::Is(gid))) =
                (&user.gid, self.made_group(&user.group))
            {
                user.gid = Number::Is(gid);
            }
        }
        Ok(user)
    }

    /// What the group `name` will be.
    pub fn group(
        &self,
        name: &str,
        now: Result<Option<Group>, ProbeError>,
    ) -> Result<Option<Group>, ProbeError> {
        let mut now = now;
        for (pending, effect) in self.of_accounts() {
            let Effect::Group(other, becomes) = effect else {
                continue;
            };
            let stays = pending.package().is_some() && matches!(now, Ok(Some(_)));
            if other == name && !stays {
                let gid = match (becomes, &now) {
                    (None, _) => None,
                    (Some(group), Ok(Some(now))) => {
                        Some(group.gid.map_or_else(|| now.gid.clone(), Number::Is))
                    }
                    (Some(group), _) => Some(number(group.gid, pending)),
                };
                now = Ok(gid.map(|gid| Group { gid }));
            }
        }
        match (&now, self.brings_account(name)) {
            (Ok(None), Some(unknown)) => self.unless_gone(name, unknown),
            _ => now,
        }
    }

    /// A user or group that is not there, but may come with a package, unless a later task removes it.
    fn unless_gone<T>(&self, name: &str, unknown: ProbeError) -> Result<Option<T>, ProbeError> {
        let goes = |pending: &&Pending| match &pending.effect {
            Effect::User(other, None) | Effect::Group(other, None) => other == name,
            _ => false,
        };
        match self.pending.iter().find(goes) {
            Some(_) => Ok(None),
            None => Err(unknown),
        }
    }

    /// All that is pending, with what systemd makes of new packages after each of them.
    fn of_accounts(&self) -> impl Iterator<Item = (&Pending, &Effect)> {
        self.pending.iter().flat_map(|pending| {
            let known = self.contents(pending);
            let accounts = known.into_iter().flat_map(|known| &known.accounts);
            std::iter::once(&pending.effect)
                .chain(accounts)
                .map(move |effect| (pending, effect))
        })
    }

    /// The number of a group that is pending.
    fn made_group(&self, name: &str) -> Option<Number> {
        let nobody = Err(ProbeError::Failed(String::new()));
        self.group(name, nobody)
            .ok()
            .flatten()
            .map(|group| group.gid)
    }

    /// Where `~name` will lead, and `~` where the name is empty.
    pub fn home(&self, name: &str, now: Result<String, ProbeError>) -> Result<String, ProbeError> {
        let name = if name.is_empty() { &self.asker } else { name };
        let decides = |pending: &&Pending| match &pending.effect {
            Effect::User(other, Some(account)) if other == name => account.home.is_some(),
            Effect::User(other, None) => other == name,
            _ => false,
        };
        match self.pending.iter().rev().find(decides).map(|p| &p.effect) {
            Some(Effect::User(_, Some(account))) => account.home.clone().map_or(now, Ok),
            Some(_) => Err(ProbeError::Failed(format!(
                "there will be no user {name} then, and no home of theirs"
            ))),
            None => now,
        }
    }

    /// Which numbers will be taken; none is known where somebody may come whose number is not.
    pub fn numbers(&self, now: Numbers) -> Numbers {
        let mut numbers = now;
        for pending in &*self.pending {
            match &pending.effect {
                Effect::User(name, becomes) => {
                    let uid = becomes.as_ref().map(|user| (user.new, user.uid));
                    take(&mut numbers.users, name, uid);
                }
                Effect::Group(name, becomes) => {
                    let gid = becomes.as_ref().map(|group| (true, group.gid));
                    take(&mut numbers.groups, name, gid);
                }
                Effect::Package(_, step::Package::There { new: true, .. }) | Effect::Unsaid => {
                    (numbers.users, numbers.groups) = (None, None);
                }
                _ => {}
            }
        }
        numbers
    }

    /// What making or removing a user will bring with it.
    pub fn rules(&self, asked: &AccountRules, now: Rules) -> Result<Rules, ProbeError> {
        let mut rules = now;
        for pending in &*self.pending {
            match &pending.effect {
                Effect::Group(name, becomes) => {
                    if *name == asked.name {
                        rules.own_group = becomes.as_ref().map(|_| OwnGroup::default());
                    }
                    let wanted = |group: &step::Group| {
                        asked.group.as_ref().is_some_and(|wanted| {
                            wanted == name || group.gid.is_some_and(|gid| wanted.parse() == Ok(gid))
                        })
                    };
                    if let Some(group) = becomes.as_ref().filter(|group| wanted(group)) {
                        rules.group = Some((name.clone(), number(group.gid, pending)));
                    }
                }
                Effect::User(name, Some(account)) => {
                    let joins = account.groups.iter().flatten().chain(&account.more);
                    if let (Some(own), true) = (
                        &mut rules.own_group,
                        joins.into_iter().any(|g| *g == asked.name),
                    ) {
                        own.members.push(name.clone());
                    }
                }
                _ => {}
            }
        }
        if let Some(home) = &rules.home {
            rules.has_home = self.is_there(home, rules.has_home)?;
        }
        Ok(rules)
    }

    /// The task that makes the user who asks, who is not there yet.
    pub fn makes_asker(&self) -> Option<&str> {
        let makes = |pending: &&Pending| matches!(&pending.effect, Effect::User(name, Some(account)) if account.new && **name == *self.asker);
        self.pending
            .iter()
            .find(makes)
            .map(|pending| &*pending.until)
    }
}

/// An account comes, perhaps under a number that the host picks, or goes.
fn take(taken: &mut Option<BTreeMap<String, u32>>, name: &str, comes: Option<(bool, Option<u32>)>) {
    match (comes, taken.as_mut()) {
        (None, Some(taken)) => drop(taken.remove(name)),
        (Some((_, Some(number))), Some(taken)) => drop(taken.insert(name.to_owned(), number)),
        (Some((true, None)), _) => *taken = None,
        _ => {}
    }
}

fn number(number: Option<u32>, pending: &Pending) -> Number {
    number.map_or_else(
        || Number::Picked {
            until: pending.until.to_string(),
        },
        Number::Is,
    )
}

fn made(name: &str, account: &Account, pending: &Pending) -> User {
    let mut user = User {
        name: name.to_owned(),
        uid: number(account.uid, pending),
        gid: number(account.gid, pending),
        group: name.to_owned(),
        comment: String::new(),
        home: format!("/home/{name}"),
        shell: String::new(),
        groups: Vec::new(),
        // Nobody can log in with it.
        password: Some(Secret::among("!")),
        expires: None,
        ages: [None; 3],
        has_home: account.has_home,
    };
    lay(&mut user, account, pending);
    user
}

fn lay(user: &mut User, account: &Account, pending: &Pending) {
    let set = |place: &mut String, value: &Option<String>| {
        if let Some(value) = value {
            place.clone_from(value);
        }
    };
    if let Some(uid) = account.uid {
        user.uid = Number::Is(uid);
    }
    if account.gid.is_some()
        || account
            .group
            .as_ref()
            .is_some_and(|group| *group != user.group)
    {
        user.gid = number(account.gid, pending);
    }
    set(&mut user.group, &account.group);
    set(&mut user.comment, &account.comment);
    set(&mut user.home, &account.home);
    set(&mut user.shell, &account.shell);
    if let Some(groups) = &account.groups {
        user.groups.clone_from(groups);
    }
    for group in &account.more {
        if !user.groups.contains(group) {
            user.groups.push(group.clone());
        }
    }
    user.groups.retain(|group| *group != user.group);
    if let Some(password) = &account.password {
        user.password = Some(password.clone());
    }
    if let (Some(locked), Some(password)) = (account.locked, &user.password) {
        let bare = password.reveal().trim_start_matches('!');
        let lock = if locked { "!" } else { "" };
        user.password = Some(Secret::new(format!("{lock}{bare}")));
    }
    if let Some(expires) = account.expires {
        user.expires = expires;
    }
    for (now, then) in user.ages.iter_mut().zip(account.ages) {
        *now = then.or(*now);
    }
}
