//! The drawing: all that happened over one time axis.

use super::axis::{Axis, Stretch, rows};
use super::curves::{self, Layer};
use super::nodes::{self, Node};
use crate::drill::report::{Gap, Phase, Report, Slice};
use crate::drill::said;
use serde::Serialize;

/// How far apart marks with a number stand, in percent of the narrowest drawing.
const APART: f64 = 6.5;

/// How tall the lanes of curves are.
const WRITES: f64 = 112.0;
const READS: f64 = 56.0;
const LATENCY: f64 = 64.0;

/// A gap that is shorter is not worth words in the drawing; the tables have it.
const LONG: f64 = 0.5;

/// How far apart the words of two gaps stand.
const WORDS_APART: f64 = 16.0;

const ACKNOWLEDGED: Layer = (|slice| slice.acknowledged, false);
const REFUSED: Layer = (|slice| slice.refused, true);
const UNKNOWN: Layer = (|slice| slice.unknown, true);
const READ: Layer = (|slice| slice.reads, false);
const FAILED: Layer = (|slice| slice.failed_reads, true);

/// How far the axis goes: the end, or what happened after it.
pub fn axis(report: &Report) -> Axis {
    let ends = report.phases.iter().map(|phase| phase.to);
    let ends = ends.chain(report.slices.iter().map(|slice| slice.from + slice.seconds));
    Axis::new(ends.fold(report.seconds, f64::max))
}

/// All that is drawn.
#[derive(Serialize)]
pub struct Drawing<'a> {
    phases: Vec<PhaseMark<'a>>,
    phase_rows: usize,
    /// Classes and places of what goes through all lanes.
    verticals: Vec<(&'static str, f64)>,
    events: Vec<EventMark<'a>>,
    event_rows: usize,
    curves: Vec<Curves>,
    /// When two nodes were writable at once, and where words of it stand.
    both: Vec<Stretch>,
    both_at: f64,
    nodes: Vec<Node<'a>>,
    ticks: Vec<Tick>,
    keys: [(&'static str, &'static str); 6],
}

/// A phase: its letter, its words, and what lies behind all lanes.
#[derive(Serialize)]
struct PhaseMark<'a> {
    title: &'a str,
    letter: String,
    at: f64,
    row: usize,
    ground: &'static str,
    x: f64,
    wide: f64,
    #[serde(flatten)]
    stretch: Stretch,
}

#[derive(Serialize)]
struct EventMark<'a> {
    class: &'static str,
    at: f64,
    row: usize,
    words: &'a str,
}

/// A lane of curves.
#[derive(Serialize)]
struct Curves {
    class: &'static str,
    name: &'static str,
    keys: &'static [(&'static str, &'static str)],
    explained: &'static str,
    /// What stands at its top and at its foot.
    top: String,
    foot: String,
    gaps: Vec<Stretch>,
    /// Where words of a gap stand, and which.
    words: Vec<(f64, String)>,
    height: f64,
    /// What it is for those who can't see it.
    label: &'static str,
    paths: Vec<(&'static str, String)>,
}

#[derive(Serialize)]
struct Tick {
    class: String,
    at: f64,
    words: String,
}

/// The drawing, if there is anything to draw.
pub fn drawing(report: &Report) -> Option<Drawing<'_>> {
    if report.phases.is_empty() && report.slices.is_empty() && report.roles.is_empty() {
        return None;
    }
    let axis = axis(report);
    let slices = curves::merged(&report.slices);
    let (phases, phase_rows) = phases(axis, report);
    let (events, event_rows) = events(axis, report);
    let mut lanes = vec![
        writes(axis, &slices, &report.write_gaps),
        reads(axis, &slices, &report.read_gaps),
    ];
    lanes.extend(latency(axis, &slices));
    let both = nodes::at_once(&report.writable);
    let middle = |(from, to): &(f64, f64)| axis.percent(f64::midpoint(*from, *to));
    Some(Drawing {
        phases,
        phase_rows,
        verticals: verticals(axis, report),
        events,
        event_rows,
        curves: lanes,
        both_at: both.first().map_or(0.0, middle),
        both: both
            .iter()
            .map(|(from, to)| axis.stretch(*from, *to))
            .collect(),
        nodes: nodes::lanes(axis, report),
        ticks: ticks(axis),
        keys: nodes::KEYS,
    })
}

/// The marks of the axis, and the events.
fn verticals(axis: Axis, report: &Report) -> Vec<(&'static str, f64)> {
    let grid = axis.ticks().into_iter().map(|tick| ("grid", tick));
    let events = report.events.iter();
    let events = events.map(|event| (kind(&event.kind), event.at));
    grid.chain(events)
        .map(|(class, at)| (class, axis.x(at)))
        .collect()
}

/// The class of an event's mark.
pub fn kind(kind: &str) -> &'static str {
    match kind {
        "fault" => "event is-fault",
        "heal" => "event is-heal",
        "promotion" => "event is-promotion",
        "restore" => "event is-restore",
        _ => "event is-note",
    }
}

/// By which letter the phases are called, in the drawing and in the table.
pub fn letter(index: usize) -> String {
    let letters = ('A'..='Z').nth(index % 26).into_iter();
    letters.chain((index >= 26).then_some('\'')).collect()
}

fn most(rows: &[usize]) -> usize {
    rows.iter().max().copied().unwrap_or(0) + 1
}

fn phases(axis: Axis, report: &Report) -> (Vec<PhaseMark<'_>>, usize) {
    let middle = |phase: &Phase| axis.percent(f64::midpoint(phase.from, phase.to));
    let places: Vec<f64> = report.phases.iter().map(middle).collect();
    let rows = rows(&places, APART);
    let marks = report.phases.iter().enumerate().map(|(index, phase)| {
        let (x, to) = (axis.x(phase.from), axis.x(phase.to));
        PhaseMark {
            title: &phase.title,
            letter: letter(index),
            at: places[index],
            row: rows[index],
            ground: match (phase.name.as_str(), index % 2) {
                ("fault", _) => "fault",
                (_, 0) => "even",
                _ => "odd",
            },
            x,
            wide: (to - x).max(0.0),
            stretch: axis.stretch(phase.from, phase.to),
        }
    });
    (marks.collect(), most(&rows))
}

fn events(axis: Axis, report: &Report) -> (Vec<EventMark<'_>>, usize) {
    let places = report.events.iter().map(|event| axis.percent(event.at));
    let places: Vec<f64> = places.collect();
    let rows = rows(&places, APART);
    let marks = report.events.iter().zip(places.iter().zip(&rows));
    let marks = marks.map(|(event, (at, row))| EventMark {
        class: kind(&event.kind),
        at: *at,
        row: *row,
        words: &event.words,
    });
    (marks.collect(), most(&rows))
}

/// The times without success, and how long the longer ones were.
fn gaps(axis: Axis, gaps: &[Gap]) -> (Vec<Stretch>, Vec<(f64, String)>) {
    let mut long: Vec<&Gap> = gaps
        .iter()
        .filter(|gap| gap.to - gap.from >= LONG)
        .collect();
    let drawn = long.iter().map(|gap| axis.stretch(gap.from, gap.to));
    let drawn = drawn.collect();
    // Where there is no room for all words, the longest gaps have theirs.
    long.sort_by(|a, b| (b.to - b.from).total_cmp(&(a.to - a.from)));
    let mut words: Vec<(f64, String)> = Vec::new();
    for gap in long {
        let middle = axis.percent(f64::midpoint(gap.from, gap.to));
        let near = |(other, _): &(f64, String)| (other - middle).abs() < WORDS_APART;
        if !words.iter().any(near) {
            words.push((middle, said::length(gap.to - gap.from)));
        }
    }
    (drawn, words)
}

/// Areas one above the other.
fn areas(
    axis: Axis,
    slices: &[Slice],
    layers: &[(&'static str, Layer)],
    (top, height): (f64, f64),
) -> Vec<(&'static str, String)> {
    let stack: Vec<Layer> = layers.iter().map(|(_, layer)| *layer).collect();
    let layers = layers.iter().enumerate();
    let path = |(index, (class, layer)): (usize, &(&'static str, Layer))| {
        let below = &stack[..index];
        (
            *class,
            curves::area(axis, slices, below, *layer, (top, height)),
        )
    };
    layers.map(path).collect()
}

/// The most that a stack reaches in a second, as a round number.
fn top(slices: &[Slice], layers: &[Layer]) -> f64 {
    let most =
        |slice: &Slice| curves::rate(slice, layers.iter().map(|(count, _)| count(slice)).sum());
    curves::round_up(slices.iter().map(most).fold(0.0, f64::max))
}

fn writes(axis: Axis, slices: &[Slice], stopped: &[Gap]) -> Curves {
    let layers = [
        ("acknowledged", ACKNOWLEDGED),
        ("refused", REFUSED),
        ("unknown", UNKNOWN),
    ];
    let top = top(slices, &layers.map(|(_, layer)| layer));
    let (gaps, words) = gaps(axis, stopped);
    Curves {
        class: "writes",
        name: "Writes",
        keys: &[
            ("acknowledged", "acknowledged"),
            ("refused", "refused"),
            ("unknown", "unknown"),
        ],
        explained: "",
        top: format!("{}/s", said::amount(top)),
        foot: "0".to_owned(),
        gaps,
        words,
        height: WRITES,
        label: "Writes a second by outcome",
        paths: areas(axis, slices, &layers, (top, WRITES)),
    }
}

fn reads(axis: Axis, slices: &[Slice], stopped: &[Gap]) -> Curves {
    let layers = [("answered", READ), ("failed", FAILED)];
    let top = top(slices, &layers.map(|(_, layer)| layer));
    let (gaps, words) = gaps(axis, stopped);
    Curves {
        class: "reads",
        name: "Reads",
        keys: &[("answered", "answered"), ("failed", "failed")],
        explained: "",
        top: format!("{}/s", said::amount(top)),
        foot: "0".to_owned(),
        gaps,
        words,
        height: READS,
        label: "Reads a second",
        paths: areas(axis, slices, &layers, (top, READS)),
    }
}

fn latency(axis: Axis, slices: &[Slice]) -> Option<Curves> {
    let (least, most) = curves::decades(slices)?;
    let power = |exponent: f64| said::milliseconds(10f64.powf(exponent));
    let inner = |decade: &f64| Some(decade + 1.0).filter(|decade| *decade < most);
    let decades = std::iter::successors(inner(&least), inner);
    let mut paths: Vec<(&'static str, String)> = decades
        .map(|decade| LATENCY * (1.0 - (decade - least) / (most - least)))
        .map(|y| ("decade", curves::across(y)))
        .collect();
    paths.push(("line", curves::line(axis, slices, (least, most), LATENCY)));
    Some(Curves {
        class: "latency",
        name: "Latency",
        keys: &[],
        explained: "median, logarithmic",
        top: power(most),
        foot: power(least),
        gaps: Vec::new(),
        words: Vec::new(),
        height: LATENCY,
        label: "Median latency of acknowledged writes",
        paths,
    })
}

fn ticks(axis: Axis) -> Vec<Tick> {
    let ticks = axis.ticks().into_iter().enumerate();
    let mark = |(index, tick): (usize, f64)| {
        let at = axis.percent(tick);
        let edge = match (index, at) {
            (0, _) => "first",
            (_, 96.0..) => "last",
            _ => "",
        };
        let minor = if index % 2 == 0 { "" } else { " minor" };
        Tick {
            class: format!("{edge}{minor}"),
            at,
            words: said::tick(tick),
        }
    };
    ticks.map(mark).collect()
}
