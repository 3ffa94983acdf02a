//! What is to do to a role.

use super::{Presence, Ready, role_flags};
use crate::facts::pg_role::Role;
use crate::facts::sql::{ident, literal};
use crate::modules::{Change, Detail, Sign};
use crate::secret::Secret;

/// What is to do: changes for the diff, statements for the server.
#[derive(Default)]
pub(super) struct Work {
    pub(super) changes: Vec<Change>,
    pub(super) statements: Vec<Statement>,
}

/// A statement, and how it is told where the secret must not be.
pub(super) struct Statement {
    sql: String,
    pub(super) told: String,
}

impl Work {
    fn statement(&mut self, sql: String) {
        self.statements.push(Statement {
            told: sql.clone(),
            sql,
        });
    }

    pub(super) fn told_password(&self) -> bool {
        self.statements.iter().any(|one| one.told != one.sql)
    }

    pub(super) fn sql(&self) -> Vec<String> {
        self.statements
            .iter()
            .map(|statement| statement.sql.clone())
            .collect()
    }
}

/// What a diff shows of a password.
const HIDDEN: &str = "***";

impl Ready {
    fn create(&self) -> Work {
        let mut work = Work::default();
        let role = ident(&self.params.name);
        let mut options = String::new();
        if !self
            .flags
            .iter()
            .any(|flag| flag.column == role_flags::LOGIN)
        {
            options.push_str(" LOGIN");
        }
        for flag in &self.flags {
            options.push_str(&format!(" {}", flag.keyword()));
        }
        if let Some(limit) = self.params.conn_limit {
            options.push_str(&format!(" CONNECTION LIMIT {limit}"));
        }
        if let Some(expires) = &self.params.expires {
            options.push_str(&format!(" VALID UNTIL {}", literal(expires)));
        }
        let (mut sql, mut told) = (format!("CREATE ROLE {role}{options}"), String::new());
        told.push_str(&sql);
        let password = self
            .params
            .password
            .as_ref()
            .filter(|password| !password.reveal().is_empty());
        if let Some(password) = password {
            sql.push_str(&format!(" PASSWORD {}", self.stored(password)));
            told.push_str(" PASSWORD '***'");
        }
        work.statements.push(Statement { sql, told });
        let what = format!("role {}", self.params.name);
        work.changes.push(Change::new(Sign::Add, &what));
        if password.is_some() {
            work.changes.push(Change::attribute(
                &what,
                "password",
                None,
                Some(HIDDEN.to_owned()),
            ));
        }
        for flag in &self.flags {
            let detail = Detail::Attribute {
                name: flag.column.to_lowercase(),
                from: None,
                to: Some(flag.on.to_string()),
            };
            work.changes.push(Change {
                sign: Sign::Add,
                what: what.clone(),
                detail,
            });
        }
        self.join(&[], &mut work);
        if self
            .params
            .comment
            .as_ref()
            .is_some_and(|comment| !comment.is_empty())
        {
            self.set_comment(&mut work);
        }
        work
    }

    fn alter(&self, is: &Role) -> Work {
        let mut work = Work::default();
        let role = ident(&self.params.name);
        let what = format!("role {}", self.params.name);
        let mut options = String::new();
        for flag in self.flags.iter().filter(|flag| flag.is_on(is) != flag.on) {
            options.push_str(&format!(" {}", flag.keyword()));
            let (from, to) = (Some((!flag.on).to_string()), Some(flag.on.to_string()));
            work.changes.push(Change::attribute(
                &what,
                flag.column.to_lowercase(),
                from,
                to,
            ));
        }
        if let Some(limit) = self
            .params
            .conn_limit
            .filter(|limit| *limit != is.conn_limit)
        {
            options.push_str(&format!(" CONNECTION LIMIT {limit}"));
            let (from, to) = (Some(is.conn_limit.to_string()), Some(limit.to_string()));
            work.changes
                .push(Change::attribute(&what, "conn_limit", from, to));
        }
        if let Some(expires) = self.params.expires.as_ref().filter(|_| !is.expires_same) {
            options.push_str(&format!(" VALID UNTIL {}", literal(expires)));
            let (from, to) = (is.expires.clone(), Some(expires.clone()));
            work.changes
                .push(Change::attribute(&what, "expires", from, to));
        }
        if !options.is_empty() {
            work.statement(format!("ALTER ROLE {role}{options}"));
        }
        let stored = is.password.as_ref().map(Secret::reveal);
        let password = self
            .params
            .password
            .as_ref()
            .filter(|_| !self.params.no_password_changes);
        if let Some(password) = password.filter(|_| self.password_differs(stored)) {
            let sql = format!("ALTER ROLE {role} PASSWORD {}", self.stored(password));
            let told = format!("ALTER ROLE {role} PASSWORD '***'");
            work.statements.push(Statement { sql, told });
            let from = stored.map(|_| HIDDEN.to_owned());
            let to = (!password.reveal().is_empty()).then(|| HIDDEN.to_owned());
            work.changes
                .push(Change::attribute(&what, "password", from, to));
        }
        self.join(&is.groups, &mut work);
        let comment = self
            .params
            .comment
            .clone()
            .filter(|comment| !comment.is_empty());
        if self.params.comment.is_some() && comment != is.comment {
            work.changes.push(Change::attribute(
                &what,
                "comment",
                is.comment.clone(),
                comment,
            ));
            self.set_comment(&mut work);
        }
        work
    }

    fn join(&self, is: &[String], work: &mut Work) {
        for group in self
            .params
            .groups
            .iter()
            .filter(|group| !is.contains(group))
        {
            work.changes.push(Change::new(
                Sign::Add,
                format!("membership of role {} in {group}", self.params.name),
            ));
            work.statement(format!(
                "GRANT {} TO {}",
                ident(group),
                ident(&self.params.name)
            ));
        }
    }

    fn set_comment(&self, work: &mut Work) {
        let comment = literal(self.params.comment.as_deref().unwrap_or_default());
        work.statement(format!(
            "COMMENT ON ROLE {} IS {comment}",
            ident(&self.params.name)
        ));
    }

    /// What is to do to a role that is so.
    pub(super) fn work(&self, state: Option<&Role>) -> Work {
        match (self.params.state, state) {
            (Presence::Absent, None) => Work::default(),
            (Presence::Absent, Some(_)) => {
                let mut work = Work::default();
                work.changes.push(Change::new(
                    Sign::Remove,
                    format!("role {}", self.params.name),
                ));
                work.statement(format!("DROP ROLE {}", ident(&self.params.name)));
                work
            }
            (Presence::Present, None) => self.create(),
            (Presence::Present, Some(is)) => self.alter(is),
        }
    }
}
