//! What the `postgresql_*` modules share: how they log in, passwords, the text of queries.

pub mod csv;
pub mod login;
pub mod named;
pub mod role_flags;
pub mod scram;
pub mod setting;
pub mod sql_text;
pub mod touched;
pub mod work;

use crate::facts::psql::Login;
use crate::modules::StepOutput;
use crate::modules::TaskResult;
use crate::step::{Action, Output, Step};

/// A step that sends `statements` to `database`, all or none.
pub fn step(login: &Login, database: &str, what: impl Into<String>, statements: &[String]) -> Step {
    let sql = format!("BEGIN;\n{};\nCOMMIT;", statements.join(";\n"));
    Step::new(what, Action::Run(login.script(database, &sql)))
}

/// A step that sends statements which can't stand in a transaction (`CREATE DATABASE`).
pub fn loose_step(
    login: &Login,
    database: &str,
    what: impl Into<String>,
    statements: &[String],
) -> Step {
    let sql = format!("{};", statements.join(";\n"));
    Step::new(what, Action::Run(login.script(database, &sql)))
}

/// The result with a failure told in the server's own words.
pub fn in_servers_words(mut result: TaskResult, ran: &[StepOutput]) -> TaskResult {
    if let Some(failed) = ran.iter().find(|step| !step.output.ok()) {
        result.failed = Some(words(&failed.output));
    }
    result
}

fn words(output: &Output) -> String {
    crate::facts::psql::stderr_text(output)
}
