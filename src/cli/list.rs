//! `--list-hosts`, `--list-tasks`, `--list-tags`: what a run would be about, in Ansible's form.

use super::ending::Failure;
use super::hosts;
use super::playbook::Loaded;
use super::run::RunArgs;
use crate::engine;
use crate::model::{Play, Task};
use crate::report;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

/// What is listed instead of running.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Lists instead of a run")]
pub struct List {
    /// The hosts of each play
    #[arg(id = "list-hosts", long = "list-hosts")]
    hosts: bool,
    /// The tasks that would run
    #[arg(id = "list-tasks", long = "list-tasks")]
    tasks: bool,
    /// All tags
    #[arg(id = "list-tags", long = "list-tags")]
    tags: bool,
}

impl List {
    /// Whether any list is asked for.
    pub fn is_asked(&self) -> bool {
        self.hosts || self.tasks || self.tags
    }

    /// Prints the lists.
    pub fn print(&self, loaded: &Loaded, args: &RunArgs) -> Result<(), Failure> {
        let hosts = hosts::of_plays(loaded, args.limit.as_deref())?;
        let mut text = format!("\nplaybook: {}\n", loaded.playbook.path.display());
        for (index, (play, hosts)) in loaded.playbook.plays.iter().zip(&hosts).enumerate() {
            let pattern = hosts::pattern(loaded, play).map_err(|diag| Failure::input(*diag))?;
            // Writing to a String can't fail.
            let _ = writeln!(
                text,
                "\n  play #{} ({pattern}): {}\tTAGS: [{}]",
                index + 1,
                play.name,
                play.keywords.tags.join(", ")
            );
            let brought = hosts::brought(loaded, index, &pattern);
            self.play(&mut text, play, (hosts, brought), args);
        }
        report::print(&text);
        Ok(())
    }

    fn play(
        &self,
        text: &mut String,
        play: &Play,
        (hosts, brought): (&[Arc<str>], Option<String>),
        args: &RunArgs,
    ) {
        if self.hosts {
            let _ = writeln!(text, "    hosts ({}):", hosts.len());
            for host in hosts {
                let _ = writeln!(text, "      {host}");
            }
            if let Some(task) = brought {
                let _ = writeln!(text, "      and those that the task `{task}` brings");
            }
        }
        let tasks: Vec<&Arc<Task>> = play
            .sections
            .iter()
            .flat_map(|section| &section.tasks)
            .filter(|task| engine::selected(&task.keywords.tags, &args.tags, &args.skip_tags))
            .collect();
        if self.tasks {
            if !tasks.is_empty() && !play.gate.before.is_empty() {
                text.push_str("    gate:\n");
                for task in &play.gate.before {
                    let _ = writeln!(text, "      {}", task.title());
                }
            }
            text.push_str("    tasks:\n");
            for task in &tasks {
                let role = task.role.as_ref().map(|role| format!("{} : ", role.name));
                let _ = writeln!(
                    text,
                    "      {}{}\tTAGS: [{}]",
                    role.unwrap_or_default(),
                    task.title(),
                    task.keywords.tags.join(", ")
                );
            }
        }
        if self.tags {
            let tags: BTreeSet<&str> = tasks
                .iter()
                .flat_map(|task| &task.keywords.tags)
                .map(String::as_str)
                .collect();
            let tags: Vec<_> = tags.into_iter().collect();
            let _ = writeln!(text, "      TASK TAGS: [{}]", tags.join(", "));
        }
    }
}
