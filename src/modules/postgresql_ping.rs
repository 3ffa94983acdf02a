//! Whether a PostgreSQL server answers.
//!
//! ```yaml
//! - postgresql_ping:
//!   become_user: postgres
//!   register: server
//! ```

use super::postgresql::login::{login_aliases, with_login};
use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::pg_version::{Answered, PgVersion};
use crate::facts::{Look, ProbeError};
use serde_json::{Value, json};

/// `postgresql_ping`
pub struct PostgresqlPing;

with_login! {
    /// Parameters of `postgresql_ping`.
    pub struct Params {
        /// The database to connect to.
        #[serde(default = "super::postgresql::login::postgres")]
        login_db: String,
    }
}

impl Module for PostgresqlPing {
    const NAME: &'static str = "postgresql_ping";
    const COLLECTION: &'static str = "community.postgresql";
    const ALIASES: &'static [(&'static str, &'static str)] = login_aliases!("db" => "login_db");
    const ONLY_ASKS: bool = true;
    type Params = Params;
    type Ready = Params;
    type State = Answered;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        params.check_login()?;
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<Answered, ProbeError> {
        look.fact(PgVersion {
            login: params.login(),
            database: params.login_db.clone(),
        })
        .await
    }

    fn plan(_: &Params, _: &Answered) -> Result<Plan, String> {
        Ok(Plan::nothing())
    }

    fn result(
        Course {
            before, plan, ran, ..
        }: Course<'_, Self>,
    ) -> TaskResult {
        let (version, error) = match before {
            Ok(raw) => (version(raw), ""),
            Err(error) => (json!({}), error.as_str()),
        };
        TaskResult::of(plan, ran)
            .with("is_available", before.is_ok())
            .with("server_version", version)
            .with("conn_err_msg", error)
    }
}

/// `PostgreSQL 17.4 (Debian 17.4-1) on x86_64-...` in its parts.
fn version(raw: &str) -> Value {
    let full = raw.split_whitespace().nth(1).unwrap_or_default();
    let mut numbers = full.split('.').map(|part| {
        let digits = part
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(part.len());
        part[..digits].parse::<u32>().unwrap_or_default()
    });
    let major = numbers.next().unwrap_or_default();
    let minor = numbers.next().unwrap_or_default();
    json!({ "major": major, "minor": minor, "full": full, "raw": raw })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_taken_apart() {
        insta::assert_json_snapshot!(version("PostgreSQL 17.4 (Debian 17.4-1) on arm"), @r#"
        {
          "major": 17,
          "minor": 4,
          "full": "17.4",
          "raw": "PostgreSQL 17.4 (Debian 17.4-1) on arm"
        }
        "#);
        assert_eq!(version("PostgreSQL 18beta1 on x")["major"], 18);
    }
}
