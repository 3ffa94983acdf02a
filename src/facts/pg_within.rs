//! What there is within a database: its schemas, extensions, tables, ...

use super::psql::{Login, row};
use super::{Ask, Foreseen, ProbeError, Question};
use crate::step::{Output, Within};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;

/// What is it?
pub struct PgWithin<T> {
    /// With what to connect.
    pub login: Login,
    /// The database to connect to.
    pub database: String,
    /// What kind of thing it is: `schema`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// SQL whose first row is a JSON document; no row where it is not there.
    pub sql: String,
    /// A new database has it, or has something of it, by itself.
    pub own: bool,
    /// What the document is read into.
    pub answer: PhantomData<fn() -> T>,
}

impl<T: Serialize> PgWithin<T> {
    /// That it is this from now on.
    pub fn made(&self, is: Option<&T>) -> Within {
        Within {
            database: self.database.clone(),
            kind: self.kind.to_owned(),
            name: self.name.clone(),
            is: is.and_then(|is| serde_json::to_value(is).ok()),
        }
    }
}

impl<T: Clone + PartialEq + DeserializeOwned + Send + Sync> Question for PgWithin<T> {
    type Answer = Option<T>;

    fn ask(&self) -> Ask {
        Ask::psql(self.login.script(&self.database, &self.sql))
    }

    fn read(&self, output: &Output) -> Result<Option<T>, ProbeError> {
        row(&format!("{} {}", self.kind, self.name), output)
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        pending.within(self, now)
    }
}
