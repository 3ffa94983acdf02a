//! The numbers that count beside the verdict.

use crate::drill::report::{Event, Gap, Report};
use crate::drill::said;
use serde::Serialize;

/// A number that counts: what it is of, itself, and what explains it.
#[derive(Serialize)]
pub struct Number {
    what: &'static str,
    value: String,
    explained: String,
    /// Whether it is as it must be, where it must be something.
    good: Option<bool>,
}

/// The numbers that count.
pub fn numbers(report: &Report) -> Vec<Number> {
    let ledger = &report.ledger;
    let mut numbers = vec![
        Number {
            what: "Acknowledged writes lost",
            value: said::count(ledger.lost),
            explained: format!("of {} acknowledged", said::count(ledger.acknowledged)),
            good: Some(ledger.lost == 0),
        },
        primaries(report),
    ];
    let must_not_be = [
        ("Rows that nobody wrote", ledger.foreign),
        ("Transactions torn apart", ledger.torn),
    ];
    for (what, rows) in must_not_be.into_iter().filter(|(_, rows)| *rows > 0) {
        numbers.push(Number {
            what,
            value: said::count(rows),
            explained: "named below".to_owned(),
            good: Some(false),
        });
    }
    numbers.push(stopped(report, "Writes stopped", &report.write_gaps));
    numbers.push(stopped(report, "Reads stopped", &report.read_gaps));
    numbers.extend(failover(report));
    let restores = [
        ("Restored as replica in", "restore-replica"),
        ("Primary again in", "restore-primary"),
    ];
    numbers.extend(restores.into_iter().filter_map(|(what, name)| {
        let phase = report.phases.iter().find(|phase| phase.name == name)?;
        let gap = longest(report.write_gaps.iter().filter(|gap| gap.phase == name));
        Some(Number {
            what,
            value: said::length(phase.to - phase.from),
            explained: match gap {
                Some(gap) => format!("writes stopped for {}", said::length(gap.to - gap.from)),
                None => "writes went on".to_owned(),
            },
            good: None,
        })
    }));
    numbers
}

fn primaries(report: &Report) -> Number {
    let times = report.two_primaries.len();
    // Where nobody was asked, nobody can say never.
    let asked = !report.writable.is_empty();
    let (value, explained) = match (times, asked) {
        (0, false) => ("?".to_owned(), "nobody watched"),
        (0, true) => ("never".to_owned(), "every node was asked all the time"),
        (1, _) => ("once".to_owned(), "told below"),
        _ => (format!("{times} times"), "told below"),
    };
    Number {
        what: "Two primaries",
        value,
        explained: explained.to_owned(),
        good: (times > 0 || asked).then_some(times == 0),
    }
}

fn longest<'a>(gaps: impl Iterator<Item = &'a Gap>) -> Option<&'a Gap> {
    gaps.max_by(|a, b| (a.to - a.from).total_cmp(&(b.to - b.from)))
}

fn stopped(report: &Report, what: &'static str, gaps: &[Gap]) -> Number {
    let (value, explained) = match longest(gaps.iter()) {
        Some(gap) => {
            let phase = report.phases.iter().find(|phase| phase.name == gap.phase);
            let title = phase.map_or(gap.phase.as_str(), |phase| phase.title.as_str());
            let further = match gaps.len() {
                1 => String::new(),
                gaps => format!("; {gaps} gaps in all"),
            };
            (
                said::length(gap.to - gap.from),
                format!("at most: {title}{further}"),
            )
        }
        None if report.slices.is_empty() => ("?".to_owned(), "nothing was measured".to_owned()),
        None => ("never".to_owned(), "no gap was seen".to_owned()),
    };
    Number {
        what,
        value,
        explained,
        good: None,
    }
}

/// How long after the fault another node was promoted, if one was.
fn failover(report: &Report) -> Option<Number> {
    let first = |kind: &str, since: f64| -> Option<&Event> {
        let events = report.events.iter();
        let mut of_kind = events.filter(|event| event.kind == kind && event.at >= since);
        of_kind.next()
    };
    let fault = first("fault", f64::NEG_INFINITY)?;
    let promotion = first("promotion", fault.at)?;
    Some(Number {
        what: "Failover took",
        value: said::length(promotion.at - fault.at),
        explained: match &promotion.host {
            Some(host) => format!("from the fault until {host} was promoted"),
            None => "from the fault until the promotion".to_owned(),
        },
        good: None,
    })
}
