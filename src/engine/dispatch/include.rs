//! The barrier behind a task: failures are weighed, what its hosts want to include expands.

use super::Dispatcher;
use crate::diag::Diag;
use crate::engine::event::Event;
use crate::engine::life::{Include, Included};
use crate::engine::machine::lock;
use crate::engine::play::PlayRun;
use crate::engine::together;
use crate::graph::{self, Id};
use crate::model::{Action, Task};
use crate::yaml::Value as Yaml;
use std::sync::Arc;

impl Dispatcher {
    /// All hosts have done with a task: failures are weighed, includes expand.
    pub(super) async fn barrier(&mut self, id: Id, index: usize, task: &Arc<Task>) {
        let Some(play) = self.plays.get(&index).cloned() else {
            return self.finish(id);
        };
        if let Err(diag) = together::weigh(&self.run, &play, task, &mut self.broken) {
            let diag = diag.also(&task.span, "of this task");
            self.run.tell(Event::Finding { host: None, diag }).await;
        }
        let wanted = self.includes.remove(&(index, task.id)).unwrap_or_default();
        let mut groups: Vec<(Include, Vec<Arc<str>>)> = Vec::new();
        for (host, includes) in wanted {
            for include in includes {
                match groups.iter_mut().find(|(known, _)| *known == include) {
                    Some((_, hosts)) => hosts.push(host.clone()),
                    None => groups.push((include, vec![host.clone()])),
                }
            }
        }
        let mut last = id;
        let mut first = Vec::new();
        for (include, mut hosts) in groups {
            hosts.sort_by_key(|host| play.hosts.iter().position(|known| known == host));
            match self.included(&play, task, &include) {
                Ok(tasks) if tasks.is_empty() => {}
                Ok(tasks) => {
                    let (begin, end) = graph::chain(
                        &mut self.graph,
                        index,
                        &tasks,
                        &hosts,
                        together::may_be_once,
                        last,
                    );
                    if last == id {
                        first = begin;
                    }
                    last = end;
                }
                Err(diags) => {
                    for diag in diags {
                        let diag = diag.also(&task.span, "included by this task");
                        self.run.tell(Event::Finding { host: None, diag }).await;
                    }
                    self.fail(&play, task, &hosts);
                }
            }
        }
        if last != id {
            self.graph.splice(id, last, &first);
        }
        self.finish(id);
    }

    fn included(
        &self,
        play: &Arc<PlayRun>,
        task: &Arc<Task>,
        include: &Include,
    ) -> Result<Vec<Arc<Task>>, Vec<Diag>> {
        let mut vars = task.keywords.vars.clone();
        for (name, value) in &include.vars {
            let key = crate::yaml::Node::new(Yaml::Str(name.clone()), task.span.clone());
            vars.insert(key, (**value).clone());
        }
        let tasks = match (&include.what, &task.action) {
            (Included::File(path), Action::IncludeTasks { apply, .. }) => self
                .run
                .loader
                .include_tasks(path, task, apply.as_ref(), &vars)?,
            (Included::Role(name, files), Action::IncludeRole { .. }) => {
                let task = task.with_role_files(files);
                let role = self.run.loader.include_role(name, &task, &vars)?;
                lock(&play.handlers).extend(role.handlers);
                if role.role.public {
                    lock(&play.included).push(role.role);
                }
                role.tasks
            }
            _ => Vec::new(),
        };
        Ok(tasks
            .into_iter()
            // What guards a batch is not for tags to leave out.
            .filter(|task| task.keywords.gate.is_some() || self.selected(task))
            .collect())
    }
}
