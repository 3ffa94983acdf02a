//! Which roles are members of which.
//!
//! ```yaml
//! - postgresql_membership:
//!     groups: [readers]
//!     target_roles: [alice, bob]
//!   become_user: postgres
//! ```

use super::postgresql::in_servers_words;
use super::postgresql::login::{login_aliases, with_login};
use super::postgresql::work::Work;
use super::{Change, Controller, Course, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::pg_role::{PgRole, Role};
use crate::facts::sql::ident;
use crate::facts::{Look, ProbeError};
use crate::modules::defaults::yes;
use crate::step::{Pg, RoleMade};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// `postgresql_membership`
pub struct PostgresqlMembership;

/// What is wanted of the memberships.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Wanted {
    /// The roles are members of the groups.
    #[default]
    Present,
    /// They are not.
    Absent,
    /// They are, and of no others.
    Exact,
}

impl Wanted {
    fn word(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Absent => "absent",
            Self::Exact => "exact",
        }
    }
}

with_login! {
    /// Parameters of `postgresql_membership`.
    pub struct Params {
        /// The roles that are granted.
        groups: Vec<String>,
        /// The roles that they are granted to.
        target_roles: Vec<String>,
        /// `present`, `absent`, or `exact`: members of these groups and of no others.
        #[serde(default)]
        state: Wanted,
        /// Whether it is an error when one of the roles is not there.
        #[serde(default = "yes")]
        fail_on_role: bool,
        /// The database to connect to.
        #[serde(default = "super::postgresql::login::postgres")]
        login_db: String,
    }
}

/// The roles that are there, by their names.
type Roles = BTreeMap<String, Role>;

/// A membership that is to come or to go.
struct Move {
    group: String,
    role: String,
    joins: bool,
}

impl Params {
    fn there<'a>(names: &'a [String], is: &Roles) -> Vec<&'a str> {
        let names = names.iter().map(|name| name.trim());
        names.filter(|name| is.contains_key(*name)).collect()
    }

    fn missing(&self, is: &Roles) -> Vec<String> {
        let all = self.groups.iter().chain(&self.target_roles);
        let missing = all
            .map(|name| name.trim())
            .filter(|name| !is.contains_key(*name));
        let mut seen = BTreeSet::new();
        missing
            .filter(|name| seen.insert(*name))
            .map(str::to_owned)
            .collect()
    }

    fn moves(&self, is: &Roles) -> Vec<Move> {
        let groups = Self::there(&self.groups, is);
        let roles = Self::there(&self.target_roles, is);
        let member = |role: &str, group: &str| {
            is.get(role)
                .is_some_and(|role| role.groups.iter().any(|one| one == group))
        };
        let joins = self.state != Wanted::Absent;
        let mut moves = Vec::new();
        let mut add = |group: &str, role: &str, joins| {
            moves.push(Move {
                group: group.to_owned(),
                role: role.to_owned(),
                joins,
            });
        };
        for role in roles.iter().filter(|_| self.state == Wanted::Exact) {
            let others = is.get(*role).into_iter().flat_map(|role| &role.groups);
            for group in others.filter(|group| !groups.contains(&group.as_str())) {
                add(group, role, false);
            }
        }
        for group in &groups {
            for role in roles.iter().filter(|role| member(role, group) != joins) {
                add(group, role, joins);
            }
        }
        moves
    }

    fn work(&self, is: &Roles) -> Work {
        let mut work = Work::default();
        for Move { group, role, joins } in self.moves(is) {
            let what = format!("membership of role {role} in {group}");
            let (to, of) = (ident(&role), ident(&group));
            if joins {
                work.add(Change::new(Sign::Add, what), format!("GRANT {of} TO {to}"));
            } else {
                work.add(
                    Change::new(Sign::Remove, what),
                    format!("REVOKE {of} FROM {to}"),
                );
            }
        }
        work
    }

    fn makes(&self, is: &Roles) -> Vec<Pg> {
        let made = |Move { group, role, joins }| {
            let (joins, leaves) = if joins {
                (vec![group], vec![])
            } else {
                (vec![], vec![group])
            };
            Pg::Role(
                role,
                RoleMade {
                    joins,
                    leaves,
                    ..RoleMade::default()
                },
            )
        };
        self.moves(is).into_iter().map(made).collect()
    }

    /// By group, which roles come into it or go out of it.
    fn moved(&self, is: &Roles, joins: bool) -> Map<String, Value> {
        let mut moved = Map::new();
        if self.state != Wanted::Exact {
            for group in Self::there(&self.groups, is) {
                moved.insert(group.to_owned(), Value::Array(Vec::new()));
            }
        }
        for one in self.moves(is).into_iter().filter(|one| one.joins == joins) {
            let roles = moved
                .entry(one.group)
                .or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(roles) = roles {
                roles.push(one.role.into());
            }
        }
        moved
    }
}

impl Module for PostgresqlMembership {
    const NAME: &'static str = "postgresql_membership";
    const COLLECTION: &'static str = "community.postgresql";
    const ALIASES: &'static [(&'static str, &'static str)] = login_aliases!(
        "group" => "groups", "source_role" => "groups", "source_roles" => "groups",
        "target_role" => "target_roles", "user" => "target_roles", "users" => "target_roles",
        "db" => "login_db"
    );
    type Params = Params;
    type Ready = Params;
    type State = Roles;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        params.check_login()?;
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<Roles, ProbeError> {
        let names = params.groups.iter().chain(&params.target_roles);
        let names: BTreeSet<&str> = names.map(|name| name.trim()).collect();
        let asked = names.into_iter().map(|name| async move {
            let role = look.fact(PgRole {
                login: params.login(),
                database: params.login_db.clone(),
                name: name.to_owned(),
                password: false,
                expires: None,
            });
            Ok(role.await?.map(|role| (name.to_owned(), role)))
        });
        let found: Vec<Option<(String, Role)>> = futures::future::try_join_all(asked).await?;
        Ok(found.into_iter().flatten().collect())
    }

    fn plan(params: &Params, is: &Roles) -> Result<Plan, String> {
        let missing = params.missing(is);
        if params.fail_on_role && !missing.is_empty() {
            return Err(format!(
                "there is no role {}: make it by postgresql_user, or say fail_on_role: false",
                missing.join(", ")
            ));
        }
        let work = params.work(is);
        Ok(work.plan(
            &params.login(),
            &params.login_db,
            "memberships of roles",
            || params.makes(is),
        ))
    }

    fn result(course: Course<'_, Self>) -> TaskResult {
        let Course {
            ready: params,
            before,
            plan,
            ran,
            ..
        } = course;
        let mut result = in_servers_words(TaskResult::of(plan, ran), ran)
            .with("groups", Params::there(&params.groups, before))
            .with("target_roles", Params::there(&params.target_roles, before))
            .with("state", params.state.word())
            .with("queries", params.work(before).statements);
        if params.state != Wanted::Absent {
            result = result.with("granted", params.moved(before, true));
        }
        if params.state != Wanted::Present {
            result = result.with("revoked", params.moved(before, false));
        }
        let missing = params.missing(before);
        if !missing.is_empty() {
            let warn = |name: &String| format!("there is no role {name}: it is passed over");
            result = result.with("warnings", missing.iter().map(warn).collect::<Vec<_>>());
        }
        result
    }
}
