//! The way to a task's host: gone once for the task, and again where the host was away.

use super::event::{Event, TaskInfo};
use super::machine::Reach;
use super::run::{ConnectionWords, Run};
use crate::remote::{Become, RemoteError};
use crate::step::{Output, Return, Script};
use crate::template::Templar;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// How long a host that is back may take to say so: a connection that stood before it went away
/// may look as if it still did.
const ANSWER: Duration = Duration::from_secs(10);

/// How a task's host is reached, and as whom it acts there.
pub struct Road {
    /// The run.
    pub run: Arc<Run>,
    /// The task, for events.
    pub info: Arc<TaskInfo>,
    /// The host that the task is about, for events.
    pub host: Arc<str>,
    /// Who does it instead.
    pub delegate: Option<String>,
    /// Renders the variables of whoever does it.
    pub templar: Templar,
    /// What the task says of connections.
    pub words: ConnectionWords,
    /// Whom to become.
    pub who: Become,
    /// `export` lines.
    pub environment: String,
}

impl Road {
    /// Whoever does it.
    pub fn goal(&self) -> &str {
        self.delegate.as_deref().unwrap_or(&self.host)
    }

    /// Whether it leads to the same place, as the same user.
    pub fn is_same(&self, other: &Self) -> bool {
        self.delegate == other.delegate
            && self.words == other.words
            && self.who == other.who
            && self.environment == other.environment
    }

    /// The connection; `limit` is how long opening it may take where that is not as usual.
    pub async fn reach(&self, limit: Option<Duration>) -> Result<Reach, RemoteError> {
        self.run
            .reach(self.goal(), &self.templar, &self.words, limit)
            .await
    }

    /// Ends the connection where that is wanted, and waits until the host is back.
    pub async fn come_back(&self, back: &Return) -> Output {
        let mut stop = self.run.stop.clone();
        tokio::select! {
            output = self.until_back(back) => output,
            _ = stop.wait_for(|level| *level > 0) => failed("interrupted"),
        }
    }

    async fn until_back(&self, back: &Return) -> Output {
        if let Some(script) = &back.after
            && let Some(refused) = self.leave(script).await
        {
            return refused;
        }
        sleep(back.delay).await;
        let begun = Instant::now();
        let mut told = false;
        loop {
            let rest = back.limit.saturating_sub(begun.elapsed());
            let why = match timeout(rest, self.is_back(back, rest)).await {
                Ok(Ok(None)) => return Output::default(),
                Ok(Ok(Some(why))) => why,
                Ok(Err(error)) => {
                    self.run.hosts.get(self.goal()).disconnect().await;
                    error.to_string()
                }
                Err(_) => "no answer".to_owned(),
            };
            if begun.elapsed() + back.every >= back.limit {
                let seconds = back.limit.as_secs();
                return failed(&format!(
                    "{} is not back after {seconds} s: {why}",
                    self.goal()
                ));
            }
            if !told {
                told = true;
                let (task, host) = (self.info.clone(), self.host.to_string());
                let what = format!("{} to be back", self.goal());
                self.run
                    .tell(Event::Waiting {
                        task,
                        host,
                        what,
                        left: None,
                    })
                    .await;
            }
            sleep(back.every).await;
        }
    }

    /// Runs what takes the host away; answers with what it said where it did not.
    async fn leave(&self, script: &Script) -> Option<Output> {
        let reach = match self.reach(None).await {
            Ok(reach) if reach.local => {
                return Some(failed(
                    "that would take the controller away from under this run",
                ));
            }
            Ok(reach) => reach,
            Err(error) => return Some(failed(&error.to_string())),
        };
        match reach
            .remote
            .run(&self.who, &self.within(script), None)
            .await
        {
            // A status of its own: what was ended by a signal was ended by what it began.
            Ok(output) if (1..128).contains(&output.status) && reach.remote.lost().is_none() => {
                Some(output)
            }
            Err(RemoteError::Become(why)) => Some(failed(&why)),
            Ok(_) | Err(_) => None,
        }
    }

    /// Whether the host is back; if not, what shows it.
    async fn is_back(&self, back: &Return, rest: Duration) -> Result<Option<String>, RemoteError> {
        let reach = self.reach(back.connect_limit).await?;
        // Of a test only its author knows how long it takes.
        let limit = if back.test.is_some() { rest } else { ANSWER };
        let mut scripts = vec![Script::new(":")];
        scripts.extend(back.anew.iter().map(|(script, _)| script.clone()));
        scripts.extend(back.test.clone());
        for script in &mut scripts {
            *script = self.within(script);
            script.limit = Some(limit);
        }
        let asking = reach.remote.ask(&self.who, &scripts);
        let answers = timeout(limit, asking).await.unwrap_or_else(|_| {
            let seconds = limit.as_secs();
            Err(RemoteError::Lost(format!("no answer within {seconds} s")))
        })?;
        let mut answers = answers.into_iter().skip(1);
        if let Some((_, before)) = &back.anew {
            let answer = answers.next().unwrap_or_default();
            if !answer.ok() {
                return Ok(Some(format!(
                    "it does not say when it booted: {}",
                    output_words(&answer)
                )));
            }
            if answer.out().trim() == before {
                return Ok(Some("it is still the same boot".to_owned()));
            }
        }
        match answers.next() {
            Some(answer) if !answer.ok() => {
                Ok(Some(format!("its test says: {}", output_words(&answer))))
            }
            _ => Ok(None),
        }
    }

    fn within(&self, script: &Script) -> Script {
        let mut script = script.clone();
        script.text = format!("{}{}", self.environment, script.text);
        script
    }
}

fn output_words(output: &Output) -> String {
    let words = format!("{}{}", output.err(), output.out());
    match words.trim() {
        "" => format!("exit status {}", output.status),
        words => words.to_owned(),
    }
}

fn failed(why: &str) -> Output {
    Output {
        status: 1,
        stderr: why.into(),
        ..Output::default()
    }
}
