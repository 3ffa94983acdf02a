//! Holds the ledger against what is there. Pure; what is there is read by [`super::found`].

use super::ledger::{Account, Kept, Outcome};
use super::report::Ledger;
use std::collections::{BTreeMap, BTreeSet};

/// How many rows are named.
const NAMED: usize = 20;

/// All that is there of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The transactions of which something is there, by session and number.
    pub transactions: BTreeMap<(u32, u64), Rows>,
    /// How many transactions each session's counter has counted.
    pub counters: BTreeMap<u32, u64>,
}

/// What is there of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    /// How many lines.
    pub parts: u32,
    /// The MD5 sum of its texts; anything else where the order is not there, or no line.
    pub digest: String,
}

impl Rows {
    fn whole(&self, kept: &Kept) -> bool {
        self.parts == kept.parts && self.digest == kept.digest
    }
}

/// What became of each transaction of the ledger, and what is there besides.
pub fn compare(account: &Account, found: &Found) -> Ledger {
    let mut told = Ledger::default();
    let mut named = Vec::new();
    // The counter of a session that has a fault already would only tell of the same fault again.
    let mut faulty = BTreeSet::new();
    for ((session, number), kept) in &account.transactions {
        let mut fault = |count: &mut u64, what: &str| {
            *count += 1;
            faulty.insert(*session);
            named.push(format!("transaction {number} of session {session} {what}"));
        };
        let rows = found.transactions.get(&(*session, *number));
        let whole = rows.is_some_and(|rows| rows.whole(kept));
        match kept.outcome {
            Outcome::Acknowledged => {
                told.acknowledged += 1;
                if rows.is_none() {
                    fault(&mut told.lost, "was acknowledged and is not there");
                } else if !whole {
                    told.lost += 1;
                    fault(
                        &mut told.torn,
                        "was acknowledged and is not there as it was written",
                    );
                }
            }
            Outcome::Refused | Outcome::Abandoned => {
                told.refused += u64::from(kept.outcome == Outcome::Refused);
                if rows.is_some() {
                    fault(&mut told.foreign, "did not happen, and is there");
                }
            }
            Outcome::Unknown => {
                told.unknown += 1;
                if whole {
                    told.unknown_there += 1;
                } else if rows.is_some() {
                    fault(&mut told.torn, "is there in part");
                }
            }
        }
    }
    for (session, number) in found.transactions.keys() {
        if !account.transactions.contains_key(&(*session, *number)) {
            told.foreign += 1;
            faulty.insert(*session);
            named.push(format!(
                "transaction {number} of session {session} is there, and nobody wrote it"
            ));
        }
    }
    for session in 1..=account.opening.sessions {
        let orders = found.transactions.range((session, 0)..=(session, u64::MAX));
        let orders = orders.count() as u64;
        let counted = found.counters.get(&session).copied();
        if counted != Some(orders) && !faulty.contains(&session) {
            told.torn += 1;
            let counted = counted.map_or("is gone".to_owned(), |counted| format!("says {counted}"));
            named.push(format!(
                "the counter of session {session} {counted}, and {orders} of its transactions are there"
            ));
        }
    }
    named.truncate(NAMED);
    Ledger { named, ..told }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::ledger::Opening;
    use proptest::prelude::*;

    const SESSIONS: u32 = 3;

    fn account(transactions: &[(u32, u64, Outcome)]) -> Account {
        let kept = |number: u64, outcome| Kept {
            parts: 1 + u32::try_from(number % 3).unwrap(),
            digest: format!("d{number}"),
            outcome,
        };
        Account {
            opening: Opening {
                run: "r".into(),
                seed: 1,
                sessions: SESSIONS,
            },
            transactions: transactions
                .iter()
                .map(|&(session, number, outcome)| ((session, number), kept(number, outcome)))
                .collect(),
        }
    }

    /// What is there when all is well: what was acknowledged, and those that `there` says of what
    /// is unknown.
    fn found(account: &Account, there: impl Fn(u64) -> bool) -> Found {
        let happened =
            account
                .transactions
                .iter()
                .filter(|((_, number), kept)| match kept.outcome {
                    Outcome::Acknowledged => true,
                    Outcome::Refused | Outcome::Abandoned => false,
                    Outcome::Unknown => there(*number),
                });
        let transactions = happened.map(|(key, kept)| {
            let rows = Rows {
                parts: kept.parts,
                digest: kept.digest.clone(),
            };
            (*key, rows)
        });
        counted(Found {
            transactions: transactions.collect(),
            counters: BTreeMap::new(),
        })
    }

    fn counted(mut found: Found) -> Found {
        for session in 1..=SESSIONS {
            let count = found.transactions.keys().filter(|(of, _)| *of == session);
            found.counters.insert(session, count.count() as u64);
        }
        found
    }

    fn transactions() -> impl Strategy<Value = Vec<(u32, u64, Outcome)>> {
        let outcome = prop::sample::select(vec![
            Outcome::Acknowledged,
            Outcome::Acknowledged,
            Outcome::Refused,
            Outcome::Abandoned,
            Outcome::Unknown,
        ]);
        prop::collection::vec((1..=SESSIONS, 1_u64..200, outcome), 0..60)
    }

    fn faults(told: &Ledger) -> (u64, u64, u64) {
        (told.lost, told.foreign, told.torn)
    }

    proptest! {
        #[test]
        fn nothing_is_found_where_all_is_well(list in transactions(), chance in any::<u64>()) {
            let account = account(&list);
            let found = found(&account, |number| (number ^ chance).is_multiple_of(2));
            let told = compare(&account, &found);
            prop_assert_eq!(faults(&told), (0, 0, 0));
            prop_assert!(told.named.is_empty());
            let abandoned = account.transactions.values().filter(|kept| kept.outcome == Outcome::Abandoned);
            let all = told.acknowledged + told.refused + told.unknown + abandoned.count() as u64;
            prop_assert_eq!(all, account.transactions.len() as u64);
            prop_assert_eq!(found.transactions.len() as u64, told.acknowledged + told.unknown_there);
        }

        #[test]
        fn each_fault_is_counted_once_as_what_it_is(
            list in transactions(),
            marks in prop::collection::vec(0..4_u8, 60),
        ) {
            let account = account(&list);
            let mut found = found(&account, |number| number % 2 == 0);
            let mut expected = (0, 0, 0);
            for ((key, kept), mark) in account.transactions.iter().zip(marks) {
                let there = found.transactions.contains_key(key);
                match (mark, kept.outcome) {
                    (1, Outcome::Acknowledged) => {
                        found.transactions.remove(key);
                        expected.0 += 1;
                    }
                    (2, Outcome::Acknowledged) => {
                        found.transactions.get_mut(key).unwrap().parts -= 1;
                        expected.0 += 1;
                        expected.2 += 1;
                    }
                    (2, Outcome::Unknown) if there => {
                        found.transactions.get_mut(key).unwrap().digest = "no order".into();
                        expected.2 += 1;
                    }
                    (3, Outcome::Refused | Outcome::Abandoned) => {
                        let rows = Rows { parts: kept.parts, digest: kept.digest.clone() };
                        found.transactions.insert(*key, rows);
                        expected.1 += 1;
                    }
                    (3, _) => {
                        let rows = Rows { parts: 1, digest: "x".into() };
                        found.transactions.insert((key.0, key.1 + 1000), rows);
                        expected.1 += 1;
                    }
                    _ => {}
                }
            }
            let told = compare(&account, &counted(found));
            prop_assert_eq!(faults(&told), expected);
            prop_assert_eq!(told.named.is_empty(), expected == (0, 0, 0));
        }
    }

    #[test]
    fn a_counter_that_was_not_written_with_its_transaction_is_a_torn_one() {
        let account = account(&[(1, 1, Outcome::Acknowledged), (1, 2, Outcome::Acknowledged)]);
        let mut found = found(&account, |_| true);
        found.counters.insert(1, 1);
        found.counters.remove(&3);
        let told = compare(&account, &found);
        assert_eq!(faults(&told), (0, 0, 2));
        insta::assert_snapshot!(told.named.join("\n"), @r"
        the counter of session 1 says 1, and 2 of its transactions are there
        the counter of session 3 is gone, and 0 of its transactions are there
        ");
    }
}
