//! The classroom's exercise, played in one go: a cluster is built, looked at, written to, broken
//! under load, restored, and looked at again. Every command is one that a person could type.

mod class;
mod sql;

pub use class::Class;

use super::report::{Command, Report};
use crate::drill::scenario::Kind;
use std::time::Duration;

/// How long rows may take to be on every node; a delayed standby takes its time on purpose.
const ARRIVED: Duration = Duration::from_secs(300);

/// What a cluster with several standbys shows: the title, and what one sees.
const BOTH_WAYS: (&str, &str) = (
    "Synchronous and asynchronous replication",
    "The primary has a row for each standby that streams. Commits wait for a standby whose \
     sync_state is sync or quorum, so what a client was told is on two machines; an async one \
     gets the same log, but nobody waits for it, and it may be behind. \
     synchronous_standby_names is where that is decided. A standby with a \
     recovery_min_apply_delay has the log at once and shows its rows only later: time to stop \
     it when somebody drops a table.",
);
/// The same of one with a single standby.
const SYNCHRONOUS: (&str, &str) = (
    "Synchronous replication",
    "The primary has a row for the standby, which streams. Commits wait for it, since its \
     sync_state is sync, so what a client was told is on two machines. synchronous_standby_names \
     is where that is decided. A second standby could be asynchronous: it would get the same log, but \
     nobody would wait for it, and it might be behind.",
);

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
    fn new(title: &str, seen: &str, commands: Vec<Command>) -> Self {
        Self {
            title: title.to_owned(),
            seen: seen.to_owned(),
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
    Step::new(
        "The hosts",
        "Each host is a full Debian system on this machine, with an address of its own and reached \
         over ssh: pulling its plug hurts nobody else.",
        vec![up],
    )
}

/// Builds the cluster on them.
pub async fn build(class: &Class, kind: Kind) -> Step {
    class.begins("The cluster is built");
    let apply = class.apply(kind.name()).await;
    let seen = match kind {
        Kind::Pgpool => {
            "Every task says what must be so, and only what is not so is changed. In the end three \
             PostgreSQL servers run, one of them the primary, and pgpool stands before them: it \
             sends writes to the primary and decides which standby is promoted when the primary is \
             lost."
        }
        Kind::PatroniEtcd => {
            "Every task says what must be so, and only what is not so is changed. In the end \
             Patroni runs PostgreSQL on each node. Who leads is written in etcd, which has three \
             members so that it outlives the loss of one; HAProxy asks each node whether it leads \
             and sends clients there."
        }
        Kind::PatroniZookeeper => {
            "Every task says what must be so, and only what is not so is changed. In the end \
             Patroni runs PostgreSQL on both nodes. Who leads is written in ZooKeeper, whose third \
             member is the proxy's host, so that it outlives the loss of one; HAProxy sends clients \
             to the node that leads."
        }
    };
    Step::new("The cluster is built", seen, vec![apply])
}

/// Shows replication before anything is broken.
pub async fn look(class: &Class, primary: &str, standbys: &[String]) -> Vec<Step> {
    class.begins("Replication is looked at");
    let status = Step::new(
        "What stands",
        "Every server was asked, and what it says is held against what is declared.",
        vec![class.status().await],
    );
    let replication = match standbys {
        [_] => SYNCHRONOUS,
        _ => BOTH_WAYS,
    };
    let mut commands = vec![
        class.sql_on(primary, sql::SENDERS).await,
        class.sql_on(primary, sql::NAMES).await,
    ];
    for standby in standbys {
        commands.push(class.sql_on(standby, sql::DELAY).await);
    }
    let replication = Step::new(replication.0, replication.1, commands);
    vec![status, replication]
}

/// Lets clients write two tables in several sessions, and follows the rows.
pub async fn write(class: &Class, primary: &str, standbys: &[String]) -> Vec<Step> {
    class.begins("Two tables are written in four sessions");
    let mut tables = vec![class.sql_of_client(sql::TABLES).await];
    tables.extend(class.on_all(primary, standbys, sql::COUNT, ARRIVED).await);
    let tables = Step::new(
        "Two tables",
        "The client creates them through the proxy, and so on the primary. A table is replicated \
         as rows are: nobody creates it on a standby.",
        tables,
    );
    let sessions = (1..=4).map(|session| class.sql_of_client_owned(sql::insert(session)));
    let mut commands = futures::future::join_all(sessions).await;
    let nodes = std::iter::once(primary).chain(standbys.iter().map(String::as_str));
    let counts = nodes.map(|node| class.sql_on(node, sql::COUNT));
    commands.extend(futures::future::join_all(counts).await);
    let written = Step::new(
        "Four sessions write at once",
        "Each writes 25 orders and 25 payments in one transaction: both or neither. Right \
         afterwards every node is asked how many it shows. The synchronous standby has them in its \
         log as soon as the client was told so, and shows them a moment later; another may still \
         be behind.",
        commands,
    );
    let arrived = Step::new(
        "The rows arrive everywhere",
        "A little later all nodes show the same. Standbys replay the primary's log, so they can be \
         behind, but never different.",
        class.on_all(primary, standbys, sql::COUNT, ARRIVED).await,
    );
    vec![tables, written, arrived]
}

/// Shows what stands when all is over.
pub async fn end(class: &Class, primary: &str, standbys: &[String]) -> Vec<Step> {
    class.begins("What stands again is looked at");
    let status = Step::new(
        "What stands again",
        "The layout is the declared one: the node that failed is what it was before.",
        vec![
            class.status().await,
            class.sql_on(primary, sql::SENDERS).await,
        ],
    );
    let data = Step::new(
        "The final data on every node",
        "The same rows with the same content everywhere: the checksum is made of every column.",
        class
            .on_all(primary, standbys, sql::CHECKSUM, ARRIVED)
            .await,
    );
    vec![status, data]
}
