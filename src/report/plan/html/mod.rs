//! A plan as one page that needs nothing else: what it comes to, a grid of tasks and hosts, and each
//! task to unfold.

mod grid;
mod task;

use super::document::{Document, Mark};
use crate::report::html::{Html, STYLE};
use crate::report::span::span;
use crate::report::tally::count;
use crate::report::thing::Thing;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

const OWN_STYLE: &str = include_str!("plan.css");
const SCRIPT: &str = include_str!("plan.js");

/// Up to how many tasks are unfolded from the start.
const FEW: usize = 8;

/// The whole page.
pub fn page(document: &Document) -> String {
    let mut html = Html::default();
    head(&mut html, document);
    verdict(&mut html, document);
    notes(&mut html, document);
    losses(&mut html, document);
    unknown(&mut html, document);
    let told = document.told_tasks().count();
    if told > 0 {
        grid::draw(&mut html, document);
        html.raw("<section id=\"tasks\"><h2>Task by task</h2>");
        for (play, task) in document.told_tasks() {
            let open = told <= FEW || task.takes_away() || task.fails();
            task::fold(&mut html, &play.name, task, &document.hosts(), open);
        }
        html.raw("</section>");
    }
    foot(&mut html, document);
    html.finish()
}

/// What a browser may do for this page: show it, and run its own script.
fn policy() -> String {
    let sum = |texts: &[&str]| {
        let mut sum = Sha256::new();
        for text in texts {
            sum.update(text);
        }
        format!("'sha256-{}'", BASE64_STANDARD.encode(sum.finalize()))
    };
    format!(
        "default-src 'none'; style-src {}; script-src {}; img-src data:; base-uri 'none'; \
         form-action 'none'",
        sum(&[STYLE, OWN_STYLE]),
        sum(&[SCRIPT])
    )
}

fn head(html: &mut Html, document: &Document) {
    html.raw("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" content=\"")
        .text(&policy())
        .raw("\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\"><meta name=\"robots\" content=\"noindex\"><title>Plan of ")
        .text(&document.playbook)
        .raw("</title><link rel=\"icon\" href=\"data:,\"><style>")
        .raw(STYLE)
        .raw(OWN_STYLE)
        .raw("</style></head><body><header><p class=\"kind\">Plan</p><h1>")
        .text(&document.playbook)
        .raw("</h1><p class=\"facts\">");
    let facts = [
        count(document.hosts().len(), "host"),
        document.began.strftime("%Y-%m-%d %H:%M UTC").to_string(),
        format!("took {}", span(document.elapsed)),
        format!("trueup {}", env!("CARGO_PKG_VERSION")),
    ];
    for fact in &facts {
        html.raw("<span>").text(fact).raw("</span> ");
    }
    html.raw("</p></header><main>");
}

/// What the plan comes to, in a sentence and in numbers.
fn verdict(html: &mut Html, document: &Document) {
    let sum = document.tally.sum();
    let losses = document.foremost.losses().count();
    let broken = sum.failed + sum.unreachable > 0 || document.interrupted;
    let (class, words) = if document.interrupted {
        (
            "verdict failed",
            "This plan was interrupted, and is not whole.",
        )
    } else if broken {
        (
            "verdict failed",
            "This plan is not whole: a host failed or could not be reached.",
        )
    } else if losses > 0 {
        ("verdict warned", "Something is taken away or stopped.")
    } else if sum.things + sum.unknown == 0 {
        (
            "verdict passed",
            "All is as declared: there is nothing to change.",
        )
    } else {
        ("verdict passed", "Nothing is taken away or stopped.")
    };
    html.raw("<div class=\"")
        .raw(class)
        .raw("\"><p class=\"word\">")
        .text(words)
        .raw("</p></div><dl class=\"numbers\">");
    number(html, "", sum.things, "to change", &sum.kinds);
    let bad = if losses > 0 { "bad" } else { "" };
    number(html, bad, losses, "taken away or stopped", "");
    number(html, "", sum.unknown, "can't be known yet", "");
    number(html, "", sum.as_declared, "as declared", "");
    for (hosts, words) in [(sum.failed, "failed"), (sum.unreachable, "unreachable")] {
        if hosts > 0 {
            number(html, "bad", hosts, words, "");
        }
    }
    html.raw("</dl>");
}

fn number(html: &mut Html, class: &'static str, number: usize, words: &str, beside: &str) {
    html.raw("<div class=\"").raw(class).raw("\"><dt>");
    html.text(words).raw("</dt><dd>").text(&number.to_string());
    if !beside.is_empty() {
        html.raw("<small>").text(beside).raw("</small>");
    }
    html.raw("</dd></div>");
}

/// Gates that do not hold, and what is wrong with the input.
fn notes(html: &mut Html, document: &Document) {
    for note in &document.notes {
        html.raw("<pre class=\"note-block\">")
            .text(note)
            .raw("</pre>");
    }
}

fn losses(html: &mut Html, document: &Document) {
    let mut losses = document.foremost.losses().peekable();
    if losses.peek().is_none() {
        return;
    }
    html.raw("<section id=\"losses\"><h2>Taken away or stopped</h2><ul class=\"first\">");
    for loss in losses {
        html.raw("<li class=\"loss\"><p>");
        task::thing(html, &loss.thing);
        html.raw("</p><p class=\"of\">on <b>")
            .text(&loss.hosts.join(", "));
        html.raw("</b>, by <a href=\"#t")
            .text(&loss.task.id.to_string())
            .raw("\">")
            .text(&loss.task.name)
            .raw("</a></p></li>");
    }
    html.raw("</ul></section>");
}

fn unknown(html: &mut Html, document: &Document) {
    let unknown = document.foremost.unknown();
    if unknown.is_empty() {
        return;
    }
    html.raw("<section id=\"unknown\"><h2>Can’t be known yet</h2><ul class=\"first\">");
    for of_one in unknown.chunk_by(|one, next| one.until == next.until) {
        html.raw("<li><p>");
        sign(html, Mark::Unknown);
        html.raw("until <b>").text(of_one[0].until).raw("</b></p>");
        for one in of_one {
            html.raw("<p class=\"of\">on <b>")
                .text(&one.hosts.join(", "))
                .raw("</b>: ");
            for (index, task) in one.tasks.iter().enumerate() {
                html.raw(if index > 0 { ", " } else { "" })
                    .raw("<a href=\"#t")
                    .text(&task.id.to_string())
                    .raw("\">")
                    .text(&task.name)
                    .raw("</a>");
            }
            html.raw("</p>");
        }
        html.raw("</li>");
    }
    html.raw("</ul></section>");
}

fn foot(html: &mut Html, document: &Document) {
    let sum = document.tally.sum();
    html.raw("</main><footer>");
    let next = if document.interrupted || sum.failed + sum.unreachable > 0 {
        Some(format!("trueup plan {}", document.arguments))
    } else {
        (sum.things + sum.unknown > 0).then(|| document.next())
    };
    if let Some(next) = next {
        html.raw("<p>Next: <code>").text(&next).raw("</code></p>");
    }
    html.raw("<p>Nothing was changed for this page. What is secret is left out of it.</p></footer><script>")
        .raw(SCRIPT)
        .raw("</script></body></html>\n");
}

/// A sign, with its word for who does not see it.
fn sign(html: &mut Html, mark: Mark) {
    html.raw("<b class=\"sign ")
        .raw(class(mark))
        .raw("\" title=\"")
        .raw(word(mark))
        .raw("\">")
        .raw(written(mark))
        .raw("</b> ");
}

fn written(mark: Mark) -> &'static str {
    match mark {
        Mark::Failed => "!",
        Mark::Remove => "−",
        Mark::Modify => "~",
        Mark::Add => "+",
        Mark::Run => "&gt;",
        Mark::Unknown => "?",
    }
}

fn class(mark: Mark) -> &'static str {
    match mark {
        Mark::Failed => "is-failed",
        Mark::Remove => "is-gone",
        Mark::Modify => "is-changed",
        Mark::Add => "is-new",
        Mark::Run => "is-run",
        Mark::Unknown => "is-unknown",
    }
}

fn word(mark: Mark) -> &'static str {
    match mark {
        Mark::Failed => "fails",
        Mark::Remove => "will be taken away",
        Mark::Modify => "will be changed",
        Mark::Add => "will be made",
        Mark::Run => "will be run",
        Mark::Unknown => "can’t be known yet",
    }
}

/// All signs, in the order in which they are explained.
const MARKS: [Mark; 5] = [
    Mark::Add,
    Mark::Modify,
    Mark::Remove,
    Mark::Run,
    Mark::Unknown,
];

impl Thing {
    fn is_many(&self) -> bool {
        self.what.lines().nth(1).is_some()
    }
}
