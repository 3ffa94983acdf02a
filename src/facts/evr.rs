//! The versions of rpm packages, in the order in which rpm puts them.

use std::cmp::Ordering;
use std::fmt;

/// Epoch, version and release of an rpm package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evr {
    /// Outweighs the version; mostly 0.
    pub epoch: u32,
    /// The version of the software.
    pub version: String,
    /// The release of the package.
    pub release: String,
}

impl Evr {
    /// Reads `[EPOCH:]VERSION[-RELEASE]`.
    pub fn read(text: &str) -> Self {
        let (epoch, rest) = match text.split_once(':') {
            Some((epoch, rest)) => (epoch.parse().unwrap_or(0), rest),
            None => (0, text),
        };
        let (version, release) = rest.split_once('-').unwrap_or((rest, ""));
        Self {
            epoch,
            version: version.to_owned(),
            release: release.to_owned(),
        }
    }

    /// Like rpm, this looks at releases only where both have one.
    pub fn order(&self, other: &Self) -> Ordering {
        let by_version = self
            .epoch
            .cmp(&other.epoch)
            .then_with(|| order(&self.version, &other.version));
        if self.release.is_empty() || other.release.is_empty() {
            return by_version;
        }
        by_version.then_with(|| order(&self.release, &other.release))
    }
}

impl fmt::Display for Evr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.epoch > 0 {
            write!(f, "{}:", self.epoch)?;
        }
        f.write_str(&self.version)?;
        if !self.release.is_empty() {
            write!(f, "-{}", self.release)?;
        }
        Ok(())
    }
}

/// Runs of digits are numbers, runs of letters are words; a number is newer than a word, `~` older
/// than the end, `^` newer than the end and older than all else. What is neither only separates.
#[allow(clippy::match_same_arms)] // The order of the arms is the rule.
fn order(mut a: &str, mut b: &str) -> Ordering {
    let separates = |c: char| !c.is_ascii_alphanumeric() && c != '~' && c != '^';
    loop {
        (a, b) = (
            a.trim_start_matches(separates),
            b.trim_start_matches(separates),
        );
        match (a.chars().next(), b.chars().next()) {
            (Some(mark @ ('~' | '^')), Some(other)) if mark == other => {
                (a, b) = (&a[1..], &b[1..]);
            }
            (Some('~'), _) => return Ordering::Less,
            (_, Some('~')) => return Ordering::Greater,
            (Some('^') | None, Some(_)) => return Ordering::Less,
            (Some(_), Some('^') | None) => return Ordering::Greater,
            (None, None) => return Ordering::Equal,
            (Some(first), Some(second)) => {
                let numbers = first.is_ascii_digit();
                if numbers != second.is_ascii_digit() {
                    return numbers.cmp(&!numbers);
                }
                let ends = |c: char| !c.is_ascii_alphanumeric() || c.is_ascii_digit() != numbers;
                let run = |text: &str| text.find(ends).unwrap_or(text.len());
                let (left, right);
                (left, a) = a.split_at(run(a));
                (right, b) = b.split_at(run(b));
                let zeros = if numbers { "0" } else { "" };
                let bare = |text| str::trim_start_matches(text, |c: char| zeros.contains(c));
                let (left, right) = (bare(left), bare(right));
                let length = if numbers {
                    left.len().cmp(&right.len())
                } else {
                    Ordering::Equal
                };
                let found = length.then_with(|| left.cmp(right));
                if found != Ordering::Equal {
                    return found;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_stand_in_the_order_in_which_rpm_puts_them() {
        // What rpm 4.20 itself says of them.
        let said = [
            ("1.0", "1.0", 0),
            ("1.0.", "1_0", 0),
            ("1.05", "1.5", 0),
            ("2a", "2.a", 0),
            ("1.0", "2.0", -1),
            ("1.9", "1.10", -1),
            ("1.0", "1.0.1", -1),
            ("1.0", "1.0a", -1),
            ("1.a", "1.1", -1),
            ("10xyz", "10.1xyz", -1),
            ("xyz.4", "8", -1),
            ("6.0.rc1", "6.0", 1),
            ("1.0~rc1", "1.0", -1),
            ("1.0~~", "1.0~", -1),
            ("1.0~rc1", "1.0~rc1^git1", -1),
            ("1.0^20", "1.0", 1),
            ("1.0^", "1.0.1", -1),
            ("1.0^git1", "1.01", -1),
            ("1.0^git1", "1.0^git2", -1),
            ("1.0^git1~pre", "1.0^git1", -1),
        ];
        for (a, b, said) in said {
            assert_eq!(order(a, b), said.cmp(&0), "{a} {b}");
            assert_eq!(order(b, a), 0.cmp(&said), "{b} {a}");
        }
    }

    #[test]
    fn epochs_outweigh_and_a_missing_release_fits_any() {
        let order = |a: &str, b: &str| Evr::read(a).order(&Evr::read(b));
        assert_eq!(order("1:1.0-1", "2.0-1"), Ordering::Greater);
        assert_eq!(order("2.0", "2.0-7.el9"), Ordering::Equal);
        assert_eq!(order("2.0-1.el9", "2.0-2.el9"), Ordering::Less);
        assert_eq!(Evr::read("1:2.0-3").to_string(), "1:2.0-3");
    }
}
