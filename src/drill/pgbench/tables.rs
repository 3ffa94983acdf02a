//! pgbench's tables and its script, as its own `tpcb-like`, in the drill's schema: pgbench's own
//! would take the place of tables of these names that somebody needs.

use crate::drill::transaction::schema;

/// The statements that make and fill the tables.
pub fn filled(run: &str, scale: u32) -> Vec<String> {
    let schema = schema(run);
    let table = |name: &str, columns: &str, values: &str, rows: u32| {
        let rows = u64::from(scale) * u64::from(rows);
        vec![
            format!("create table {schema}.{name} ({columns})"),
            format!(
                "insert into {schema}.{name} select {values} from generate_series(1, {rows}) n"
            ),
        ]
    };
    let mut statements = vec![format!("create schema {schema}")];
    statements.extend(table(
        "branches",
        "bid int primary key, bbalance bigint, filler char(88)",
        "n, 0, ''",
        1,
    ));
    statements.extend(table(
        "tellers",
        "tid int primary key, bid int, tbalance bigint, filler char(84)",
        "n, (n - 1) / 10 + 1, 0, ''",
        10,
    ));
    statements.extend(table(
        "accounts",
        "aid int primary key, bid int, abalance bigint, filler char(84)",
        "n, (n - 1) / 100000 + 1, 0, ''",
        100_000,
    ));
    statements.push(format!(
        "create table {schema}.history (tid int, bid int, aid int, delta bigint, mtime timestamptz)"
    ));
    statements
}

/// What each client does, over and over.
pub fn script(run: &str) -> String {
    let schema = schema(run);
    format!(
        "\\set aid random(1, 100000 * :scale)\n\
         \\set bid random(1, 1 * :scale)\n\
         \\set tid random(1, 10 * :scale)\n\
         \\set delta random(-5000, 5000)\n\
         BEGIN;\n\
         UPDATE {schema}.accounts SET abalance = abalance + :delta WHERE aid = :aid;\n\
         SELECT abalance FROM {schema}.accounts WHERE aid = :aid;\n\
         UPDATE {schema}.tellers SET tbalance = tbalance + :delta WHERE tid = :tid;\n\
         UPDATE {schema}.branches SET bbalance = bbalance + :delta WHERE bid = :bid;\n\
         INSERT INTO {schema}.history VALUES (:tid, :bid, :aid, :delta, CURRENT_TIMESTAMP);\n\
         END;\n"
    )
}
