//! What a run comes to: the summary that ends a plan, and the recap that ends an apply.

use super::span::span;
use super::style::{CYAN, GREEN, MAGENTA, RED, YELLOW, paint};
use super::visible::visible;
use crate::engine::{Outcome, Recap};
use crate::modules::{Change, Sign};
use anstyle::Style;
use indexmap::{IndexMap, IndexSet};
use std::time::Duration;

/// Counts while a run goes on.
#[derive(Default)]
pub struct Tally {
    hosts: IndexSet<String>,
    /// Things that differ, each once for a task and host.
    things: IndexSet<(usize, String, String)>,
    unknown: usize,
    as_declared: usize,
    failed: usize,
    unreachable: usize,
}

/// What a plan comes to.
pub struct Sum {
    /// Things that differ.
    pub things: usize,
    /// `5 files, 3 packages`
    pub kinds: String,
    /// What can't be known, tasks and hosts.
    pub unknown: usize,
    /// What is as declared, tasks and hosts.
    pub as_declared: usize,
    /// What failed, tasks and hosts.
    pub failed: usize,
    /// Hosts that could not be reached.
    pub unreachable: usize,
}

impl Tally {
    /// A play has these hosts.
    pub fn hosts(&mut self, hosts: &[String]) {
        self.hosts.extend(hosts.iter().cloned());
    }

    /// The place of a host among those that the plays named so far.
    pub fn rank(&self, host: &str) -> usize {
        self.hosts.get_index_of(host).unwrap_or(usize::MAX)
    }

    /// All hosts that the plays named so far.
    pub fn all_hosts(&self) -> Vec<String> {
        self.hosts.iter().cloned().collect()
    }

    /// A task ended on a host.
    pub fn count(&mut self, task: usize, host: &str, outcome: &Outcome) {
        match outcome {
            Outcome::Ok | Outcome::Waits { .. } => self.as_declared += 1,
            Outcome::Changed(changes) => self.things.extend(
                changes
                    .iter()
                    .map(|change| (task, host.to_owned(), thing(change))),
            ),
            Outcome::Unknown { .. } => self.unknown += 1,
            Outcome::Failed { ignored: false, .. } => self.failed += 1,
            Outcome::Unreachable { ignored: false, .. } => self.unreachable += 1,
            Outcome::Skipped(_) | Outcome::Failed { .. } | Outcome::Unreachable { .. } => {}
        }
    }

    /// Whether something differs.
    pub fn differs(&self) -> bool {
        !self.things.is_empty() || self.unknown > 0
    }

    /// What the plan comes to.
    pub fn sum(&self) -> Sum {
        Sum {
            things: self.things.len(),
            kinds: self.kinds(),
            unknown: self.unknown,
            as_declared: self.as_declared,
            failed: self.failed,
            unreachable: self.unreachable,
        }
    }

    /// `Plan: 3 hosts: 12 to change (5 files, 3 packages), 2 unknown, 40 as declared.`
    pub fn summary(&self) -> String {
        let mut parts = Vec::new();
        if !self.things.is_empty() {
            let words = format!("{} to change ({})", self.things.len(), self.kinds());
            parts.push(paint(YELLOW, words));
        } else if self.unknown + self.failed + self.unreachable == 0 {
            parts.push(paint(GREEN, "nothing to change"));
        }
        let mut part = |count: usize, words: &str, style: Style| {
            if count > 0 {
                parts.push(paint(style, format!("{count} {words}")));
            }
        };
        part(self.unknown, "unknown", MAGENTA);
        part(self.failed, "failed", RED);
        part(self.unreachable, "unreachable", RED);
        part(self.as_declared, "as declared", GREEN);
        format!(
            "Plan: {}: {}.",
            count(self.hosts.len(), "host"),
            parts.join(", ")
        )
    }

    fn kinds(&self) -> String {
        let mut kinds: IndexMap<&str, usize> = IndexMap::new();
        for (.., thing) in &self.things {
            *kinds.entry(kind(thing)).or_default() += 1;
        }
        kinds.sort_by(|_, a, _, b| b.cmp(a));
        let words = kinds
            .iter()
            .map(|(kind, number)| count(*number, &visible(kind)));
        words.collect::<Vec<_>>().join(", ")
    }
}

/// What a change is about, so that two changes to one thing count once.
fn thing(change: &Change) -> String {
    if change.sign == Sign::Run {
        format!("run {}", change.what)
    } else {
        change.what.clone()
    }
}

/// The kind of thing, from the words that name it: a path is a file, `package x` is a package.
fn kind(thing: &str) -> &str {
    if thing.starts_with('/') {
        return "file";
    }
    let kind = match thing.split_once(' ') {
        // `Patroni's cluster` is a cluster.
        Some((owner, owned)) if owner.ends_with("'s") => owned,
        Some((kind, _)) => kind,
        None => thing,
    };
    // What `no_log` hides is named by its module, maybe with a collection.
    kind.rsplit('.').next().unwrap_or(kind)
}

/// `1 file`, `2 files`, `3 entries`.
pub fn count(number: usize, word: &str) -> String {
    match (number, word.strip_suffix('y')) {
        (1, _) => format!("1 {word}"),
        (_, Some(stem)) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{number} {stem}ies"),
        _ => format!("{number} {word}s"),
    }
}

/// A line a host, aligned as Ansible aligns them.
pub fn recap(hosts: &[(String, Recap)]) -> String {
    let width = hosts
        .iter()
        .map(|(host, _)| host.chars().count())
        .max()
        .unwrap_or(0)
        .max(26);
    let line = |(host, recap): &(String, Recap)| {
        let colour = match recap {
            Recap {
                unreachable: 1.., ..
            }
            | Recap { failed: 1.., .. } => RED,
            Recap { changed: 1.., .. } => YELLOW,
            _ => GREEN,
        };
        let fields = [
            ("ok", recap.ok, GREEN),
            ("changed", recap.changed, YELLOW),
            ("unreachable", recap.unreachable, RED),
            ("failed", recap.failed, RED),
            ("skipped", recap.skipped, CYAN),
            ("rescued", recap.rescued, YELLOW),
            ("ignored", recap.ignored, MAGENTA),
        ]
        .map(|(word, number, colour)| {
            let field = format!("{word}={number:<4}");
            if number > 0 {
                paint(colour, field)
            } else {
                field
            }
        });
        let line = format!(
            "{} : {}",
            paint(colour, format!("{host:width$}")),
            fields.join(" ")
        );
        line.trim_end().to_owned()
    };
    hosts.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// What an apply came to, in a sentence.
pub fn closing(hosts: &[(String, Recap)], elapsed: Duration, interrupted: bool) -> String {
    let sum =
        |field: fn(&Recap) -> usize| hosts.iter().map(|(_, recap)| field(recap)).sum::<usize>();
    let unreachable = sum(|recap| recap.unreachable);
    let failed = hosts.iter().filter(|(_, recap)| recap.failed > 0).count();
    let changed = sum(|recap| recap.changed);
    let on = count(hosts.len(), "host");
    let after = span(elapsed);
    if interrupted {
        return paint(
            RED,
            format!("Interrupted after {after}: the rest was not started."),
        );
    }
    match (failed, unreachable, changed) {
        (0, 0, 0) => paint(
            GREEN,
            format!("Nothing changed: {on} as declared, in {after}."),
        ),
        (0, 0, _) => paint(
            GREEN,
            format!("Done: {} on {on}, in {after}.", count(changed, "change")),
        ),
        (_, 0, _) => paint(RED, format!("{failed} of {on} failed, after {after}.")),
        (0, _, _) => paint(
            RED,
            format!("{unreachable} of {on} could not be reached, after {after}."),
        ),
        _ => paint(
            RED,
            format!(
                "{failed} of {on} failed and {unreachable} could not be reached, after {after}."
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn a_thing_with_two_changes_counts_once() {
        let mut tally = Tally::default();
        tally.hosts(&["pg-a".to_owned(), "pg-b".to_owned()]);
        let motd = |what: &str| Change::attribute("/etc/motd", what, None, None);
        tally.count(
            1,
            "pg-a",
            &Outcome::Changed(vec![motd("mode"), motd("owner")]),
        );
        tally.count(1, "pg-b", &Outcome::Changed(vec![motd("mode")]));
        let packages = ["package a", "package b", "package c"];
        let changes = packages.map(|what| Change::new(Sign::Add, what)).to_vec();
        tally.count(1, "pg-a", &Outcome::Changed(changes));
        tally.count(
            1,
            "pg-a",
            &Outcome::Changed(vec![Change::new(Sign::Run, "initdb")]),
        );
        tally.count(
            1,
            "pg-b",
            &Outcome::Changed(vec![Change::new(Sign::Modify, "Patroni's cluster")]),
        );
        tally.count(
            1,
            "pg-b",
            &Outcome::Unknown {
                until: "x".to_owned(),
                why: "y".to_owned(),
            },
        );
        tally.count(1, "pg-b", &Outcome::Ok);
        tally.count(1, "pg-b", &Outcome::Skipped("no".to_owned()));
        insta::assert_snapshot!(plain(&tally.summary()), @"Plan: 2 hosts: 7 to change (3 packages, 2 files, 1 run, 1 cluster), 1 unknown, 1 as declared.");
    }

    #[test]
    fn a_converged_plan_says_so() {
        let mut tally = Tally::default();
        tally.hosts(&["pg-a".to_owned()]);
        tally.count(1, "pg-a", &Outcome::Ok);
        insta::assert_snapshot!(plain(&tally.summary()), @"Plan: 1 host: nothing to change, 1 as declared.");
        assert!(!tally.differs());
    }

    #[test]
    fn the_recap_is_aligned() {
        let some = Recap {
            ok: 12,
            changed: 3,
            failed: 1,
            ..Recap::default()
        };
        let hosts = [
            ("pg-a".to_owned(), some),
            ("client".to_owned(), Recap::default()),
        ];
        insta::assert_snapshot!(plain(&recap(&hosts)), @"
        pg-a                       : ok=12   changed=3    unreachable=0    failed=1    skipped=0    rescued=0    ignored=0
        client                     : ok=0    changed=0    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0
        ");
    }

    #[test]
    fn the_closing_says_what_the_run_came_to() {
        let told = |recap: Recap, interrupted| {
            plain(&closing(
                &[("a".to_owned(), recap)],
                Duration::from_millis(2345),
                interrupted,
            ))
        };
        insta::assert_snapshot!(told(Recap { ok: 3, ..Recap::default() }, false), @"Nothing changed: 1 host as declared, in 2.3s.");
        insta::assert_snapshot!(told(Recap { changed: 2, ..Recap::default() }, false), @"Done: 2 changes on 1 host, in 2.3s.");
        insta::assert_snapshot!(told(Recap { failed: 2, ..Recap::default() }, false), @"1 of 1 host failed, after 2.3s.");
        insta::assert_snapshot!(told(Recap { unreachable: 1, ..Recap::default() }, false), @"1 of 1 host could not be reached, after 2.3s.");
        insta::assert_snapshot!(told(Recap::default(), true), @"Interrupted after 2.3s: the rest was not started.");
    }
}
