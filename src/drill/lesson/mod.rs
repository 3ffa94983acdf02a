//! The classroom's exercise, played in one go: a cluster is built, looked at, written to, broken
//! under load, restored, and looked at again. Every command is one that a person could type.

mod class;
mod sql;
pub(super) mod words;

pub use class::Class;
use words::Words;

use super::report::{Command, Report};
use crate::drill::scenario::Kind;
use std::time::Duration;

/// How long rows may take to be on every node; a delayed standby takes its time on purpose.
const ARRIVED: Duration = Duration::from_secs(300);

/// A step of the exercise.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What is done, in a few words.
    pub title: String,
    /// What one sees, and why.
    pub seen: String,
    /// What was typed, and what came of it.
    pub commands: Vec<Command>,
}

impl Step {
    fn new(words: Words, commands: Vec<Command>) -> Self {
        Self {
            title: words.title.to_owned(),
            seen: words.seen.to_owned(),
            commands,
        }
    }

    /// Whether each of its commands ended well.
    pub fn is_well(&self) -> bool {
        self.commands.iter().all(|command| command.exit == Some(0))
    }
}

/// The whole exercise.
#[derive(Clone, Debug, PartialEq)]
pub struct Lesson {
    /// Up to the fault.
    pub before: Vec<Step>,
    /// The fault and the way home, under load.
    pub drill: Report,
    /// What stands then.
    pub after: Vec<Step>,
}

impl Lesson {
    /// Whether all went as it must.
    pub fn is_well(&self) -> bool {
        let mut steps = self.before.iter().chain(&self.after);
        self.drill.verdict.passed && steps.all(Step::is_well)
    }
}

/// Boots the hosts.
pub async fn hosts(class: &Class) -> Step {
    class.begins("The hosts boot");
    let up = class.lab(&["up"]).await;
    Step::new(words::HOSTS, vec![up])
}

/// Builds the cluster on them.
pub async fn build(class: &Class, kind: Kind) -> Step {
    class.begins("The cluster is built");
    let apply = class.apply(kind.name()).await;
    Step::new(words::built(kind), vec![apply])
}

/// Shows replication before anything is broken.
pub async fn look(class: &Class, primary: &str, standbys: &[String]) -> Vec<Step> {
    class.begins("Replication is looked at");
    let status = Step::new(words::STANDS, vec![class.status().await]);
    let replication = match standbys {
        [_] => words::SYNCHRONOUS,
        _ => words::BOTH_WAYS,
    };
    let mut commands = vec![
        class.sql_on(primary, sql::SENDERS).await,
        class.sql_on(primary, sql::NAMES).await,
    ];
    for standby in standbys {
        commands.push(class.sql_on(standby, sql::DELAY).await);
    }
    let replication = Step::new(replication, commands);
    vec![status, replication]
}

/// Lets clients write two tables in several sessions, and follows the rows.
pub async fn write(class: &Class, primary: &str, standbys: &[String]) -> Vec<Step> {
    class.begins("Two tables are written in four sessions");
    let mut tables = vec![class.sql_of_client(sql::TABLES).await];
    tables.extend(class.on_all(primary, standbys, sql::COUNT, ARRIVED).await);
    let tables = Step::new(words::TABLES, tables);
    let sessions = (1..=4).map(|session| class.sql_of_client_owned(sql::insert(session)));
    let mut commands = futures::future::join_all(sessions).await;
    let nodes = std::iter::once(primary).chain(standbys.iter().map(String::as_str));
    let counts = nodes.map(|node| class.sql_on(node, sql::COUNT));
    commands.extend(futures::future::join_all(counts).await);
    let written = Step::new(words::WRITTEN, commands);
    let arrived = Step::new(
        words::ARRIVED,
        class.on_all(primary, standbys, sql::COUNT, ARRIVED).await,
    );
    vec![tables, written, arrived]
}

/// Shows what stands when all is over.
pub async fn end(class: &Class, primary: &str, standbys: &[String]) -> Vec<Step> {
    class.begins("What stands again is looked at");
    let status = Step::new(
        words::STANDS_AGAIN,
        vec![
            class.status().await,
            class.sql_on(primary, sql::SENDERS).await,
        ],
    );
    let data = Step::new(
        words::DATA,
        class
            .on_all(primary, standbys, sql::CHECKSUM, ARRIVED)
            .await,
    );
    vec![status, data]
}
