//! Lengths of time.

use std::time::Duration;

/// A length of time as people say it: `0.4s`, `12s`, `3m05s`, `1h02m`.
pub fn span(time: Duration) -> String {
    let whole = time.as_secs();
    match whole {
        0..10 => format!("{:.1}s", time.as_secs_f64()),
        10..60 => format!("{whole}s"),
        60..3600 => format!("{}m{:02}s", whole / 60, whole % 60),
        _ => format!("{}h{:02}m", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_said_as_people_say_it() {
        let said =
            [412, 9_940, 12_345, 185_000, 3_720_000].map(|ms| span(Duration::from_millis(ms)));
        assert_eq!(said.join(" "), "0.4s 9.9s 12s 3m05s 1h02m");
    }
}
