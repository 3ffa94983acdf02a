//! A history with its names made into numbers: whose each value is, and which transactions count.

use super::record::{Act, Door, History, Level, Outcome, Transaction};
use std::collections::{BTreeMap, HashMap};

/// The place of a transaction in the history.
pub type Txn = u32;
/// The place of a list, register or set among all.
pub type Key = u32;

/// What kind of thing a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Its reads tell the order of all writes.
    List,
    /// One value.
    Register,
    /// Values without an order.
    Set,
}

/// What of a transaction matters beside its operations.
pub struct Node {
    /// Its own level or the run's.
    pub level: Level,
    /// Whether a standby has answered.
    pub standby: bool,
    /// Whether several servers have answered.
    pub several_servers: bool,
    /// How many operations it has.
    pub operations: usize,
    /// Whether it is committed, or a read proves that it happened.
    pub happened: bool,
}

/// A history that can be looked up.
pub struct View<'a> {
    /// The history.
    pub history: &'a History,
    /// What belongs to each of its transactions.
    pub nodes: Vec<Node>,
    /// The names of the keys.
    pub keys: Vec<(Kind, &'a str)>,
    /// The keys by name.
    numbers: HashMap<(Kind, &'a str), Key>,
    /// Who wrote a value.
    writers: HashMap<(Key, u64), Txn>,
    /// What each transaction does to lists, registers and sets.
    acts: Vec<Vec<(Key, &'a Act)>>,
    /// What was found on each key at the end, on the primary.
    pub last: BTreeMap<Key, Last<'a>>,
}

/// The final read of a key.
#[derive(Clone, Copy)]
pub struct Last<'a> {
    /// Who has read.
    pub txn: Txn,
    /// What.
    pub act: &'a Act,
}

impl<'a> View<'a> {
    /// Looks all of it up.
    pub fn of(history: &'a History) -> Self {
        let mut view = Self {
            history,
            nodes: Vec::with_capacity(history.transactions.len()),
            keys: Vec::new(),
            numbers: HashMap::new(),
            writers: HashMap::new(),
            acts: Vec::with_capacity(history.transactions.len()),
            last: BTreeMap::new(),
        };
        for (txn, transaction) in (0..).zip(&history.transactions) {
            view.nodes.push(node(history, transaction));
            let mut acts = Vec::new();
            let finally =
                transaction.door == Door::Final && transaction.outcome == Outcome::Committed;
            for operation in &transaction.operations {
                let Some((kind, name)) = named(&operation.act) else {
                    continue;
                };
                let next = Key::try_from(view.keys.len()).unwrap_or(Key::MAX);
                let key = *view.numbers.entry((kind, name)).or_insert_with(|| {
                    view.keys.push((kind, name));
                    next
                });
                acts.push((key, &operation.act));
                if let Some(value) = written(&operation.act) {
                    view.writers.insert((key, value), txn);
                } else if finally && !operation.standby {
                    let act = &operation.act;
                    view.last.insert(key, Last { txn, act });
                }
            }
            view.acts.push(acts);
        }
        view.prove();
        view
    }

    /// A transaction of which nobody knows has happened if a committed one shows a value of it, or if
    /// one that has happened wrote over a value of it.
    fn prove(&mut self) {
        let mut open: Vec<Txn> = self.readers().collect();
        while let Some(txn) = open.pop() {
            let committed = self.transaction(txn).outcome == Outcome::Committed;
            let mut shown = Vec::new();
            for (key, act) in self.acts(txn) {
                let values = match act {
                    Act::List { values, .. } | Act::Set { values, .. } if committed => &values[..],
                    Act::Register {
                        value: Some(value), ..
                    } if committed => std::slice::from_ref(value),
                    Act::Write {
                        over: Some(Some(value)),
                        ..
                    } => std::slice::from_ref(value),
                    _ => continue,
                };
                let writers = values.iter().filter_map(|value| self.writer(*key, *value));
                shown.extend(writers.filter(|writer| {
                    let unknown = self.transaction(*writer).outcome == Outcome::Unknown;
                    unknown && !self.node(*writer).happened
                }));
            }
            for writer in shown {
                let node = &mut self.nodes[writer as usize];
                if !node.happened {
                    node.happened = true;
                    open.push(writer);
                }
            }
        }
    }

    /// A transaction.
    pub fn transaction(&self, txn: Txn) -> &'a Transaction {
        &self.history.transactions[txn as usize]
    }

    /// What belongs to it.
    pub fn node(&self, txn: Txn) -> &Node {
        &self.nodes[txn as usize]
    }

    /// Who wrote a value.
    pub fn writer(&self, key: Key, value: u64) -> Option<Txn> {
        self.writers.get(&(key, value)).copied()
    }

    /// The operations of a transaction on lists, registers and sets.
    pub fn acts(&self, txn: Txn) -> &[(Key, &'a Act)] {
        &self.acts[txn as usize]
    }

    /// Whether it was looked on a primary what is there at the end.
    pub fn final_read(&self) -> bool {
        let finals = self.history.transactions.iter().zip(&self.nodes);
        finals
            .filter(|(transaction, node)| transaction.door == Door::Final && !node.standby)
            .any(|(transaction, _)| transaction.outcome == Outcome::Committed)
    }

    /// All transactions.
    pub fn all(&self) -> impl Iterator<Item = Txn> + use<> {
        0..Txn::try_from(self.nodes.len()).unwrap_or(Txn::MAX)
    }

    /// Those whose reads count: what a transaction has read that was undone binds nobody.
    pub fn readers(&self) -> impl Iterator<Item = Txn> + '_ {
        self.all()
            .filter(|txn| self.transaction(*txn).outcome == Outcome::Committed)
    }

    /// When it was acknowledged, if it was.
    pub fn acknowledged(&self, txn: Txn) -> Option<f64> {
        let transaction = self.transaction(txn);
        (transaction.outcome == Outcome::Committed).then_some(transaction.ended?)
    }

    /// Whether this was acknowledged before that began.
    pub fn acknowledged_before(&self, first: Txn, then: Txn) -> bool {
        let begun = self.transaction(then).begun;
        self.acknowledged(first).is_some_and(|ended| ended < begun)
    }
}

fn node(history: &History, transaction: &Transaction) -> Node {
    let operations = &transaction.operations;
    let first = operations.first();
    let same = |operation: &super::record::Operation| {
        let other = first.map(|first| (&first.server, first.standby));
        other == Some((&operation.server, operation.standby))
    };
    Node {
        level: transaction.level.unwrap_or(history.opening.level),
        standby: operations.iter().any(|operation| operation.standby),
        several_servers: !operations.iter().all(same),
        operations: operations.len(),
        happened: transaction.outcome == Outcome::Committed,
    }
}

fn named(act: &Act) -> Option<(Kind, &str)> {
    match act {
        Act::Append { key, .. } | Act::List { key, .. } => Some((Kind::List, key)),
        Act::Write { key, .. } | Act::Register { key, .. } => Some((Kind::Register, key)),
        Act::Insert { key, .. } | Act::Set { key, .. } => Some((Kind::Set, key)),
        Act::Add { .. } | Act::Counter { .. } | Act::Move { .. } | Act::Balances { .. } => None,
    }
}

fn written(act: &Act) -> Option<u64> {
    match act {
        Act::Append { value, .. } | Act::Write { value, .. } | Act::Insert { value, .. } => {
            Some(*value)
        }
        _ => None,
    }
}
