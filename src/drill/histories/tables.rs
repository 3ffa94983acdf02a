//! The tables on which the sessions meet.

use crate::diag::Diag;
use crate::drill::client::Ended;
use crate::drill::{Entry, Purpose, transaction};
use std::collections::BTreeMap;

/// The names of the accounts.
pub const ACCOUNTS: [&str; 4] = ["a", "b", "c", "d"];
/// What each holds at the beginning.
const AMOUNT: i64 = 1000;

/// The tables lie in a schema of their own.
pub fn schema(run: &str) -> String {
    format!("{}_shared", transaction::schema(run))
}

/// What the accounts hold at the beginning.
pub fn accounts() -> BTreeMap<String, i64> {
    let accounts = ACCOUNTS.iter();
    accounts.map(|name| ((*name).to_owned(), AMOUNT)).collect()
}

/// Makes them.
pub async fn make(entry: &Entry, run: &str) -> Result<(), Diag> {
    let schema = schema(run);
    let rows: Vec<String> = ACCOUNTS
        .iter()
        .map(|name| format!("('{name}', {AMOUNT})"))
        .collect();
    // A set has no key of its own: what is there twice must be seen twice.
    let statements = [
        format!("create schema {schema}"),
        format!("create table {schema}.lists (key text primary key, values bigint[] not null)"),
        format!(
            "create table {schema}.registers (key text primary key, value bigint not null, over bigint)"
        ),
        format!("create table {schema}.counters (key text primary key, value bigint not null)"),
        format!("create table {schema}.sets (key text not null, value bigint not null)"),
        format!("create index on {schema}.sets (key)"),
        format!("create table {schema}.accounts (name text primary key, amount bigint not null)"),
        format!("insert into {schema}.accounts values {}", rows.join(", ")),
    ];
    let make = async {
        let client = entry.connect(Purpose::Writes).await?;
        for statement in &statements {
            client.query(statement).await?;
        }
        Ok::<_, Ended>(())
    };
    make.await.map_err(|ended| {
        Diag::error(format!(
            "can't make the shared tables of the histories: {}",
            ended.words()
        ))
        .help(format!(
            "the schema {schema} must not be there yet, and {} must be allowed to make it",
            entry.login().user
        ))
    })
}
