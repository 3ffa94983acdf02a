//! The classroom's exercise as one page.

use super::html::Html;
use super::language::Language;
use super::{facts, open, quoted, script, tables, timeline, verdict};
use crate::drill::lesson::{Lesson, Step};

/// The whole page, in that language. Commands and what they printed, log lines and what names a
/// failure stay as they are.
pub fn lesson(lesson: &Lesson, language: Language) -> String {
    let report = &lesson.drill;
    let mut html = Html::of(language);
    open(
        &mut html,
        &format!("Lab report: {} on {}", report.scenario, report.topology),
    );
    html.raw("<header><p class=\"kind\">")
        .say("Lab report")
        .raw("</p><h1>")
        .say("A cluster is built, broken and mended")
        .raw("</h1><p class=\"lead\">")
        .say(&format!(
            "PostgreSQL over {}. Every command is shown as it was typed, with what it printed; unfold it to read that.",
            report.topology
        ))
        .raw("</p>");
    facts(&mut html, report);
    html.raw("</header><main>");
    let mut number = 0;
    for step in &lesson.before {
        number += 1;
        tell(&mut html, number, step);
    }
    number += 1;
    heading(&mut html, number, "The fault, under load");
    html.raw("<p>").say(&report.explained).raw(" ");
    html.say("Meanwhile clients write and read through the proxy and keep a ledger of every answer: acknowledged (it must be there ever after), refused (it must not be there), unknown (nobody answered; both is right). The drawing shows what they saw, and what each node was: where the hatched red begins, nobody could write, until another node was promoted and the proxy led clients there.").raw("</p>");
    verdict::tell(&mut html, report);
    timeline::draw(&mut html, report);
    html.raw("</section>");
    if !report.events.is_empty() {
        tables::events(&mut html, report);
    }
    tables::phases(&mut html, &report.phases);
    tables::ledger(&mut html, &report.ledger);
    number += 1;
    heading(&mut html, number, "The log lines that matter");
    html.raw("<p>").say("What the servers wrote about it, by the hosts' own clocks: who noticed, who decided, who was promoted.").raw("</p></section>");
    quoted::log(&mut html, &report.log);
    number += 1;
    heading(
        &mut html,
        number,
        "Restored as a replica, then as the primary",
    );
    html.raw("<p>").say("When its host has power again, the failed node first becomes a standby of the new primary: its old data is rewound where that can be, or copied anew, and what only it had is kept aside. Only then are the roles handed back as they are declared. Clients go on writing all the while.").raw("</p>");
    for command in &report.commands {
        quoted::quote(&mut html, command);
    }
    html.raw("</section>");
    tables::timelines(&mut html, &report.timelines);
    for step in &lesson.after {
        number += 1;
        tell(&mut html, number, step);
    }
    html.raw("</main><footer><p>")
        .say("The same again:")
        .raw(" <code>trueup drill lab-report -i ")
        .text(&report.inventory);
    if language != Language::default() {
        html.raw(" --language ").raw(language.code());
    }
    html.raw("</code></p></footer>");
    script(&mut html, report);
    html.finish()
}

fn heading(html: &mut Html, number: usize, title: &str) {
    html.raw("<section class=\"step\"><h2><span class=\"letter\">")
        .text(&number.to_string());
    html.raw("</span> ").say(title).raw("</h2>");
}

fn tell(html: &mut Html, number: usize, step: &Step) {
    heading(html, number, &step.title);
    html.raw("<p>").say(&step.seen).raw("</p>");
    for command in &step.commands {
        quoted::quote_open(html, command);
    }
    html.raw("</section>");
}
