//! What a dry run can't know of an include that may come or not: the variables that its tasks
//! would set. Without this, tasks behind it would use what was never set.

use super::{Action, Kind, Life, Node, Templar, VarMap, controller, nothing_known};
use crate::model::Task;
use std::sync::Arc;

/// How far includes are followed that stand in each other: one may include itself.
const DEEPEST: usize = 12;

impl Life {
    /// The host may get what the tasks of this include set, which the task `until` decides.
    pub(super) fn perhaps(&self, templar: &Templar, name: &Node, until: &str) {
        let Ok(name) = templar.node(name) else {
            return;
        };
        let mut vars = VarMap::new();
        self.set_by(&self.included(&self.task, &name), until, DEEPEST, &mut vars);
        self.run.hosts.get(&self.host).learn(Kind::Set, vars);
    }

    fn set_by(&self, tasks: &[Arc<Task>], until: &str, depth: usize, vars: &mut VarMap) {
        for task in tasks {
            let register = task.keywords.register.iter().map(String::as_str);
            let names = register.chain(task.set_facts());
            vars.extend(names.map(|name| (name.to_owned(), nothing_known(until))));
            self.may_join(task, until);
            if let Action::IncludeTasks { file: name, .. } | Action::IncludeRole { name, .. } =
                &task.action
                && depth > 0
                && name.as_str().is_some_and(|name| !name.contains("{{"))
            {
                self.set_by(&self.included(task, name), until, depth - 1, vars);
            }
        }
    }

    /// The tasks of an include; none where it can't be read, which is told when it is reached.
    fn included(&self, task: &Task, name: &Node) -> Vec<Arc<Task>> {
        let name = name.as_str().unwrap_or_default();
        let (loader, vars) = (&self.run.loader, &task.keywords.vars);
        let read = match &task.action {
            Action::IncludeTasks { apply, .. } => {
                controller::find(task, &self.play.play, "tasks", name)
                    .map_err(|diag| vec![diag])
                    .and_then(|path| loader.include_tasks(&path, task, apply.as_ref(), vars))
            }
            _ => loader.include_role(name, task, vars).map(|role| role.tasks),
        };
        read.unwrap_or_default()
    }
}
