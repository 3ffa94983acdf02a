//! The drawing: all that happened over one time axis.

use super::axis::{Axis, rows};
use super::curves::{self, Layer};
use super::html::Html;
use super::nodes;
use crate::drill::report::{Gap, Phase, Report, Slice};
use crate::drill::said;

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

/// The drawing, or that there is nothing to draw.
pub fn draw(html: &mut Html, report: &Report) {
    if report.phases.is_empty() && report.slices.is_empty() && report.roles.is_empty() {
        html.raw("<p class=\"none\">")
            .say("The drill ended before anything was measured.")
            .raw("</p>");
        return;
    }
    let axis = axis(report);
    let slices = curves::merged(&report.slices);
    html.raw("<figure class=\"timeline\" id=\"timeline\"><div class=\"lanes\">");
    behind(html, axis, report);
    phases(html, axis, report);
    events(html, axis, report);
    writes(html, axis, &slices, &report.write_gaps);
    reads(html, axis, &slices, &report.read_gaps);
    latency(html, axis, &slices);
    nodes::draw(html, axis, report);
    ticks(html, axis);
    html.raw("<div class=\"cursor\" hidden></div></div>");
    html.raw("<figcaption>");
    nodes::keys(html);
    html.raw("<output>&nbsp;</output></figcaption></figure>");
}

/// What lies behind all lanes: the phases, the marks of the axis, the events.
fn behind(html: &mut Html, axis: Axis, report: &Report) {
    html.raw("<svg class=\"behind\" viewBox=\"0 0 1000 100\" preserveAspectRatio=\"none\" aria-hidden=\"true\">");
    for (index, phase) in report.phases.iter().enumerate() {
        html.raw(match (phase.name.as_str(), index % 2) {
            ("fault", _) => "<rect class=\"fault\"",
            (_, 0) => "<rect class=\"even\"",
            _ => "<rect class=\"odd\"",
        });
        let (x, to) = (axis.x(phase.from), axis.x(phase.to));
        html.raw(" y=\"0\" height=\"100\" x=\"").number(x);
        html.raw("\" width=\"")
            .number((to - x).max(0.0))
            .raw("\"/>");
    }
    let mut vertical = |class, at| {
        html.raw("<path class=\"")
            .raw(class)
            .raw("\" d=\"M")
            .number(axis.x(at));
        html.raw(" 0V100\"/>");
    };
    for tick in axis.ticks() {
        vertical("grid", tick);
    }
    for event in &report.events {
        vertical(kind(&event.kind), event.at);
    }
    html.raw("</svg>");
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

/// Opens a lane: its name, then what explains it.
pub fn lane(html: &mut Html, class: &'static str, name: &str) {
    html.raw("<div class=\"lane ")
        .raw(class)
        .raw("\"><div class=\"side\"><b>");
    html.say(name).raw("</b>");
}

/// Ends what explains a lane and opens its drawing.
pub fn plot(html: &mut Html) {
    html.raw("</div><div class=\"plot\">");
}

/// Ends a lane.
pub fn end(html: &mut Html) {
    html.raw("</div></div>");
}

/// `style="left:..%;width:..%"`
pub fn stretch(html: &mut Html, axis: Axis, from: f64, to: f64) {
    let (left, right) = (axis.percent(from), axis.percent(to));
    html.raw(" style=\"left:").number(left).raw("%;width:");
    html.number((right - left).max(0.0)).raw("%\"");
}

/// Opens a mark at its place; those that would cover one another stand in rows.
fn mark(html: &mut Html, (place, row): (f64, usize)) {
    html.raw(" style=\"--at:").number(place);
    html.raw(";--row:").text(&row.to_string()).raw("\"");
}

/// How many rows there are, for the height of the lane.
fn rowed(html: &mut Html, rows: &[usize]) {
    let most = rows.iter().max().copied().unwrap_or(0) + 1;
    html.raw(" style=\"--rows:")
        .text(&most.to_string())
        .raw("\">");
}

fn phases(html: &mut Html, axis: Axis, report: &Report) {
    let middle = |phase: &Phase| axis.percent(f64::midpoint(phase.from, phase.to));
    let places: Vec<f64> = report.phases.iter().map(middle).collect();
    let rows = rows(&places, APART);
    lane(html, "phases", "Phases");
    html.raw("</div><div class=\"plot\"");
    rowed(html, &rows);
    for (index, phase) in report.phases.iter().enumerate() {
        html.raw("<span class=\"letter\"");
        mark(html, (places[index], rows[index]));
        html.raw(">")
            .text(&letter(index))
            .raw("</span><div class=\"phase");
        html.raw(if phase.name == "fault" {
            " is-fault\""
        } else {
            "\""
        });
        stretch(html, axis, phase.from, phase.to);
        html.raw(" title=\"")
            .say(&phase.title)
            .raw("\"><i></i><span>");
        html.say(&phase.title).raw("</span></div>");
    }
    end(html);
}

fn events(html: &mut Html, axis: Axis, report: &Report) {
    if report.events.is_empty() {
        return;
    }
    let places: Vec<f64> = report
        .events
        .iter()
        .map(|event| axis.percent(event.at))
        .collect();
    let rows = rows(&places, APART);
    lane(html, "events", "Events");
    plot(html);
    html.raw("<div class=\"marks\"");
    rowed(html, &rows);
    for (index, event) in report.events.iter().enumerate() {
        let number = (index + 1).to_string();
        html.raw("<a href=\"#event-").text(&number);
        html.raw("\" class=\"mark ")
            .raw(kind(&event.kind))
            .raw("\"");
        mark(html, (places[index], rows[index]));
        html.raw(" title=\"")
            .say(&event.words)
            .raw("\">")
            .text(&number)
            .raw("</a>");
    }
    html.raw("</div>");
    end(html);
}

/// The scale of a lane: what stands at its top and at its foot.
fn scale(html: &mut Html, top: &str, foot: &str) {
    html.raw("<span class=\"scale\"><span>").say(top);
    html.raw("</span><span>").say(foot).raw("</span></span>");
}

/// The times without success, and how long the longer ones were.
fn gaps(html: &mut Html, axis: Axis, gaps: &[Gap]) {
    let mut long: Vec<&Gap> = gaps
        .iter()
        .filter(|gap| gap.to - gap.from >= LONG)
        .collect();
    for gap in &long {
        html.raw("<div class=\"gap\"");
        stretch(html, axis, gap.from, gap.to);
        html.raw("></div>");
    }
    // Where there is no room for all words, the longest gaps have theirs.
    long.sort_by(|a, b| (b.to - b.from).total_cmp(&(a.to - a.from)));
    let mut taken: Vec<f64> = Vec::new();
    for gap in long {
        let middle = axis.percent(f64::midpoint(gap.from, gap.to));
        if taken
            .iter()
            .any(|other| (other - middle).abs() < WORDS_APART)
        {
            continue;
        }
        taken.push(middle);
        html.raw("<span class=\"words\" style=\"--at:")
            .number(middle)
            .raw("\">");
        html.say(&said::length(gap.to - gap.from)).raw("</span>");
    }
}

/// Areas one above the other.
fn areas(
    html: &mut Html,
    axis: Axis,
    slices: &[Slice],
    layers: &[(&'static str, Layer)],
    (top, height): (f64, f64),
) {
    let stack: Vec<Layer> = layers.iter().map(|(_, layer)| *layer).collect();
    for (index, (class, layer)) in layers.iter().enumerate() {
        html.raw("<path class=\"").raw(class).raw("\" d=\"");
        curves::area(html, axis, slices, &stack[..index], *layer, (top, height));
        html.raw("\"/>");
    }
}

/// The most that a stack reaches in a second, as a round number.
fn top(slices: &[Slice], layers: &[Layer]) -> f64 {
    let most =
        |slice: &Slice| curves::rate(slice, layers.iter().map(|(count, _)| count(slice)).sum());
    curves::round_up(slices.iter().map(most).fold(0.0, f64::max))
}

/// What the colours of a lane mean.
fn legend(html: &mut Html, keys: &[(&'static str, &'static str)]) {
    html.raw("<span class=\"legend\">");
    for (class, words) in keys {
        nodes::key(html, class, words);
    }
    html.raw("</span>");
}

/// Ends a drawing's opening tag: what it is for those who can't see it.
fn labelled(html: &mut Html, words: &'static str) {
    html.raw(" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"")
        .say(words)
        .raw("\">");
}

fn writes(html: &mut Html, axis: Axis, slices: &[Slice], stopped: &[Gap]) {
    let top = top(slices, &[ACKNOWLEDGED, REFUSED, UNKNOWN]);
    lane(html, "writes", "Writes");
    legend(
        html,
        &[
            ("acknowledged", "acknowledged"),
            ("refused", "refused"),
            ("unknown", "unknown"),
        ],
    );
    scale(html, &format!("{}/s", said::amount(top)), "0");
    plot(html);
    gaps(html, axis, stopped);
    html.raw("<svg viewBox=\"0 0 1000 112\"");
    labelled(html, "Writes a second by outcome");
    let layers = [
        ("acknowledged", ACKNOWLEDGED),
        ("refused", REFUSED),
        ("unknown", UNKNOWN),
    ];
    areas(html, axis, slices, &layers, (top, WRITES));
    html.raw("</svg>");
    end(html);
}

fn reads(html: &mut Html, axis: Axis, slices: &[Slice], stopped: &[Gap]) {
    let top = top(slices, &[READ, FAILED]);
    lane(html, "reads", "Reads");
    legend(html, &[("answered", "answered"), ("failed", "failed")]);
    scale(html, &format!("{}/s", said::amount(top)), "0");
    plot(html);
    gaps(html, axis, stopped);
    html.raw("<svg viewBox=\"0 0 1000 56\"");
    labelled(html, "Reads a second");
    areas(
        html,
        axis,
        slices,
        &[("answered", READ), ("failed", FAILED)],
        (top, READS),
    );
    html.raw("</svg>");
    end(html);
}

fn latency(html: &mut Html, axis: Axis, slices: &[Slice]) {
    let Some((least, most)) = curves::decades(slices) else {
        return;
    };
    lane(html, "latency", "Latency");
    html.raw("<span class=\"legend\">")
        .say("median, logarithmic")
        .raw("</span>");
    let power = |exponent: f64| said::milliseconds(10f64.powf(exponent));
    scale(html, &power(most), &power(least));
    plot(html);
    html.raw("<svg viewBox=\"0 0 1000 64\"");
    labelled(html, "Median latency of acknowledged writes");
    let mut decade = least + 1.0;
    while decade < most {
        let y = LATENCY * (1.0 - (decade - least) / (most - least));
        html.raw("<path class=\"decade\" d=\"M0 ")
            .number(y)
            .raw("H1000\"/>");
        decade += 1.0;
    }
    html.raw("<path class=\"line\" d=\"");
    curves::line(html, axis, slices, (least, most), LATENCY);
    html.raw("\"/></svg>");
    end(html);
}

fn ticks(html: &mut Html, axis: Axis) {
    lane(html, "axis", "Time");
    html.raw("<span class=\"legend\">")
        .say("minutes:seconds")
        .raw("</span>");
    plot(html);
    for (index, tick) in axis.ticks().into_iter().enumerate() {
        let place = axis.percent(tick);
        html.raw("<span class=\"").raw(match (index, place) {
            (0, _) => "first",
            (_, 96.0..) => "last",
            _ => "",
        });
        html.raw(if index % 2 == 0 { "\"" } else { " minor\"" });
        html.raw(" style=\"--at:").number(place).raw("\">");
        html.text(&said::tick(tick)).raw("</span>");
    }
    end(html);
}
