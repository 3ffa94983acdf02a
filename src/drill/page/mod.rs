//! A drill's report as one page that needs nothing else: verdict, drawing, tables, quotes.

mod axis;
mod curves;
mod html;
mod language;
mod lesson;
mod nodes;
mod quoted;
mod russian;
mod tables;
mod timeline;
mod verdict;

use super::report::{Load, Report};
use super::said;
use html::Html;
pub use language::Language;
pub use lesson::lesson;

/// The whole page.
pub fn page(report: &Report) -> String {
    let mut html = Html::default();
    head(&mut html, report);
    verdict::tell(&mut html, report);
    timeline::draw(&mut html, report);
    if !report.two_primaries.is_empty() {
        tables::two_primaries(&mut html, &report.two_primaries);
    }
    if !report.events.is_empty() {
        tables::events(&mut html, report);
    }
    if !report.phases.is_empty() {
        tables::phases(&mut html, &report.phases);
    }
    if !report.write_gaps.is_empty() || !report.read_gaps.is_empty() {
        tables::gaps(&mut html, report);
    }
    tables::ledger(&mut html, &report.ledger);
    if !report.timelines.is_empty() {
        tables::timelines(&mut html, &report.timelines);
    }
    if !report.fingerprint.before.is_empty() || !report.fingerprint.after.is_empty() {
        tables::fingerprint(&mut html, &report.fingerprint);
    }
    if !report.log.is_empty() {
        quoted::log(&mut html, &report.log);
    }
    if !report.commands.is_empty() {
        quoted::commands(&mut html, &report.commands);
    }
    foot(&mut html, report);
    html.finish()
}

/// All before the verdict: what was tried, where, with what.
fn head(html: &mut Html, report: &Report) {
    let what = format!("{} on {}", report.scenario, report.topology);
    open(html, &what);
    html.raw("<header><p class=\"kind\">Drill</p><h1>")
        .text(&report.scenario);
    html.raw("</h1><p class=\"lead\">")
        .text(&report.explained)
        .raw("</p>");
    facts(html, report);
    html.raw("</header><main>");
}

/// Where, when, with what.
fn facts(html: &mut Html, report: &Report) {
    html.raw("<p class=\"facts\">");
    let mut facts = vec![
        report.topology.clone(),
        report.inventory.clone(),
        load(&report.load),
        format!("seed {}", report.seed),
        said::date(report.began),
        format!("took {}", said::length(report.seconds)),
    ];
    let versions = report.versions.iter();
    facts.extend(versions.map(|(program, version)| format!("{program} {version}")));
    for fact in facts.iter().filter(|fact| !fact.is_empty()) {
        html.raw("<span>").say(fact).raw("</span> ");
    }
    html.raw("</p>");
}

/// Opens a document with the style that all pages share.
fn open(html: &mut Html, title: &str) {
    let language = html.language.code();
    html.raw("<!doctype html><html lang=\"")
        .raw(language)
        .raw("\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\"><title>");
    html.say(title)
        .raw("</title><link rel=\"icon\" href=\"data:,\"><style>");
    html.raw(crate::report::STYLE)
        .raw(include_str!("page.css"))
        .raw("</style></head><body>");
}

fn load(load: &Load) -> String {
    let clients = said::many(load.clients as u64, "client", "clients");
    match load.scale {
        Some(scale) => format!("{clients} of {}, scale {scale}", load.kind),
        None => clients,
    }
}

/// How to do it again, and what the drawing's cursor reads.
fn foot(html: &mut Html, report: &Report) {
    html.raw("</main><footer><p>The same again: <code>trueup drill ");
    html.text(&report.scenario)
        .raw(" -i ")
        .text(&report.inventory);
    html.raw(" --clients ")
        .text(&report.load.clients.to_string());
    html.raw(" --seed ")
        .text(&report.seed.to_string())
        .raw("</code></p></footer>");
    script(html, report);
}

/// What moves: the cursor of the drawing, and what it reads.
fn script(html: &mut Html, report: &Report) {
    let data = data(report, html.language);
    html.raw("<script type=\"application/json\" id=\"data\">")
        .json(&data);
    html.raw("</script><script>")
        .raw(include_str!("page.js"))
        .raw("</script></body></html>\n");
}

/// What is said of the moment under the cursor.
fn data(report: &Report, language: Language) -> serde_json::Value {
    let slices: Vec<_> = curves::merged(&report.slices)
        .into_iter()
        .map(|slice| {
            let rates = [
                slice.acknowledged,
                slice.refused,
                slice.unknown,
                slice.reads,
            ];
            let rates = rates.map(|number| curves::rate(&slice, number).round());
            serde_json::json!([slice.from, slice.from + slice.seconds, rates, slice.latency])
        })
        .collect();
    let phases = report.phases.iter();
    let roles = report.roles.iter();
    let words = ["/s", "acknowledged", "read", "refused", "unknown", "ms"];
    let words = words.map(|word| language.say(word));
    serde_json::json!({
        "end": timeline::axis(report).end(),
        "slices": slices,
        "phases": phases.map(|phase| (phase.from, phase.to, language.say(&phase.title))).collect::<Vec<_>>(),
        "roles": roles.map(|band| (band.from, band.to, &band.node, language.say(&band.role))).collect::<Vec<_>>(),
        "words": words,
    })
}
