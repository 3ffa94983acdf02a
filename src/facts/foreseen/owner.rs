//! Whose a file is by then: the host gives it the names that its numbers have.

use super::super::{File, ProbeError};
use super::{Foreseen, Pending};
use crate::step::Effect;

impl Foreseen {
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
