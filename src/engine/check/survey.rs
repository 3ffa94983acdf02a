//! What a playbook's plays hold, with all that can be included already.

use crate::diag::{Diag, Span};
use crate::engine::controller;
use crate::model::{Action, Brings, Inventory, Play, Playbook, Role, Task, VarMap, read_vars};
use crate::template::Var;
use crate::yaml::{Mapping, Node, Value};
use indexmap::IndexMap;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// All plays, and what holds for all of them.
pub struct Survey<'a> {
    pub plays: Vec<PlaySurvey<'a>>,
    pub playbook: &'a Playbook,
    pub extra: &'a Arc<VarMap>,
    /// Parts of the playbook could not be read.
    pub torn: bool,
}

/// How a task is come to.
#[derive(Clone, Default)]
pub struct Way {
    /// The conditions of the includes on the way.
    pub guards: Vec<Node>,
    /// Nothing that only the run knows keeps it from being reached.
    pub sure: bool,
}

/// One play.
pub struct PlaySurvey<'a> {
    pub play: &'a Play,
    /// Its tasks, those of includes behind the include.
    pub tasks: Vec<Arc<Task>>,
    pub handlers: Vec<Arc<Task>>,
    /// Roles that includes bring.
    pub included: Vec<Arc<Role>>,
    /// Something sets variables whose names only the run knows.
    pub open: bool,
    /// The includes whose names only the run knows.
    pub unseen: Vec<Span>,
    /// How tasks are come to, by their ids.
    pub ways: HashMap<usize, Way>,
    /// It has hosts, as far as the inventory tells.
    pub peopled: bool,
    /// Hosts of it come from a task of an earlier play, with variables and groups that only the run knows.
    pub brought: bool,
    /// What `register`, `set_fact` and `include_vars` set, and where first.
    pub sets: BTreeMap<String, Span>,
    /// Variables of the inventory for the play's hosts; each different value once.
    pub inventory: IndexMap<String, Vec<Arc<Node>>>,
    /// The names of those that are the same for all of them.
    pub alike: HashSet<String>,
    /// Variables of `vars_files`.
    pub vars_files: Mapping,
}

impl PlaySurvey<'_> {
    /// Finds its hosts, and their variables.
    pub(super) fn hosts(
        &mut self,
        inventory: &Inventory,
        brings: &[Brings],
        findings: &mut Vec<Diag>,
    ) {
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
        self.peopled = !hosts.is_empty();
        // Of each definition once: what a group says comes again for each of its hosts.
        let mut seen = HashSet::new();
        let mut having: HashMap<String, usize> = HashMap::new();
        for host in &hosts {
            match inventory.variables(host, Some(&self.play.folder)) {
                Ok(vars) => {
                    for (name, var) in vars.iter() {
                        *having.entry(name.clone()).or_default() += 1;
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
        let known = &self.inventory;
        let alike = having.into_iter().filter(|(name, count)| {
            *count == hosts.len() && known.get(name).is_some_and(|nodes| nodes.len() == 1)
        });
        self.alike = alike.map(|(name, _)| name).collect();
    }

    /// Notes an include that can't be followed: what it sets may be anything.
    pub(super) fn left(&mut self, name: &Node) {
        self.open = true;
        self.unseen.push(name.span.clone());
    }

    /// How a task of it is come to.
    pub fn way(&self, task: &Task) -> Way {
        self.ways.get(&task.id).cloned().unwrap_or_default()
    }

    /// Reads `vars_files` whose names are known; true when some are not.
    pub(super) fn files_of_variables(&mut self, findings: &mut Vec<Diag>) -> bool {
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
    pub(super) fn learn(&mut self, findings: &mut Vec<Diag>) -> bool {
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
