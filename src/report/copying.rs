//! How far a long copy is, and how long it still takes.
//!
//! Programs say how much they copied; at which rate, and so when it ends, follows from when they
//! said so.

use super::span::span;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Over how long the rate is measured.
const WINDOW: Duration = Duration::from_secs(10);

/// What is known of a copy: when how many bytes were there, the oldest first.
#[derive(Default)]
pub struct Copying {
    seen: VecDeque<(Instant, u64)>,
    total: u64,
}

impl Copying {
    /// Takes in a line that was printed; whether it tells of a copy.
    pub fn heard(&mut self, line: &str, now: Instant) -> bool {
        let Some((done, total)) = read(line) else {
            return false;
        };
        // Less than before is another copy.
        if self.seen.back().is_some_and(|(_, before)| done < *before) {
            self.seen.clear();
        }
        self.total = total;
        self.seen.push_back((now, done));
        // One that is older than the window stays: the rate is measured since then.
        while self
            .seen
            .get(1)
            .is_some_and(|(at, _)| now.duration_since(*at) >= WINDOW)
        {
            self.seen.pop_front();
        }
        true
    }

    /// `1.2 of 5.7 GB, 21 %, 3m05s left`, if there is a copy.
    pub fn words(&self, now: Instant) -> Option<String> {
        let ((first, from), (last, done)) = (self.seen.front()?, self.seen.back()?);
        let done = (*done).min(self.total);
        let percent = done.saturating_mul(100).checked_div(self.total)?;
        let words = format!("{}, {percent} %", amount(done, self.total));
        let silent = now.duration_since(*last);
        if done == self.total {
            return Some(words);
        }
        if silent >= WINDOW {
            return Some(format!("{words}, nothing more for {}", span(silent)));
        }
        let copied = done.saturating_sub(*from);
        let took = now.duration_since(*first).as_millis();
        let left = (u128::from(self.total - done) * took).checked_div(u128::from(copied));
        // A moment is too short to tell a rate.
        let left = left
            .filter(|_| took >= 1000)
            .and_then(|left| left.try_into().ok());
        Some(match left {
            Some(left) => format!("{words}, {} left", span(Duration::from_millis(left))),
            None => words,
        })
    }
}

/// Whether the line tells how far a copy is.
pub fn is_progress(line: &str) -> bool {
    read(line).is_some()
}

/// Bytes copied and to copy, from a line of `pg_basebackup -P`, of `pg_rewind -P`
/// (`1234/5678 kB (21%), 0/1 tablespace`), or `copied 1234 of 5678 kB`.
fn read(line: &str) -> Option<(u64, u64)> {
    // What overwrites itself on a terminal comes as one line.
    let line = line.trim_end().rsplit('\r').next()?;
    let words: Vec<&str> = line.split_whitespace().take(5).collect();
    let (done, total, unit) = match words[..] {
        ["copied", done, "of", total, unit] => (done, total, unit),
        [parts, "kB", percent, ..] if percent.starts_with('(') => {
            let (done, total) = parts.split_once('/')?;
            (done, total, "kB")
        }
        _ => return None,
    };
    let factor = match unit {
        "bytes" => 1,
        "kB" => 1 << 10,
        "MB" => 1 << 20,
        "GB" => 1 << 30,
        _ => return None,
    };
    let bytes = |number: &str| number.parse::<u64>().ok()?.checked_mul(factor);
    Some((bytes(done)?, bytes(total)?))
}

/// `1.2 of 5.7 GB`, in the unit that suits the whole, counted as PostgreSQL counts.
fn amount(done: u64, total: u64) -> String {
    let (unit, factor) = match total {
        0..0x10_0000 => ("kB", 1 << 10),
        0x10_0000..0x4000_0000 => ("MB", 1 << 20),
        _ => ("GB", 1 << 30),
    };
    let tenths = |bytes: u64| {
        let tenths = u128::from(bytes) * 10 / factor;
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    format!("{} of {} {unit}", tenths(done), tenths(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KB: u64 = 1024;

    #[test]
    fn lines_that_tell_of_a_copy_are_understood_and_no_others() {
        let basebackup = " 1234/5678 kB (21%), 0/1 tablespace";
        assert_eq!(read(basebackup), Some((1234 * KB, 5678 * KB)));
        let verbose = "  1234/5678 kB (21%), 0/1 tablespace (/var/lib/postgresql/base/1/2)\n";
        assert_eq!(read(verbose), Some((1234 * KB, 5678 * KB)));
        let rewind = "0/8 kB (0%) copied\r1/8 kB (12%) copied\r";
        assert_eq!(read(rewind), Some((KB, 8 * KB)));
        assert_eq!(read("copied 12 of 99 bytes"), Some((12, 99)));
        assert_eq!(read("copied 1 of 2 GB"), Some((1 << 30, 2 << 30)));
        let others = [
            "",
            "copied 12 of 99 apples",
            "copied 12 of many bytes",
            "12/99 kB",
            "12 kB (21%)",
            "-1/5 kB (0%)",
            "waiting for checkpoint",
            "copied 99999999999999999999 of 1 kB",
        ];
        for line in others {
            assert_eq!(read(line), None, "{line}");
        }
    }

    /// What is said at the last of these moments (in seconds), at which so many MB were copied.
    fn words_at(copied: &[(u64, u64)], of: u64, at: u64) -> String {
        let begin = Instant::now();
        let after = |seconds| begin + Duration::from_secs(seconds);
        let mut copying = Copying::default();
        for (second, mb) in copied {
            assert!(copying.heard(&format!("copied {mb} of {of} MB"), after(*second)));
        }
        copying.words(after(at)).unwrap()
    }

    #[test]
    fn the_rate_of_the_last_seconds_tells_how_long_it_takes() {
        // 20 MB a second at first, then 10.
        let slower: Vec<_> = (0..20)
            .map(|second| {
                (
                    second,
                    if second < 5 {
                        20 * second
                    } else {
                        50 + 10 * second
                    },
                )
            })
            .collect();
        assert_eq!(
            words_at(&slower, 1240, 19),
            "0.2 of 1.2 GB, 19 %, 1m40s left"
        );
        assert_eq!(
            words_at(&[(0, 0), (2, 100)], 6000, 2),
            "0.0 of 5.8 GB, 1 %, 1m58s left"
        );
    }

    #[test]
    fn what_is_not_known_is_not_said() {
        assert_eq!(words_at(&[(0, 0)], 500, 0), "0.0 of 500.0 MB, 0 %");
        assert_eq!(words_at(&[(0, 5), (3, 5)], 500, 3), "5.0 of 500.0 MB, 1 %");
        assert_eq!(
            words_at(&[(0, 5), (3, 510)], 500, 4),
            "500.0 of 500.0 MB, 100 %"
        );
        assert_eq!(
            words_at(&[(0, 5), (3, 9)], 500, 33),
            "9.0 of 500.0 MB, 1 %, nothing more for 30s"
        );
        let mut copying = Copying::default();
        assert!(!copying.heard("waiting for checkpoint", Instant::now()));
        assert_eq!(copying.words(Instant::now()), None);
        assert!(copying.heard("0/0 kB (100%), 0/1 tablespace", Instant::now()));
        assert_eq!(copying.words(Instant::now()), None);
    }

    #[test]
    fn a_copy_that_begins_anew_is_measured_anew() {
        let again = [(0, 0), (5, 400), (6, 0), (8, 20)];
        assert_eq!(
            words_at(&again, 100, 8),
            "20.0 of 100.0 MB, 20 %, 8.0s left"
        );
    }
}
