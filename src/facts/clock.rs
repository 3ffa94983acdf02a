//! What a host's clock says, and who keeps it right.

use super::{Ask, Foreseen, ProbeError, Question};
use crate::step::Output;
use std::time::Duration;

/// Asks for the time. Whoever asks reads a clock of their own before and after.
#[derive(Clone, Copy, Debug)]
pub struct Time;

/// What a clock said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// Since 1970.
    pub time: Duration,
    /// How coarse the answer is: the time is not before `time`, and less than this after it.
    pub grain: Duration,
}

impl Question for Time {
    type Answer = Said;

    fn ask(&self) -> Ask {
        Ask::live("date +%s.%N")
    }

    fn read(&self, output: &Output) -> Result<Said, ProbeError> {
        let text = output.out();
        let (seconds, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
        let seconds = seconds
            .parse()
            .map_err(|_| ProbeError::answer("ask for the time", output))?;
        // Where `date` knows no %N it leaves it as it is, or out.
        let nanos = (fraction.len() == 9)
            .then(|| fraction.parse().ok())
            .flatten();
        Ok(Said {
            time: Duration::new(seconds, nanos.unwrap_or(0)),
            grain: match nanos {
                Some(_) => Duration::ZERO,
                None => Duration::from_secs(1),
            },
        })
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        _: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        now
    }
}

/// Asks who keeps the clock right.
#[derive(Clone, Copy, Debug)]
pub struct ClockKeeper;

/// Who keeps the clock right, and whether they know what time it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// The service that runs for it: `chrony`, `timesyncd`, `ntpd`, ...
    pub by: Option<&'static str>,
    /// Whether it has the time from somewhere; none where nobody could be asked.
    pub synchronised: Option<bool>,
}

/// The processes that keep clocks, by their names in /proc (15 characters at most).
const KEEPERS: [(&str, &str); 5] = [
    ("chronyd", "chrony"),
    ("systemd-timesyn", "timesyncd"),
    ("ntpd", "ntpd"),
    ("openntpd", "openntpd"),
    ("VBoxService", "VirtualBox"),
];

/// chrony is asked itself; of all others the kernel was told, which is what `timedatectl` tells.
const KEEPER: &str = "\
grep -hxE 'chronyd|systemd-timesyn|ntpd|openntpd|VBoxService' /proc/[0-9]*/comm 2>/dev/null
if command -v chronyc >/dev/null && chronyc -n tracking 2>/dev/null; then :
elif [ -d /run/systemd/system ] && command -v timedatectl >/dev/null; then timedatectl show -p NTPSynchronized 2>/dev/null
fi
:";

impl Question for ClockKeeper {
    type Answer = Kept;

    fn ask(&self) -> Ask {
        Ask::live(KEEPER)
    }

    fn read(&self, output: &Output) -> Result<Kept, ProbeError> {
        let text = output.out();
        let runs = |name: &str| text.lines().any(|line| line == name);
        let keeper = KEEPERS.iter().find(|(process, _)| runs(process));
        let synchronised = text.lines().find_map(|line| match line.split_once('=') {
            Some(("NTPSynchronized", word)) => Some(word == "yes"),
            _ => Some(!line.strip_prefix("Leap status")?.contains("Not")),
        });
        Ok(Kept {
            by: keeper.map(|(_, name)| *name),
            synchronised,
        })
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        _: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(text: &str) -> Output {
        Output {
            stdout: text.into(),
            ..Output::default()
        }
    }

    #[test]
    fn a_clock_without_fractions_is_coarse() {
        let said = |text| Time.read(&output(text)).unwrap();
        let fine = Said {
            time: Duration::new(7, 500),
            grain: Duration::ZERO,
        };
        let coarse = Said {
            time: Duration::from_secs(7),
            grain: Duration::from_secs(1),
        };
        assert_eq!(said("7.000000500\n"), fine);
        for text in ["7.%N\n", "7.N\n", "7.\n", "7\n"] {
            assert_eq!(said(text), coarse, "{text}");
        }
        assert!(Time.read(&output("sh: date: not found")).is_err());
    }

    #[test]
    fn a_keeper_is_known_by_its_process_and_asked_for_what_it_knows() {
        let kept = |text| {
            let kept = ClockKeeper.read(&output(text)).unwrap();
            (kept.by, kept.synchronised)
        };
        assert_eq!(
            kept("chronyd\nReference ID    : C0000201 (192.0.2.1)\nLeap status     : Normal\n"),
            (Some("chrony"), Some(true))
        );
        assert_eq!(
            kept("chronyd\nLeap status     : Not synchronised\n"),
            (Some("chrony"), Some(false))
        );
        assert_eq!(
            kept("systemd-timesyn\nNTPSynchronized=no\n"),
            (Some("timesyncd"), Some(false))
        );
        assert_eq!(kept("NTPSynchronized=yes\n"), (None, Some(true)));
        assert_eq!(kept(""), (None, None));
    }
}
