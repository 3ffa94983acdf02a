//! Reads lines of the journal and of PostgreSQL's own log files.

use super::Raw;
use jiff::civil::DateTime;

/// All lines of a host: first its offset from UTC, then lines of either form; what has no time of
/// its own goes on from the line before and is left out.
pub(super) fn read(text: &str) -> Vec<Raw> {
    let mut lines = text.lines();
    let offset = lines.next().map_or(0, offset);
    lines
        .filter_map(|line| journal(line).or_else(|| file(line, offset)))
        .collect()
}

/// `1795282116.504606 pg-a patroni[2223]: INFO: ...`
fn journal(line: &str) -> Option<Raw> {
    let (time, rest) = line.split_once(' ')?;
    let at: f64 = time.parse().ok()?;
    let (_host, rest) = rest.split_once(' ')?;
    let (who, text) = rest.split_once(": ")?;
    let who = who.split('[').next().unwrap_or(who);
    let source = match who {
        // Its server's lines come out of its own output.
        "patroni" if is_postgresql(text) => "postgresql",
        "java" => "zookeeper",
        "postgres" | "postgresql" => "postgresql",
        other => other,
    };
    Some(Raw {
        at,
        source: source.to_owned(),
        text: text.trim_end().to_owned(),
    })
}

/// `2026-11-21 17:28:38.592 UTC [3620] LOG:  ...`
fn file(line: &str, offset: i64) -> Option<Raw> {
    let mut words = line.splitn(4, ' ');
    let (date, time, _zone) = (words.next()?, words.next()?, words.next()?);
    let at: DateTime = format!("{date}T{time}").parse().ok()?;
    let at = at.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    #[allow(clippy::cast_precision_loss)] // Milliseconds since 1970 are exact.
    let seconds = (at.as_millisecond() - offset * 1000) as f64 / 1000.0;
    Some(Raw {
        at: seconds,
        source: "postgresql".to_owned(),
        text: words.next()?.trim_end().to_owned(),
    })
}

fn is_postgresql(text: &str) -> bool {
    ["LOG:  ", "FATAL:  ", "PANIC:  ", "ERROR:  ", "WARNING:  "]
        .iter()
        .any(|level| text.contains(level))
}

/// The seconds of `+0130`.
fn offset(text: &str) -> i64 {
    let Ok(number) = text.trim().parse::<i64>() else {
        return 0;
    };
    (number / 100 * 60 + number % 100) * 60
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read_with_the_time_that_they_mean() {
        let text = "+0100
1795282116.504606 pgpool pgpool[2223]: LOG:  failover done. shutdown host pg-a(5432)
1795282117.5 pg-a patroni[7]: 2026-11-21 18:28:37.500 CET [9] LOG:  selected new timeline ID: 2
2026-11-21 18:28:38.592 CET [3620] replicator@[unknown] LOG:  standby \"pg-b\" is now a synchronous standby
\tSTATEMENT of the line before";
        let lines = read(text);
        let told: Vec<_> = lines.iter().map(|line| (line.at, &*line.source)).collect();
        assert_eq!(
            told,
            [
                (1_795_282_116.504_606, "pgpool"),
                (1_795_282_117.5, "postgresql"),
                (1_795_282_118.592, "postgresql"),
            ]
        );
        assert!(lines[2].text.starts_with("[3620] replicator@"));
    }

    #[test]
    fn offsets_are_hours_and_minutes() {
        assert_eq!(
            ["+0530", "-0330", "+0000", "?"].map(offset),
            [19_800, -12_600, 0, 0]
        );
    }
}
