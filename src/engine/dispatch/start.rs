//! A play begins: its hosts, their order, its first batch.

use super::{Dispatcher, Done};
use crate::diag::Diag;
use crate::engine::event::Event;
use crate::engine::life::Life;
use crate::engine::play::PlayRun;
use crate::engine::plays;
use crate::engine::settings::Settings;
use crate::facts::pg_recovery::Recovery;
use crate::graph::{self, Id, Work};
use crate::model::HostOrder;
use futures::future::join_all;
use std::sync::Arc;

/// Why a play can't begin: the host that it came up on, if any, and what is wrong.
type Refusal = (Option<String>, Diag);

impl Dispatcher {
    pub(super) async fn start(&mut self, id: Id, index: usize) {
        let play = &self.run.playbook.plays[index];
        let needed = graph::needs(&self.run.playbook, index, play);
        if needed.iter().any(|need| self.broken.contains(need)) {
            self.broken.insert(index);
            return self.finish(id);
        }
        let matched = plays::hosts(&self.run, play, &self.lost);
        let hosts = matched.hosts;
        for diag in matched.findings {
            let fatal = diag.is_error();
            self.run.tell(Event::Finding { host: None, diag }).await;
            if fatal {
                self.run
                    .hosts
                    .get("localhost")
                    .count(|recap| recap.failed += 1);
                self.broken.insert(index);
            }
        }
        self.run
            .tell(Event::PlayStarted {
                play: index,
                name: play.name.clone(),
                hosts: hosts.iter().map(ToString::to_string).collect(),
                until: matched.until,
            })
            .await;
        if hosts.is_empty() {
            return self.finish(id);
        }
        let ordered = play.order == HostOrder::ReplicasFirst;
        match self.prepare(index, hosts) {
            Ok(run) if ordered => self.ask(id, run).await,
            Ok(run) => self.begin(id, run),
            Err(refusal) => self.refuse(id, index, refusal).await,
        }
    }

    /// A play on its hosts, with its keywords and its files of variables read.
    fn prepare(&self, index: usize, hosts: Vec<Arc<str>>) -> Result<Arc<PlayRun>, Refusal> {
        let play = &self.run.playbook.plays[index];
        let settings = Settings::of(&self.run, play).map_err(|diag| (None, diag))?;
        let run = Arc::new(PlayRun::new(index, play.clone(), settings, hosts));
        plays::vars_files(&self.run, &run).map_err(|(host, diag)| (Some(host), diag))?;
        Ok(run)
    }

    async fn refuse(&mut self, id: Id, index: usize, (host, diag): Refusal) {
        self.run
            .hosts
            .get(host.as_deref().unwrap_or("localhost"))
            .count(|recap| recap.failed += 1);
        self.run.tell(Event::Finding { host, diag }).await;
        self.broken.insert(index);
        self.finish(id);
    }

    fn begin(&mut self, id: Id, play: Arc<PlayRun>) {
        let first = Work::Batch {
            play: play.index,
            batch: 0,
        };
        let first = self.graph.add(first, &[id]);
        self.graph.splice(id, first, &[first]);
        self.plays.insert(play.index, play);
        self.finish(id);
    }

    /// Asks all hosts of a play at once what their servers are. Other plays go on meanwhile.
    async fn ask(&mut self, id: Id, play: Arc<PlayRun>) {
        let task = Arc::new(plays::asking(&play));
        let info = Arc::new(plays::info(&self.run, &play, &task, &play.hosts[0]));
        self.run
            .tell(Event::TaskStarted {
                play: play.index,
                task: info.clone(),
            })
            .await;
        let run = self.run.clone();
        self.running.spawn(async move {
            let asking = play.hosts.iter().map(|host| {
                let life = Life::new(&run, &play, &task, &info, host);
                async move {
                    // The semaphore is never closed.
                    let _fork = life.run.forks.acquire().await;
                    (life.host.clone(), life.recovery().await)
                }
            });
            Done::Asked(id, play.index, join_all(asking).await)
        });
    }

    /// All hosts have said what their servers are: the play begins in that order.
    pub(super) async fn asked(
        &mut self,
        id: Id,
        index: usize,
        mut answers: Vec<(Arc<str>, Recovery)>,
    ) {
        answers.sort_by_key(|(_, recovery)| match recovery {
            Recovery::Silent(_) => 0,
            Recovery::Standby => 1,
            Recovery::Primary => 2,
        });
        let told = answers
            .iter()
            .map(|(host, recovery)| (host.to_string(), recovery.clone()));
        self.run
            .tell(Event::PlayOrdered {
                play: index,
                hosts: told.collect(),
            })
            .await;
        let hosts = answers.into_iter().map(|(host, _)| host).collect();
        match self.prepare(index, hosts) {
            Ok(run) => self.begin(id, run),
            Err(refusal) => self.refuse(id, index, refusal).await,
        }
    }
}
