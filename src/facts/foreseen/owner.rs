//! Whose a file is by then: the host gives it the names that its numbers have.

use super::super::{File, ProbeError};
use super::over::{Becomes, Over};
use super::{Foreseen, Pending};
use crate::step::Effect;

impl Foreseen {
    /// What is to be a user's, or a group's, keeps the number when that goes, and has the name again
    /// when it comes back.
    pub(super) fn reowned<'a>(&'a self, over: &mut Over<'a>, pending: &'a Pending) {
        let (name, comes, owns) = match &pending.effect {
            Effect::User(name, account) => (
                name,
                account.as_ref().map(|made| made.uid),
                &mut over.access.owner,
            ),
            Effect::Group(name, group) => (
                name,
                group.as_ref().map(|made| made.gid),
                &mut over.access.group,
            ),
            _ => return,
        };
        if let Some(number) = comes {
            if number.is_some_and(|number| owns.as_ref() == Some(&number.to_string())) {
                *owns = Some(name.clone());
            }
            return;
        }
        if owns.as_ref() != Some(name) {
            return;
        }
        let before = self.pending.iter();
        let before = before.take_while(|made| !std::ptr::eq(*made, pending));
        let number = before.filter_map(|made| match (&made.effect, &pending.effect) {
            (Effect::User(user, Some(made)), Effect::User(..)) if user == name => made.uid,
            (Effect::Group(group, Some(made)), Effect::Group(..)) if group == name => made.gid,
            _ => None,
        });
        let number = number.last().map(|number| number.to_string());
        if number.is_none() {
            over.becomes = Becomes::Unknown("its owner goes, and leaves a number there");
            over.last = Some(pending);
        }
        *owns = number;
    }

    /// A file that stands on the host, with the names of its owner and group as they will be.
    pub(super) fn owned(&self, mut file: File) -> Result<File, ProbeError> {
        for pending in &*self.pending {
            match &pending.effect {
                Effect::User(name, account) => {
                    let new = account.as_ref().map(|account| (account.new, account.uid));
                    renamed(pending, name, new, file.uid, &mut file.owner)?;
                }
                Effect::Group(name, group) => {
                    let new = group.as_ref().map(|group| (true, group.gid));
                    renamed(pending, name, new, file.gid, &mut file.group)?;
                }
                _ => {}
            }
        }
        Ok(file)
    }
}

/// What becomes of the name of `number`, where an account of the name `name` goes or comes, perhaps
/// under a number that the host picks.
fn renamed(
    pending: &Pending,
    name: &str,
    comes: Option<(bool, Option<u32>)>,
    number: u32,
    is: &mut String,
) -> Result<(), ProbeError> {
    let nobody = *is == number.to_string();
    match comes {
        None if is == name => *is = number.to_string(),
        Some((true, Some(own))) if own == number && nobody => name.clone_into(is),
        Some((true, None)) if nobody => {
            return Err(pending.unknown(&format!("it may give the number {number} to {name}")));
        }
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::{Access, Account, Holds, Place};

    #[test]
    fn a_file_keeps_the_number_of_an_owner_who_goes() {
        let owner = |uid: Option<u32>, back: bool| {
            let mut pending = Foreseen::default();
            let lucy = Account {
                new: true,
                uid,
                ..Account::default()
            };
            let access = Access {
                owner: Some("lucy".to_owned()),
                ..Access::default()
            };
            let file = Place::File(Holds::Bytes(Vec::new().into()), access);
            pending.add(
                "make",
                "root",
                [Effect::User("lucy".into(), Some(lucy.clone()))],
            );
            pending.add("write", "root", [Effect::Path("/srv/x".into(), file)]);
            pending.add("remove", "root", [Effect::User("lucy".into(), None)]);
            if back {
                pending.add(
                    "make anew",
                    "root",
                    [Effect::User("lucy".into(), Some(lucy))],
                );
            }
            let file = pending.file("/srv/x", None, false, Ok(None));
            file.map(|file| file.map(|file| file.owner))
        };
        assert_eq!(owner(Some(3004), false).unwrap().as_deref(), Some("3004"));
        assert_eq!(owner(Some(3004), true).unwrap().as_deref(), Some("lucy"));
        let unknown = owner(None, false).unwrap_err();
        assert!(
            matches!(&unknown, ProbeError::Unknown { until, .. } if until == "remove"),
            "{unknown:?}"
        );
    }
}
