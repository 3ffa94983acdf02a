//! The classroom's exercise as one page.

use super::language::Language;
use super::quoted::Quote;
use super::{Told, template};
use crate::drill::lesson::{Lesson, Step};
use serde::Serialize;

/// A step of the exercise.
#[derive(Serialize)]
struct Shown<'a> {
    number: usize,
    title: &'a str,
    seen: &'a str,
    commands: Vec<Quote<'a>>,
}

/// Steps, the first of which has this number.
fn shown(first: usize, steps: &[Step]) -> Vec<Shown<'_>> {
    let mut shown = Vec::new();
    for (number, step) in (first..).zip(steps) {
        shown.push(Shown {
            number,
            title: &step.title,
            seen: &step.seen,
            commands: step.commands.iter().map(Quote::open).collect(),
        });
    }
    shown
}

#[derive(Serialize)]
struct View<'a> {
    lead: String,
    before: Vec<Shown<'a>>,
    after: Vec<Shown<'a>>,
    #[serde(flatten)]
    told: Told<'a>,
}

/// The whole page, in that language. Commands and what they printed, log lines and what names a
/// failure stay as they are.
pub fn lesson(lesson: &Lesson, language: Language) -> String {
    let report = &lesson.drill;
    let title = format!("Lab report: {} on {}", report.scenario, report.topology);
    let lead = format!(
        "PostgreSQL over {}. Every command is shown as it was typed, with what it printed; unfold it to read that.",
        report.topology
    );
    let view = View {
        lead,
        before: shown(1, &lesson.before),
        // The fault, the log lines and the restore come between.
        after: shown(lesson.before.len() + 4, &lesson.after),
        told: Told::of(report, title, language),
    };
    template::page("lesson.html", language, view)
}
