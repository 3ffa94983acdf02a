//! What many drills came to, as tables in Markdown: faults against topologies.

use super::report::{Gap, Report};
use super::said;
use super::scenario::{Fit, Kind, SCENARIOS};
use super::storm;
use std::fmt::Write;

/// The phases in which the way home is taken; what stops in them is told apart from what the fault
/// stopped.
const HOME: [&str; 2] = ["restore-replica", "restore-primary"];

/// The tables, of each scenario and topology the latest report.
pub fn table(reports: &[Report]) -> String {
    let mut text = String::from(TOP);
    let mut lines = vec![matrix_head(), "|---|---|---|---|".to_owned()];
    lines.extend(SCENARIOS.iter().map(|scenario| {
        let cells = Kind::ALL.iter().zip(&scenario.fits).map(|(kind, fit)| {
            match (latest(reports, scenario.name, *kind), fit) {
                (Some(report), _) => cell(report),
                (None, Fit::Not(_)) => "–".to_owned(),
                (None, Fit::Expect(_)) => "not run".to_owned(),
            }
        });
        format!(
            "| `{}` | {} |",
            scenario.name,
            cells.collect::<Vec<_>>().join(" | ")
        )
    }));
    text.push_str(&(lines.join("\n") + "\n"));
    for kind in Kind::ALL {
        let of_kind = SCENARIOS
            .iter()
            .filter_map(|scenario| latest(reports, scenario.name, kind));
        let of_kind: Vec<&Report> = of_kind.collect();
        if !of_kind.is_empty() {
            text.push_str(&details(kind, &of_kind));
        }
    }
    text + &storm::table(reports)
}

const TOP: &str = "\
# What drills came to

Generated from the reports of real runs by `trueup drill --table`; `make drill-all` runs them all.
In each cell: acknowledged writes lost / two nodes writable at once / how long nobody could write
because of the fault.

";

fn matrix_head() -> String {
    let kinds = Kind::ALL.map(Kind::name).join(" | ");
    format!("| Fault | {kinds} |")
}

fn latest<'a>(reports: &'a [Report], scenario: &str, kind: Kind) -> Option<&'a Report> {
    let of_both = |report: &&Report| report.scenario == scenario && report.topology == kind.name();
    let found = reports.iter().filter(of_both);
    found.max_by(|a, b| a.began.total_cmp(&b.began))
}

fn cell(report: &Report) -> String {
    let failed = if report.verdict.passed {
        ""
    } else {
        "**failed:** "
    };
    let (_, fault) = gaps(report);
    format!(
        "{failed}{} / {} / {fault}",
        report.ledger.lost,
        twice(report)
    )
}

fn twice(report: &Report) -> String {
    match report.two_primaries.len() {
        0 if report.writable.is_empty() => "not measured".to_owned(),
        0 => "never".to_owned(),
        times => format!("**{}**", said::many(times as u64, "time", "times")),
    }
}

/// The longest gap in writes on the way home, and because of the fault.
fn gaps(report: &Report) -> (String, String) {
    let longest = |of: &dyn Fn(&&Gap) -> bool| {
        let gaps = report.write_gaps.iter().filter(of);
        let longest = gaps.map(|gap| gap.to - gap.from).reduce(f64::max);
        longest.map_or("none".to_owned(), said::length)
    };
    let on_the_way = |gap: &&Gap| HOME.contains(&gap.phase.as_str());
    (longest(&on_the_way), longest(&|gap| !on_the_way(gap)))
}

fn details(kind: Kind, reports: &[&Report]) -> String {
    let mut text = format!("\n## {}\n\n", kind.name());
    let first = reports
        .iter()
        .map(|report| report.began)
        .fold(f64::MAX, f64::min);
    let last = reports
        .iter()
        .map(|report| report.began)
        .fold(0.0, f64::max);
    let mut versions: Vec<String> = Vec::new();
    for (program, version) in reports.iter().flat_map(|report| &report.versions) {
        let words = format!("{program} {version}");
        if !versions.contains(&words) {
            versions.push(words);
        }
    }
    // Writing to a String can't fail.
    let _ = writeln!(
        text,
        "{} to {}; {}.\n",
        said::date(first),
        said::date(last),
        versions.join(", ")
    );
    text.push_str(
        "| Fault | Clients | Seed | Acknowledged | Lost | Two primaries | No writes after the fault | No writes on the way home | As replica in | As primary in | |\n\
         |---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for report in reports {
        let took = |name: &str| {
            let phase = report.phases.iter().find(|phase| phase.name == name);
            phase.map_or("–".to_owned(), |phase| {
                said::length(phase.to - phase.from)
            })
        };
        let (home, fault) = gaps(report);
        let clients = match report.load.scale {
            Some(scale) => format!(
                "{} of {}, scale {scale}",
                report.load.clients, report.load.kind
            ),
            None => report.load.clients.to_string(),
        };
        let verdict = if report.verdict.passed {
            "passed".to_owned()
        } else {
            let failures: Vec<String> = report
                .verdict
                .failures
                .iter()
                .map(|words| cut(words))
                .collect();
            format!("**failed:** {}", failures.join("; "))
        };
        let _ = writeln!(
            text,
            "| `{}` | {clients} | {} | {} | {} | {} | {fault} | {home} | {} | {} | {verdict} |",
            report.scenario,
            report.seed,
            said::count(report.ledger.acknowledged),
            report.ledger.lost,
            twice(report),
            took(HOME[0]),
            took(HOME[1]),
        );
    }
    text
}

/// The first line of a text, with nothing in it that would end a cell.
fn cut(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.replace('|', "\\|").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::report::{
        Fingerprint, Ledger, Load, Phase, PhaseLoad, Span, VERSION, Verdict,
    };

    fn report(scenario: &str, topology: &str, began: f64) -> Report {
        let gap = |from: f64, to: f64, phase: &str| Gap {
            from,
            to,
            phase: phase.to_owned(),
        };
        Report {
            version: VERSION,
            scenario: scenario.to_owned(),
            explained: String::new(),
            topology: topology.to_owned(),
            inventory: String::new(),
            seed: 7,
            load: Load {
                kind: "own".to_owned(),
                clients: 8,
                scale: None,
            },
            versions: [("PostgreSQL".to_owned(), "17.6".to_owned())].into(),
            began,
            seconds: 100.0,
            nodes: vec!["pg-a".to_owned()],
            verdict: Verdict {
                passed: true,
                failures: Vec::new(),
            },
            phases: vec![Phase {
                name: "restore-replica".to_owned(),
                title: String::new(),
                from: 40.0,
                to: 71.0,
                load: PhaseLoad::default(),
            }],
            slices: Vec::new(),
            write_gaps: vec![
                gap(10.0, 17.4, "failover"),
                gap(50.0, 51.2, "restore-replica"),
            ],
            read_gaps: Vec::new(),
            roles: Vec::new(),
            writable: vec![Span {
                node: "pg-a".to_owned(),
                from: 0.0,
                to: 9.0,
            }],
            unwatched: Vec::new(),
            two_primaries: Vec::new(),
            ledger: Ledger {
                acknowledged: 12_345,
                ..Ledger::default()
            },
            histories: None,
            timelines: Vec::new(),
            events: Vec::new(),
            log: Vec::new(),
            commands: Vec::new(),
            fingerprint: Fingerprint::default(),
            storm: Vec::new(),
        }
    }

    #[test]
    fn faults_stand_against_topologies() {
        let mut failed = report("primary-frozen", "pgpool", 1_795_285_600.0);
        failed.ledger.lost = 2;
        failed.two_primaries = vec!["pg-a and pg-b".to_owned()];
        failed.verdict = Verdict {
            passed: false,
            failures: vec!["a | in words\nof two lines".to_owned()],
        };
        failed.phases.clear();
        let mut earlier = failed.clone();
        earlier.began = 1_795_285_000.0;
        earlier.ledger.lost = 99;
        let good = report("primary-off", "pgpool", 1_795_285_503.0);
        let text = table(&[good, failed, earlier]).replace('\u{202f}', " ");
        let lines: Vec<&str> = text.lines().collect();
        let with = |word: &str| -> Vec<&str> {
            lines
                .iter()
                .copied()
                .filter(|line| line.starts_with(word))
                .collect()
        };
        assert_eq!(
            with("| `primary-off`"),
            [
                "| `primary-off` | 0 / never / 7.4 s | not run | not run |",
                "| `primary-off` | 8 | 7 | 12 345 | 0 | never | 7.4 s | 1.2 s | 31 s | – | passed |",
            ]
        );
        assert_eq!(
            with("| `primary-frozen`"),
            [
                "| `primary-frozen` | **failed:** 2 / **1 time** / 7.4 s | not run | not run |",
                "| `primary-frozen` | 8 | 7 | 12 345 | 2 | **1 time** | 7.4 s | 1.2 s | – | – | **failed:** a \\| in words |",
            ]
        );
        let asynchronous = "| `asynchronous-off` | not run | not run | – |";
        assert_eq!(with("| `asynchronous-off`"), [asynchronous]);
        assert!(
            text.contains("2026-11-21 18:25:03 UTC to 2026-11-21 18:26:40 UTC; PostgreSQL 17.6."),
            "{text}"
        );
        assert!(!text.contains("## patroni"), "{text}");
    }
}
