//! What others said: log lines of the hosts, commands and what they printed.

use super::html::Html;
use super::tables::{note, section};
use crate::drill::report::{Command, LogLine};
use crate::drill::said;

/// The words by which servers mark what went wrong.
const ALARMS: [&str; 6] = ["PANIC", "FATAL", "ERROR", "error", "failed", "CRITICAL"];

/// The log lines that matter.
pub fn log(html: &mut Html, lines: &[LogLine]) {
    section(html, "log", "What the servers wrote");
    html.raw("<ol class=\"log\">");
    for line in lines {
        let alarm = ALARMS.iter().any(|word| line.line.contains(word));
        html.raw(if alarm {
            "<li class=\"alarm\">"
        } else {
            "<li>"
        });
        html.raw("<span class=\"of\"><time>")
            .text(&said::moment(line.at));
        html.raw("</time> <b>")
            .text(&line.host)
            .raw("</b> ")
            .text(&line.source);
        html.raw("</span><code>")
            .text(line.line.trim_end())
            .raw("</code>");
        if !line.why.is_empty() {
            html.raw("<small>").say(&line.why).raw("</small>");
        }
        html.raw("</li>");
    }
    html.raw("</ol>");
    note(
        html,
        "Times are by the hosts' clocks, counted from the beginning of the drill.",
    );
}

/// The commands in their order.
pub fn commands(html: &mut Html, commands: &[Command]) {
    section(html, "commands", "What was typed");
    for command in commands {
        quote(html, command);
    }
    html.raw("</section>");
}

/// How much a command may have printed to be shown unfolded.
const SHORT: usize = 24;

/// A command, and what it printed to be unfolded; a failure is open.
pub fn quote(html: &mut Html, command: &Command) {
    fold(html, command, command.exit != Some(0));
}

/// The same, and what printed little is open too.
pub fn quote_open(html: &mut Html, command: &Command) {
    let short = command.output.lines().count() <= SHORT;
    fold(html, command, short || command.exit != Some(0));
}

fn fold(html: &mut Html, command: &Command, open: bool) {
    html.raw(if command.exit == Some(0) {
        "<details class=\"command\""
    } else {
        "<details class=\"command failed\""
    });
    html.raw(if open { " open>" } else { ">" });
    html.raw("<summary><code>")
        .text(&command.words)
        .raw("</code><span class=\"of\">");
    html.text(&said::moment(command.from)).raw(", ");
    html.say(&said::length(command.to - command.from)).raw(", ");
    let ended = match command.exit {
        Some(0) => "done".to_owned(),
        Some(code) => format!("exit {code}"),
        None => "ended by a signal".to_owned(),
    };
    html.say(&ended).raw("</span></summary><pre>");
    match command.output.trim_end() {
        "" => html.say("(it printed nothing)"),
        output => html.text(output),
    };
    html.raw("</pre></details>");
}
