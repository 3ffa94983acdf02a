//! The words of a command, as a saved plan keeps them and gives them back.

use crate::cli::ending::Failure;
use crate::cli::extra_vars;
use crate::cli::run::RunArgs;
use crate::diag::Diag;
use clap::Parser;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What was typed.
#[derive(Serialize, Deserialize)]
pub struct Typed {
    playbook: String,
    /// The options, but for extra variables and how the run is told.
    options: Vec<String>,
    extra_vars: Vec<Given>,
}

/// An `-e`.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Given {
    /// `@FILE`, which is an input as others are.
    File(String),
    /// The names that were typed. The values may be secrets, and are left out.
    Names(Vec<String>),
}

/// A command line of `plan` without its verb; what is said twice counts as it is said last.
#[derive(Parser)]
#[command(args_override_self = true)]
struct Line {
    #[command(flatten)]
    run: RunArgs,
}

impl Typed {
    /// What was typed for a plan.
    pub fn of(args: &RunArgs) -> Result<Self, Failure> {
        let mut options: Vec<String> = Vec::new();
        let mut option = |name: &str, value: &str| options.push(format!("--{name}={value}"));
        for path in args.input.sources.paths() {
            option("inventory", &path.display().to_string());
        }
        for (name, tags) in [("tags", &args.tags), ("skip-tags", &args.skip_tags)] {
            if !tags.is_empty() {
                option(name, &tags.join(","));
            }
        }
        if let Some(limit) = &args.limit {
            option("limit", limit);
        }
        options.extend(args.connection.words());
        Ok(Self {
            playbook: args.input.playbook.display().to_string(),
            options,
            extra_vars: given(args)?,
        })
    }

    /// The same command, with what `again` says of its connections, and of how it is told. Variables
    /// that were typed have to be typed again.
    pub fn again(&self, again: &RunArgs) -> Result<RunArgs, Failure> {
        let typed = given(again)?;
        let files_only = !self
            .extra_vars
            .iter()
            .any(|given| matches!(given, Given::Names(_)));
        let words: Vec<String> = match (files_only, typed.is_empty()) {
            (true, true) => {
                let word = |given: &Given| match given {
                    Given::File(file) => format!("@{file}"),
                    Given::Names(names) => names.join(" "),
                };
                self.extra_vars.iter().map(word).collect()
            }
            (false, _) if typed == self.extra_vars => again.input.extra.words().to_vec(),
            _ => return Err(self.other_variables()),
        };
        let mut line = vec!["trueup".to_owned()];
        line.extend(self.options.iter().cloned());
        line.extend(again.connection.words());
        let asks = [
            ("--ask-pass", again.connection.asks_login()),
            ("--ask-become-pass", again.connection.asks_sudo()),
        ];
        line.extend(
            asks.iter()
                .filter(|(_, asks)| *asks)
                .map(|(word, _)| (*word).to_owned()),
        );
        line.extend(words.iter().map(|word| format!("--extra-vars={word}")));
        line.extend(["--".to_owned(), self.playbook.clone()]);
        let Line { mut run } = Line::try_parse_from(line).map_err(|error| {
            Failure::input(Diag::error(format!(
                "the plan's command is none of trueup's: {error}"
            )))
        })?;
        (run.forks, run.verbose, run.output) = (again.forks, again.verbose, again.output);
        Ok(run)
    }

    fn other_variables(&self) -> Failure {
        let said = |given: &Given| match given {
            Given::File(file) => format!("-e @{file}"),
            Given::Names(names) => {
                let names: Vec<String> = names.iter().map(|name| format!("{name}=...")).collect();
                format!("-e '{}'", names.join(" "))
            }
        };
        let said: Vec<String> = self.extra_vars.iter().map(said).collect();
        let (message, help) = if self
            .extra_vars
            .iter()
            .all(|given| matches!(given, Given::File(_)))
        {
            (
                "the plan says which extra variables there are",
                "leave out -e".to_owned(),
            )
        } else {
            let help = format!("say as for the plan: {}", said.join(" "));
            (
                "a plan does not keep the values of variables that were typed, which may be secret",
                help,
            )
        };
        Failure::input(Diag::error(message).help(help))
    }
}

fn given(args: &RunArgs) -> Result<Vec<Given>, Failure> {
    let one = |word: &String| {
        // What comes out of a pipe can't be read again.
        let file = word
            .trim()
            .strip_prefix('@')
            .filter(|file| Path::new(file).is_file());
        if let Some(file) = file {
            return Ok(Given::File(PathBuf::from(file).display().to_string()));
        }
        let map = extra_vars::read(std::slice::from_ref(word)).map_err(Failure::Input)?;
        let names = map
            .iter()
            .map(|(name, _)| name.as_str().unwrap_or_default().to_owned());
        Ok(Given::Names(names.collect()))
    };
    args.input.extra.words().iter().map(one).collect()
}
