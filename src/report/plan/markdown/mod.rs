//! A plan as a comment on a pull request, in GitHub's Markdown, which GitLab and Forgejo read too.

mod escape;

use super::document::{Document, Mark, Part, Said, Task};
use crate::report::thing::{Beside, DiffLine, NO_NEWLINE, Thing, diff, mark, value};
use anstream::adapter::strip_str;
use escape::{code, fence, prose};

/// How long a comment may be: GitHub takes 65,536 characters, and who posts it may have a word to add.
pub const LIMIT: usize = 65_000;

/// What is kept for the words on what is left out, and for the next command.
const END: usize = 2_000;

/// How much of one diff or message is shown, in lines and in characters.
const LINES: usize = 200;
const CHARACTERS: usize = 8_000;

/// How much of one name or path is shown in a list.
const NAME: usize = 300;

/// How many of the tasks that are left out are named.
const NAMED: usize = 10;

/// The comment.
pub fn comment(document: &Document) -> String {
    within(document, LIMIT)
}

/// The same in so many characters: what is taken away or stopped, and what fails, goes first.
fn within(document: &Document, limit: usize) -> String {
    let mut room = Room(limit.saturating_sub(END));
    let mut text = String::new();
    let title = format!("### Plan of {}\n\n", code(&document.playbook));
    room.add(&mut text, &title);
    let sum = strip_str(&document.tally.summary()).to_string();
    let sum = sum.trim_start_matches("Plan: ").to_owned();
    room.add(&mut text, &format!("**{}**\n", prose(&sum)));
    if document.interrupted {
        room.add(&mut text, "\n**It was interrupted, and is not whole.**\n");
    }
    room.list(&mut text, "Taken away or stopped", &losses(document));
    for note in &document.notes {
        room.add(&mut text, &format!("\n{}", fence("", &short(note.lines()))));
    }
    room.list(&mut text, "Can't be known yet", &unknown(document));
    let hosts = document.hosts();
    let tasks: Vec<&Task> = document.told_tasks().map(|(_, task)| task).collect();
    let mut order: Vec<usize> = (0..tasks.len()).collect();
    order.sort_by_key(|at| !(tasks[*at].takes_away() || tasks[*at].fails()));
    let mut folds: Vec<Option<String>> = vec![None; tasks.len()];
    for at in order {
        let mut fold = String::new();
        if room.add(&mut fold, &folded(tasks[at], &hosts)) {
            folds[at] = Some(fold);
        }
    }
    let left_out = |(at, fold): (usize, &Option<String>)| fold.is_none().then_some(tasks[at]);
    let left_out: Vec<&Task> = folds.iter().enumerate().filter_map(left_out).collect();
    if !tasks.is_empty() {
        text.push_str("\n#### Task by task\n\n");
    }
    text.extend(folds.iter().flatten().map(String::as_str));
    text + &missing(&left_out) + &next(document)
}

/// How many characters there is room for.
struct Room(usize);

impl Room {
    /// Adds the part, if it fits.
    fn add(&mut self, text: &mut String, part: &str) -> bool {
        let length = part.chars().count();
        let fits = length <= self.0;
        if fits {
            self.0 -= length;
            text.push_str(part);
        }
        fits
    }

    /// A list under a heading, as far as it fits, and how much does not.
    fn list(&mut self, text: &mut String, heading: &str, lines: &[String]) {
        let all = lines.len();
        if all == 0 {
            return;
        }
        self.add(text, &format!("\n#### {heading}\n\n"));
        let told = lines.iter().take_while(|line| self.add(text, line)).count();
        if told < all {
            text.push_str(&format!("- ... and {} more\n", all - told));
        }
    }
}

fn losses(document: &Document) -> Vec<String> {
    let losses = document.foremost.losses();
    let line = losses.map(|loss| {
        let hosts = prose(&brief(&loss.hosts.join(", ")));
        let task = prose(&brief(&loss.task.name));
        format!("- {} on {hosts} ({task})\n", thing(&loss.thing))
    });
    line.collect()
}

fn unknown(document: &Document) -> Vec<String> {
    let unknown = document.foremost.unknown();
    let line = unknown.iter().map(|unknown| {
        let tasks = unknown.names(|name| prose(&brief(name)));
        let until = prose(&brief(unknown.until));
        let hosts = prose(&brief(&unknown.hosts.join(", ")));
        format!("- `?` until {until}: {tasks} on {hosts}\n")
    });
    line.collect()
}

/// The beginning of a long name.
fn brief(text: &str) -> String {
    let mut chars = text.chars();
    let kept: String = chars.by_ref().take(NAME).collect();
    match chars.next() {
        Some(_) => kept + "…",
        None => kept,
    }
}

/// `~ /etc/motd mode: 0644 → 0600`
fn thing(thing: &Thing) -> String {
    let what = brief(thing.what.lines().next().unwrap_or_default());
    let mut text = format!("`{}` {}", mark(thing.sign), code(&what));
    let mut attributes = 0;
    for beside in &thing.beside {
        let is_attribute = matches!(beside, Beside::Attribute { .. });
        text.push_str(if is_attribute && attributes > 0 {
            ", "
        } else {
            " "
        });
        attributes += usize::from(is_attribute);
        text += &match beside {
            Beside::Note(words) => format!("({})", prose(&brief(words))),
            Beside::Empty => "(empty)".to_owned(),
            Beside::Unshown => "(the content is not shown)".to_owned(),
            Beside::Attribute { name, from, to } => {
                let shown = |text: &Option<String>| code(&brief(&value(text.as_deref())));
                let name = prose(name);
                if thing.is_new(from.as_deref()) {
                    format!("{name}: {}", shown(to))
                } else {
                    format!("{name}: {} → {}", shown(from), shown(to))
                }
            }
        };
    }
    text
}

/// A task to be unfolded.
fn folded(task: &Task, hosts: &[String]) -> String {
    let said = task.parts_by_hosts(hosts);
    let marks: Vec<&str> = task.marks().into_iter().map(written).collect();
    let whom: Vec<&str> = said
        .iter()
        .flat_map(|(hosts, _)| hosts.iter().map(String::as_str))
        .collect();
    let mut text = format!(
        "<details><summary><code>{}</code> <b>{}</b> · {}</summary>\n\n",
        marks.concat(),
        prose(&brief(&task.info.name)),
        prose(&brief(&whom.join(", ")))
    );
    for (hosts, parts) in &said {
        if said.len() > 1 {
            text += &format!("On {}:\n\n", prose(&brief(&hosts.join(", "))));
        }
        parts.iter().for_each(|one| part(&mut text, one));
        text.push('\n');
    }
    text + "</details>\n"
}

fn written(mark: Mark) -> &'static str {
    match mark {
        Mark::Failed => "!",
        Mark::Remove => "-",
        Mark::Modify => "~",
        Mark::Add => "+",
        Mark::Run => "&gt;",
        Mark::Unknown => "?",
    }
}

fn part(text: &mut String, part: &Part) {
    let of_item = match &part.item {
        Some(item) => format!(" ({})", prose(&brief(item))),
        None => String::new(),
    };
    match &part.said {
        Said::Differs(things, script) => {
            for one in things {
                *text += &format!("- {}\n", thing(one));
                for (before, after) in &one.texts {
                    let lines = diff(before, after).into_iter().map(written_line);
                    let lines: Vec<String> = lines.collect();
                    let lines = short(lines.iter().map(String::as_str));
                    *text += &format!("\n{}", fence("diff", &lines));
                }
                for past in &one.past {
                    *text += &format!("  - {}\n", prose(&brief(past)));
                }
            }
            if let Some(script) = script {
                *text += &format!("\n{}", fence("sh", &short(script.lines())));
            }
        }
        Said::Unknown { until, why } => {
            let (until, why) = (prose(&brief(until)), prose(&brief(why)));
            *text += &format!("- `?`{of_item} unknown until {until}: {why}\n");
        }
        Said::Failed { message, ignored } => {
            let word = if *ignored {
                "fails, which is ignored"
            } else {
                "fails"
            };
            let message = fence("", &short(message.trim_end().lines()));
            *text += &format!("- `!`{of_item} {word}:\n\n{message}");
        }
    }
}

fn written_line(line: DiffLine) -> String {
    match line {
        DiffLine::Hunk(text) => text,
        DiffLine::Gone(text) => format!("-{text}"),
        DiffLine::New(text) => format!("+{text}"),
        DiffLine::Same(text) => format!(" {text}"),
        DiffLine::NoNewline => NO_NEWLINE.to_owned(),
    }
}

/// As many lines as are shown, and how many are not.
fn short<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut room = CHARACTERS;
    let mut kept = Vec::new();
    let mut more = 0;
    for line in lines {
        let length = line.chars().count() + 1;
        if more > 0 || kept.len() == LINES || length > room {
            more += 1;
            continue;
        }
        room -= length;
        kept.push(line.to_owned());
    }
    if more > 0 {
        kept.push(format!("... {more} more lines"));
    }
    kept
}

/// What of the plan is not told here.
fn missing(tasks: &[&Task]) -> String {
    if tasks.is_empty() {
        return String::new();
    }
    let named = tasks.iter().take(NAMED);
    let named: Vec<String> = named
        .map(|task| prose(&task.info.name.chars().take(60).collect::<String>()))
        .collect();
    let more = match tasks.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "\n**{} of the tasks left out, for a comment has no more room:** {}{more}. The page of \
         `--html` holds them.\n",
        tasks.len(),
        named.join(", ")
    )
}

fn next(document: &Document) -> String {
    if document.interrupted || !document.tally.differs() {
        return String::new();
    }
    let words = brief(&document.next());
    format!("\nNext: {}\n", code(&words))
}

#[cfg(test)]
mod tests;
