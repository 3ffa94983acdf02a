//! What a playbook's plays hold, with all that can be included already.

use crate::diag::{Diag, Span};
use crate::engine::controller;
use crate::model::{
    Action, Brings, Inventory, Loader, Play, Playbook, Role, Task, VarMap, read_vars,
};
use crate::template::Var;
use crate::yaml::{Mapping, Node, Value};
use indexmap::IndexMap;
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

/// All plays, and what holds for all of them.
pub struct Survey<'a> {
    pub plays: Vec<PlaySurvey<'a>>,
    pub playbook: &'a Playbook,
    pub extra: &'a Arc<VarMap>,
    /// Something sets variables whose names only the run knows.
    pub open: bool,
}

/// One play.
pub struct PlaySurvey<'a> {
    pub play: &'a Play,
    /// Its tasks, those of includes behind the include.
    pub tasks: Vec<Arc<Task>>,
    pub handlers: Vec<Arc<Task>>,
    /// Roles that includes bring.
    pub included: Vec<Arc<Role>>,
    /// Something is included by a name that only the run knows.
    pub open: bool,
    /// Hosts of it come from a task of an earlier play, with variables and groups that only the run knows.
    pub brought: bool,
    /// What `register`, `set_fact` and `include_vars` set, and where first.
    pub sets: BTreeMap<String, Span>,
    /// Variables of the inventory for the play's hosts; each different value once.
    pub inventory: IndexMap<String, Vec<Arc<Node>>>,
    /// Variables of `vars_files`.
    pub vars_files: Mapping,
}

/// How many includes may lead from one to the next before the check lets them be.
const INCLUDES: usize = 12;

impl<'a> Survey<'a> {
    pub fn of(
        playbook: &'a Playbook,
        inventory: &Inventory,
        loader: &'a Loader,
        findings: &mut Vec<Diag>,
    ) -> Self {
        let mut survey = Self {
            plays: Vec::new(),
            playbook,
            extra: loader.extra(),
            open: !loader.is_whole(),
        };
        let mut brings = Vec::new();
        for play in &playbook.plays {
            let mut found = PlaySurvey {
                play,
                tasks: Vec::new(),
                handlers: Vec::new(),
                included: Vec::new(),
                open: false,
                brought: false,
                sets: BTreeMap::new(),
                inventory: IndexMap::new(),
                vars_files: Mapping::new(),
            };
            found.hosts(inventory, &brings, findings);
            survey.open |= found.files_of_variables(findings);
            // Both times a gate's tasks are the same.
            let gate = play.gate.before.iter();
            let sections = play.sections.iter().flat_map(|section| &section.tasks);
            let tasks: Vec<Arc<Task>> = gate.chain(sections).cloned().collect();
            let mut walk = Walk {
                loader,
                findings,
                chain: Vec::new(),
            };
            found.tasks = walk.expand(&tasks, &mut found);
            let mut handlers = play.handlers.clone();
            handlers.append(&mut found.handlers);
            found.handlers = walk.expand(&handlers, &mut found);
            survey.open |= found.learn(findings) || found.open;
            let tasks = found.tasks.iter().chain(&found.handlers);
            brings.extend(tasks.filter_map(|task| task.brings_as_written()));
            survey.plays.push(found);
        }
        survey
    }
}

impl PlaySurvey<'_> {
    fn hosts(&mut self, inventory: &Inventory, brings: &[Brings], findings: &mut Vec<Diag>) {
        let patterns: Vec<&Node> = match &self.play.hosts.value {
            Value::Seq(items) => items.iter().collect(),
            _ => vec![&self.play.hosts],
        };
        let words: Vec<&str> = patterns.iter().filter_map(|node| node.as_str()).collect();
        let pattern = if words.iter().any(|word| word.contains("{{")) {
            "all".to_owned()
        } else {
            words.join(",")
        };
        let by = |pattern: &str| brings.iter().find(|one| inventory.may_select(pattern, one));
        let hosts = match inventory.select_and_warn(&pattern) {
            Ok((hosts, warnings)) => {
                let by = by(&pattern).filter(|_| !warnings.is_empty());
                self.brought = by.is_some();
                let warnings = match by {
                    Some(by) => vec![Diag::warning(format!(
                        "the hosts of this play come from the task `{}`, and are known once it has run",
                        by.task
                    ))],
                    None => warnings,
                };
                findings.extend(
                    warnings
                        .into_iter()
                        .map(|diag| diag.at(&self.play.hosts.span, "")),
                );
                hosts
            }
            Err(diag) => {
                findings.push(diag.or_at(&self.play.hosts.span));
                Vec::new()
            }
        };
        // Of each definition once: what a group says comes again for each of its hosts.
        let mut seen = HashSet::new();
        for host in hosts {
            match inventory.variables(&host, Some(&self.play.folder)) {
                Ok(vars) => {
                    for (name, var) in vars.iter() {
                        let known = self.inventory.entry(name.clone()).or_default();
                        if let Var::Node(node) = var
                            && seen.insert((
                                name.clone(),
                                node.span.source().name().to_owned(),
                                node.span.start(),
                            ))
                        {
                            known.push(node.clone());
                        }
                    }
                }
                Err(diags) => findings.extend(diags),
            }
        }
    }

    /// Reads `vars_files` whose names are known; true when some are not.
    fn files_of_variables(&mut self, findings: &mut Vec<Diag>) -> bool {
        let mut open = false;
        for entry in &self.play.vars_files {
            let choices = entry.as_seq().unwrap_or(std::slice::from_ref(entry));
            let names: Vec<&str> = choices.iter().filter_map(Node::as_str).collect();
            if names.iter().any(|name| name.contains("{{")) {
                open = true;
                continue;
            }
            let folder = &self.play.folder;
            let paths = names
                .iter()
                .flat_map(|name| [folder.join(name), folder.join("vars").join(name)]);
            match paths
                .into_iter()
                .find(|path| path.is_file())
                .map(|path| read_vars(&path))
            {
                Some(Ok(vars)) => lay(&mut self.vars_files, &vars),
                Some(Err(diags)) => findings.extend(diags),
                None => findings.push(
                    Diag::error(format!(
                        "there is no file of variables {}",
                        names.join(", ")
                    ))
                    .at(&entry.span, "")
                    .help(format!("put it into {}", folder.display())),
                ),
            }
        }
        open
    }

    /// Takes down what tasks set; true when some set what only the run knows.
    fn learn(&mut self, findings: &mut Vec<Diag>) -> bool {
        let mut open = false;
        for task in self
            .tasks
            .iter()
            .chain(&self.handlers)
            .cloned()
            .collect::<Vec<_>>()
        {
            if let Some(name) = &task.keywords.register {
                self.sets
                    .entry(name.clone())
                    .or_insert_with(|| task.span.clone());
            }
            let Action::Module { name, args } = &task.action else {
                continue;
            };
            let Some(args) = args.as_map() else { continue };
            match short(name) {
                "set_fact" => {
                    for (key, _) in args.iter() {
                        let name = key.as_str().unwrap_or_default();
                        if name.contains("{{") || name == "_raw_params" {
                            open = true;
                        } else if name != "cacheable" {
                            self.sets
                                .entry(name.to_owned())
                                .or_insert_with(|| key.span.clone());
                        }
                    }
                }
                "add_host" => {
                    for (key, _) in args.iter() {
                        let name = key.as_str().unwrap_or_default();
                        open |= name.contains("{{");
                        self.sets
                            .entry(name.to_owned())
                            .or_insert_with(|| key.span.clone());
                    }
                }
                "include_vars" => open |= self.include_vars(&task, args, findings),
                // These put facts of their own beside `ansible_facts`.
                "package_facts" | "service_facts" | "getent" => open = true,
                _ => {}
            }
        }
        open
    }

    fn include_vars(&mut self, task: &Task, args: &Mapping, findings: &mut Vec<Diag>) -> bool {
        if let Some(name) = args
            .get("name")
            .and_then(Node::as_str)
            .filter(|name| !name.contains("{{"))
        {
            self.sets
                .entry(name.to_owned())
                .or_insert_with(|| task.span.clone());
            return false;
        }
        let Some(file) = args.get("file").or_else(|| args.get("_raw_params")) else {
            return true;
        };
        let Some(name) = file.as_str().filter(|name| !name.contains("{{")) else {
            return true;
        };
        // That it is missing is told where files are looked at.
        let Ok(path) = controller::find(task, self.play, "vars", name) else {
            return true;
        };
        match read_vars(&path) {
            Ok(vars) => {
                for key in vars.keys() {
                    self.sets
                        .entry(key.to_owned())
                        .or_insert_with(|| task.span.clone());
                }
                false
            }
            Err(diags) => {
                if task.span.is_veiled() {
                    let places = diags.iter().filter_map(|diag| diag.place.as_ref());
                    places.for_each(|(span, _)| span.source().whole().veil());
                }
                findings.extend(diags);
                true
            }
        }
    }
}

/// The short name of one of Ansible's own modules; the whole name of any other.
pub fn short(name: &Node) -> &str {
    let name = name.as_str().unwrap_or_default();
    let own = name
        .strip_prefix("ansible.builtin.")
        .or_else(|| name.strip_prefix("ansible.legacy."));
    own.unwrap_or(name)
}

/// Lays a mapping over another.
pub fn lay(under: &mut Mapping, over: &Mapping) {
    for (key, value) in over.iter() {
        under.insert(key.clone(), value.clone());
    }
}

struct Walk<'a> {
    loader: &'a Loader,
    findings: &'a mut Vec<Diag>,
    /// The includes on the way here.
    chain: Vec<PathBuf>,
}

impl Walk<'_> {
    fn expand(&mut self, tasks: &[Arc<Task>], play: &mut PlaySurvey<'_>) -> Vec<Arc<Task>> {
        let mut all = Vec::new();
        for task in tasks {
            all.push(task.clone());
            match &task.action {
                Action::IncludeTasks { file, apply } => match literal(file) {
                    Some(name) => {
                        let inner = self.file(task, name, file, apply.as_ref(), play);
                        all.extend(self.expand(&inner, play));
                        self.chain.pop();
                    }
                    None => play.open = true,
                },
                Action::IncludeRole {
                    name, tasks_from, ..
                } => match literal(name) {
                    Some(word)
                        if tasks_from
                            .as_ref()
                            .is_none_or(|from| literal(from).is_some()) =>
                    {
                        let inner = self.role(task, word, tasks_from.as_ref(), play);
                        all.extend(self.expand(&inner, play));
                        self.chain.pop();
                    }
                    _ => play.open = true,
                },
                _ => {}
            }
        }
        all
    }

    /// Goes one include deeper; false when that leads in a circle, which a condition may end.
    fn deeper(&mut self, what: PathBuf, play: &mut PlaySurvey<'_>) -> bool {
        let goes = self.chain.len() < INCLUDES && !self.chain.contains(&what);
        play.open |= !goes && self.chain.len() >= INCLUDES;
        self.chain.push(what);
        goes
    }

    fn file(
        &mut self,
        task: &Task,
        name: &str,
        file: &Node,
        apply: Option<&Node>,
        play: &mut PlaySurvey<'_>,
    ) -> Vec<Arc<Task>> {
        let found = controller::find(task, play.play, "tasks", name);
        let path = found.clone().unwrap_or_default();
        if !self.deeper(path, play) {
            return Vec::new();
        }
        match found {
            Ok(path) => match self
                .loader
                .include_tasks(&path, task, apply, &loop_vars(task))
            {
                Ok(tasks) => tasks,
                Err(diags) => {
                    self.findings.extend(diags);
                    Vec::new()
                }
            },
            Err(diag) => {
                self.findings.push(diag.or_at(&file.span));
                Vec::new()
            }
        }
    }

    fn role(
        &mut self,
        task: &Task,
        name: &str,
        from: Option<&Node>,
        play: &mut PlaySurvey<'_>,
    ) -> Vec<Arc<Task>> {
        let from = from.and_then(Node::as_str).unwrap_or("main");
        if !self.deeper(PathBuf::from(format!("{name} {from}")), play) {
            return Vec::new();
        }
        match self.loader.include_role(name, task, &loop_vars(task)) {
            Ok(role) => {
                play.handlers.extend(role.handlers);
                play.included.push(role.role);
                role.tasks
            }
            Err(diags) => {
                self.findings.extend(diags);
                Vec::new()
            }
        }
    }
}

fn literal(node: &Node) -> Option<&str> {
    node.as_str()
        .filter(|text| !text.contains("{{") && !text.contains("{%"))
}

/// The loop's variables, known by name only.
fn loop_vars(task: &Task) -> Mapping {
    let mut vars = Mapping::new();
    if let Some(repeat) = &task.keywords.repeat {
        for name in [Some(&repeat.var), repeat.index_var.as_ref()]
            .into_iter()
            .flatten()
        {
            let key = Node::new(Value::Str(name.clone()), repeat.over.span.clone());
            vars.insert(key, Node::new(Value::Null, repeat.over.span.clone()));
        }
    }
    vars
}
