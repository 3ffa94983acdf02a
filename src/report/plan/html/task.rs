//! One task: whom it is about, what differs there, and the texts.

use super::{Html, sign};
use crate::report::plan::document::{Mark, Part, Said, Task};
use crate::report::thing::{Beside, DiffLine, NO_NEWLINE, Thing, diff, value};

/// How many lines of a diff are shown: who has to read more of it reads it where the file is.
const LINES: usize = 1000;

/// The task to be unfolded, or unfolded from the start.
pub fn fold(html: &mut Html, play: &str, task: &Task, hosts: &[String], open: bool) {
    let info = &task.info;
    let loses = if task.takes_away() { " loses" } else { "" };
    html.raw("<details class=\"task")
        .raw(loses)
        .raw("\" id=\"t")
        .text(&info.id.to_string())
        .raw(if open { "\" open>" } else { "\">" })
        .raw("<summary><span class=\"signs\">");
    for mark in task.marks() {
        sign(html, mark);
    }
    html.raw("</span><span class=\"name\">")
        .text(&info.name)
        .raw("</span> <span class=\"of\">");
    let said = task.parts_by_hosts(hosts);
    let all: Vec<&str> = said
        .iter()
        .flat_map(|(hosts, _)| hosts.iter().map(String::as_str))
        .collect();
    html.text(&all.join(", "))
        .raw("</span></summary><div class=\"body\"><p class=\"place\">")
        .text(&info.place)
        .raw(" · ")
        .text(&info.module)
        .raw(" · ")
        .text(play);
    if info.handler {
        html.raw(" · handler");
    }
    html.raw("</p>");
    let several = said.len() > 1;
    for (hosts, parts) in said {
        html.raw("<div class=\"said\">");
        if several {
            html.raw("<p class=\"hosts\">")
                .text(&hosts.join(", "))
                .raw("</p>");
        }
        for one in parts {
            part(html, one);
        }
        html.raw("</div>");
    }
    html.raw("</div></details>");
}

fn part(html: &mut Html, part: &Part) {
    if let (Some(item), false) = (&part.item, matches!(part.said, Said::Differs(..))) {
        html.raw("<p class=\"item\">").text(item).raw("</p>");
    }
    match &part.said {
        Said::Differs(things, script) => {
            for one in things {
                html.raw("<p class=\"thing\">");
                thing(html, one);
                html.raw("</p>");
                if one.is_many() && script.is_none() {
                    html.raw("<pre>").text(&one.what).raw("</pre>");
                }
                for (before, after) in &one.texts {
                    texts(html, before, after);
                }
                for past in &one.past {
                    html.raw("<p class=\"past\">").text(past).raw("</p>");
                }
            }
            if let Some(script) = script {
                html.raw("<pre>").text(script).raw("</pre>");
            }
        }
        Said::Unknown { until, why } => {
            html.raw("<p class=\"thing\">");
            sign(html, Mark::Unknown);
            html.raw("unknown until <b>")
                .text(until)
                .raw("</b>: ")
                .text(why)
                .raw("</p>");
        }
        Said::Failed { message, ignored } => {
            html.raw("<p class=\"thing\">");
            sign(html, Mark::Failed);
            html.raw(if *ignored {
                "fails, which is ignored"
            } else {
                "fails"
            })
            .raw("</p><pre>")
            .text(message.trim_end())
            .raw("</pre>");
        }
    }
}

/// A thing in a line: its sign, what it is, and what stands beside it.
pub fn thing(html: &mut Html, thing: &Thing) {
    sign(html, thing.sign.into());
    html.raw("<code>")
        .text(thing.what.lines().next().unwrap_or_default())
        .raw("</code>");
    for beside in &thing.beside {
        html.raw(" <span class=\"beside\">");
        match beside {
            Beside::Note(words) => {
                html.raw("(").text(words).raw(")");
            }
            Beside::Empty => {
                html.raw("(empty)");
            }
            Beside::Unshown => {
                html.raw("(the content is not shown)");
            }
            Beside::Attribute { name, from, to } => {
                html.text(name).raw(": ");
                if !thing.is_new(from.as_deref()) {
                    html.raw("<del>").text(&value(from.as_deref()));
                    html.raw("</del> → ");
                }
                html.raw("<ins>").text(&value(to.as_deref())).raw("</ins>");
            }
        }
        html.raw("</span>");
    }
}

fn texts(html: &mut Html, before: &str, after: &str) {
    let lines = diff(before, after);
    if lines.is_empty() {
        return;
    }
    html.raw("<pre class=\"diff\">");
    for line in lines.iter().take(LINES) {
        let (open, text, close) = match line {
            DiffLine::Hunk(text) => ("<span class=\"hunk\">", text.as_str(), "</span>"),
            DiffLine::Gone(text) => ("<del>-", text.as_str(), "</del>"),
            DiffLine::New(text) => ("<ins>+", text.as_str(), "</ins>"),
            DiffLine::Same(text) => ("<span> ", text.as_str(), "</span>"),
            DiffLine::NoNewline => ("<span class=\"hunk\">", NO_NEWLINE, "</span>"),
        };
        // The newline is for who copies it, and for who has no style.
        html.raw(open).text(text).raw("\n").raw(close);
    }
    if lines.len() > LINES {
        let words = format!("... {} more lines", lines.len() - LINES);
        html.raw("<span class=\"hunk\">")
            .text(&words)
            .raw("</span>");
    }
    html.raw("</pre>");
}
