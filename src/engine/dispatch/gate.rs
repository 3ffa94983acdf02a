//! A play's gate, judged when all hosts of a batch have done with it.

use super::Dispatcher;
use crate::engine::event::Event;
use crate::engine::machine::lock;
use crate::engine::standing::Standing;
use crate::graph::Id;
use crate::model::Moment;
use std::sync::Arc;
use std::sync::atomic::Ordering;

impl Dispatcher {
    /// Ends the play for all its hosts where one of the batch failed: in the gate, or in a task
    /// before it, so that nothing shows that it is well.
    pub(super) async fn gate(&mut self, id: Id, index: usize, batch: usize, moment: Moment) {
        let Some(play) = self.plays.get(&index).cloned() else {
            return self.finish(id);
        };
        let hosts = lock(&play.batch).clone();
        let lost = |host: &&Arc<str>| play.standing(host, |standing| standing.is_lost());
        let failed: Vec<&Arc<str>> = hosts.iter().filter(lost).collect();
        if failed.is_empty() || play.closed.swap(true, Ordering::Relaxed) {
            return self.finish(id);
        }
        self.broken.insert(index);
        for host in &play.hosts {
            play.standing(host, Standing::end);
        }
        let begun = batch + usize::from(moment == Moment::After);
        let closed = Event::GateClosed {
            play: index,
            moment,
            batch: names(&hosts),
            failed: names(failed),
            done: names(play.batches.iter().take(batch).flatten()),
            not_begun: names(play.batches.iter().skip(begun).flatten()),
        };
        self.run.tell(closed).await;
        self.finish(id);
    }
}

fn names<'a>(hosts: impl IntoIterator<Item = &'a Arc<str>>) -> Vec<String> {
    hosts.into_iter().map(ToString::to_string).collect()
}
