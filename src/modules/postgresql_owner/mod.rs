//! Whose something in a server is.
//!
//! ```yaml
//! - postgresql_owner:
//!     login_db: app
//!     obj_type: table
//!     obj_name: public.orders
//!     new_owner: app
//!   become_user: postgres
//! ```

mod kind;

use super::postgresql::in_servers_words;
use super::postgresql::login::{login_aliases, with_login};
use super::postgresql::step;
use super::postgresql::work::Work;
use super::{Change, Controller, Course, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::pg_role::PgRole;
use crate::facts::pg_within::PgWithin;
use crate::facts::sql::ident;
use crate::facts::{Look, ProbeError};
use crate::step::{DatabaseMade, Effect, Pg};
use kind::Kind;
use std::marker::PhantomData;

/// `postgresql_owner`
pub struct PostgresqlOwner;

with_login! {
    /// Parameters of `postgresql_owner`.
    pub struct Params {
        /// The role whose it is to be.
        new_owner: String,
        /// Its name, with its schema before it where it is in one.
        #[serde(default)]
        obj_name: Option<String>,
        /// What it is.
        #[serde(default)]
        obj_type: Option<Kind>,
        /// In the place of one thing: all that these roles own in the database.
        #[serde(default)]
        reassign_owned_by: Option<Vec<String>>,
        /// Whether it is an error when one of them is not there.
        #[serde(default)]
        fail_on_role: Option<bool>,
        /// The database to connect to.
        #[serde(default = "super::postgresql::login::postgres")]
        login_db: String,
    }
}

/// What is to be given away.
pub enum Given {
    /// One thing.
    One(Kind, String),
    /// All that these roles own.
    AllOf(Vec<String>),
}

/// The task, read.
pub struct Ready {
    params: Params,
    given: Given,
}

/// What the server says.
pub struct State {
    /// Whether the new owner is there.
    taker: bool,
    /// Whose the thing is; `None` where it is not there.
    owner: Option<String>,
    /// The roles that own what is given away, as far as they are there.
    givers: Vec<String>,
}

impl Ready {
    fn role(&self, name: &str) -> PgRole {
        PgRole {
            login: self.params.login(),
            database: self.params.login_db.clone(),
            name: name.to_owned(),
            password: false,
            expires: None,
        }
    }

    fn owner(&self, kind: Kind, name: &str) -> PgWithin<String> {
        PgWithin {
            login: self.params.login(),
            database: self.params.login_db.clone(),
            kind: "owner of",
            name: format!("{} {name}", kind.word()),
            sql: kind.asks(name),
            own: true,
            answer: PhantomData,
        }
    }

    fn work(&self, state: &State) -> Work {
        let mut work = Work::default();
        let (Given::One(kind, name), Some(owner)) = (&self.given, &state.owner) else {
            return work;
        };
        let new = &self.params.new_owner;
        if owner != new {
            let what = format!("{} {name}", kind.word());
            let alter = format!(
                "ALTER {} {} OWNER TO {}",
                kind.word().to_uppercase(),
                kind.named(name),
                ident(new)
            );
            work.differs(&what, "owner", Some(owner), Some(new), alter);
        }
        work
    }

    fn makes(&self, kind: Kind, name: &str) -> Vec<Pg> {
        let new = &self.params.new_owner;
        let owned = Pg::Within(self.owner(kind, name).made(Some(new)));
        let about = match kind {
            Kind::Database => {
                let owner = Some(new.clone());
                Pg::Database(
                    name.to_owned(),
                    DatabaseMade {
                        owner,
                        ..DatabaseMade::default()
                    },
                )
            }
            // Whose it is stands in other answers too, and decides who holds what.
            _ => Pg::Stirred(self.params.login_db.clone()),
        };
        vec![about, owned]
    }

    fn reassign(&self, state: &State) -> Option<String> {
        let from: Vec<String> = state.givers.iter().map(|role| ident(role)).collect();
        let (from, to) = (from.join(","), ident(&self.params.new_owner));
        (!from.is_empty()).then(|| format!("REASSIGN OWNED BY {from} TO {to}"))
    }

    fn missing(&self, state: &State) -> Vec<&str> {
        let Given::AllOf(roles) = &self.given else {
            return Vec::new();
        };
        let roles = roles.iter().filter(|role| !state.givers.contains(role));
        roles.map(String::as_str).collect()
    }
}

impl Module for PostgresqlOwner {
    const NAME: &'static str = "postgresql_owner";
    const COLLECTION: &'static str = "community.postgresql";
    const ALIASES: &'static [(&'static str, &'static str)] =
        login_aliases!("type" => "obj_type", "db" => "login_db");
    type Params = Params;
    type Ready = Ready;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Ready, Diag> {
        params.check_login()?;
        let given = match (&params.obj_name, params.obj_type, &params.reassign_owned_by) {
            (Some(name), Some(kind), None) if params.fail_on_role.is_none() => {
                kind.check(name)?;
                Given::One(kind, name.clone())
            }
            (None, None, Some(roles)) if !roles.is_empty() => Given::AllOf(roles.clone()),
            _ => {
                return Err(Diag::error(
                    "either obj_name and obj_type, or reassign_owned_by (and fail_on_role with it)",
                )
                .help("say one thing to give away, or the roles all of whose things are"));
            }
        };
        Ok(Ready { params, given })
    }

    async fn probe(ready: &Ready, look: &Look) -> Result<State, ProbeError> {
        let taker = look.fact(ready.role(&ready.params.new_owner));
        let asked = match &ready.given {
            Given::One(..) => &[],
            Given::AllOf(roles) => roles.as_slice(),
        };
        let givers =
            futures::future::try_join_all(asked.iter().map(|name| look.fact(ready.role(name))));
        let owner = async {
            match &ready.given {
                Given::One(kind, name) => look.fact(ready.owner(*kind, name)).await,
                Given::AllOf(_) => Ok(None),
            }
        };
        let (taker, givers, owner) = futures::try_join!(taker, givers, owner)?;
        let there = asked.iter().zip(givers).filter(|(_, role)| role.is_some());
        Ok(State {
            taker: taker.is_some(),
            owner,
            givers: there.map(|(name, _)| name.clone()).collect(),
        })
    }

    fn plan(ready: &Ready, state: &State) -> Result<Plan, String> {
        let params = &ready.params;
        let (login, database) = (params.login(), &params.login_db);
        if !state.taker {
            return Err(format!(
                "there is no role {}: make it by postgresql_user",
                params.new_owner
            ));
        }
        if let Given::One(kind, name) = &ready.given {
            if state.owner.is_none() {
                return Err(format!(
                    "there is no {} {name} in the database {database}: make it by an earlier task",
                    kind.word()
                ));
            }
            let what = format!("{} {name}", kind.word());
            return Ok(ready
                .work(state)
                .plan(&login, database, &what, || ready.makes(*kind, name)));
        }
        let missing = ready.missing(state);
        if params.fail_on_role != Some(false) && !missing.is_empty() {
            return Err(format!(
                "there is no role {}: take it out, or say fail_on_role: false",
                missing.join(", ")
            ));
        }
        let Some(sql) = ready.reassign(state) else {
            return Ok(Plan::nothing());
        };
        let made = Pg::Unknown("whose things are is another then".to_owned());
        let step = step(
            &login,
            database,
            "reassign what roles own",
            std::slice::from_ref(&sql),
        );
        Ok(Plan::Act {
            changes: vec![Change::new(Sign::Run, sql)],
            steps: vec![step.making([Effect::Postgres(login.server(), made)])],
        })
    }

    fn result(course: Course<'_, Self>) -> TaskResult {
        let Course {
            ready,
            before,
            plan,
            ran,
            ..
        } = course;
        let queries = match &ready.given {
            Given::One(..) => ready.work(before).statements,
            Given::AllOf(_) => ready.reassign(before).into_iter().collect(),
        };
        let result = in_servers_words(TaskResult::of(plan, ran), ran).with("queries", queries);
        let missing = ready.missing(before);
        if missing.is_empty() {
            return result;
        }
        let warn = |name: &&str| format!("there is no role {name}: it is passed over");
        result.with("warnings", missing.iter().map(warn).collect::<Vec<_>>())
    }
}
