//! A drill's report as one page that needs nothing else: verdict, drawing, tables, quotes.
//!
//! What the page is made of is data here; how it looks stands in `html/`, `page.css` and `page.js`.

mod axis;
mod curves;
mod language;
mod lesson;
mod nodes;
mod quoted;
mod russian;
mod tables;
mod template;
mod timeline;
mod verdict;

use super::report::{Load, Report};
use super::said;
pub use language::Language;
pub use lesson::lesson;
use quoted::{Noted, Quote};
use serde::Serialize;
use tables::Tables;
use timeline::Drawing;
use verdict::Number;

/// What every page tells of a report.
#[derive(Serialize)]
struct Told<'a> {
    title: String,
    report: &'a Report,
    /// A number that JSON and floats would not hold.
    seed: String,
    facts: Vec<String>,
    sentence: &'static str,
    numbers: Vec<Number>,
    drawing: Option<Drawing<'a>>,
    tables: Tables<'a>,
    lines: Vec<Noted<'a>>,
    commands: Vec<Quote<'a>>,
    data: minijinja::Value,
}

impl<'a> Told<'a> {
    fn of(report: &'a Report, title: String, language: Language) -> Self {
        Self {
            title,
            report,
            seed: report.seed.to_string(),
            facts: facts(report),
            sentence: report.verdict.sentence(),
            numbers: verdict::numbers(report),
            drawing: timeline::drawing(report),
            tables: Tables::of(report),
            lines: Noted::all(&report.log),
            commands: report.commands.iter().map(Quote::folded).collect(),
            data: template::json(&data(report, language)),
        }
    }
}

/// The whole page.
pub fn page(report: &Report) -> String {
    let title = format!("{} on {}", report.scenario, report.topology);
    let language = Language::default();
    template::page("drill.html", language, Told::of(report, title, language))
}

/// Where, when, with what.
fn facts(report: &Report) -> Vec<String> {
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
    facts.retain(|fact| !fact.is_empty());
    facts
}

fn load(load: &Load) -> String {
    let clients = said::many(load.clients as u64, "client", "clients");
    match load.scale {
        Some(scale) => format!("{clients} of {}, scale {scale}", load.kind),
        None => clients,
    }
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
