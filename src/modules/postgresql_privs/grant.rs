//! What is to do so that roles hold what is declared.

use super::Ready;
use super::asked::implicit;
use crate::facts::pg_privileges::{Granted, Held, Holder, Names, On};
use crate::facts::sql::ident;
use crate::modules::postgresql::named::quoted;
use crate::modules::postgresql::work::Work;
use crate::modules::presence::Presence;
use crate::modules::{Change, Sign};
use crate::step::{Pg, RoleMade};

impl Ready {
    /// Why it can't be done.
    pub(super) fn refused(&self, held: &Held) -> Result<(), String> {
        let params = &self.params;
        let missing = self.missing(held);
        if params.fail_on_role && !missing.is_empty() {
            return Err(format!(
                "there is no role {}: make it by postgresql_user, or say fail_on_role: false",
                missing.join(", ")
            ));
        }
        let makers = &self.question.makers;
        if let Some(maker) = makers.iter().find(|maker| !held.roles.contains(maker)) {
            return Err(format!(
                "there is no role {maker}, which target_roles names"
            ));
        }
        let (kind, database) = (params.r#type.word(), &params.login_db);
        if let (false, Some(schema)) = (held.schema, &self.question.schema) {
            return Err(format!(
                "there is no schema {schema} in the database {database}"
            ));
        }
        let there = |name: &String| held.objects.iter().any(|object| object.name == *name);
        match &self.question.names {
            Names::Are(names) if params.r#type != On::DefaultPrivs => {
                match names.iter().find(|name| !there(name)) {
                    Some(name) => Err(format!(
                        "there is no {kind} {name}{} in the database {database}: make it by an earlier task",
                        self.question
                            .schema
                            .as_ref()
                            .map(|schema| format!(" in the schema {schema}"))
                            .unwrap_or_default()
                    )),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// The roles, by the names that the server's catalogs have.
    fn grantees(&self, held: &Held) -> Vec<String> {
        let missing = self.missing(held);
        let roles = self
            .roles()
            .into_iter()
            .filter(|role| !missing.contains(role));
        let real = |role: String| match implicit(&role) {
            None => role,
            Some("PUBLIC") => "PUBLIC".to_owned(),
            Some("SESSION_USER") => held.session.clone(),
            Some(_) => held.me.clone(),
        };
        roles.map(real).collect()
    }

    /// The privileges on a thing that are meant.
    fn meant(&self, object: &Holder, held: &Held) -> Vec<String> {
        let all = self.privileges.iter().any(|privilege| privilege == "ALL")
            || (self.params.r#type == On::DefaultPrivs && self.params.state == Presence::Absent);
        match self.params.r#type {
            On::Group => vec!["MEMBER".to_owned()],
            On::DefaultPrivs if all => {
                let kind = object.name.split(' ').next().unwrap_or_default();
                let of_kind =
                    |one: &String| one.strip_prefix(&format!("{kind} ")).map(str::to_owned);
                held.all.iter().filter_map(of_kind).collect()
            }
            _ if all => held.all.clone(),
            _ => self.privileges.clone(),
        }
    }

    /// The thing as it is to be.
    fn wanted(&self, object: &Holder, held: &Held) -> Holder {
        let mut next = object.clone();
        let meant = self.meant(object, held);
        let exact = self.params.r#type == On::DefaultPrivs;
        for role in self.grantees(held) {
            let own = |one: &Granted| one.to == role && (exact || meant.contains(&one.privilege));
            let had: Vec<Granted> = next.held.iter().filter(|one| own(one)).cloned().collect();
            next.held.retain(|one| !own(one));
            if self.params.state == Presence::Absent {
                continue;
            }
            for privilege in &meant {
                let had = had.iter().find(|one| one.privilege == *privilege);
                let may = had.is_some_and(|one| one.grantable) && !exact;
                next.held.push(Granted {
                    to: role.clone(),
                    privilege: privilege.clone(),
                    grantable: self.params.grant_option.unwrap_or(may),
                });
            }
        }
        // In the order in which it was, so that what stays the same is the same.
        let place = |one: &Granted| {
            let was = object.held.iter();
            was.clone()
                .position(|was| was.to == one.to && was.privilege == one.privilege)
                .unwrap_or(was.len())
        };
        next.held.sort_by_key(place);
        next
    }

    /// What differs, thing by thing.
    fn differing<'a>(&self, held: &'a Held) -> Vec<(&'a Holder, Holder)> {
        let both = held
            .objects
            .iter()
            .map(|object| (object, self.wanted(object, held)));
        both.filter(|(is, wanted)| *is != wanted).collect()
    }

    pub(super) fn work(&self, held: &Held) -> Work {
        let mut work = Work::default();
        for (is, wanted) in self.differing(held) {
            let what = self.what(is);
            for role in self.grantees(held) {
                let (from, to) = (told(is, &role), told(&wanted, &role));
                if from != to {
                    let sign = if to.is_none() {
                        Sign::Remove
                    } else if from.is_none() {
                        Sign::Add
                    } else {
                        Sign::Modify
                    };
                    let mut change = Change::attribute(
                        format!("grant to {role} on {what}"),
                        "privileges",
                        from,
                        to,
                    );
                    change.sign = sign;
                    if !work.changes.contains(&change) {
                        work.changes.push(change);
                    }
                }
            }
        }
        if !work.changes.is_empty() {
            work.statements = self.statements(held);
        }
        work
    }

    fn what(&self, object: &Holder) -> String {
        let kind = self.params.r#type.word();
        match (&self.question.schema, self.params.r#type) {
            (Some(schema), On::DefaultPrivs) => format!("future {} in {schema}", object.name),
            (None, On::DefaultPrivs) => format!("future {}", object.name),
            (Some(schema), _) => format!("{kind} {schema}.{}", object.name),
            (None, _) => format!("{kind} {}", object.name),
        }
    }

    pub(super) fn makes(&self, held: &Held) -> Vec<Pg> {
        let grantees = self.grantees(held);
        let member = |group: &Holder, role: &String| {
            let group = vec![group.name.clone()];
            let (joins, leaves) = match self.params.state {
                Presence::Present => (group, vec![]),
                Presence::Absent => (vec![], group),
            };
            Pg::Role(
                role.clone(),
                RoleMade {
                    joins,
                    leaves,
                    ..RoleMade::default()
                },
            )
        };
        let made = |(is, wanted): (&Holder, Holder)| match self.params.r#type {
            On::Group => grantees.iter().map(|role| member(is, role)).collect(),
            _ => vec![Pg::Within(self.question.made(&wanted))],
        };
        self.differing(held).into_iter().flat_map(made).collect()
    }

    /// What is sent where something differs.
    pub(super) fn statements(&self, held: &Held) -> Vec<String> {
        let missing = self.missing(held);
        let named = self
            .roles()
            .into_iter()
            .filter(|role| !missing.contains(role));
        let named: Vec<String> = named
            .map(|role| implicit(&role).map_or_else(|| ident(&role), str::to_owned))
            .collect();
        if named.is_empty() || held.objects.is_empty() {
            return Vec::new();
        }
        let whom = named.join(",");
        if self.params.r#type == On::DefaultPrivs {
            return self.later(&whom);
        }
        let on = self.on();
        let (grant, option) = if self.params.r#type == On::Group {
            (on, "ADMIN OPTION")
        } else {
            (
                format!("{} ON {on}", self.privileges.join(",")),
                "GRANT OPTION",
            )
        };
        match (self.params.state, self.params.grant_option) {
            (Presence::Absent, _) => vec![format!("REVOKE {grant} FROM {whom}")],
            (Presence::Present, None) => vec![format!("GRANT {grant} TO {whom}")],
            (Presence::Present, Some(true)) => {
                vec![format!("GRANT {grant} TO {whom} WITH {option}")]
            }
            (Presence::Present, Some(false)) => vec![
                format!("GRANT {grant} TO {whom}"),
                format!("REVOKE {option} FOR {grant} FROM {whom}"),
            ],
        }
    }

    /// The things, as SQL names them.
    fn on(&self) -> String {
        let kind = self.params.r#type;
        let word = kind.word().to_uppercase();
        let schema = self.question.schema.as_deref().map(ident);
        let within = |name: String| match &schema {
            Some(schema) => format!("{schema}.{name}"),
            None => name,
        };
        let names = match &self.question.names {
            Names::All => return format!("ALL {word}S IN SCHEMA {}", schema.unwrap_or_default()),
            Names::Are(names) => names,
        };
        let names: Vec<String> = names
            .iter()
            .map(|name| match (kind, name.split_once('(')) {
                (On::Function | On::Procedure, Some((name, types))) => {
                    within(format!("{}({types}", ident(name)))
                }
                // The dot in the name of a parameter is one.
                (On::Parameter, _) => quoted(name),
                _ => within(ident(name)),
            })
            .collect();
        let names = names.join(",");
        if kind == On::Group {
            names
        } else {
            format!("{word} {names}")
        }
    }

    /// Of what will be made: all is taken away first, as Ansible does.
    fn later(&self, whom: &str) -> Vec<String> {
        let makers: Vec<String> = self
            .question
            .makers
            .iter()
            .map(|maker| ident(maker))
            .collect();
        let mut begin = "ALTER DEFAULT PRIVILEGES".to_owned();
        if !makers.is_empty() {
            begin.push_str(&format!(" FOR ROLE {}", makers.join(",")));
        }
        if let Some(schema) = &self.question.schema {
            begin.push_str(&format!(" IN SCHEMA {}", ident(schema)));
        }
        let Names::Are(names) = &self.question.names else {
            return Vec::new();
        };
        let revoke = names
            .iter()
            .map(|name| format!("{begin} REVOKE ALL ON {name} FROM {whom}"));
        let mut statements: Vec<String> = revoke.collect();
        if self.params.state == Presence::Present {
            let option = if self.params.grant_option == Some(true) {
                " WITH GRANT OPTION"
            } else {
                ""
            };
            let what = self.privileges.join(",");
            statements.extend(
                names
                    .iter()
                    .map(|name| format!("{begin} GRANT {what} ON {name} TO {whom}{option}")),
            );
        }
        statements
    }
}

/// What a role holds on a thing, in words.
fn told(object: &Holder, role: &str) -> Option<String> {
    let own = object.held.iter().filter(|one| one.to == role);
    let mut words: Vec<String> = own
        .map(|one| {
            if one.grantable {
                format!("{} (may grant it)", one.privilege)
            } else {
                one.privilege.clone()
            }
        })
        .collect();
    words.sort();
    (!words.is_empty()).then(|| words.join(", "))
}
