//! Tasks that run once for all hosts, or may.

use super::Dispatcher;
use crate::engine::event::Event;
use crate::engine::play::PlayRun;
use crate::engine::plays;
use crate::engine::standing::Standing;
use crate::engine::together;
use crate::graph::{Id, Work};
use crate::model::Task;
use std::sync::Arc;

impl Dispatcher {
    /// Runs a task on the first host that still stands, or on all of them where its `run_once`
    /// turns out to be false.
    pub(super) async fn task_once(
        &mut self,
        id: Id,
        index: usize,
        task: Arc<Task>,
        hosts: &[Arc<str>],
    ) {
        let Some(play) = self.plays.get(&index).cloned() else {
            return self.finish(id);
        };
        let handler = plays::is_handler(&play, &task);
        let stays = |standing: &Standing| handler || !standing.has_left(&task);
        let stands =
            |host: &&Arc<str>| play.standing(host, |s| s.clone().turn(&task.blocks) && stays(s));
        let Some(first) = hosts.iter().find(stands).cloned() else {
            return self.finish(id);
        };
        match together::once(&self.run, &play, &task, &first) {
            Ok(true) => {}
            Ok(false) => {
                let work = |host: &Arc<str>| Work::Task {
                    play: index,
                    task: task.clone(),
                    host: host.clone(),
                };
                self.graph.fan(id, hosts.iter().map(work).collect());
                return self.finish(id);
            }
            Err(diag) => {
                let diag = diag.also(&task.span, "of this task");
                self.run.tell(Event::Finding { host: None, diag }).await;
                let stand: Vec<Arc<str>> = hosts.iter().filter(stands).cloned().collect();
                self.fail(&play, &task, &stand);
                return self.finish(id);
            }
        }
        // All hosts pass the task's place in its blocks, one of them runs it.
        let turns: Vec<Arc<str>> = hosts
            .iter()
            .filter(|host| play.standing(host, |s| s.turn(&task.blocks) && stays(s)))
            .cloned()
            .collect();
        self.once.insert(id, turns);
        self.spawn(id, &play, task, first).await;
    }

    /// A task fails on these hosts before it begins.
    pub(super) fn fail(&mut self, play: &PlayRun, task: &Task, hosts: &[Arc<str>]) {
        for host in hosts {
            let rescued = play.standing(host, |standing| standing.fail(&task.blocks));
            self.run.hosts.get(host).count(|recap| {
                if rescued {
                    recap.rescued += 1;
                } else {
                    recap.failed += 1;
                }
            });
        }
    }
}
