//! Nothing is found in histories of a right server that must not be; with the anomaly of a case among them,
//! just that is found; and a server that gives less than it says is found out.

use super::cases::{self, Case};
use super::models::made;
use super::record::{Door, History, Level};
use super::{Class, Judged, Rules, judge};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn levels() -> impl Strategy<Value = Level> {
    prop::sample::select(vec![
        Level::ReadCommitted,
        Level::RepeatableRead,
        Level::Serializable,
    ])
}

/// A case among the transactions of a history: other keys, other sessions, other numbers.
fn among(mut history: History, case: &Case) -> History {
    let last = history
        .transactions
        .iter()
        .filter_map(|transaction| transaction.ended)
        .fold(0.0, f64::max);
    for transaction in &case.history.transactions {
        let mut transaction = transaction.clone();
        transaction.number += 1_000_000;
        transaction.session += 1000;
        // The final look of the case comes behind that of the history.
        if transaction.door == Door::Final {
            transaction.begun += last;
            transaction.ended = transaction.ended.map(|ended| ended + last);
            transaction.asked = transaction.asked.map(|asked| asked + last);
        }
        history.transactions.push(transaction);
    }
    history
        .transactions
        .sort_by(|a, b| a.begun.total_cmp(&b.begun));
    history
}

fn faults(history: &History, strict: bool) -> Vec<(Class, u64)> {
    let judgement = judge(history, Rules { strict });
    let faults = judgement
        .counts
        .iter()
        .filter(|count| count.judged == Judged::Fault);
    faults.map(|count| (count.class, count.count)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn a_right_server_has_no_fault(level in levels(), seed in any::<u64>(), count in 1..150_u64) {
        let history = made(level, seed, count);
        let judgement = judge(&history, Rules::default());
        prop_assert_eq!(judgement.faults(), 0, "{:#?}", judgement.findings);
        prop_assert!(judgement.final_read);
        prop_assert_eq!(judgement.left_out, 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn an_anomaly_is_named_wherever_it_stands(seed in any::<u64>(), count in 1..60_u64) {
        for case in cases::all() {
            let clean = made(case.history.opening.level, seed, count);
            // The accounts of both would be one bank.
            if case.history.opening.accounts.is_empty() {
                let found = faults(&among(clean, &case), false);
                prop_assert_eq!(found, faults(&case.history, false), "{}", case.name);
            }
        }
    }
}

#[test]
fn a_server_that_gives_less_than_it_says_is_found_out() {
    let found = |given: Level, said: Level| {
        let mut classes = BTreeSet::new();
        let mut histories = 0;
        for seed in 0..40 {
            let mut history = made(given, seed, 100);
            history.opening.level = said;
            let writers = history.transactions.iter_mut();
            for transaction in writers.filter(|transaction| transaction.door == Door::Write) {
                transaction.level = None;
            }
            let faults = faults(&history, false);
            histories += u32::from(!faults.is_empty());
            classes.extend(faults.into_iter().map(|(class, _)| class));
        }
        (histories, classes)
    };
    let (histories, classes) = found(Level::ReadCommitted, Level::RepeatableRead);
    assert!(histories > 10, "{histories}");
    assert!(
        classes.is_superset(&[Class::LostUpdate, Class::ReadSkew].into()),
        "{classes:?}"
    );
    let (histories, classes) = found(Level::RepeatableRead, Level::Serializable);
    assert!(histories > 3, "{histories}");
    assert!(
        classes.is_superset(&[Class::WriteSkew, Class::NotSerial].into()),
        "{classes:?}"
    );
}
