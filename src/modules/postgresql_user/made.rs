//! What the steps of `postgresql_user` make true.

use super::{Presence, Ready, Work, role_flags};
use crate::secret::Secret;
use crate::step::{Effect, Pg, RoleMade};

impl Ready {
    /// What `work` makes true of the role, which is `new` or not.
    pub(super) fn makes(&self, new: bool, work: &Work) -> Effect {
        let name = self.params.name.clone();
        let pg = match self.params.state {
            Presence::Absent => Pg::RoleGone(name),
            Presence::Present => Pg::Role(name, self.made(new, work)),
        };
        Effect::Postgres(self.params.login().server(), pg)
    }

    fn made(&self, new: bool, work: &Work) -> RoleMade {
        let flags = self.flags.iter();
        let mut flags: Vec<_> = flags.map(|flag| (flag.column, flag.on)).collect();
        if new && !flags.iter().any(|(column, _)| *column == role_flags::LOGIN) {
            flags.push((role_flags::LOGIN, true));
        }
        // A verifier has a salt of its own each time: one that stays is not made anew.
        let sets_password = work.told_password();
        let password = self.params.password.as_ref().filter(|_| sets_password);
        RoleMade {
            flags,
            conn_limit: self.params.conn_limit,
            expires: self.params.expires.clone(),
            comment: self.params.comment.clone(),
            joins: self.params.groups.clone(),
            leaves: Vec::new(),
            password: password.map(|password| Secret::new(self.verifier(password))),
        }
    }
}
