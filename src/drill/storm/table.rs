//! What many storms came to, as tables in Markdown.

use super::{NAME, bound};
use crate::drill::report::Report;
use crate::drill::said;
use crate::drill::scenario::Kind;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The tables of all storms among the reports; nothing where none is there.
pub fn table(reports: &[Report]) -> String {
    let storms = |kind: Kind| {
        let of_kind =
            move |report: &&Report| report.scenario == NAME && report.topology == kind.name();
        reports.iter().filter(of_kind).collect::<Vec<_>>()
    };
    let mut text = String::from(TOP);
    let mut came: BTreeMap<&str, [u32; 3]> = BTreeMap::new();
    let mut any = false;
    for (at, kind) in Kind::ALL.into_iter().enumerate() {
        let storms = storms(kind);
        if storms.is_empty() {
            text.push_str(&format!(
                "| {} | not run |{}\n",
                kind.name(),
                " |".repeat(8)
            ));
            continue;
        }
        any = true;
        text.push_str(&line(kind, &storms));
        for blown in storms.iter().flat_map(|report| &report.storm) {
            if blown.missed.is_none() {
                came.entry(&blown.what).or_default()[at] += 1;
            }
        }
    }
    if !any {
        return String::new();
    }
    text.push_str("\nHow often each came:\n\n| |");
    for kind in Kind::ALL {
        // Writing to a String can't fail.
        let _ = write!(text, " {} |", kind.name());
    }
    text.push_str("\n|---|---|---|---|\n");
    for (what, times) in came {
        let [one, two, three] = times;
        let _ = writeln!(text, "| {what} | {one} | {two} | {three} |");
    }
    text
}

const TOP: &str = "
## Storms

Several faults and planned work by chance, one after the other or at once
(`trueup drill storm`; docs/drill.md tells what comes).

| | Storms | Failed | Of all such storms fail (95 %) | Faults and works | Acknowledged | Lost | Two primaries | Longest time without a write | Home by itself or by the playbooks |
|---|---|---|---|---|---|---|---|---|---|
";

fn line(kind: Kind, storms: &[&Report]) -> String {
    let count = |of: &dyn Fn(&Report) -> u64| storms.iter().map(|report| of(report)).sum::<u64>();
    let failed = storms
        .iter()
        .filter(|report| !report.verdict.passed)
        .count();
    let runs = u32::try_from(storms.len()).unwrap_or(u32::MAX);
    let part = match failed {
        0 => format!("fewer than {:.1} %", bound(runs) * 100.0),
        _ => "see below".to_owned(),
    };
    let gusts = count(&|report| {
        report
            .storm
            .iter()
            .filter(|gust| gust.missed.is_none())
            .count() as u64
    });
    let twice = count(&|report| report.two_primaries.len() as u64);
    let longest = storms
        .iter()
        .flat_map(|report| &report.write_gaps)
        .map(|gap| gap.to - gap.from)
        .reduce(f64::max);
    let home = storms.iter().filter(|report| {
        let mut phases = report.phases.iter();
        phases.any(|phase| phase.name == "after")
    });
    format!(
        "| {} | {runs} | {failed} | {part} | {gusts} | {} | {} | {} | {} | {} |\n",
        kind.name(),
        said::count(count(&|report| report.ledger.acknowledged)),
        count(&|report| report.ledger.lost),
        if twice == 0 {
            "never".to_owned()
        } else {
            format!("**{twice}**")
        },
        longest.map_or("none".to_owned(), said::length),
        home.count()
    )
}
