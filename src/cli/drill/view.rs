//! A drill as a terminal shows it while it runs: what happened stays, and under it what is so now.

use super::now::Now;
use crate::drill::Told;
use crate::drill::report::{Command, Event, Verdict};
use crate::drill::said;
use crate::report::style::{BOLD, CYAN, DIM, GREEN, RED, YELLOW, paint};
use crate::report::{Screen, span, visible};
use anstyle::Style;
use indexmap::IndexMap;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Receiver;
use tokio::time::MissedTickBehavior;

/// How often what is so now is drawn anew.
const TICK: Duration = Duration::from_millis(200);
/// How often a line says what is so now, where nothing can be drawn anew.
const REMIND: f64 = 10.0;
/// How much of a failed command's output is shown.
const TAIL: usize = 12;
/// How much of what is being done is shown.
const ROOM: usize = 110;

/// Shows what a drill tells, until its end is told or nobody tells any more.
pub async fn show(mut told: Receiver<Told>) {
    let mut screen = Screen::stdout();
    let mut view = View::default();
    let begun = Instant::now();
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !view.ended {
        tokio::select! {
            told = told.recv() => match told {
                Some(told) => view.hear(told, screen.is_live()).iter().for_each(|line| screen.line(line)),
                None => break,
            },
            _ = ticks.tick() => {
                // The drill's own clock began a moment before; nobody reads tenths off this.
                let now = begun.elapsed().as_secs_f64();
                if screen.is_live() {
                    screen.draw(&view.region(now));
                } else if let Some(line) = view.reminder(now) {
                    screen.line(&line);
                }
            }
        }
    }
    screen.close();
}

/// What was told so far.
#[derive(Default)]
struct View {
    roles: IndexMap<String, String>,
    now: Now,
    doing: Option<String>,
    reminded: f64,
    ended: bool,
}

impl View {
    /// Takes it in; the lines that stay.
    fn hear(&mut self, told: Told, live: bool) -> Vec<String> {
        match told {
            Told::Began {
                scenario,
                explained,
                topology,
                nodes,
            } => {
                self.roles = nodes
                    .into_iter()
                    .map(|node| (node, String::new()))
                    .collect();
                vec![
                    paint(BOLD, format!("{scenario} on {topology}")),
                    explained,
                    String::new(),
                ]
            }
            Told::Phase { title, at, .. } => {
                self.doing = None;
                vec![format!("{} {}", clock(at), paint(BOLD, visible(&title)))]
            }
            Told::Event(event) => vec![happened(&event)],
            Told::Slice(slice) => self.now.hear(slice),
            Told::Role { node, role, at } => self.role(&node, role, at, live),
            Told::Doing(doing) => {
                self.doing = Some(doing);
                Vec::new()
            }
            Told::Command(command) => ran(&command),
            Told::Ended(verdict) => {
                self.ended = true;
                judged(&verdict)
            }
        }
    }

    /// What a node was at first goes without saying, and a terminal shows it all the time.
    fn role(&mut self, node: &str, role: String, at: f64, live: bool) -> Vec<String> {
        let colour = colour(&role);
        let line = format!(
            "{}   {node} is {}",
            clock(at),
            paint(colour, visible(&role))
        );
        let before = self.roles.insert(node.to_owned(), role);
        let new = before.is_none_or(|role| role.is_empty());
        if live || new { Vec::new() } else { vec![line] }
    }

    /// What is so now, for the lines that are drawn anew.
    fn region(&self, now: f64) -> Vec<String> {
        if self.ended {
            return Vec::new();
        }
        let mut lines = Vec::new();
        if self.now.is_known() {
            lines.push(format!(
                "{} {}  {}",
                clock(now),
                self.now.curve(),
                self.now.rates(now)
            ));
        }
        if self.roles.values().any(|role| !role.is_empty()) {
            lines.push(format!("       {}", self.nodes()));
        }
        if let Some(doing) = &self.doing {
            lines.push(paint(DIM, format!("       {}", brief(doing))));
        }
        lines
    }

    /// The same in one line, when it is due.
    fn reminder(&mut self, now: f64) -> Option<String> {
        if self.ended || now - self.reminded < REMIND {
            return None;
        }
        self.reminded = now;
        let mut words = Vec::new();
        if self.now.is_known() {
            words.push(self.now.rates(now));
        }
        if self.roles.values().any(|role| !role.is_empty()) {
            words.push(self.nodes());
        }
        words.extend(self.doing.as_deref().map(brief));
        (!words.is_empty()).then(|| paint(DIM, format!("... {} {}", clock(now), words.join(" | "))))
    }

    fn nodes(&self) -> String {
        let known = self.roles.iter().filter(|(_, role)| !role.is_empty());
        let nodes =
            known.map(|(node, role)| format!("{node} {}", paint(colour(role), visible(role))));
        nodes.collect::<Vec<_>>().join(", ")
    }
}

/// A moment, in a column of its own.
pub fn clock(at: f64) -> String {
    paint(DIM, format!("{:>6}", said::moment(at)))
}

fn happened(event: &Event) -> String {
    let style = match event.kind.as_str() {
        "fault" => RED,
        "asked" => BOLD,
        "promotion" => CYAN,
        "heal" | "restore" => GREEN,
        _ => DIM,
    };
    let host = event.host.as_ref().map(|host| format!("{host}: "));
    let words = format!("{}{}", host.unwrap_or_default(), visible(&event.words));
    format!("{}   {}", clock(event.at), paint(style, words))
}

/// A command that has ended, and of one that failed the end of what it printed.
fn ran(command: &Command) -> Vec<String> {
    let took = span(Duration::try_from_secs_f64(command.to - command.from).unwrap_or_default());
    let (style, ended) = match command.exit {
        Some(0) => (DIM, took),
        Some(code) => (RED, format!("exit {code} after {took}")),
        None => (RED, format!("ended by a signal after {took}")),
    };
    let words = visible(&command.words);
    let mut lines = vec![format!(
        "{}   $ {words}  {}",
        clock(command.from),
        paint(style, format!("({ended})"))
    )];
    if command.exit != Some(0) {
        let printed: Vec<&str> = command.output.trim_end().lines().collect();
        let tail = &printed[printed.len().saturating_sub(TAIL)..];
        lines.extend(
            tail.iter()
                .map(|line| paint(DIM, format!("         | {}", visible(line)))),
        );
    }
    lines
}

fn judged(verdict: &Verdict) -> Vec<String> {
    let style = if verdict.passed { GREEN } else { RED };
    let failures = verdict.failures.iter();
    let mut lines = vec![String::new(), paint(style, verdict.sentence())];
    lines.extend(failures.map(|failure| format!("  {} {}", paint(RED, "-"), visible(failure))));
    lines
}

fn colour(role: &str) -> Style {
    match role {
        "primary" => CYAN,
        "synchronous" | "standby" => GREEN,
        "down" => YELLOW,
        _ => RED,
    }
}

/// As much of the text as fits beside others.
fn brief(text: &str) -> String {
    let text = visible(text);
    if text.chars().count() <= ROOM {
        return text;
    }
    text.chars().take(ROOM - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::report::Slice;

    fn plain(lines: &[String]) -> String {
        anstream::adapter::strip_str(&lines.join("\n")).to_string()
    }

    fn slice(from: f64, acknowledged: u64, refused: u64) -> Told {
        Told::Slice(Slice {
            from,
            seconds: 0.5,
            acknowledged,
            refused,
            unknown: 0,
            reads: 450,
            failed_reads: 0,
            latency: None,
        })
    }

    fn began() -> Told {
        Told::Began {
            scenario: "primary-off".to_owned(),
            explained: "The primary loses its power.".to_owned(),
            topology: "pgpool".to_owned(),
            nodes: vec!["pg-a".to_owned(), "pg-b".to_owned()],
        }
    }

    fn role(node: &str, role: &str, at: f64) -> Told {
        Told::Role {
            node: node.to_owned(),
            role: role.to_owned(),
            at,
        }
    }

    #[test]
    fn what_happened_stays_in_plain_lines() {
        let mut view = View::default();
        let event = Told::Event(Event {
            at: 2.0,
            host: Some("pg-a".to_owned()),
            kind: "fault".to_owned(),
            words: "its power is cut\u{1b}[2J".to_owned(),
        });
        let phase = Told::Phase {
            name: "fault".to_owned(),
            title: "power off pg-a".to_owned(),
            at: 2.0,
        };
        let failed = Told::Command(Command {
            from: 9.0,
            to: 12.4,
            words: "trueup apply playbooks/restore-replica.yml".to_owned(),
            exit: Some(2),
            output: "TASK [rewind]\nfatal: no\n".to_owned(),
        });
        let told = [
            began(),
            role("pg-a", "primary", 0.1),
            slice(1.5, 200, 0),
            phase,
            event,
            slice(2.0, 0, 3),
            slice(2.5, 0, 0),
            slice(8.0, 100, 0),
            role("pg-a", "silent", 8.2),
            failed,
            Told::Ended(Verdict {
                passed: false,
                failures: vec!["3 rows are lost".to_owned()],
            }),
        ];
        let lines: Vec<String> = told
            .into_iter()
            .flat_map(|told| view.hear(told, false))
            .collect();
        insta::assert_snapshot!(plain(&lines).replace('\u{202f}', " "), @r"
        primary-off on pgpool
        The primary loses its power.

        0:02.0 power off pg-a
        0:02.0   pg-a: its power is cut\x1b[2J
        0:02.0   no write is acknowledged any more
        0:08.0   writes go on after about 6.0 s
        0:08.2   pg-a is silent
        0:09.0   $ trueup apply playbooks/restore-replica.yml  (exit 2 after 3.4s)
                 | TASK [rewind]
                 | fatal: no

        This does not hold:
          - 3 rows are lost
        ");
        assert!(view.region(20.0).is_empty());
    }

    #[test]
    fn what_is_so_now_is_drawn_small() {
        let mut view = View::default();
        let _ = view.hear(began(), true);
        assert!(view.region(0.0).is_empty());
        let _ = view.hear(role("pg-a", "primary", 0.1), true);
        let rates = [200, 200, 100, 50, 1, 0, 0, 0];
        for (from, rate) in (0u32..).zip(rates) {
            let _ = view.hear(
                slice(f64::from(from) / 2.0, rate, u64::from(rate == 0)),
                true,
            );
        }
        assert!(view.hear(role("pg-a", "silent", 3.0), true).is_empty());
        let _ = view.hear(Told::Doing("waiting for another primary".to_owned()), true);
        insta::assert_snapshot!(plain(&view.region(5.5)), @"
        0:05.5                                 ██▅▃▂▁▁▁  0/s written, 2/s refused, 900/s read, no write for 3.0s
               pg-a silent
               waiting for another primary
        ");
        insta::assert_snapshot!(plain(&Vec::from_iter(view.reminder(15.0))), @"... 0:15.0 0/s written, 2/s refused, 900/s read, no write for 12s | pg-a silent | waiting for another primary");
        assert!(view.reminder(16.0).is_none());
    }
}
