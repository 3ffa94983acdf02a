//! The whole plan at a glance: a row a task, a column a host, and in the cell the signs.

use super::{Html, MARKS, class, sign, word, written};
use crate::report::plan::document::{Document, Ended, Mark, Play, Task};
use crate::report::tally::count;

/// From how many hosts on their names stand upright.
const MANY: usize = 6;

/// Draws it, with the field that searches it.
pub fn draw(html: &mut Html, document: &Document) {
    html.raw("<section id=\"grid\"><h2>Tasks and hosts</h2><form class=\"find\" hidden><input type=\"search\" aria-label=\"Find\" placeholder=\"Find a task, a host, a path\" autocomplete=\"off\"><button type=\"button\">Unfold all</button><output></output></form><p class=\"legend\">");
    let fails = document.told_tasks().any(|(_, task)| task.fails());
    for mark in MARKS.into_iter().chain(fails.then_some(Mark::Failed)) {
        html.raw("<span>");
        sign(html, mark);
        html.raw(word(mark)).raw("</span> ");
    }
    html.raw("<span><b class=\"sign is-same\">·</b> as declared</span></p><div class=\"scroll\"><table class=\"");
    let mut hosts = document.hosts();
    hosts.retain(|host| {
        document
            .told_tasks()
            .any(|(_, task)| task.hosts.contains_key(host))
    });
    html.raw(if hosts.len() >= MANY { "upright" } else { "" });
    html.raw("\"><thead><tr><th scope=\"col\">Task</th>");
    for host in &hosts {
        html.raw("<th scope=\"col\"><span>")
            .text(host)
            .raw("</span></th>");
    }
    html.raw("</tr></thead>");
    for play in document.plays.values() {
        if play.told_tasks().next().is_some() {
            body(html, play, &hosts);
        }
    }
    html.raw("</table></div></section>");
}

fn body(html: &mut Html, play: &Play, hosts: &[String]) {
    let width = (hosts.len() + 1).to_string();
    html.raw("<tbody><tr class=\"play\"><th scope=\"rowgroup\" colspan=\"")
        .text(&width)
        .raw("\">")
        .text(&play.name);
    let quiet = play.tasks.len() - play.told_tasks().count();
    if quiet > 0 {
        let words = format!("and {} with nothing to do", count(quiet, "task"));
        html.raw(" <small>").text(&words).raw("</small>");
    }
    html.raw("</th></tr>");
    for task in play.told_tasks() {
        row(html, task, hosts);
    }
    html.raw("</tbody>");
}

fn row(html: &mut Html, task: &Task, hosts: &[String]) {
    let id = task.info.id.to_string();
    html.raw("<tr data-task=\"t")
        .text(&id)
        .raw("\"><th scope=\"row\"><a href=\"#t")
        .text(&id)
        .raw("\">")
        .text(&task.info.name)
        .raw("</a></th>");
    for host in hosts {
        match task.hosts.get(host) {
            Some(ended) if !ended.parts.is_empty() => cell(html, ended),
            Some(ended) if !ended.skipped => {
                html.raw("<td><span class=\"sign is-same\" title=\"as declared\">·</span></td>");
            }
            _ => {
                html.raw("<td></td>");
            }
        }
    }
    html.raw("</tr>");
}

fn cell(html: &mut Html, ended: &Ended) {
    let marks = ended.marks();
    html.raw("<td><span class=\"sign ");
    let first = if ended.takes_away {
        Some(Mark::Remove)
    } else {
        marks.first().copied()
    };
    html.raw(first.map_or("is-same", class)).raw("\" title=\"");
    for (index, mark) in marks.iter().enumerate() {
        html.raw(if index > 0 { ", " } else { "" }).raw(word(*mark));
    }
    html.raw("\">");
    for mark in marks {
        html.raw(written(mark));
    }
    html.raw("</span></td>");
}
