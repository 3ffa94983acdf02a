//! What the steps of `postgresql_user` make true.

use super::{Params, Presence, Work, role_flags};
use crate::secret::Secret;
use crate::step::{Effect, Pg, RoleMade};

impl Params {
    /// What `work` makes true of the role, which is `new` or not.
    pub(super) fn makes(&self, new: bool, work: &Work) -> Effect {
        let name = self.name.clone();
        let pg = match self.state {
            Presence::Absent => Pg::RoleGone(name),
            Presence::Present => Pg::Role(name, self.made(new, work)),
        };
        Effect::Postgres(self.login().server(), pg)
    }

    fn made(&self, new: bool, work: &Work) -> RoleMade {
        let flags = self.flags().unwrap_or_default();
        let mut flags: Vec<_> = flags.iter().map(|flag| (flag.column, flag.on)).collect();
        if new && !flags.iter().any(|(column, _)| *column == role_flags::LOGIN) {
            flags.push((role_flags::LOGIN, true));
        }
        // A verifier has a salt of its own each time: one that stays is not made anew.
        let sets_password = work.told_password();
        let password = self.password.as_ref().filter(|_| sets_password);
        RoleMade {
            flags,
            conn_limit: self.conn_limit,
            expires: self.expires.clone(),
            comment: self.comment.clone(),
            joins: self.groups.clone(),
            password: password.map(|password| Secret::new(self.verifier(password))),
        }
    }
}
