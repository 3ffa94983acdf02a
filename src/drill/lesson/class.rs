//! Where the exercise is played, and how its commands are typed.

use crate::drill::report::Command;
use crate::drill::{Clock, Runner, Teller, Told};
use std::io;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

/// How long a playbook may take, or the making of a lab.
const LONG: Duration = Duration::from_secs(900);
/// How long a question may take.
const SHORT: Duration = Duration::from_secs(60);
/// How long it is until a node is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// Where the exercise is played.
pub struct Class {
    /// The words that name the inventory.
    pub inventory: Vec<String>,
    /// The same with what else a playbook is told.
    pub words: Vec<String>,
    /// The folder of the playbooks.
    pub playbooks: PathBuf,
    /// The host that clients log in from.
    pub client: String,
    clock: Clock,
    teller: Teller,
    runner: Runner,
    /// Runs what is asked again and again.
    quiet: Runner,
}

impl Class {
    /// A class that tells what happens in it, until `stop` says that the user wants no more.
    pub fn new(
        (inventory, words): (Vec<String>, Vec<String>),
        playbooks: PathBuf,
        client: String,
        teller: Teller,
        stop: watch::Receiver<u8>,
    ) -> io::Result<Self> {
        let clock = Clock::start();
        Ok(Self {
            inventory,
            words,
            playbooks,
            client,
            clock,
            runner: Runner::new(clock, teller.clone(), stop.clone())?,
            quiet: Runner::new(clock, Teller::silent(), stop)?,
            teller,
        })
    }

    /// A part of the exercise begins.
    pub fn begins(&self, title: &str) {
        self.teller.tell(Told::Phase {
            name: "lesson".to_owned(),
            title: title.to_owned(),
            at: self.clock.now(),
        });
    }

    /// `trueup lab ...`
    pub async fn lab(&self, words: &[&str]) -> Command {
        self.runner.run(&self.lab_words(words), LONG).await
    }

    fn lab_words(&self, words: &[&str]) -> Vec<String> {
        let (verb, rest) = words.split_first().unwrap_or((&"status", &[]));
        let mut all = vec!["lab".to_owned(), (*verb).to_owned()];
        all.extend(self.inventory.iter().cloned());
        all.extend(rest.iter().map(|word| (*word).to_owned()));
        all
    }

    /// `trueup apply PLAYBOOK ...`
    pub async fn apply(&self, playbook: &str) -> Command {
        let path = self.playbooks.join(format!("{playbook}.yml"));
        let mut words = vec!["apply".to_owned(), path.display().to_string()];
        words.extend(self.words.iter().cloned());
        self.runner.run(&words, LONG).await
    }

    /// `trueup status ...`
    pub async fn status(&self) -> Command {
        let mut words = vec!["status".to_owned()];
        words.extend(self.words.iter().cloned());
        self.runner.run(&words, SHORT).await
    }

    /// SQL on a node itself, as its superuser.
    pub async fn sql_on(&self, node: &str, sql: &str) -> Command {
        self.runner.run(&self.node_words(node, sql), SHORT).await
    }

    fn node_words(&self, node: &str, sql: &str) -> Vec<String> {
        // postgres must not stand in a folder that it may not enter, or psql complains.
        let text = format!("cd /; sudo -u postgres psql -X app -c \"{sql}\"");
        self.lab_words(&["ssh", node, "--", &text])
    }

    /// SQL through the proxy, from the client's host.
    pub async fn sql_of_client(&self, sql: &str) -> Command {
        let text = format!("psql -X service=app -c \"{sql}\"");
        let words = self.lab_words(&["ssh", &self.client, "--", &text]);
        self.runner.run(&words, SHORT).await
    }

    /// The same for SQL that was made for it.
    pub async fn sql_of_client_owned(&self, sql: String) -> Command {
        self.sql_of_client(&sql).await
    }

    /// What the primary answers, and what each standby does when it answers the same, or when
    /// `limit` is over.
    pub async fn on_all(
        &self,
        primary: &str,
        standbys: &[String],
        sql: &str,
        limit: Duration,
    ) -> Vec<Command> {
        let first = self.sql_on(primary, sql).await;
        let end = Instant::now() + limit;
        let mut commands = vec![first.clone()];
        for standby in standbys {
            self.teller.tell(Told::Doing(format!(
                "waiting until {standby} shows the same"
            )));
            let words = self.node_words(standby, sql);
            let mut answer = self.quiet.run(&words, SHORT).await;
            while answer.output != first.output && Instant::now() < end {
                sleep(PAUSE).await;
                answer = self.quiet.run(&words, SHORT).await;
            }
            if answer.output != first.output {
                answer.exit = None;
                answer.output.push_str("(not what the primary says)\n");
            }
            self.teller.tell(Told::Command(answer.clone()));
            commands.push(answer);
        }
        commands
    }
}
