//! Numbers, lengths of time and moments, as people read them.

/// What stands between groups of digits and before a unit: a narrow space that does not break.
const THIN: char = '\u{202f}';

/// `12 345`
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(THIN);
        }
        text.push(digit);
    }
    text
}

/// `0.12`, `3.4`, `412`: as many decimals as mean something.
pub fn amount(number: f64) -> String {
    match number.abs() {
        0.0..0.005 => "0".to_owned(),
        0.005..1.0 => format!("{number:.2}"),
        1.0..10.0 => format!("{number:.1}"),
        // What is no number is nothing that was measured.
        _ if !number.is_finite() => "?".to_owned(),
        _ => {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            // It is at least 10, and a float too large becomes the largest integer.
            let whole = count(number.abs().round() as u64);
            if number < 0.0 {
                format!("-{whole}")
            } else {
                whole
            }
        }
    }
}

/// `0.25 s`, `7.4 s`, `42 s`, `3 m 05 s`, `1 h 02 m`
pub fn length(seconds: f64) -> String {
    let whole = seconds.round();
    if seconds < 0.995 {
        format!("{:.2}{THIN}s", seconds.max(0.0))
    } else if seconds < 9.95 {
        format!("{seconds:.1}{THIN}s")
    } else if whole < 60.0 {
        format!("{whole}{THIN}s")
    } else if whole < 3600.0 {
        let minutes = (whole / 60.0).floor();
        format!("{minutes}{THIN}m{THIN}{:02}{THIN}s", whole % 60.0)
    } else {
        let minutes = (whole / 60.0).round();
        let hours = (minutes / 60.0).floor();
        format!("{hours}{THIN}h{THIN}{:02}{THIN}m", minutes % 60.0)
    }
}

/// A moment of the drill in minutes and seconds: `1:23.4`
pub fn moment(seconds: f64) -> String {
    let tenths = (seconds * 10.0).round();
    let sign = if tenths < 0.0 { "-" } else { "" };
    let tenths = tenths.abs();
    let minutes = (tenths / 600.0).floor();
    format!("{sign}{minutes}:{:04.1}", (tenths % 600.0) / 10.0)
}

/// A moment on the axis, where only whole seconds stand: `1:20`
pub fn tick(seconds: f64) -> String {
    let minutes = (seconds / 60.0).floor();
    format!("{minutes}:{:02}", seconds % 60.0)
}

/// `2.1 ms`, `2.7 s`
pub fn milliseconds(number: f64) -> String {
    if number >= 1000.0 {
        length(number / 1000.0)
    } else {
        format!("{}{THIN}ms", amount(number))
    }
}

/// A Unix time: `2026-11-21 18:25:03 UTC`
pub fn date(unix: f64) -> String {
    let since = jiff::SignedDuration::try_from_secs_f64(unix);
    let at = since.and_then(jiff::Timestamp::from_duration);
    at.map_or_else(
        |_| "at an unknown time".to_owned(),
        |at| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
    )
}

/// `1 row`, `2 rows`, `12 345 rows`
pub fn many(number: u64, one: &str, more: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { more })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str) -> String {
        text.replace(THIN, " ")
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(wide(&count(1_234_567)), "1 234 567");
        assert_eq!([count(0), count(999)], ["0", "999"]);
        let amounts = [0.0, 0.004, 0.123, 3.44, 412.4, 12_345.6, f64::NAN, -12.0];
        let said = amounts.map(|number| wide(&amount(number))).join(", ");
        assert_eq!(said, "0, 0, 0.12, 3.4, 412, 12 346, ?, -12");
    }

    #[test]
    fn times_read_well() {
        let lengths = [0.0, 0.251, 0.999, 7.44, 9.96, 42.4, 59.7, 185.0, 3725.0];
        let said = lengths.map(|seconds| wide(&length(seconds))).join(", ");
        assert_eq!(
            said,
            "0.00 s, 0.25 s, 1.0 s, 7.4 s, 10 s, 42 s, 1 m 00 s, 3 m 05 s, 1 h 02 m"
        );
        let said = [0.0, 83.44, 59.96, -2.5, 3600.0].map(moment).join(", ");
        assert_eq!(said, "0:00.0, 1:23.4, 1:00.0, -0:02.5, 60:00.0");
        let said = [0.0, 2.14, 999.0, 2699.0].map(|number| wide(&milliseconds(number)));
        assert_eq!(said.join(", "), "0 ms, 2.1 ms, 999 ms, 2.7 s");
        assert_eq!([tick(0.0), tick(80.0)], ["0:00", "1:20"]);
        assert_eq!(date(1_795_285_503.4), "2026-11-21 18:25:03 UTC");
        assert_eq!(date(f64::from(u32::MAX) * 1e9), "at an unknown time");
    }
}
