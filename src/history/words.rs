//! Transactions and reasons in the words in which a person reads them.

use super::graph::{Dependency, Edge};
use super::record::{Act, Door, Outcome, Transaction};
use super::view::{Key, Kind, Txn, View};
use std::collections::BTreeMap;

/// How many values of a list are shown.
const VALUES: usize = 8;
/// How many operations of a transaction are shown.
const OPERATIONS: usize = 8;

impl View<'_> {
    /// What a transaction is called.
    pub fn called(&self, txn: Txn) -> String {
        format!("T{}", self.transaction(txn).number)
    }

    /// A key.
    pub fn thing(&self, key: u32) -> String {
        let (kind, name) = self.keys[key as usize];
        let kind = match kind {
            Kind::List => "list",
            Kind::Register => "register",
            Kind::Set => "set",
        };
        format!("{kind} {name}")
    }

    /// All of a transaction in a line; of a long one, what it did to these keys.
    pub fn told(&self, txn: Txn, keys: &[Key]) -> String {
        let transaction = self.transaction(txn);
        let door = match transaction.door {
            Door::Write => "write door",
            Door::Read => "read door",
            Door::Final => "final look",
        };
        let ended = match transaction.ended {
            Some(ended) => format!("to {ended:.3} s"),
            None => "and has no end".to_owned(),
        };
        let outcome = match transaction.outcome {
            Outcome::Committed => "committed",
            Outcome::Aborted => "aborted",
            Outcome::Unknown => "outcome unknown",
        };
        let operations = &transaction.operations;
        let mut acts: Vec<String> = if operations.len() <= OPERATIONS || keys.is_empty() {
            let first = operations.iter().take(OPERATIONS);
            first.map(|operation| act(&operation.act)).collect()
        } else {
            let about = self.acts(txn).iter();
            let about = about.filter(|(key, _)| keys.contains(key));
            about.take(OPERATIONS).map(|(_, done)| act(done)).collect()
        };
        let more = operations.len() - acts.len();
        if more > 0 {
            acts.push(format!("{more} more"));
        }
        format!(
            "{} (session {}, {door}{}, {:.3} s {ended}, {}, {outcome}): {}",
            self.called(txn),
            transaction.session,
            servers(transaction),
            transaction.begun,
            self.node(txn).level.name(),
            acts.join("; ")
        )
    }

    /// Why one comes before the other.
    pub fn reason(&self, edge: &Edge) -> String {
        let (one, other) = (self.called(edge.from), self.called(edge.to));
        let thing = self.thing(edge.key);
        let value = edge.value;
        let why = match (edge.why, edge.before) {
            (Dependency::Overwrites, Some(before)) => {
                format!("{other} put {value} into {thing} over {before}, which {one} wrote")
            }
            (Dependency::Overwrites, None) => {
                format!("{other} wrote {value} into {thing} after {one}")
            }
            (Dependency::Reads, _) => format!("{other} read {value} in {thing}, which {one} wrote"),
            (Dependency::Misses, Some(before)) => {
                format!("{one} read {thing} as it was with {before}, before {other} wrote {value}")
            }
            (Dependency::Misses, None) => {
                format!("{one} read {thing} without {value}, which {other} wrote")
            }
        };
        format!("{one} is before {other}: {why}")
    }

    /// A circle: its transactions, then why each stands before the next.
    pub fn circle(&self, edges: &[&Edge]) -> Vec<String> {
        let keys: Vec<Key> = edges.iter().map(|edge| edge.key).collect();
        let transactions = edges.iter().map(|edge| self.told(edge.from, &keys));
        let reasons = edges.iter().map(|edge| self.reason(edge));
        transactions.chain(reasons).collect()
    }
}

/// Who has answered.
fn servers(transaction: &Transaction) -> String {
    let mut servers: BTreeMap<(&str, bool), Option<u32>> = BTreeMap::new();
    for operation in &transaction.operations {
        if let Some(server) = &operation.server {
            let timeline = servers.entry((server, operation.standby)).or_default();
            *timeline = timeline.or(operation.timeline);
        }
    }
    let words = servers.into_iter().map(|((server, standby), timeline)| {
        let standby = if standby { ", a standby" } else { "" };
        let timeline = timeline.map_or(String::new(), |timeline| format!(", timeline {timeline}"));
        format!(", on {server}{standby}{timeline}")
    });
    words.collect()
}

fn act(act: &Act) -> String {
    match act {
        Act::Append { key, value } => format!("append {value} to list {key}"),
        Act::List { key, values } => format!("list {key} is {}", shown(values)),
        Act::Write {
            key,
            value,
            over: Some(Some(over)),
        } => format!("write {value} into register {key} over {over}"),
        Act::Write { key, value, .. } => format!("write {value} into register {key}"),
        Act::Register { key, value } => {
            let value = value.map_or("empty".to_owned(), |value| value.to_string());
            format!("register {key} is {value}")
        }
        Act::Add { key, by } => format!("add {by} to counter {key}"),
        Act::Counter { key, value } => format!("counter {key} is {value}"),
        Act::Insert { key, value } => format!("insert {value} into set {key}"),
        Act::Set { key, values } => format!("set {key} is {}", shown(values)),
        Act::Move { from, to, amount } => format!("move {amount} from {from} to {to}"),
        Act::Balances { accounts } => {
            let accounts: Vec<String> = accounts
                .iter()
                .map(|(name, amount)| format!("{name} {amount}"))
                .collect();
            format!("balances are {}", accounts.join(", "))
        }
    }
}

/// The last values; the first ones are seldom what matters.
pub fn shown(values: &[u64]) -> String {
    let skipped = values.len().saturating_sub(VALUES);
    let mut words: Vec<String> = values.iter().skip(skipped).map(u64::to_string).collect();
    if skipped > 0 {
        words.insert(0, format!("({skipped} more)"));
    }
    format!("[{}]", words.join(" "))
}
