//! The numbers behind the drawing.

use super::timeline::{kind, letter};
use crate::drill::report::{self, Gap, Latency, Ledger, Phase, Report, Timeline};
use crate::drill::said;
use serde::Serialize;
use std::collections::BTreeMap;

/// A table in a section of its own.
#[derive(Default, Serialize)]
pub struct Table<'a> {
    id: &'static str,
    heading: &'static str,
    class: &'static str,
    headings: &'static [&'static str],
    rows: Vec<Row>,
    /// Rows of the database, in words.
    named: &'a [String],
    /// What is to be known of it.
    note: String,
    /// It is to be unfolded.
    folded: bool,
}

#[derive(Default, Serialize)]
struct Row {
    id: Option<String>,
    bad: bool,
    /// A mark before the cells: its class, and what stands in it.
    badge: Option<(String, String)>,
    cells: Vec<Cell>,
}

#[derive(Serialize)]
struct Cell {
    of: &'static str,
    text: String,
    /// How long its bar is, in percent.
    bar: Option<f64>,
}

impl Row {
    fn of<const N: usize>(cells: [(&'static str, String); N]) -> Self {
        let cell = |(of, text)| Cell {
            of,
            text,
            bar: None,
        };
        Self {
            cells: cells.map(cell).into(),
            ..Self::default()
        }
    }
}

/// All tables of a report.
#[derive(Serialize)]
pub struct Tables<'a> {
    events: Table<'a>,
    phases: Table<'a>,
    gaps: Table<'a>,
    ledger: Table<'a>,
    timelines: Table<'a>,
    fingerprint: Table<'a>,
}

impl<'a> Tables<'a> {
    /// Of this one.
    pub fn of(report: &'a Report) -> Self {
        Self {
            events: events(report),
            phases: phases(&report.phases),
            gaps: gaps(report),
            ledger: ledger(&report.ledger),
            timelines: timelines(&report.timelines),
            fingerprint: fingerprint(&report.fingerprint),
        }
    }
}

/// What was done, and what happened.
fn events(report: &Report) -> Table<'static> {
    let events = (1..).zip(&report.events);
    let row = |(number, event): (usize, &report::Event)| Row {
        id: Some(format!("event-{number}")),
        badge: Some((format!("mark {}", kind(&event.kind)), number.to_string())),
        ..Row::of([
            ("At", said::moment(event.at)),
            ("Host", event.host.clone().unwrap_or_default()),
            ("What", event.words.clone()),
        ])
    };
    Table {
        id: "events",
        heading: "What happened",
        class: "events",
        headings: &["", "At", "Host", "What"],
        rows: events.map(row).collect(),
        ..Table::default()
    }
}

/// Throughput and latency, phase by phase.
fn phases(phases: &[Phase]) -> Table<'static> {
    let most = phases
        .iter()
        .map(|phase| phase.load.writes_per_second)
        .fold(0.0, f64::max);
    let row = |(index, phase): (usize, &Phase)| {
        let load = &phase.load;
        let latency = |latency: Option<&Latency>, of: fn(&Latency) -> f64| {
            latency.map_or("–".to_owned(), |latency| said::milliseconds(of(latency)))
        };
        let (writes, reads) = (load.write_latency.as_ref(), load.read_latency.as_ref());
        let mut row = Row::of([
            ("Phase", phase.title.clone()),
            ("Began", said::moment(phase.from)),
            ("Took", said::length(phase.to - phase.from)),
            ("Writes/s", said::amount(load.writes_per_second)),
            ("median", latency(writes, |latency| latency.median)),
            ("95 %", latency(writes, |latency| latency.p95)),
            ("longest", latency(writes, |latency| latency.longest)),
            ("Reads/s", said::amount(load.reads_per_second)),
            ("median", latency(reads, |latency| latency.median)),
            ("95 %", latency(reads, |latency| latency.p95)),
            ("longest", latency(reads, |latency| latency.longest)),
        ]);
        row.cells[3].bar = Some(if most > 0.0 {
            load.writes_per_second / most * 100.0
        } else {
            0.0
        });
        row.badge = Some(("letter".to_owned(), letter(index)));
        row
    };
    Table {
        id: "phases",
        heading: "Phases",
        class: "phases",
        headings: &[
            "", "Phase", "Began", "Took", "Writes/s", "median", "95 %", "longest", "Reads/s",
            "median", "95 %", "longest",
        ],
        rows: phases.iter().enumerate().map(row).collect(),
        note: "Latencies are of what was acknowledged or answered in the phase.".to_owned(),
        ..Table::default()
    }
}

/// When nobody's writes or reads succeeded.
fn gaps(report: &Report) -> Table<'static> {
    let row = |of: &str, gap: &Gap| {
        let phase = report.phases.iter().find(|phase| phase.name == gap.phase);
        let began = phase.map_or(&gap.phase, |phase| &phase.title);
        Row::of([
            ("Of", of.to_owned()),
            ("From", said::moment(gap.from)),
            ("To", said::moment(gap.to)),
            ("Lasted", said::length(gap.to - gap.from)),
            ("Began in", began.clone()),
        ])
    };
    let writes = report.write_gaps.iter().map(|gap| row("writes", gap));
    let reads = report.read_gaps.iter().map(|gap| row("reads", gap));
    Table {
        id: "gaps",
        heading: "Gaps",
        class: "gaps",
        headings: &["Of", "From", "To", "Lasted", "Began in"],
        rows: writes.chain(reads).collect(),
        note: "From the last success before a gap to the first one after it, whoever of the clients had it."
            .to_owned(),
        ..Table::default()
    }
}

/// What became of the rows.
fn ledger(ledger: &Ledger) -> Table<'_> {
    let missing = ledger.unknown.saturating_sub(ledger.unknown_there);
    let rows = [
        (
            "Acknowledged",
            ledger.acknowledged,
            lost(ledger),
            ledger.lost > 0,
        ),
        (
            "Refused",
            ledger.refused,
            "the client was told so; none is there, or it counts as foreign".to_owned(),
            false,
        ),
        (
            "Unknown",
            ledger.unknown,
            format!(
                "{} there, {} not; both is right",
                said::count(ledger.unknown_there),
                said::count(missing)
            ),
            false,
        ),
        (
            "Foreign",
            ledger.foreign,
            "there, and nobody wrote them".to_owned(),
            ledger.foreign > 0,
        ),
        (
            "Torn",
            ledger.torn,
            "only a part of them is there".to_owned(),
            ledger.torn > 0,
        ),
    ];
    let row = |(what, number, became, bad): (&str, _, _, _)| Row {
        bad,
        ..Row::of([
            ("Transactions", what.to_owned()),
            ("Number", said::count(number)),
            ("Became", became),
        ])
    };
    Table {
        id: "ledger",
        heading: "Ledger",
        class: "ledger",
        headings: &["Transactions", "", "What became of them"],
        rows: rows.map(row).into(),
        named: &ledger.named,
        ..Table::default()
    }
}

fn lost(ledger: &Ledger) -> String {
    match ledger.lost {
        0 => "each of them is there, whole".to_owned(),
        lost => format!("{} not there, or not whole", said::count(lost)),
    }
}

/// Who was primary on which timeline.
fn timelines(timelines: &[Timeline]) -> Table<'static> {
    let row = |timeline: &Timeline| {
        Row::of([
            ("Timeline", timeline.timeline.to_string()),
            ("Primary", timeline.node.clone()),
            ("Seen since", said::moment(timeline.from)),
        ])
    };
    Table {
        id: "timelines",
        heading: "Timelines",
        class: "timelines",
        headings: &["Timeline", "Primary", "Seen since"],
        rows: timelines.iter().map(row).collect(),
        ..Table::default()
    }
}

/// Whether the cluster is what it was.
fn fingerprint(fingerprint: &report::Fingerprint) -> Table<'static> {
    let differs = fingerprint.differs();
    let facts = said::many(fingerprint.before.len() as u64, "fact", "facts");
    let same = differs.is_empty();
    let value = |facts: &BTreeMap<String, String>, fact: &str| {
        facts.get(fact).map_or("–".to_owned(), Clone::clone)
    };
    let held = fingerprint.after.iter();
    let held =
        held.map(|(fact, value)| Row::of([("Fact", fact.clone()), ("Value", value.clone())]));
    let differing = differs.into_iter().map(|fact| Row {
        bad: true,
        ..Row::of([
            ("Fact", fact.to_owned()),
            ("Before", value(&fingerprint.before, fact)),
            ("At the end", value(&fingerprint.after, fact)),
        ])
    });
    Table {
        id: "fingerprint",
        heading: "Is the cluster what it was?",
        class: "facts",
        headings: if same {
            &["Fact", "Value"]
        } else {
            &["Fact", "Before", "At the end"]
        },
        rows: if same {
            held.collect()
        } else {
            differing.collect()
        },
        note: if same {
            format!("Yes: {facts} from before the fault hold again at the end.")
        } else {
            format!("No. Of {facts} from before the fault, these differ:")
        },
        folded: same,
        ..Table::default()
    }
}
