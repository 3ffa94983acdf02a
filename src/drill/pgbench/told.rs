//! What pgbench prints and logs. Pure.

use crate::drill::ledger::Outcome;
use crate::drill::series::{Sample, What};

/// A line of `--progress=1`.
#[derive(Debug, PartialEq)]
pub struct Progress {
    /// Transactions in the last second.
    pub transactions: f64,
    /// Their mean latency in milliseconds.
    pub latency: f64,
}

/// Reads `progress: 5.0 s, 345.6 tps, lat 11.5 ms stddev 3.2, 0 failed`.
pub fn progress(line: &str) -> Option<Progress> {
    let mut parts = line.strip_prefix("progress: ")?.split(", ").skip(1);
    let transactions = parts.next()?.strip_suffix(" tps")?.parse().ok()?;
    let latency = parts.next()?.strip_prefix("lat ")?.split(' ').next()?;
    Some(Progress {
        transactions,
        latency: latency.parse().ok()?,
    })
}

impl Progress {
    /// As many samples, all of the mean.
    pub fn samples(&self, at: f64) -> Vec<Sample> {
        let sample = Sample {
            at,
            latency: self.latency / 1000.0,
            what: What::Write(Outcome::Acknowledged),
        };
        let mut samples = Vec::new();
        let mut left = self.transactions.round();
        while left >= 1.0 {
            samples.push(sample);
            left -= 1.0;
        }
        samples
    }
}

/// Reads a log, one line a transaction that was committed: CLIENT NUMBER MICROSECONDS SCRIPT
/// SECONDS MICROSECONDS. `told` makes a Unix time one of the drill's. A killed pgbench leaves a cut
/// line.
pub fn log(text: &str, told: impl Fn(f64) -> f64) -> Vec<Sample> {
    let lines = text.split_inclusive('\n');
    let sample = |line: &str| {
        let words: Vec<&str> = line.strip_suffix('\n')?.split(' ').collect();
        let number = |at: usize| words.get(at)?.parse::<f64>().ok();
        Some(Sample {
            at: told(number(4)? + number(5)? / 1e6),
            latency: number(2)? / 1e6,
            what: What::Write(Outcome::Acknowledged),
        })
    };
    lines.filter_map(sample).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_read_in_the_forms_of_all_releases() {
        let read =
            progress("progress: 5.0 s, 2.4 tps, lat 11.500 ms stddev 3.2, 0 failed").unwrap();
        assert_eq!(
            read,
            Progress {
                transactions: 2.4,
                latency: 11.5
            }
        );
        assert_eq!(read.samples(7.0).len(), 2);
        let old = progress("progress: 1.0 s, 0.0 tps, lat 0.000 ms stddev 0.000").unwrap();
        assert!(old.samples(7.0).is_empty());
        assert_eq!(progress("pgbench: error: client 3 aborted"), None);
    }

    #[test]
    fn a_log_is_read_without_its_cut_line() {
        let text = "0 1 2500 0 1000 500000\n3 2 failed 0 1001 0\n1 7 1000 0 1002 2500";
        let read = log(text, |unix| unix - 999.0);
        assert_eq!(
            read,
            [Sample {
                at: 1.5,
                latency: 0.0025,
                what: What::Write(Outcome::Acknowledged)
            }]
        );
    }
}
