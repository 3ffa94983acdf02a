//! Crontabs, as pending effects leave them.

use super::Foreseen;
use crate::facts::{ProbeError, Tab};
use crate::step::Effect;

impl Foreseen {
    /// What the crontab of `user` will be, of the one who asks where that is empty.
    pub fn crontab(&self, user: &str, now: Result<Tab, ProbeError>) -> Result<Tab, ProbeError> {
        let user = if user.is_empty() { &self.asker } else { user };
        let mut now = now;
        for pending in &*self.pending {
            match &pending.effect {
                Effect::Crontab(whose, text) => {
                    let whose = if whose.is_empty() {
                        &pending.by
                    } else {
                        &**whose
                    };
                    if whose == user {
                        let text = text.clone();
                        now = Ok(Tab { user: true, text });
                    }
                }
                // What they have is left to who has the name next.
                Effect::User(name, becomes) if name == user => {
                    now = now.map(|tab| Tab {
                        user: becomes.is_some(),
                        ..tab
                    });
                }
                _ => {}
            }
        }
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::Account;

    fn tab(user: bool, text: &str) -> Tab {
        let text = text.to_owned();
        Tab { user, text }
    }

    #[test]
    fn a_crontab_is_its_user_s_by_whatever_way_it_is_named() {
        let mut foreseen = Foreseen::default();
        foreseen.add(
            "One",
            "root",
            [Effect::Crontab(String::new(), "a\n".into())],
        );
        foreseen.add("Two", "root", [Effect::Crontab("lab".into(), "b\n".into())]);
        let of = |user: &str, by: &str| {
            let seen = foreseen.clone().seen_by(by);
            seen.crontab(user, Ok(tab(true, "now\n"))).unwrap().text
        };
        assert_eq!(of("", "root"), "a\n");
        assert_eq!(of("root", "lab"), "a\n");
        assert_eq!(of("", "lab"), "b\n");
        assert_eq!(of("other", "root"), "now\n");
    }

    #[test]
    fn a_user_that_is_to_come_has_what_the_one_before_left() {
        let mut foreseen = Foreseen::default();
        let new = Account {
            new: true,
            ..Account::default()
        };
        foreseen.add("Make", "root", [Effect::User("lab".into(), Some(new))]);
        let of = |foreseen: &Foreseen| foreseen.crontab("lab", Ok(tab(false, "left\n")));
        assert_eq!(of(&foreseen).unwrap(), tab(true, "left\n"));
        foreseen.add("Go", "root", [Effect::User("lab".into(), None)]);
        assert_eq!(of(&foreseen).unwrap(), tab(false, "left\n"));
    }
}
