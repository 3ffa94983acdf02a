//! What each node was over time, and where two were writable at once.

use super::axis::Axis;
use super::html::Html;
use super::timeline::{end, lane, plot, stretch};
use crate::drill::report::{Report, Span};

/// The lanes of the nodes, and above them what must never be.
pub fn draw(html: &mut Html, axis: Axis, report: &Report) {
    let both = at_once(&report.writable);
    if !both.is_empty() || !report.two_primaries.is_empty() {
        lane(html, "alarm", "Two primaries");
        plot(html);
        for (from, to) in &both {
            html.raw("<div class=\"both\"");
            stretch(html, axis, *from, *to);
            html.raw("></div>");
        }
        html.raw("<span class=\"words\" style=\"--at:");
        html.number(
            both.first()
                .map_or(0.0, |(from, to)| axis.percent(f64::midpoint(*from, *to))),
        );
        html.raw("\">")
            .say("two nodes were writable at once")
            .raw("</span>");
        end(html);
    }
    for node in &report.nodes {
        lane(html, "node", node);
        plot(html);
        for band in report.roles.iter().filter(|band| band.node == *node) {
            html.raw("<div class=\"band ")
                .raw(class(&band.role))
                .raw("\"");
            stretch(html, axis, band.from, band.to);
            html.raw(" title=\"")
                .say(&band.role)
                .raw("\"><i></i><span>");
            html.say(&band.role).raw("</span></div>");
        }
        for span in report.writable.iter().filter(|span| span.node == *node) {
            html.raw("<div class=\"writable\"");
            stretch(html, axis, span.from, span.to);
            html.raw(" title=\"").say("writable").raw("\"></div>");
        }
        for (from, to) in &both {
            html.raw("<div class=\"both\"");
            stretch(html, axis, *from, *to);
            html.raw("></div>");
        }
        end(html);
    }
}

/// What a colour means.
pub fn key(html: &mut Html, class: &'static str, words: &'static str) {
    html.raw("<span class=\"key ")
        .raw(class)
        .raw("\">")
        .say(words)
        .raw("</span>");
}

/// Which colour is which role.
pub fn keys(html: &mut Html) {
    html.raw("<div class=\"keys\">");
    let keys = [
        ("primary", "primary"),
        ("synchronous", "synchronous standby"),
        ("standby", "standby"),
        ("down", "down, its host answers"),
        ("silent", "silent"),
        ("writable-key", "took synchronous commits"),
    ];
    for (class, words) in keys {
        key(html, class, words);
    }
    html.raw("</div>");
}

/// The class of a role's band.
fn class(role: &str) -> &'static str {
    match role {
        "primary" => "primary",
        "synchronous" => "synchronous",
        "standby" => "standby",
        "down" => "down",
        _ => "silent",
    }
}

/// When at least two nodes were writable.
pub fn at_once(writable: &[Span]) -> Vec<(f64, f64)> {
    let mut both: Vec<(f64, f64)> = Vec::new();
    for (index, one) in writable.iter().enumerate() {
        for other in writable[index + 1..]
            .iter()
            .filter(|other| other.node != one.node)
        {
            let (from, to) = (one.from.max(other.from), one.to.min(other.to));
            if from < to {
                both.push((from, to));
            }
        }
    }
    both.sort_by(|a, b| a.0.total_cmp(&b.0));
    both
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_nodes_that_were_writable_at_once_are_seen() {
        let span = |node: &str, from, to| Span {
            node: node.to_owned(),
            from,
            to,
        };
        let in_turn = [
            span("a", 0.0, 5.0),
            span("b", 5.0, 9.0),
            span("a", 8.0, 8.0),
        ];
        assert_eq!(at_once(&in_turn), []);
        let twice = [
            span("a", 0.0, 5.0),
            span("b", 4.0, 9.0),
            span("a", 2.0, 3.0),
            span("c", 1.0, 2.0),
        ];
        assert_eq!(at_once(&twice), [(1.0, 2.0), (4.0, 5.0)]);
    }
}
