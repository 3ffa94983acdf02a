//! The end of a history: what each node has, read there and not through the proxy; then the judgement.

use super::statement::with;
use super::{file, schema};
use crate::cluster::Reach;
use crate::cluster::spec::ClusterSpec;
use crate::drill::Clock;
use crate::drill::primary::{Session, sessions};
use crate::history::{
    self, Act, Door, History, Judgement, Level, Operation, Outcome, Record, Rules, Transaction,
};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Reads what is there of a run, on each node that answers, puts it behind the record, and judges all of
/// it. Without the primary's word nothing can be told lost, so that is an error.
pub async fn judged(
    folder: &Path,
    spec: &ClusterSpec,
    reach: &dyn Reach,
    clock: &Clock,
) -> Result<Judgement, String> {
    let path = file(folder);
    let mut history = history::read(&path).map_err(|error| error.to_string())?;
    let record = Record::resume(&path).map_err(|error| error.to_string())?;
    let mut silent = Vec::new();
    let first = history
        .transactions
        .iter()
        .map(|transaction| transaction.number)
        .max()
        .unwrap_or(0)
        + 1;
    for (number, (node, session)) in (first..).zip(sessions(spec, reach, &spec.entry.login).await) {
        let looked = match session {
            Ok(session) => look(&history, &session, number, clock).await,
            Err(why) => Err(why.words().to_owned()),
        };
        match looked {
            Ok(transaction) => {
                let kept = record.whole(transaction.clone());
                kept.map_err(|error| error.to_string())?;
                history.transactions.push(transaction);
            }
            Err(why) => silent.push(format!("{node}: {why}")),
        }
    }
    let judgement = history::judge(&history, Rules::default());
    if judgement.final_read {
        Ok(judgement)
    } else {
        Err(format!(
            "no primary said what is there: {}",
            silent.join("; ")
        ))
    }
}

/// Reads all keys of a history by one statement, so that it is one snapshot.
async fn look(
    history: &History,
    session: &Session,
    number: u64,
    clock: &Clock,
) -> Result<Transaction, String> {
    let standby = session.follows().await?;
    let begun = clock.now();
    let rows = session.rows(&everything(&history.opening.run)).await?;
    let ended = clock.now();
    let mut there: BTreeMap<(String, String), String> = BTreeMap::new();
    for row in &rows {
        let text = |column: usize| row.get(column).unwrap_or_default().to_owned();
        there.insert((text(0), text(1)), text(2));
    }
    let operations = keys(history).into_iter().map(|(kind, key, act)| {
        let text = there.get(&(kind.to_owned(), key.clone()));
        let act = with(act, text.map(String::as_str))
            .ok_or_else(|| format!("what is there of {key} can't be read: {text:?}"))?;
        Ok(Operation {
            standby,
            server: Some(session.node.as_str().into()),
            ..Operation::from(act)
        })
    });
    Ok(Transaction {
        number,
        session: 0,
        door: Door::Final,
        level: Some(Level::RepeatableRead),
        begun,
        ended: Some(ended),
        asked: None,
        outcome: Outcome::Committed,
        operations: operations.collect::<Result<_, String>>()?,
    })
}

/// Reads KIND KEY VALUE of all that is there.
fn everything(run: &str) -> String {
    let schema = schema(run);
    format!(
        "select 'list', key, values::text from {schema}.lists \
         union all select 'register', key, value::text from {schema}.registers \
         union all select 'counter', key, value::text from {schema}.counters \
         union all select 'set', key, array_agg(value)::text from {schema}.sets group by key \
         union all select 'accounts', '', string_agg(name || '=' || amount, ',') from {schema}.accounts"
    )
}

/// Every key that was ever named, also one of which nothing is there; and the read that asks for it.
fn keys(history: &History) -> Vec<(&'static str, String, Act)> {
    let mut keys: BTreeSet<(&'static str, &str)> = BTreeSet::new();
    let transactions = history.transactions.iter();
    for operation in transactions.flat_map(|transaction| &transaction.operations) {
        keys.insert(match &operation.act {
            Act::Append { key, .. } | Act::List { key, .. } => ("list", key),
            Act::Write { key, .. } | Act::Register { key, .. } => ("register", key),
            Act::Add { key, .. } | Act::Counter { key, .. } => ("counter", key),
            Act::Insert { key, .. } | Act::Set { key, .. } => ("set", key),
            Act::Move { .. } | Act::Balances { .. } => ("accounts", ""),
        });
    }
    let reads = keys.into_iter().map(|(kind, key)| {
        let key = key.to_owned();
        let act = match kind {
            "list" => Act::List {
                key: key.clone(),
                values: Vec::new(),
            },
            "register" => Act::Register {
                key: key.clone(),
                value: None,
            },
            "counter" => Act::Counter {
                key: key.clone(),
                value: 0,
            },
            "set" => Act::Set {
                key: key.clone(),
                values: Vec::new(),
            },
            _ => Act::Balances {
                accounts: BTreeMap::new(),
            },
        };
        (kind, key, act)
    });
    reads.collect()
}
