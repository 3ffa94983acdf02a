//! Reads what is there of a run, on the primary alone.

use super::check::{Found, Rows, compare};
use super::ledger::Account;
use super::primary::primary;
use super::report::Ledger;
use super::transaction::{counters, rows, schema};
use crate::cluster::Reach;
use crate::cluster::spec::ClusterSpec;
use crate::diag::Diag;
use std::str::FromStr;
use tokio_postgres::SimpleQueryRow;

/// Reads everything of the ledger's run on the primary, and tells what became of each transaction.
pub async fn check(
    account: &Account,
    spec: &ClusterSpec,
    reach: &dyn Reach,
) -> Result<Ledger, Diag> {
    let run = &account.opening.run;
    let session = primary(spec, reach, &spec.entry.login).await?;
    let failed = |why: String| {
        Diag::error(format!(
            "can't read the drill's rows on {}: {why}",
            session.node
        ))
        .help(format!(
            "they are in the schema {}, which must be there as the drill made it",
            schema(run)
        ))
    };
    let mut found = Found::default();
    for row in session.rows(&rows(run)).await.map_err(failed)? {
        let rows = Rows {
            parts: read(&row, 2).map_err(failed)?,
            digest: read(&row, 3).map_err(failed)?,
        };
        let key = (
            read(&row, 0).map_err(failed)?,
            read(&row, 1).map_err(failed)?,
        );
        found.transactions.insert(key, rows);
    }
    for row in session.rows(&counters(run)).await.map_err(failed)? {
        let (session, written) = (
            read(&row, 0).map_err(failed)?,
            read(&row, 1).map_err(failed)?,
        );
        found.counters.insert(session, written);
    }
    Ok(compare(account, &found))
}

/// Drops the tables of a run.
pub async fn forget(run: &str, spec: &ClusterSpec, reach: &dyn Reach) -> Result<(), Diag> {
    let session = primary(spec, reach, &spec.entry.login).await?;
    let schema = schema(run);
    let shared = super::histories::schema(run);
    let statement = format!("drop schema if exists {schema}, {shared} cascade");
    session.rows(&statement).await.map(drop).map_err(|why| {
        Diag::error(format!(
            "can't drop the schema {schema} on {}: {why}",
            session.node
        ))
        .help(format!("drop it by hand: `{statement}`"))
    })
}

fn read<T: FromStr>(row: &SimpleQueryRow, column: usize) -> Result<T, String> {
    let text = row.get(column).unwrap_or_default();
    text.parse()
        .map_err(|_| format!("column {} says `{text}`", column + 1))
}
