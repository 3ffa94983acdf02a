//! A long night's history is judged while one waits.

use super::file::{Record, read};
use super::models::long;
use super::record::Level;
use super::{Rules, judge};
use std::time::{Duration, Instant};

/// Ten seconds are promised of a release build on a quiet machine.
const LIMIT: Duration = Duration::from_mins(1);

#[test]
fn a_hundred_thousand_operations_are_read_and_judged_soon() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.jsonl");
    let history = long(Level::ReadCommitted, 7, 40_000);
    let record = Record::begin(&path, history.opening).unwrap();
    for transaction in history.transactions {
        record.whole(transaction).unwrap();
    }
    let begun = Instant::now();
    let history = read(&path).unwrap();
    let judgement = judge(&history, Rules::default());
    assert!(judgement.operations >= 100_000, "{}", judgement.operations);
    assert_eq!(judgement.faults(), 0, "{:#?}", judgement.findings);
    assert_eq!(judgement.left_out, 0);
    assert!(begun.elapsed() < LIMIT, "{:?}", begun.elapsed());
}
