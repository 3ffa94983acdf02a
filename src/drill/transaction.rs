//! One transaction of the drill's clients, and the tables that it writes to.

use super::chance::Chance;
use super::ledger::Intent;
use md5::{Digest as _, Md5};

/// The tables of a run lie in a schema of their own; every row in them is one of the run's.
pub fn schema(run: &str) -> String {
    format!("drill_{run}")
}

/// The statements that make the tables for so many sessions.
pub fn tables(run: &str, sessions: u32) -> Vec<String> {
    let schema = schema(run);
    vec![
        format!("create schema {schema}"),
        format!(
            "create table {schema}.orders (session int, number bigint, filler text not null, \
             primary key (session, number))"
        ),
        format!(
            "create table {schema}.lines (session int, number bigint, part int, filler text not null, \
             primary key (session, number, part))"
        ),
        format!(
            "create table {schema}.counters (session int primary key, written bigint not null, \
             last bigint not null)"
        ),
        format!(
            "insert into {schema}.counters select session, 0, 0 from generate_series(1, {sessions}) session"
        ),
    ]
}

/// A transaction before it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// What goes to the ledger.
    pub intent: Intent,
    /// What it says between BEGIN and COMMIT.
    pub statements: Vec<String>,
    /// Whether the client gives it up at the end, so that no part of it may ever be there.
    pub abandoned: bool,
}

impl Transaction {
    /// The transaction with this number in its session: an order, its lines, and one more in the
    /// session's counter; how large, and in which order, is chance.
    pub fn chosen(chance: &mut Chance, run: &str, session: u32, number: u64) -> Self {
        let schema = schema(run);
        let large = chance.below(20) == 0;
        let longest = if large { 4000 } else { 200 };
        let parts = 1 + u32::try_from(chance.below(3)).unwrap_or_default();
        let mut digest = Md5::new();
        let mut filler = || {
            let length = 1 + chance.below(longest);
            let text = chance.letters(length);
            digest.update(&text);
            text
        };
        let mut statements = vec![format!(
            "insert into {schema}.orders values ({session}, {number}, '{}')",
            filler()
        )];
        for part in 1..=parts {
            statements.push(format!(
                "insert into {schema}.lines values ({session}, {number}, {part}, '{}')",
                filler()
            ));
        }
        statements.push(format!(
            "update {schema}.counters set written = written + 1, last = {number} where session = {session}"
        ));
        let digest = format!("{:x}", Sum(digest.finalize().into()));
        // The counter first or last: a lock that is held for long, or for a moment.
        if chance.below(2) == 0 {
            statements.rotate_right(1);
        }
        if chance.below(4) == 0 {
            let before = usize::try_from(chance.below(statements.len() as u64)).unwrap_or_default();
            statements.insert(
                before + 1,
                format!("select written from {schema}.counters where session = {session}"),
            );
        }
        Self {
            intent: Intent {
                session,
                number,
                parts,
                digest,
            },
            statements,
            abandoned: chance.below(50) == 0,
        }
    }
}

struct Sum([u8; 16]);

impl std::fmt::LowerHex for Sum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Reads all that is there of the run: SESSION NUMBER PARTS DIGEST of each transaction, of which an
/// order or a line is there.
pub fn rows(run: &str) -> String {
    let schema = schema(run);
    format!(
        "select session, number, coalesce(l.parts, 0), \
         coalesce(md5(o.filler || l.filler), 'no order') \
         from {schema}.orders o full join (select session, number, count(*) as parts, \
         string_agg(filler, '' order by part) as filler from {schema}.lines group by session, number) l \
         using (session, number)"
    )
}

/// Reads each session's counter: SESSION WRITTEN.
pub fn counters(run: &str) -> String {
    format!("select session, written from {}.counters", schema(run))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_chooses_all_of_it() {
        let chosen = |seed| Transaction::chosen(&mut Chance::of(seed, 3), "x", 3, 9);
        assert_eq!(chosen(5), chosen(5));
        assert_ne!(chosen(5), chosen(6));
    }

    #[test]
    fn it_writes_to_every_table_once_it_is_whole() {
        for seed in 0..50 {
            let transaction = Transaction::chosen(&mut Chance::of(seed, 1), "x", 1, 2);
            let count = |what: &str| {
                let statements = transaction.statements.iter();
                statements.filter(|text| text.starts_with(what)).count()
            };
            assert_eq!(count("insert into drill_x.orders"), 1);
            assert_eq!(count("update drill_x.counters"), 1);
            let lines = u32::try_from(count("insert into drill_x.lines")).unwrap();
            assert_eq!(lines, transaction.intent.parts);
        }
    }
}
