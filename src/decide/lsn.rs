//! Places in the write-ahead log.

use serde::{Deserialize, Serialize};

/// A place in the write-ahead log, written as PostgreSQL does: `0/3000148`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lsn(pub u64);

impl Lsn {
    /// How many bytes of log it lies behind another place; none where it is ahead of it.
    pub fn behind(self, other: Self) -> u64 {
        other.0.saturating_sub(self.0)
    }
}

impl std::fmt::Display for Lsn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:X}/{:X}", self.0 >> 32, self.0 & 0xFFFF_FFFF)
    }
}

impl std::str::FromStr for Lsn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('/').and_then(|(high, low)| {
            let high = u64::from_str_radix(high, 16).ok()?;
            let low = u64::from_str_radix(low, 16).ok()?;
            Some(Self(high.checked_shl(32)? | low))
        });
        parsed.ok_or_else(|| format!("`{text}` is no place in the log"))
    }
}

impl Serialize for Lsn {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Lsn {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_the_log_keep_their_written_form() {
        let lsn: Lsn = "16/B374D848".parse().unwrap();
        assert_eq!(
            (lsn.0, lsn.to_string().as_str()),
            (0x16_B374_D848, "16/B374D848")
        );
        assert!("x".parse::<Lsn>().is_err());
        assert_eq!((Lsn(7).behind(Lsn(9)), Lsn(9).behind(Lsn(7))), (2, 0));
    }
}
