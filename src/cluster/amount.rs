//! Numbers as a status says them.

/// A number of bytes for people.
pub(super) fn bytes(count: i64) -> String {
    #[allow(clippy::cast_precision_loss)] // One digit after the point is shown.
    let mut rest = count as f64;
    let mut units = ["B", "kB", "MB", "GB", "TB"].into_iter();
    let mut unit = units.next().unwrap_or("B");
    while rest.abs() >= 1024.0 {
        let Some(next) = units.next() else { break };
        rest /= 1024.0;
        unit = next;
    }
    if unit == "B" {
        format!("{count} B")
    } else {
        format!("{rest:.1} {unit}")
    }
}

/// A time for people.
pub(super) fn seconds(count: f64) -> String {
    if count < 10.0 {
        format!("{:.1} s", count.max(0.0))
    } else if count < 120.0 {
        format!("{count:.0} s")
    } else {
        format!("{:.0} min", count / 60.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_short() {
        assert_eq!(
            (bytes(12), bytes(2048), bytes(5 << 30)),
            ("12 B".into(), "2.0 kB".into(), "5.0 GB".into())
        );
        assert_eq!(
            (seconds(0.25), seconds(34.0), seconds(600.0)),
            ("0.2 s".into(), "34 s".into(), "10 min".into())
        );
    }
}
