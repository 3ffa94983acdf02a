//! The numbers behind the drawing.

use super::html::Html;
use super::timeline::{kind, letter};
use crate::drill::report::{Fingerprint, Gap, Latency, Ledger, Phase, Report, Timeline};
use crate::drill::said;

/// A section with its heading.
pub fn section(html: &mut Html, id: &'static str, heading: &'static str) {
    html.raw("<section id=\"")
        .raw(id)
        .raw("\"><h2>")
        .say(heading)
        .raw("</h2>");
}

/// Opens a table with these headings.
fn table(html: &mut Html, class: &'static str, headings: &[&'static str]) {
    html.raw("<table class=\"").raw(class).raw("\"><thead><tr>");
    for heading in headings {
        html.raw("<th scope=\"col\">").say(heading).raw("</th>");
    }
    html.raw("</tr></thead><tbody>");
}

/// A cell that says on a narrow page by itself what it is of.
fn cell(html: &mut Html, label: &'static str, text: &str) {
    html.raw("<td data-of=\"")
        .say(label)
        .raw("\"><span>")
        .say(text)
        .raw("</span></td>");
}

/// What is to be known of a table, and the end of its section.
pub fn note(html: &mut Html, words: &'static str) {
    html.raw("<p class=\"note\">")
        .say(words)
        .raw("</p></section>");
}

const END: &str = "</tbody></table>";

/// What was done, and what happened.
pub fn events(html: &mut Html, report: &Report) {
    section(html, "events", "What happened");
    table(html, "events", &["", "At", "Host", "What"]);
    for (index, event) in report.events.iter().enumerate() {
        let number = (index + 1).to_string();
        html.raw("<tr id=\"event-")
            .text(&number)
            .raw("\"><td><span class=\"mark ");
        html.raw(kind(&event.kind))
            .raw("\">")
            .text(&number)
            .raw("</span></td>");
        cell(html, "At", &said::moment(event.at));
        cell(html, "Host", event.host.as_deref().unwrap_or(""));
        cell(html, "What", &event.words);
        html.raw("</tr>");
    }
    html.raw(END).raw("</section>");
}

/// Throughput and latency, phase by phase.
pub fn phases(html: &mut Html, phases: &[Phase]) {
    section(html, "phases", "Phases");
    let headings = [
        "", "Phase", "Began", "Took", "Writes/s", "median", "95 %", "longest", "Reads/s", "median",
        "95 %", "longest",
    ];
    table(html, "phases", &headings);
    let most = phases
        .iter()
        .map(|phase| phase.load.writes_per_second)
        .fold(0.0, f64::max);
    for (index, phase) in phases.iter().enumerate() {
        let load = &phase.load;
        html.raw("<tr><td><span class=\"letter\">")
            .text(&letter(index))
            .raw("</span></td>");
        cell(html, "Phase", &phase.title);
        cell(html, "Began", &said::moment(phase.from));
        cell(html, "Took", &said::length(phase.to - phase.from));
        html.raw("<td data-of=\"")
            .say("Writes/s")
            .raw("\" class=\"bar\"><i style=\"width:");
        html.number(if most > 0.0 {
            load.writes_per_second / most * 100.0
        } else {
            0.0
        });
        html.raw("%\"></i><span>")
            .text(&said::amount(load.writes_per_second))
            .raw("</span></td>");
        latency(html, load.write_latency.as_ref());
        cell(html, "Reads/s", &said::amount(load.reads_per_second));
        latency(html, load.read_latency.as_ref());
        html.raw("</tr>");
    }
    html.raw(END);
    note(
        html,
        "Latencies are of what was acknowledged or answered in the phase.",
    );
}

fn latency(html: &mut Html, latency: Option<&Latency>) {
    let said = |of: fn(&Latency) -> f64| {
        latency.map_or("–".to_owned(), |latency| said::milliseconds(of(latency)))
    };
    cell(html, "median", &said(|latency| latency.median));
    cell(html, "95 %", &said(|latency| latency.p95));
    cell(html, "longest", &said(|latency| latency.longest));
}

/// When nobody's writes or reads succeeded.
pub fn gaps(html: &mut Html, report: &Report) {
    section(html, "gaps", "Gaps");
    table(html, "gaps", &["Of", "From", "To", "Lasted", "Began in"]);
    let mut row = |of: &str, gap: &Gap| {
        let phase = report.phases.iter().find(|phase| phase.name == gap.phase);
        html.raw("<tr>");
        cell(html, "Of", of);
        cell(html, "From", &said::moment(gap.from));
        cell(html, "To", &said::moment(gap.to));
        cell(html, "Lasted", &said::length(gap.to - gap.from));
        cell(
            html,
            "Began in",
            phase.map_or(&gap.phase, |phase| &phase.title),
        );
        html.raw("</tr>");
    };
    report.write_gaps.iter().for_each(|gap| row("writes", gap));
    report.read_gaps.iter().for_each(|gap| row("reads", gap));
    html.raw(END);
    note(
        html,
        "From the last success before a gap to the first one after it, whoever of the clients had it.",
    );
}

/// What became of the rows.
pub fn ledger(html: &mut Html, ledger: &Ledger) {
    section(html, "ledger", "Ledger");
    table(html, "ledger", &["Transactions", "", "What became of them"]);
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
    for (what, number, became, bad) in rows {
        html.raw(if bad { "<tr class=\"bad\">" } else { "<tr>" });
        cell(html, "Transactions", what);
        cell(html, "Number", &said::count(number));
        cell(html, "Became", &became);
        html.raw("</tr>");
    }
    html.raw(END);
    if !ledger.named.is_empty() {
        html.raw("<ul class=\"named\">");
        for named in &ledger.named {
            html.raw("<li><code>").text(named).raw("</code></li>");
        }
        html.raw("</ul>");
    }
    html.raw("</section>");
}

fn lost(ledger: &Ledger) -> String {
    match ledger.lost {
        0 => "each of them is there, whole".to_owned(),
        lost => format!("{} not there, or not whole", said::count(lost)),
    }
}

/// Who was primary on which timeline.
pub fn timelines(html: &mut Html, timelines: &[Timeline]) {
    section(html, "timelines", "Timelines");
    table(html, "timelines", &["Timeline", "Primary", "Seen since"]);
    for timeline in timelines {
        html.raw("<tr>");
        cell(html, "Timeline", &timeline.timeline.to_string());
        cell(html, "Primary", &timeline.node);
        cell(html, "Seen since", &said::moment(timeline.from));
        html.raw("</tr>");
    }
    html.raw(END).raw("</section>");
}

/// When the nodes were writable at once, in words.
pub fn two_primaries(html: &mut Html, words: &[String]) {
    section(html, "two-primaries", "Two primaries");
    html.raw("<ul class=\"named bad\">");
    for words in words {
        html.raw("<li>").say(words).raw("</li>");
    }
    html.raw("</ul></section>");
}

/// Whether the cluster is what it was.
pub fn fingerprint(html: &mut Html, fingerprint: &Fingerprint) {
    section(html, "fingerprint", "Is the cluster what it was?");
    let differs = fingerprint.differs();
    let facts = said::many(fingerprint.before.len() as u64, "fact", "facts");
    if differs.is_empty() {
        html.raw("<p>")
            .say(&format!(
                "Yes: {facts} from before the fault hold again at the end."
            ))
            .raw("</p><details><summary>")
            .say("All of them")
            .raw("</summary>");
        table(html, "facts", &["Fact", "Value"]);
        for (fact, value) in &fingerprint.after {
            html.raw("<tr>");
            cell(html, "Fact", fact);
            cell(html, "Value", value);
            html.raw("</tr>");
        }
        html.raw(END).raw("</details></section>");
        return;
    }
    html.raw("<p>")
        .say(&format!(
            "No. Of {facts} from before the fault, these differ:"
        ))
        .raw("</p>");
    table(html, "facts", &["Fact", "Before", "At the end"]);
    for fact in differs {
        let said = |facts: &std::collections::BTreeMap<String, String>| {
            facts.get(fact).map_or("–".to_owned(), Clone::clone)
        };
        html.raw("<tr class=\"bad\">");
        cell(html, "Fact", fact);
        cell(html, "Before", &said(&fingerprint.before));
        cell(html, "At the end", &said(&fingerprint.after));
        html.raw("</tr>");
    }
    html.raw(END).raw("</section>");
}
