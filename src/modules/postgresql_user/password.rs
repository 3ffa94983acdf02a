//! The password of a role, as the server stores it.

use super::{Ready, scram};
use crate::facts::sql::literal;
use crate::secret::Secret;

impl Ready {
    /// A password as the server stores it; empty for none.
    pub(super) fn verifier(&self, password: &Secret) -> String {
        match password.reveal() {
            kept if kept.is_empty() || scram::is_hashed(kept) => kept.to_owned(),
            plain => scram::verifier(plain, &self.salt),
        }
    }

    /// What the server shall store: `NULL` for no password.
    pub(super) fn stored(&self, password: &Secret) -> String {
        match self.verifier(password) {
            none if none.is_empty() => "NULL".to_owned(),
            stored => literal(&stored),
        }
    }

    pub(super) fn password_differs(&self, stored: Option<&str>) -> bool {
        let Some(password) = &self.params.password else {
            return false;
        };
        match (password.reveal(), stored) {
            ("", stored) => stored.is_some(),
            (_, None) => true,
            (hashed, Some(stored)) if scram::is_hashed(hashed) => hashed != stored,
            (plain, Some(stored)) => !scram::matches(plain, stored),
        }
    }
}
