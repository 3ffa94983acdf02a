//! Transactions and reasons in the words in which a person reads them.

use super::graph::{Dependency, Edge};
use super::record::{Act, Door, Outcome};
use super::view::{Kind, Txn, View};

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

    /// All of a transaction in a line.
    pub fn told(&self, txn: Txn) -> String {
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
        let mut servers: Vec<String> = Vec::new();
        for operation in &transaction.operations {
            let Some(server) = &operation.server else {
                continue;
            };
            let kind = if operation.standby { ", a standby" } else { "" };
            let timeline = operation.timeline;
            let timeline =
                timeline.map_or(String::new(), |timeline| format!(", timeline {timeline}"));
            let server = format!("{server}{kind}{timeline}");
            if !servers.contains(&server) {
                servers.push(server);
            }
        }
        let servers = if servers.is_empty() {
            String::new()
        } else {
            format!(", on {}", servers.join("; "))
        };
        let outcome = match transaction.outcome {
            Outcome::Committed => "committed",
            Outcome::Aborted => "aborted",
            Outcome::Unknown => "outcome unknown",
        };
        let mut acts: Vec<String> = transaction
            .operations
            .iter()
            .take(OPERATIONS)
            .map(|operation| act(&operation.act))
            .collect();
        let more = transaction.operations.len().saturating_sub(OPERATIONS);
        if more > 0 {
            acts.push(format!("{more} more"));
        }
        format!(
            "{} (session {}, {door}{servers}, {:.3} s {ended}, {}, {outcome}): {}",
            self.called(txn),
            transaction.session,
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
        let transactions = edges.iter().map(|edge| self.told(edge.from));
        let reasons = edges.iter().map(|edge| self.reason(edge));
        transactions.chain(reasons).collect()
    }
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
