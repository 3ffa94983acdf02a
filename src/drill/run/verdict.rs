//! Whether a drill passed. Pure.

use crate::drill::report::{Fingerprint, Ledger, Verdict};

/// How many facts are named that are not what they were.
const SHOWN: usize = 6;

/// What was found, held against what must be. `failures` did not hold while it ran.
pub(super) fn verdict(
    ledger: &Ledger,
    two_primaries: &[String],
    fingerprint: &Fingerprint,
    failures: Vec<String>,
) -> Verdict {
    let mut said = Vec::new();
    if ledger.lost > 0 {
        said.push(format!(
            "{} lost",
            counted(ledger.lost, "acknowledged transaction")
        ));
    }
    if ledger.torn > 0 {
        said.push(format!(
            "{} there only in part",
            counted(ledger.torn, "transaction")
        ));
    }
    if ledger.foreign > 0 {
        said.push(format!(
            "{} there, and nobody wrote them",
            counted(ledger.foreign, "row")
        ));
    }
    said.extend(two_primaries.iter().cloned());
    said.extend(failures);
    let differs = fingerprint.differs();
    if let Some((shown, rest)) = differs
        .split_at_checked(SHOWN)
        .filter(|(_, rest)| !rest.is_empty())
    {
        let (shown, rest) = (shown.join(", "), rest.len());
        said.push(format!(
            "the cluster at the end is another in {shown} and {rest} facts more: the report has them"
        ));
    } else if !differs.is_empty() {
        said.push(format!(
            "the cluster at the end is another in: {}",
            differs.join(", ")
        ));
    }
    Verdict {
        passed: said.is_empty(),
        failures: said,
    }
}

fn counted(count: u64, what: &str) -> String {
    match count {
        1 => format!("1 {what} is"),
        _ => format!("{count} {what}s are"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drill_in_which_all_holds_is_passed() {
        let ledger = Ledger {
            acknowledged: 9,
            unknown: 2,
            unknown_there: 1,
            ..Ledger::default()
        };
        let told = verdict(&ledger, &[], &Fingerprint::default(), vec![]);
        assert_eq!(
            told,
            Verdict {
                passed: true,
                failures: vec![]
            }
        );
    }

    #[test]
    fn whatever_does_not_hold_is_said() {
        let ledger = Ledger {
            lost: 1,
            foreign: 2,
            torn: 3,
            ..Ledger::default()
        };
        let mut fingerprint = Fingerprint::default();
        fingerprint
            .before
            .insert("slot pg_b".to_owned(), "active".to_owned());
        let two = ["pg-a and pg-b were writable at once".to_owned()];
        let told = verdict(
            &ledger,
            &two,
            &fingerprint,
            vec!["it took too long".to_owned()],
        );
        assert!(!told.passed);
        insta::assert_snapshot!(told.failures.join("\n"), @"
        1 acknowledged transaction is lost
        3 transactions are there only in part
        2 rows are there, and nobody wrote them
        pg-a and pg-b were writable at once
        it took too long
        the cluster at the end is another in: slot pg_b
        ");
    }
}
