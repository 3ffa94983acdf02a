//! Finds the lines that matter.

use super::Raw;
use super::patterns::{PATTERNS, Pattern};
use crate::drill::report::LogLine;
use regex::Regex;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// How often lines that say the same are quoted.
const AGAIN: usize = 2;
/// How many lines of a host are quoted.
const MOST: usize = 80;

/// The patterns, each with its expression.
static TABLE: LazyLock<Vec<(&Pattern, Regex)>> = LazyLock::new(|| {
    let table = PATTERNS.iter();
    // A test compiles them all.
    table
        .filter_map(|pattern| Some((pattern, Regex::new(pattern.text).ok()?)))
        .collect()
});

/// Those lines of a host, between `from` and `to`, that matter; lines that differ in nothing but
/// numbers are quoted twice at most.
pub fn pick(host: &str, lines: &[Raw], from: f64, to: f64) -> Vec<LogLine> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut whole: HashSet<(u64, &str)> = HashSet::new();
    let mut picked: Vec<LogLine> = Vec::new();
    for line in lines.iter().filter(|line| line.at >= from && line.at <= to) {
        // The journal is asked twice, by service and by name.
        if !whole.insert((line.at.to_bits(), &line.text)) {
            continue;
        }
        let fits = |(pattern, text): &&(&Pattern, Regex)| {
            (pattern.source.is_empty() || pattern.source == line.source)
                && text.is_match(&line.text)
        };
        let Some((pattern, _)) = TABLE.iter().find(fits) else {
            continue;
        };
        let times = seen.entry(without_numbers(&line.text)).or_default();
        *times += 1;
        if *times <= AGAIN {
            picked.push(LogLine {
                at: line.at,
                host: host.to_owned(),
                source: line.source.clone(),
                line: line.text.clone(),
                why: pattern.why.to_owned(),
            });
        }
    }
    picked.sort_by(|one, other| one.at.total_cmp(&other.at));
    picked.truncate(MOST);
    picked
}

fn without_numbers(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(at: f64, source: &str, text: &str) -> Raw {
        Raw {
            at,
            source: source.to_owned(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn every_pattern_compiles() {
        assert_eq!(TABLE.len(), PATTERNS.len());
    }

    #[test]
    fn what_matters_is_quoted_with_the_reason() {
        let lines = [
            raw(9.0, "postgresql", "[1] LOG:  received promote request"),
            raw(11.0, "postgresql", "[1] LOG:  checkpoint starting: time"),
            raw(12.0, "postgresql", "[1] LOG:  received promote request"),
            raw(12.1, "pgpool", "LOG:  received promote request"),
            raw(13.0, "pg-failover", "promotes pg-b"),
            raw(30.0, "pg-failover", "too late"),
        ];
        let picked = pick("pg-b", &lines, 10.0, 20.0);
        let told: Vec<_> = picked.iter().map(|line| (line.at, &*line.why)).collect();
        assert_eq!(
            told,
            [
                (12.0, "it is told to become primary"),
                (13.0, "what the failover script decided")
            ]
        );
    }

    #[test]
    fn lines_that_differ_in_numbers_alone_are_quoted_twice() {
        let lines: Vec<Raw> = (0..9)
            .map(|n| {
                raw(
                    f64::from(n),
                    "pgpool",
                    &format!("health check retrying: {n}"),
                )
            })
            .chain([raw(3.0, "pgpool", "health check retrying: 3")])
            .collect();
        let picked = pick("pgpool", &lines, 0.0, 99.0);
        assert_eq!(picked.len(), 2);
    }
}
