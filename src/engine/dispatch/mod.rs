//! The dispatcher: the one owner of the graph and of how plays and hosts stand. It hands ready
//! nodes out and takes their ends in.

mod batch;
mod ended;
mod gate;
mod include;
mod once;
mod start;

use super::event::{Event, OwedHandler, TaskInfo};
use super::life::{End, Include, Life};
use super::machine::lock;
use super::play::PlayRun;
use super::run::Run;
use super::standing::Standing;
use super::{plays, tags, together};
use crate::facts::pg_recovery::Recovery;
use crate::graph::{self, Graph, Id, Work};
use crate::model::Task;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use tokio::task::JoinSet;

/// The includes that a host wants.
type Wanted = (Arc<str>, Vec<Include>);

/// What was handed out and came back.
enum Done {
    /// A node that has ended, with its play, task and host.
    Task(Id, usize, Arc<Task>, Arc<str>, End),
    /// The hosts of a play that begins have said what their servers are.
    Asked(Id, usize, Vec<(Arc<str>, Recovery)>),
}

/// What happens while plays run.
pub struct Dispatcher {
    run: Arc<Run>,
    graph: Graph,
    plays: HashMap<usize, Arc<PlayRun>>,
    /// Hosts that failed or can't be reached: no later play takes them.
    lost: HashSet<Arc<str>>,
    /// Plays that were broken off, and those that need them: they don't start.
    broken: HashSet<usize>,
    infos: HashMap<(usize, usize), Arc<TaskInfo>>,
    includes: HashMap<(usize, usize), Vec<Wanted>>,
    ready: VecDeque<Id>,
    running: JoinSet<Done>,
    once: HashMap<Id, Vec<Arc<str>>>,
    /// What handlers of plays that have ended owe.
    owed: Vec<OwedHandler>,
}

impl Dispatcher {
    /// A dispatcher for all plays of the run.
    pub fn new(run: Arc<Run>) -> Self {
        let mut graph = Graph::new();
        graph::plays(&mut graph, &run.playbook);
        let ready = graph.ready().into();
        Self {
            run,
            graph,
            plays: HashMap::new(),
            lost: HashSet::new(),
            broken: HashSet::new(),
            infos: HashMap::new(),
            includes: HashMap::new(),
            ready,
            running: JoinSet::new(),
            once: HashMap::new(),
            owed: Vec::new(),
        }
    }

    /// Runs until nothing is left, or the user asked to stop and what ran has ended. Returns what
    /// handlers owe.
    pub async fn run(mut self) -> Vec<OwedHandler> {
        loop {
            while let Some(id) = self.ready.pop_front() {
                if *self.run.stop.borrow() > 0 {
                    self.ready.clear();
                    break;
                }
                self.turn(id).await;
            }
            match self.running.join_next().await {
                None => break,
                Some(Ok(Done::Task(id, play, task, host, end))) => {
                    self.ended(id, play, &task, &host, &end);
                }
                Some(Ok(Done::Asked(id, play, answers))) => self.asked(id, play, answers).await,
                Some(Err(error)) => std::panic::resume_unwind(error.into_panic()),
            }
        }
        // Plays that the user stopped have no end.
        let stopped: Vec<Arc<PlayRun>> = self.plays.values().cloned().collect();
        for play in stopped {
            self.collect_owed(&play);
        }
        self.owed
    }

    /// A dry run changed nothing, so that its handlers owe nothing.
    fn collect_owed(&mut self, play: &Arc<PlayRun>) {
        if !self.run.is_plan() {
            let handlers = lock(&play.handlers).clone();
            let info = |task: &Task, host: &str| plays::info(&self.run, play, task, host);
            let owed = lock(&play.owed).all(&handlers, &play.hosts, info);
            self.owed.extend(owed);
        }
    }

    fn finish(&mut self, id: Id) {
        self.ready.extend(self.graph.finish(id));
    }

    async fn turn(&mut self, id: Id) {
        let Some(work) = self.graph.work(id).cloned() else {
            return;
        };
        match work {
            Work::Start { play } => self.start(id, play).await,
            Work::Batch { play, batch } => self.batch(id, play, batch),
            Work::Gate {
                play,
                batch,
                moment,
            } => self.gate(id, play, batch, moment).await,
            Work::Task { play, task, host } => self.task(id, play, task, host).await,
            Work::Once { play, task, hosts } => self.task_once(id, play, task, &hosts).await,
            Work::Barrier { play, task } => self.barrier(id, play, &task).await,
            Work::Flush { play } => self.flush(id, play),
            Work::End { play } => self.end(id, play).await,
        }
    }

    async fn task(&mut self, id: Id, index: usize, task: Arc<Task>, host: Arc<str>) {
        let Some(play) = self.plays.get(&index).cloned() else {
            return self.finish(id);
        };
        let handler = plays::is_handler(&play, &task);
        let forced = play.play.force_handlers && handler;
        let turn = |standing: &mut Standing| {
            (standing.turn(&task.blocks) && (handler || !standing.has_left(&task)))
                || (forced && standing.can_be_forced())
        };
        if !play.standing(&host, turn) {
            return self.finish(id);
        }
        self.spawn(id, &play, task, host).await;
    }

    async fn spawn(&mut self, id: Id, play: &Arc<PlayRun>, task: Arc<Task>, host: Arc<str>) {
        let key = (play.index, task.id);
        let info = match self.infos.get(&key) {
            Some(info) => info.clone(),
            None => {
                let info = Arc::new(plays::info(&self.run, play, &task, &host));
                self.infos.insert(key, info.clone());
                let started = Event::TaskStarted {
                    play: play.index,
                    task: info.clone(),
                };
                self.run.tell(started).await;
                info
            }
        };
        let life = Life::new(&self.run, play, &task, &info, &host);
        let run = self.run.clone();
        let throttle = plays::throttle(&self.run, &task);
        let index = play.index;
        self.running.spawn(async move {
            // The semaphores are never closed.
            let _fork = run.forks.acquire().await;
            let _throttle = match &throttle {
                Some(throttle) => throttle.acquire().await.ok(),
                None => None,
            };
            run.tell(Event::HostStarted {
                task: info,
                host: host.to_string(),
            })
            .await;
            Done::Task(id, index, task, host, life.live().await)
        });
    }

    fn selected(&self, task: &Task) -> bool {
        let options = &self.run.options;
        tags::selected(&task.keywords.tags, &options.tags, &options.skip_tags)
    }

    /// Expands the handlers that are notified, in the order of their definition.
    fn flush(&mut self, id: Id, index: usize) {
        let Some(play) = self.plays.get(&index).cloned() else {
            return self.finish(id);
        };
        let mut notified = std::mem::take(&mut *lock(&play.notified));
        let handlers = lock(&play.handlers).clone();
        let mut last = id;
        let mut first = Vec::new();
        for handler in handlers {
            let Some(hosts) = notified.remove(&handler.id) else {
                continue;
            };
            self.infos.remove(&(index, handler.id));
            let mut hosts: Vec<Arc<str>> = hosts.into_iter().collect();
            hosts.sort_by_key(|host| play.hosts.iter().position(|known| known == host));
            let (begin, end) = graph::chain(
                &mut self.graph,
                index,
                &[handler],
                &hosts,
                together::may_be_once,
                last,
            );
            if last == id {
                first = begin;
            }
            last = end;
        }
        if last != id {
            // Handlers may notify handlers: another flush follows.
            last = self.graph.add(Work::Flush { play: index }, &[last]);
            self.graph.splice(id, last, &first);
        }
        self.finish(id);
    }

    async fn end(&mut self, id: Id, index: usize) {
        if let Some(play) = self.plays.remove(&index) {
            self.collect_owed(&play);
            let lost = play.lost();
            let batch = lock(&play.batch).clone();
            // As in Ansible: a batch of which nothing is left ends all that needs the play.
            if !batch.is_empty() && batch.iter().all(|host| lost.contains(host)) {
                self.broken.insert(index);
            }
            self.lost.extend(lost);
            self.run.tell(Event::PlayFinished { play: index }).await;
        }
        self.finish(id);
    }
}
