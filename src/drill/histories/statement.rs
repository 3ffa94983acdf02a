//! An operation in SQL, and its answer. Who answered comes in the same round trip.

use crate::history::{Act, Door, Operation};
use std::str::FromStr;
use tokio_postgres::SimpleQueryRow;

/// The server's address, and whether it is a standby; by functions that pgpool may send to one.
const WHO: &str = "host(inet_server_addr()), current_setting('in_hot_standby', true)";
/// The timeline; only a primary can say it.
const TIMELINE: &str = "('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int";
/// What keeps pgpool from asking a standby.
const PRIMARY: &str = "/*NO LOAD BALANCE*/ ";

/// The statement of an operation. Keys and names are ours: letters, digits and `-`.
pub fn sql(schema: &str, door: Door, act: &Act) -> String {
    let returning = format!("returning null, {WHO}, {TIMELINE}");
    let door = if door == Door::Write { PRIMARY } else { "" };
    let one = |what: &str| format!("{door}select ({what}), {WHO}");
    match act {
        Act::Append { key, value } => format!(
            "insert into {schema}.lists as l values ('{key}', array[{value}]) \
             on conflict (key) do update set values = l.values || excluded.values {returning}"
        ),
        Act::List { key, .. } => one(&format!(
            "select values::text from {schema}.lists where key = '{key}'"
        )),
        // What it says that it wrote over is the very version that it changed.
        Act::Write { key, value, .. } => format!(
            "insert into {schema}.registers as r values ('{key}', {value}, null) \
             on conflict (key) do update set over = r.value, value = excluded.value \
             returning over, {WHO}, {TIMELINE}"
        ),
        Act::Register { key, .. } => one(&format!(
            "select value from {schema}.registers where key = '{key}'"
        )),
        Act::Add { key, by } => format!(
            "insert into {schema}.counters as c values ('{key}', {by}) \
             on conflict (key) do update set value = c.value + excluded.value {returning}"
        ),
        Act::Counter { key, .. } => one(&format!(
            "select value from {schema}.counters where key = '{key}'"
        )),
        Act::Insert { key, value } => {
            format!("insert into {schema}.sets values ('{key}', {value}) {returning}")
        }
        Act::Set { key, .. } => one(&format!(
            "select array_agg(value)::text from {schema}.sets where key = '{key}'"
        )),
        Act::Move { from, to, amount } => format!(
            "update {schema}.accounts set amount = amount + \
             case name when '{to}' then {amount} else -{amount} end where name in ('{from}', '{to}') {returning}"
        ),
        Act::Balances { .. } => one(&format!(
            "select string_agg(name || '=' || amount, ',') from {schema}.accounts"
        )),
    }
}

/// The operation with its answer; nothing where the answer is none that it can have.
pub fn answered(act: Act, row: &SimpleQueryRow) -> Option<Operation> {
    let text = |column: usize| (column < row.len()).then(|| row.get(column)).flatten();
    Some(Operation {
        act: with(act, text(0))?,
        server: text(1).map(Into::into),
        standby: text(2) == Some("on"),
        timeline: text(3).and_then(|text| text.parse().ok()),
    })
}

/// The operation with what it got.
pub fn with(act: Act, text: Option<&str>) -> Option<Act> {
    Some(match act {
        Act::List { key, .. } => Act::List {
            key,
            values: array(text)?,
        },
        Act::Set { key, .. } => Act::Set {
            key,
            values: array(text)?,
        },
        Act::Write { key, value, .. } => Act::Write {
            key,
            value,
            over: Some(maybe(text)?),
        },
        Act::Register { key, .. } => Act::Register {
            key,
            value: maybe(text)?,
        },
        Act::Counter { key, .. } => Act::Counter {
            key,
            value: maybe(text)?.unwrap_or_default(),
        },
        Act::Balances { .. } => {
            let accounts = text.unwrap_or_default().split(',').map(|account| {
                let (name, amount) = account.split_once('=')?;
                Some((name.to_owned(), amount.parse().ok()?))
            });
            Act::Balances {
                accounts: accounts.collect::<Option<_>>()?,
            }
        }
        write => write,
    })
}

#[allow(clippy::option_option)] // No number at all is another thing than no value.
fn maybe<T: FromStr>(text: Option<&str>) -> Option<Option<T>> {
    match text {
        Some(text) => text.parse().ok().map(Some),
        None => Some(None),
    }
}

/// `{1,2,3}`
fn array(text: Option<&str>) -> Option<Vec<u64>> {
    let Some(text) = text else {
        return Some(Vec::new());
    };
    let inner = text.strip_prefix('{')?.strip_suffix('}')?;
    let values = inner.split(',').filter(|value| !value.is_empty());
    values.map(|value| value.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_and_what_is_none_is_not() {
        let list = |text| {
            let key = "k".to_owned();
            with(
                Act::List {
                    key,
                    values: vec![],
                },
                text,
            )
        };
        let values = |values: &[u64]| {
            Some(Act::List {
                key: "k".to_owned(),
                values: values.to_vec(),
            })
        };
        assert_eq!(list(None), values(&[]));
        assert_eq!(list(Some("{}")), values(&[]));
        assert_eq!(list(Some("{7,12}")), values(&[7, 12]));
        assert_eq!(list(Some("{7,NULL}")), None);
        let balances = |text| {
            let accounts = [].into();
            with(Act::Balances { accounts }, Some(text))
        };
        assert_eq!(
            balances("a=-5,b=7"),
            Some(Act::Balances {
                accounts: [("a".to_owned(), -5), ("b".to_owned(), 7)].into()
            })
        );
        assert_eq!(balances("a"), None);
    }
}
