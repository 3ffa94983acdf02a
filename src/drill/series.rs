//! What the clients saw, put into numbers over time.

use super::ledger::Outcome;
use super::report::{Gap, Latency, PhaseLoad, Slice};

/// One thing that a client did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// When it ended, in seconds since the drill began.
    pub at: f64,
    /// How long it took, in seconds.
    pub latency: f64,
    /// What it was.
    pub what: What,
}

/// What a client did, and how that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A transaction.
    Write(Outcome),
    /// A read, and whether it was answered.
    Read(bool),
}

const WRITTEN: What = What::Write(Outcome::Acknowledged);
const ANSWERED: What = What::Read(true);

/// A stretch of the drill: its name, when it began and when it ended.
pub type Stretch<'a> = (&'a str, f64, f64);

/// The samples slice by slice, each so many seconds long, without holes up to the last sample.
pub fn slices(samples: &[Sample], seconds: f64) -> Vec<Slice> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(|one, other| one.at.total_cmp(&other.at));
    let (Some(first), Some(last)) = (sorted.first(), sorted.last()) else {
        return vec![];
    };
    let mut from = (first.at / seconds).floor() * seconds;
    let end = last.at;
    let mut slices = Vec::new();
    let mut rest = sorted.as_slice();
    while from <= end {
        let to = from + seconds;
        let within = rest.partition_point(|sample| sample.at < to);
        let (these, others) = rest.split_at(within);
        slices.push(slice(these, from, to));
        (rest, from) = (others, to);
    }
    slices
}

/// One slice, of the samples that ended in it.
pub fn slice(samples: &[Sample], from: f64, to: f64) -> Slice {
    let count = |what: What| samples.iter().filter(|sample| sample.what == what).count() as u64;
    Slice {
        from,
        seconds: to - from,
        acknowledged: count(WRITTEN),
        refused: count(What::Write(Outcome::Refused)),
        unknown: count(What::Write(Outcome::Unknown)),
        reads: count(ANSWERED),
        failed_reads: count(What::Read(false)),
        latency: latency(samples, WRITTEN).map(|latency| latency.median),
    }
}

/// The times longer than `threshold` seconds in which no write was acknowledged.
pub fn write_gaps(samples: &[Sample], phases: &[Stretch], threshold: f64) -> Vec<Gap> {
    gaps(samples, WRITTEN, phases, threshold)
}

/// The times longer than `threshold` seconds in which no read was answered.
pub fn read_gaps(samples: &[Sample], phases: &[Stretch], threshold: f64) -> Vec<Gap> {
    gaps(samples, ANSWERED, phases, threshold)
}

/// A gap ends with the next success, or, where none came, with the last attempt.
fn gaps(samples: &[Sample], what: What, phases: &[Stretch], threshold: f64) -> Vec<Gap> {
    let mut times: Vec<f64> = samples
        .iter()
        .filter(|sample| sample.what == what)
        .map(|sample| sample.at)
        .collect();
    let same_kind = |other: What| {
        matches!(
            (what, other),
            (What::Write(_), What::Write(_)) | (What::Read(_), What::Read(_))
        )
    };
    let attempts = samples.iter().filter(|sample| same_kind(sample.what));
    if let Some(last) = attempts.map(|sample| sample.at).max_by(f64::total_cmp)
        && !times.is_empty()
    {
        times.push(last);
    }
    times.sort_by(f64::total_cmp);
    let pairs = times.iter().zip(times.iter().skip(1));
    pairs
        .filter(|(from, to)| *to - *from > threshold)
        .map(|(from, to)| Gap {
            from: *from,
            to: *to,
            phase: longest(phases, *from, *to),
        })
        .collect()
}

/// The phase in which most of a time lies: the last success before a fault was before it.
fn longest(phases: &[Stretch], from: f64, to: f64) -> String {
    let within = |(_, begin, end): &Stretch| end.min(to) - begin.max(from);
    let longest = phases
        .iter()
        .max_by(|one, other| within(one).total_cmp(&within(other)));
    longest.map_or_else(String::new, |(name, ..)| (*name).to_owned())
}

/// What the clients had between two moments.
pub fn load(samples: &[Sample], from: f64, to: f64) -> PhaseLoad {
    let within: Vec<Sample> = samples
        .iter()
        .filter(|sample| from <= sample.at && sample.at < to)
        .copied()
        .collect();
    let seconds = (to - from).max(f64::EPSILON);
    let rate = |what: What| {
        let count = within.iter().filter(|sample| sample.what == what).count();
        u32::try_from(count).map_or(f64::INFINITY, f64::from) / seconds
    };
    PhaseLoad {
        writes_per_second: rate(WRITTEN),
        reads_per_second: rate(ANSWERED),
        write_latency: latency(&within, WRITTEN),
        read_latency: latency(&within, ANSWERED),
    }
}

fn latency(samples: &[Sample], what: What) -> Option<Latency> {
    let mut times: Vec<f64> = samples
        .iter()
        .filter(|sample| sample.what == what)
        .map(|sample| sample.latency * 1000.0)
        .collect();
    times.sort_by(f64::total_cmp);
    // Of 100 the 95th, of 3 the 3rd: the smallest time that so many took no longer than.
    let of_hundred = |percent: usize| {
        let rank = (times.len() * percent).div_ceil(100);
        times.get(rank.checked_sub(1)?).copied()
    };
    Some(Latency {
        median: of_hundred(50)?,
        p95: of_hundred(95)?,
        longest: *times.last()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(at: f64, what: What) -> Sample {
        Sample {
            at,
            latency: 0.010,
            what,
        }
    }

    const REFUSED: What = What::Write(Outcome::Refused);

    #[test]
    fn slices_have_no_holes_and_lose_nothing() {
        let samples = [
            at(3.2, WRITTEN),
            at(0.4, WRITTEN),
            at(0.9, REFUSED),
            at(3.0, ANSWERED),
            at(3.9, What::Read(false)),
        ];
        let slices = slices(&samples, 1.0);
        let told: Vec<_> = slices
            .iter()
            .map(|s| (s.from, s.acknowledged, s.refused, s.reads, s.failed_reads))
            .collect();
        assert_eq!(
            told,
            [
                (0.0, 1, 1, 0, 0),
                (1.0, 0, 0, 0, 0),
                (2.0, 0, 0, 0, 0),
                (3.0, 1, 0, 1, 1)
            ]
        );
        assert_eq!(slices[0].latency, Some(10.0));
        assert_eq!(slices[1].latency, None);
    }

    #[test]
    fn a_gap_is_between_two_successes_or_lasts_to_the_end_and_belongs_where_most_of_it_is() {
        let samples = [
            at(1.0, WRITTEN),
            at(1.1, ANSWERED),
            at(2.0, REFUSED),
            at(9.0, WRITTEN),
            at(9.5, WRITTEN),
            at(9.6, ANSWERED),
            at(20.0, REFUSED),
        ];
        let phases = [("before", 0.0, 1.5), ("after", 1.5, 30.0)];
        let gap = |from, to, phase: &str| Gap {
            from,
            to,
            phase: phase.into(),
        };
        assert_eq!(
            write_gaps(&samples, &phases, 1.0),
            [gap(1.0, 9.0, "after"), gap(9.5, 20.0, "after")]
        );
        assert_eq!(read_gaps(&samples, &phases, 1.0), [gap(1.1, 9.6, "after")]);
        assert!(write_gaps(&[], &phases, 1.0).is_empty());
    }

    #[test]
    fn rates_and_latencies_are_those_of_the_phase_alone() {
        let samples: Vec<Sample> = (0..100_u32)
            .map(|n| Sample {
                at: 10.0 + f64::from(n) / 50.0,
                latency: f64::from(n + 1) / 1000.0,
                what: WRITTEN,
            })
            .chain([at(5.0, WRITTEN), at(11.0, ANSWERED)])
            .collect();
        let load = load(&samples, 10.0, 12.0);
        assert!((load.writes_per_second - 50.0).abs() < 1e-9, "{load:?}");
        assert!((load.reads_per_second - 0.5).abs() < 1e-9, "{load:?}");
        let latency = load.write_latency.unwrap();
        assert!((latency.median - 50.0).abs() < 1e-9, "{latency:?}");
        assert!((latency.p95 - 95.0).abs() < 1e-9, "{latency:?}");
        assert!((latency.longest - 100.0).abs() < 1e-9, "{latency:?}");
    }
}
