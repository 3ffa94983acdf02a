//! What a node's end means: the recap, the host's standing, handlers, includes, metas.

use super::Dispatcher;
use crate::engine::life::End;
use crate::engine::machine::lock;
use crate::engine::outcome::Outcome;
use crate::engine::play::PlayRun;
use crate::engine::plays;
use crate::engine::standing::Standing;
use crate::graph::Id;
use crate::model::{Action, Meta, Task};
use std::sync::Arc;

impl Dispatcher {
    pub(super) fn ended(
        &mut self,
        id: Id,
        index: usize,
        task: &Arc<Task>,
        host: &Arc<str>,
        end: &End,
    ) {
        let Some(play) = self.plays.get(&index).cloned() else {
            return self.finish(id);
        };
        let others = self.once.remove(&id).unwrap_or_default();
        self.count(&play, task, host, end);
        let well = !matches!(
            end.outcome,
            Outcome::Failed { ignored: false, .. } | Outcome::Unreachable { ignored: false, .. }
        );
        lock(&play.owed).ended(task, host, well);
        let doubt = match &end.outcome {
            Outcome::Unknown { until, .. } if self.run.is_plan() && !end.changed => Some(until),
            _ => None,
        };
        for name in &end.notify {
            plays::notify(&play, name, host, task, doubt);
        }
        let others: Vec<Arc<str>> = others.into_iter().filter(|other| other != host).collect();
        for other in &others {
            lock(&play.owed).ended(task, other, well);
            // What runs once by its module alone leaves its result on its host, as in Ansible.
            if task.keywords.run_once.is_some() {
                plays::share(&self.run, task, host, other);
            }
            if matches!(end.outcome, Outcome::Failed { ignored: false, .. }) {
                play.standing(other, |standing| standing.fail(&task.blocks));
            }
        }
        if !end.includes.is_empty() {
            let all = self.includes.entry((index, task.id)).or_default();
            all.push((host.clone(), end.includes.clone()));
            all.extend(
                others
                    .iter()
                    .map(|other| (other.clone(), end.includes.clone())),
            );
        }
        if let Action::Meta(meta, _) = task.action {
            match &end.outcome {
                Outcome::Ok => self.meta(&play, task, meta, host),
                Outcome::Unknown { until, .. } => unsure(&play, task, meta, host, until),
                _ => {}
            }
        }
        self.finish(id);
    }

    fn count(&mut self, play: &Arc<PlayRun>, task: &Task, host: &Arc<str>, end: &End) {
        let outcome = &end.outcome;
        let is_meta = matches!(task.action, Action::Meta(..));
        let line = self.run.hosts.get(host);
        match outcome {
            _ if is_meta && !matches!(outcome, Outcome::Failed { .. }) => {}
            // As Ansible counts: each file that is included is one.
            Outcome::Ok | Outcome::Waits { .. } => {
                line.count(|recap| recap.ok += end.includes.len().max(1));
            }
            Outcome::Changed(_) => line.count(|recap| {
                recap.ok += 1;
                recap.changed += 1;
            }),
            Outcome::Unknown { .. } => line.count(|recap| {
                recap.ok += 1;
                recap.changed += 1;
                recap.unknown += 1;
            }),
            Outcome::Skipped(_) => line.count(|recap| recap.skipped += 1),
            Outcome::Failed { ignored: true, .. } => line.count(|recap| {
                recap.ok += 1;
                recap.changed += usize::from(end.changed);
                recap.ignored += 1;
            }),
            Outcome::Failed { ignored: false, .. } => {
                // All that moved since a plan is looked for, also behind what fails for it.
                let looks_on = self.run.is_held();
                let rescued =
                    !looks_on && play.standing(host, |standing| standing.fail(&task.blocks));
                line.count(|recap| {
                    if rescued {
                        recap.rescued += 1;
                    } else {
                        recap.failed += 1;
                    }
                });
            }
            Outcome::Unreachable { ignored: true, .. } => line.count(|recap| {
                recap.ok += 1;
                recap.ignored += 1;
            }),
            Outcome::Unreachable { ignored: false, .. } => {
                play.standing(host, Standing::lose);
                line.count(|recap| recap.unreachable += 1);
            }
        }
    }

    fn meta(&mut self, play: &Arc<PlayRun>, task: &Task, meta: Meta, host: &Arc<str>) {
        match meta {
            Meta::EndHost => play.standing(host, Standing::end),
            Meta::EndRole => leave(play, task, host, None),
            Meta::EndPlay => {
                for host in &play.hosts {
                    play.standing(host, Standing::end);
                }
            }
            Meta::EndBatch => {
                for host in lock(&play.batch).clone() {
                    play.standing(&host, Standing::end);
                }
            }
            Meta::ClearHostErrors => {
                self.lost.clear();
                for host in lock(&play.standings).values_mut() {
                    host.clear();
                }
            }
            Meta::ClearFacts => self.run.hosts.get(host).forget_facts(),
            Meta::ResetConnection | Meta::Noop | Meta::FlushHandlers | Meta::RefreshInventory => {}
        }
    }
}

/// A host leaves the role that the task is of, or may, which the task `until` decides.
fn leave(play: &PlayRun, task: &Task, host: &Arc<str>, until: Option<&str>) {
    if let Some(role) = &task.role {
        play.standing(host, |standing| standing.leave(role, until));
    }
}

/// A dry run can't know whether a host leaves the play.
fn unsure(play: &PlayRun, task: &Task, meta: Meta, host: &Arc<str>, until: &str) {
    if meta == Meta::EndRole {
        return leave(play, task, host, Some(until));
    }
    let hosts = match meta {
        Meta::EndHost => vec![host.clone()],
        Meta::EndPlay => play.hosts.clone(),
        Meta::EndBatch => lock(&play.batch).clone(),
        _ => Vec::new(),
    };
    for host in hosts {
        play.standing(&host, |standing| standing.may_end(until));
    }
}
