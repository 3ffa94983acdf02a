//! Reports as drills would make them: one that went well, a failing one, a long one, an empty one.

mod hard;
mod held;
mod lesson;

pub use hard::{failing, long};
pub use held::held;
pub use lesson::lesson;

use std::collections::BTreeMap;
use trueup::drill::report::*;

/// What a host could write into its log to become more than text on the page.
pub const HOSTILE: [&str; 4] = [
    "ERROR:  relation \"<img src=x onerror=window.hacked=1>\" does not exist",
    "</code></li></ol></script><script>window.hacked = 1</script><b id=hacked>bold</b>",
    "FATAL: role '\"><svg onload=hacked()>' & so on &lt;b&gt;",
    "LOG: a word\u{1b}[31m of red, and \u{202e}turned\u{202c} about",
];

fn slice(from: f64, rates: [f64; 4], latency: Option<f64>) -> Slice {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let [acknowledged, refused, unknown, reads] = rates.map(|number| (number / 2.0) as u64);
    Slice {
        from,
        seconds: 0.5,
        acknowledged,
        refused,
        unknown,
        reads,
        failed_reads: u64::from(reads == 0),
        latency,
    }
}

fn phase(name: &str, title: &str, from: f64, to: f64, writes: f64) -> Phase {
    let latency = |median: f64| {
        Some(Latency {
            median,
            p95: median * 2.7,
            longest: median * 40.0,
        })
    };
    Phase {
        name: name.to_owned(),
        title: title.to_owned(),
        from,
        to,
        load: PhaseLoad {
            writes_per_second: writes,
            reads_per_second: writes * 2.5,
            write_latency: (writes > 0.0).then(|| latency(4.2)).flatten(),
            read_latency: latency(1.1),
        },
    }
}

fn band(node: &str, role: &str, from: f64, to: f64) -> Band {
    Band {
        node: node.to_owned(),
        role: role.to_owned(),
        from,
        to,
    }
}

fn span(node: &str, from: f64, to: f64) -> Span {
    Span {
        node: node.to_owned(),
        from,
        to,
    }
}

fn event(at: f64, host: Option<&str>, kind: &str, words: &str) -> Event {
    Event {
        at,
        host: host.map(str::to_owned),
        kind: kind.to_owned(),
        words: words.to_owned(),
    }
}

fn log(at: f64, host: &str, source: &str, line: &str) -> LogLine {
    LogLine {
        at,
        host: host.to_owned(),
        source: source.to_owned(),
        line: line.to_owned(),
        why: "it is told to become primary".to_owned(),
    }
}

fn facts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// A drill that broke off before anything was measured.
pub fn empty() -> Report {
    Report {
        version: VERSION,
        scenario: "primary-off".to_owned(),
        explained: "The primary's plug is pulled; later it is powered on again.".to_owned(),
        topology: "pgpool".to_owned(),
        inventory: "inventories/lab-pgpool".to_owned(),
        seed: 7,
        load: Load {
            kind: "own".to_owned(),
            clients: 8,
            scale: None,
        },
        versions: BTreeMap::new(),
        began: 1_795_285_503.4,
        seconds: 0.0,
        nodes: ["pg-a", "pg-b", "pg-c"].map(str::to_owned).to_vec(),
        verdict: Verdict {
            passed: false,
            failures: vec!["the declared layout does not hold: pg-c is silent; trueup apply playbooks/pgpool.yml -i inventories/lab-pgpool".to_owned()],
        },
        phases: Vec::new(),
        slices: Vec::new(),
        write_gaps: Vec::new(),
        read_gaps: Vec::new(),
        roles: Vec::new(),
        writable: Vec::new(),
        unwatched: Vec::new(),
        two_primaries: Vec::new(),
        ledger: Ledger::default(),
        histories: None,
        timelines: Vec::new(),
        events: Vec::new(),
        log: Vec::new(),
        commands: Vec::new(),
        fingerprint: Fingerprint::default(),
        storm: Vec::new(),
    }
}
