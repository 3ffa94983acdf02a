//! What is to do in a server: what differs, the statements that mend it, what they make true.

use super::{loose_step, step};
use crate::facts::psql::Login;
use crate::modules::{Change, Plan, Sign};
use crate::step::{Effect, Pg, Step};

/// What is to do: changes for the diff, statements for the server.
#[derive(Debug, Default)]
pub struct Work {
    /// What differs.
    pub changes: Vec<Change>,
    /// What mends it.
    pub statements: Vec<String>,
}

impl Work {
    /// Adds what differs, and the statement that mends it.
    pub fn add(&mut self, change: Change, statement: impl Into<String>) {
        self.changes.push(change);
        self.statements.push(statement.into());
    }

    /// Adds an attribute that goes from one value to another.
    pub fn differs(
        &mut self,
        what: &str,
        attribute: &str,
        from: Option<&str>,
        to: Option<&str>,
        statement: impl Into<String>,
    ) {
        let owned = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
        self.add(
            Change::attribute(what, attribute, owned(from), owned(to)),
            statement,
        );
    }

    /// The plan that sends the statements to `database`, all or none.
    pub fn plan(
        self,
        login: &Login,
        database: &str,
        what: &str,
        makes: impl FnOnce() -> Vec<Pg>,
    ) -> Plan {
        self.sent(step, login, database, what, makes)
    }

    /// The same for statements that can't stand in a transaction.
    pub fn loose(
        self,
        login: &Login,
        database: &str,
        what: &str,
        makes: impl FnOnce() -> Vec<Pg>,
    ) -> Plan {
        self.sent(loose_step, login, database, what, makes)
    }

    fn sent(
        self,
        send: impl Fn(&Login, &str, String, &[String]) -> Step,
        login: &Login,
        database: &str,
        what: &str,
        makes: impl FnOnce() -> Vec<Pg>,
    ) -> Plan {
        let Some(first) = self.changes.first() else {
            return Plan::nothing();
        };
        let doing = match first.sign {
            Sign::Add => "create",
            Sign::Remove => "drop",
            Sign::Modify | Sign::Run => "alter",
        };
        let made = makes().into_iter();
        let made = made.map(|pg| Effect::Postgres(login.server(), pg));
        let step = send(login, database, format!("{doing} {what}"), &self.statements).making(made);
        Plan::Converge {
            changes: self.changes,
            steps: vec![step],
        }
    }
}
