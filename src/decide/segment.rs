//! The pieces that the write-ahead log is kept in.

use super::Lsn;
use serde::{Deserialize, Serialize};

/// How many bytes of log a file of `pg_wal` holds: a power of two from 1 MB to 1 GB, chosen when the
/// cluster was made (`initdb --wal-segsize`).
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(from = "u64")]
pub struct SegmentSize(u64);

impl From<u64> for SegmentSize {
    fn from(bytes: u64) -> Self {
        let possible = bytes.is_power_of_two() && (1 << 20..=1 << 30).contains(&bytes);
        if possible {
            Self(bytes)
        } else {
            Self::default()
        }
    }
}

impl Default for SegmentSize {
    fn default() -> Self {
        Self(16 << 20)
    }
}

impl SegmentSize {
    /// Where the file begins whose name ends with these 16 hexadecimal digits, those after its
    /// timeline; `None` where they are none.
    pub fn begin(self, digits: &str) -> Option<Lsn> {
        if digits.len() != 16 || !digits.is_ascii() {
            return None;
        }
        let (log, segment) = digits.split_at(8);
        let log = u64::from_str_radix(log, 16).ok()?;
        let segment = u64::from_str_radix(segment, 16).ok()?;
        Some(Lsn((log << 32) | segment.checked_mul(self.0)?))
    }

    /// Where the file begins in which this place is.
    pub fn floor(self, at: Lsn) -> Lsn {
        Lsn(at.0 - at.0 % self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_begins_where_its_name_and_the_size_say() {
        let begins = |bytes: u64, digits: &str| {
            let begin = SegmentSize::from(bytes).begin(digits);
            begin.map(|at| at.to_string())
        };
        let at = |text: &str| Some(text.to_owned());
        assert_eq!(begins(16 << 20, "0000000500000080"), at("5/80000000"));
        assert_eq!(begins(64 << 20, "0000000500000020"), at("5/80000000"));
        assert_eq!(begins(1 << 30, "0000000500000003"), at("5/C0000000"));
        assert_eq!(begins(0, "0000000000000001"), at("0/1000000"));
        assert_eq!(begins(0, ""), None);
        assert_eq!(begins(0, "000000000000000x"), None);
    }

    #[test]
    fn a_place_is_in_the_file_that_begins_at_or_before_it() {
        let size = SegmentSize::from(64 << 20);
        let floor = |at: &str| size.floor(at.parse().unwrap()).to_string();
        assert_eq!(floor("5/40000000"), "5/40000000");
        assert_eq!(floor("5/43FFFFFF"), "5/40000000");
        assert_eq!(floor("0/0"), "0/0");
    }
}
