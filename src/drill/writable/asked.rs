//! When a node was asked, and when it was not: of that time nothing is known.

/// The probe says at least once a second that it asks; so long without is a time without.
const PATIENCE: f64 = 4.0;

/// The times between `from` and `to` in which nobody asked, of what the probe wrote; `told` makes a
/// moment of the host's clock one of the drill's. A question counts as long as it is known to have
/// waited, however long the server took: while a commit hangs nothing is acknowledged.
pub(super) fn gaps(text: &str, told: impl Fn(f64) -> f64, from: f64, to: f64) -> Vec<(f64, f64)> {
    let mut gaps = Vec::new();
    let mut since = from;
    let lines = text.split_inclusive('\n');
    let questions = lines.filter_map(|line| {
        let mut words = line.strip_suffix('\n')?.split(' ').skip(1);
        let (begun, ended) = (words.next()?, words.next()?);
        Some((told(begun.parse().ok()?), told(ended.parse().ok()?)))
    });
    for (begun, ended) in questions.chain([(to, to)]) {
        if begun - since > PATIENCE {
            gaps.push((since, begun));
        }
        since = since.max(ended);
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hanging_question_is_one_and_a_silent_probe_is_none() {
        let text = "\
- 1001.0 1001.1
00000001 1002.0 1002.1
- 1002.2 1030.0
- 1031.0 1031.1
- 1050.0 1050.1
- 1051.0 10";
        let told = gaps(text, |unix| unix - 1000.0, 0.0, 60.0);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!((told[0].0 - 31.1).abs() < 1e-6 && (told[0].1 - 50.0).abs() < 1e-6);
        assert!((told[1].0 - 50.1).abs() < 1e-6 && (told[1].1 - 60.0).abs() < 1e-6);
        assert_eq!(gaps("", |unix| unix, 0.0, 60.0), [(0.0, 60.0)]);
        assert!(gaps("- 3.0 58.0\n", |unix| unix, 0.0, 60.0).is_empty());
        // A commit that hung until the plug was pulled.
        let hung = "- 3.0 4.0\n- 3.0 5.0\n- 3.0 40.0\n";
        assert_eq!(gaps(hung, |unix| unix, 0.0, 60.0), [(40.0, 60.0)]);
    }
}
