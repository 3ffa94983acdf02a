//! The classroom's exercise as one page.

use super::html::Html;
use super::{facts, open, quoted, script, tables, timeline, verdict};
use crate::drill::lesson::{Lesson, Step};

/// The whole page.
pub fn lesson(lesson: &Lesson) -> String {
    let report = &lesson.drill;
    let mut html = Html::default();
    open(
        &mut html,
        &format!("Lab report: {} on {}", report.scenario, report.topology),
    );
    html.raw("<header><p class=\"kind\">Lab report</p><h1>A cluster is built, broken and mended</h1><p class=\"lead\">PostgreSQL over ");
    html.text(&report.topology).raw(". Every command is shown as it was typed, with what it printed; unfold it to read that.</p>");
    facts(&mut html, report);
    html.raw("</header><main>");
    let mut number = 0;
    for step in &lesson.before {
        number += 1;
        tell(&mut html, number, step);
    }
    number += 1;
    heading(&mut html, number, "The fault, under load");
    html.raw("<p>").text(&report.explained);
    html.raw(" Meanwhile clients write and read through the proxy and keep a ledger of every answer: acknowledged (it must be there ever after), refused (it must not be there), unknown (nobody answered; both is right). The drawing shows what they saw, and what each node was: where the hatched red begins, nobody could write, until another node was promoted and the proxy led clients there.</p>");
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
    html.raw("<p>What the servers wrote about it, by the hosts' own clocks: who noticed, who decided, who was promoted.</p></section>");
    quoted::log(&mut html, &report.log);
    number += 1;
    heading(
        &mut html,
        number,
        "Restored as a replica, then as the primary",
    );
    html.raw("<p>When its host has power again, the failed node first becomes a standby of the new primary: its old data is rewound where that can be, or copied anew, and what only it had is kept aside. Only then are the roles handed back as they are declared. Clients go on writing all the while.</p>");
    for command in &report.commands {
        quoted::quote(&mut html, command);
    }
    html.raw("</section>");
    tables::timelines(&mut html, &report.timelines);
    for step in &lesson.after {
        number += 1;
        tell(&mut html, number, step);
    }
    html.raw("</main><footer><p>The same again: <code>trueup drill lab-report -i ");
    html.text(&report.inventory).raw("</code></p></footer>");
    script(&mut html, report);
    html.finish()
}

fn heading(html: &mut Html, number: usize, title: &str) {
    html.raw("<section class=\"step\"><h2><span class=\"letter\">")
        .text(&number.to_string());
    html.raw("</span> ").text(title).raw("</h2>");
}

fn tell(html: &mut Html, number: usize, step: &Step) {
    heading(html, number, &step.title);
    html.raw("<p>").text(&step.seen).raw("</p>");
    for command in &step.commands {
        quoted::quote_open(html, command);
    }
    html.raw("</section>");
}
