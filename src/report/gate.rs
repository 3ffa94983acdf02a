//! What is told of a play's order and of a gate that does not hold.

use super::style::{CYAN, GREEN, RED, YELLOW, paint};
use super::visible::visible;
use crate::engine::Event;
use crate::facts::pg_recovery::Recovery;
use crate::model::Moment;
use indexmap::IndexMap;

/// In which order a play takes its hosts, and why.
pub fn order(hosts: &[(String, Recovery)]) -> String {
    let word = |(host, recovery): &(String, Recovery)| match recovery {
        Recovery::Silent(why) => {
            let why = why.lines().next().unwrap_or_default();
            format!(
                "{host} {}",
                paint(RED, format!("(silent: {})", visible(why)))
            )
        }
        Recovery::Standby => format!("{host} {}", paint(CYAN, "(standby)")),
        Recovery::Primary => format!("{host} {}", paint(YELLOW, "(primary)")),
    };
    let words: Vec<String> = hosts.iter().map(word).collect();
    format!("order: {}", words.join(", "))
}

/// Which gate does not hold, and how far the play came. `plays` are those that run now.
pub fn closed(event: &Event, plays: &IndexMap<usize, String>) -> Vec<String> {
    let Event::GateClosed {
        play,
        moment,
        batch,
        failed,
        done,
        not_begun,
    } = event
    else {
        return Vec::new();
    };
    let name = plays.get(play).map_or("", String::as_str);
    let head = format!(
        "The gate {} {} does not hold: {} failed. The play [{}] ends for all its hosts.",
        moment.word(),
        batch.join(", "),
        failed.join(", "),
        visible(name)
    );
    let mut lines = vec![paint(RED, head)];
    let mut list = |word: &str, hosts: &[String], style| {
        if !hosts.is_empty() {
            lines.push(format!("  {}: {}", paint(style, word), hosts.join(", ")));
        }
    };
    list("done", done, GREEN);
    if *moment == Moment::After {
        list("begun, not shown to be well", batch, RED);
    }
    list("not begun", not_begun, CYAN);
    lines
}
