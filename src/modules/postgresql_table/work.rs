//! What is to do to a table.

use super::{Params, Presence, State, Table};
use crate::facts::sql::ident;
use crate::modules::postgresql::named::quoted;
use crate::modules::postgresql::work::Work;
use crate::modules::{Change, Sign};
use crate::step::Pg;

impl Params {
    /// What is said of storage, each as the server writes it.
    fn storage(&self) -> Vec<String> {
        let each = self.storage_params.iter().flat_map(|one| one.split(','));
        let each = each.map(|one| one.split('=').map(str::trim).collect::<Vec<_>>().join("="));
        each.filter(|one| !one.is_empty()).collect()
    }

    /// The statement that empties it.
    pub(super) fn truncation(&self) -> String {
        format!("TRUNCATE TABLE {}", quoted(&self.name))
    }

    fn create(&self, work: &mut Work) {
        let unlogged = if self.unlogged { " UNLOGGED" } else { "" };
        let mut create = format!("CREATE{unlogged} TABLE {} (", quoted(&self.name));
        match &self.like {
            Some(like) => {
                create.push_str(&format!("LIKE {}", quoted(like)));
                for word in self.including.iter().flat_map(|words| words.split(',')) {
                    create.push_str(&format!(" INCLUDING {}", word.trim()));
                }
            }
            None => create.push_str(&self.columns.join(",")),
        }
        create.push(')');
        let storage = self.storage();
        if !storage.is_empty() {
            create.push_str(&format!(" WITH ({})", storage.join(",")));
        }
        if let Some(tablespace) = said(self.tablespace.as_ref()) {
            create.push_str(&format!(" TABLESPACE {}", ident(tablespace)));
        }
        work.add(Change::new(Sign::Add, self.what()), create);
        if let Some(owner) = said(self.owner.as_ref()) {
            let alter = format!(
                "ALTER TABLE {} OWNER TO {}",
                quoted(&self.name),
                ident(owner)
            );
            work.differs(&self.what(), "owner", None, Some(owner), alter);
        }
    }

    fn alter(&self, is: &Table, work: &mut Work) {
        let (what, name) = (self.what(), quoted(&self.name));
        let tablespace = said(self.tablespace.as_ref());
        // The database's own is written as nothing.
        let same = |wanted: &str| {
            wanted == is.tablespace || (wanted == "pg_default" && is.tablespace.is_empty())
        };
        if let Some(wanted) = tablespace.filter(|wanted| !same(wanted)) {
            let alter = format!("ALTER TABLE {name} SET TABLESPACE {}", ident(wanted));
            work.differs(
                &what,
                "tablespace",
                Some(&is.tablespace),
                Some(wanted),
                alter,
            );
        }
        if let Some(owner) = said(self.owner.as_ref()).filter(|owner| *owner != is.owner) {
            let alter = format!("ALTER TABLE {name} OWNER TO {}", ident(owner));
            work.differs(&what, "owner", Some(&is.owner), Some(owner), alter);
        }
        let wanted = self.storage();
        if wanted.iter().any(|one| !is.storage_params.contains(one)) {
            let (from, to) = (is.storage_params.join(","), wanted.join(","));
            let alter = format!("ALTER TABLE {name} SET ({to})");
            work.differs(&what, "storage_params", Some(&from), Some(&to), alter);
        }
    }

    /// What is to do, but for emptying it.
    pub(super) fn work(&self, state: &State) -> Work {
        let mut work = Work::default();
        match (&self.rename, self.state, &state.is) {
            (Some(to), _, Some(_)) => {
                let alter = format!(
                    "ALTER TABLE {} RENAME TO {}",
                    quoted(&self.name),
                    quoted(to)
                );
                work.differs(&self.what(), "name", Some(&self.name), Some(to), alter);
            }
            (Some(_), ..) | (None, Presence::Absent, None) => {}
            (None, Presence::Absent, Some(_)) => {
                let cascade = if self.cascade { " CASCADE" } else { "" };
                let drop = format!("DROP TABLE {}{cascade}", quoted(&self.name));
                work.add(Change::new(Sign::Remove, self.what()), drop);
            }
            (None, Presence::Present, None) => self.create(&mut work),
            (None, Presence::Present, Some(is)) => self.alter(is, &mut work),
        }
        work
    }

    /// The table as it is then; under its new name, where it gets one.
    pub(super) fn next(&self, state: &State) -> Option<Table> {
        if self.truncate || self.rename.is_some() {
            return state.is.clone();
        }
        if self.state == Presence::Absent {
            return None;
        }
        let login = self.login();
        let mut next = state.is.clone().unwrap_or_else(|| Table {
            owner: login.session_role.or(login.user).unwrap_or_default(),
            tablespace: String::new(),
            storage_params: Vec::new(),
        });
        if let Some(owner) = said(self.owner.as_ref()) {
            owner.clone_into(&mut next.owner);
        }
        if let Some(tablespace) = said(self.tablespace.as_ref()) {
            let own = tablespace == "pg_default";
            next.tablespace = if own {
                String::new()
            } else {
                tablespace.to_owned()
            };
        }
        for wanted in self.storage() {
            let name = wanted.split('=').next().unwrap_or_default();
            let prefix = format!("{name}=");
            next.storage_params.retain(|one| !one.starts_with(&prefix));
            next.storage_params.push(wanted);
        }
        Some(next)
    }

    /// What becomes true of it.
    pub(super) fn makes(&self, state: &State) -> Vec<Pg> {
        let next = self.next(state);
        let made = |name: &str, is: Option<&Table>| Pg::Within(self.question(name).made(is));
        match &self.rename {
            Some(to) => vec![
                made(&self.name, None),
                made(&self.renamed(to), next.as_ref()),
            ],
            None => vec![made(&self.name, next.as_ref())],
        }
    }
}

/// A parameter that says something.
fn said(text: Option<&String>) -> Option<&str> {
    text.map(String::as_str).filter(|text| !text.is_empty())
}
