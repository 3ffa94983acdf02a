//! What must hold of pgbench's tables whatever happened: every transaction wrote its delta to all
//! of them, or to none.

use crate::cluster::Reach;
use crate::cluster::spec::ClusterSpec;
use crate::diag::Diag;
use crate::drill::primary::primary;
use crate::drill::report::Ledger;
use crate::drill::transaction::schema;

/// The sums of a run's tables.
#[derive(Debug, Default)]
struct Sums {
    transactions: i128,
    deltas: i128,
    accounts: i128,
    branches: i128,
    tellers: i128,
}

/// Reads the sums on the primary. `logged` is how many transactions pgbench wrote to its log.
pub async fn check(
    run: &str,
    logged: u64,
    spec: &ClusterSpec,
    reach: &dyn Reach,
) -> Result<Ledger, Diag> {
    let session = primary(spec, reach, &spec.entry.login).await?;
    let schema = schema(run);
    let question = format!(
        "select (select count(*) from {schema}.history), \
         (select coalesce(sum(delta), 0) from {schema}.history), \
         (select sum(abalance) from {schema}.accounts), \
         (select sum(bbalance) from {schema}.branches), \
         (select sum(tbalance) from {schema}.tellers)"
    );
    let failed = |why: String| {
        Diag::error(format!(
            "can't read pgbench's tables on {}: {why}",
            session.node
        ))
        .help(format!(
            "they are in the schema {schema}, which must be there as the drill made it"
        ))
    };
    let rows = session.rows(&question).await.map_err(failed)?;
    let sum = |column| {
        let text = rows.first().and_then(|row| row.get(column));
        let text = text.unwrap_or_default();
        text.parse()
            .map_err(|_| failed(format!("column {} says `{text}`", column + 1)))
    };
    let sums = Sums {
        transactions: sum(0)?,
        deltas: sum(1)?,
        accounts: sum(2)?,
        branches: sum(3)?,
        tellers: sum(4)?,
    };
    Ok(compare(logged, &sums))
}

fn compare(logged: u64, sums: &Sums) -> Ledger {
    let there = u64::try_from(sums.transactions).unwrap_or_default();
    let lost = logged.saturating_sub(there);
    let unlogged = there.saturating_sub(logged);
    let mut told = Ledger {
        acknowledged: logged,
        unknown: unlogged,
        unknown_there: unlogged,
        lost,
        ..Ledger::default()
    };
    if lost > 0 {
        told.named.push(format!(
            "pgbench logged {logged} transactions, and {there} are in its history"
        ));
    }
    for (table, sum) in [
        ("accounts", sums.accounts),
        ("branches", sums.branches),
        ("tellers", sums.tellers),
    ] {
        if sum != sums.deltas {
            told.torn += 1;
            told.named.push(format!(
                "the balances of {table} make {sum}, and the deltas in the history {}",
                sums.deltas
            ));
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_that_differ_and_transactions_that_are_gone_are_told() {
        let sums = |transactions, tellers| Sums {
            transactions,
            deltas: -7,
            accounts: -7,
            branches: -7,
            tellers,
        };
        let well = compare(10, &sums(12, -7));
        assert_eq!((well.lost, well.torn, well.unknown_there), (0, 0, 2));
        let told = compare(10, &sums(8, 5));
        assert_eq!((told.lost, told.torn), (2, 1));
        insta::assert_snapshot!(told.named.join("\n"), @"
        pgbench logged 10 transactions, and 8 are in its history
        the balances of tellers make 5, and the deltas in the history -7
        ");
    }
}
