//! Whether the variables that texts need can be there.

use super::survey::{PlaySurvey, Survey, short};
use super::texts;
use crate::diag::{Diag, Source, Span};
use crate::engine::controller;
use crate::model::{Action, Role, Task};
use crate::template::{Reference, check_expression, check_file, check_node};
use crate::yaml::{Mapping, Node};
use std::collections::HashSet;
use std::sync::Arc;

/// Names that every task sees. Those that begin with `ansible_` are facts or settings of the
/// connection, `template_` is told to template files.
const MAGIC: [&str; 19] = [
    "environment",
    "group_names",
    "groups",
    "hostvars",
    "inventory_dir",
    "inventory_file",
    "inventory_hostname",
    "inventory_hostname_short",
    "omit",
    "play_hosts",
    "playbook_dir",
    "role_name",
    "role_names",
    "role_path",
    "trueup_lab",
    "trueup_state",
    "undef",
    "vars",
    "self",
];

/// Looks at all texts of all tasks.
pub fn check(survey: &Survey<'_>, findings: &mut Vec<Diag>) {
    for at in 0..survey.plays.len() {
        let before = survey.playbook.before(at);
        let mut view = View {
            survey,
            play: &survey.plays[at],
            at,
            before,
            seen: HashSet::new(),
            findings,
        };
        view.variables();
        let tasks: Vec<Arc<Task>> = view
            .play
            .tasks
            .iter()
            .chain(&view.play.handlers)
            .cloned()
            .collect();
        for task in &tasks {
            view.task(task);
        }
    }
}

struct View<'a, 'b> {
    survey: &'a Survey<'b>,
    play: &'a PlaySurvey<'b>,
    /// The play's place in the playbook.
    at: usize,
    /// The plays that have ended before it.
    before: Vec<usize>,
    /// Definitions that were looked at already, by their places.
    seen: HashSet<(String, usize)>,
    findings: &'a mut Vec<Diag>,
}

/// What a text may use besides the play's variables, and who uses it.
struct User<'a> {
    task: &'a Task,
    /// Names that the task's conditions ask for.
    guarded: HashSet<String>,
    /// The file that is rendered, if it is one.
    renders: bool,
}

impl View<'_, '_> {
    /// Templates in variables must be well formed, used or not.
    fn variables(&mut self) {
        let play = self.play;
        let mut findings = Vec::new();
        let mut look = |node: &Node| findings.extend(check_node(node).0);
        play.inventory
            .values()
            .flatten()
            .for_each(|node| look(node));
        let roles = play.play.roles.iter().chain(&play.included);
        let maps = roles
            .flat_map(|role| [&role.defaults, &role.vars, &role.params])
            .map(|map| &**map);
        for map in maps.chain([&*play.play.vars, &play.vars_files]) {
            map.iter().for_each(|(_, value)| look(value));
        }
        play.tasks.iter().chain(&play.handlers).for_each(|task| {
            task.keywords.vars.iter().for_each(|(_, value)| look(value));
        });
        self.findings.extend(findings);
    }

    fn task(&mut self, task: &Task) {
        let (diags, references) = texts::of(task);
        self.findings.extend(diags);
        let guarded = references
            .iter()
            .filter(|reference| reference.guarded)
            .map(|reference| reference.name.clone());
        let way = self.play.way(task);
        let on_the_way = way.guards.iter().filter_map(|guard| {
            let (_, references) = check_expression(guard.as_str()?, &guard.span);
            Some(references.into_iter().filter(|reference| reference.guarded))
        });
        let mut user = User {
            task,
            guarded: guarded
                .chain(on_the_way.flatten().map(|reference| reference.name))
                .collect(),
            renders: false,
        };
        for reference in &references {
            self.reference(reference, &user, None);
        }
        if let Some(source) = self.template_file(task) {
            let (diags, references) = check_file(&source);
            self.findings.extend(
                diags
                    .into_iter()
                    .map(|diag| diag.also(&task.span, "rendered by this task")),
            );
            user.renders = true;
            user.guarded.extend(
                references
                    .iter()
                    .filter(|r| r.guarded)
                    .map(|r| r.name.clone()),
            );
            for reference in &references {
                self.reference(reference, &user, None);
            }
        }
    }

    fn template_file(&self, task: &Task) -> Option<Source> {
        let Action::Module { name, args } = &task.action else {
            return None;
        };
        let src = args
            .as_map()?
            .get("src")?
            .as_str()
            .filter(|src| short(name) == "template" && !src.contains("{{"))?;
        // What is missing or no text is told where files are looked at, or by the run.
        let path = controller::find(task, self.play.play, "templates", src).ok()?;
        let text = crate::diag::read_text(&path).ok()?;
        Some(Source::new(path.display().to_string(), text))
    }

    fn reference(&mut self, reference: &Reference, user: &User<'_>, through: Option<&Span>) {
        let name = reference.name.as_str();
        let magic = MAGIC.contains(&name)
            || name.starts_with("ansible_")
            || (user.renders && name.starts_with("template_"));
        if reference.guarded || magic || user.guarded.contains(name) {
            return;
        }
        match self.definitions(name, user.task) {
            Some(nodes) => nodes
                .iter()
                .for_each(|node| self.definition(node, user, &reference.span)),
            None => self.undefined(reference, user, through),
        }
    }

    /// What a variable that is used rests on.
    fn definition(&mut self, node: &Node, user: &User<'_>, used: &Span) {
        if !self
            .seen
            .insert((node.span.source().name().to_owned(), node.span.start()))
        {
            return;
        }
        for reference in check_node(node).1 {
            self.reference(&reference, user, Some(used));
        }
    }

    /// The values that a name may have, the strongest source only; `None` when nothing defines it,
    /// an empty list when only the run knows them.
    fn definitions(&self, name: &str, task: &Task) -> Option<Vec<Arc<Node>>> {
        let one = |map: &Mapping| map.get(name).map(|node| vec![Arc::new(node.clone())]);
        let opaque = Some(Vec::new());
        let repeat = task.keywords.repeat.as_ref();
        let of_loop = repeat
            .is_some_and(|repeat| repeat.var == name || repeat.index_var.as_deref() == Some(name));
        if of_loop || self.survey.extra.contains_key(name) {
            return opaque;
        }
        let own: Option<&Role> = task.role.as_deref();
        if let Some(found) = own.and_then(|role| one(&role.params)) {
            return Some(found);
        }
        let set = |at: usize| self.survey.plays[at].sets.contains_key(name);
        if set(self.at) || self.before.iter().any(|at| set(*at)) {
            return opaque;
        }
        let public = || {
            self.play
                .play
                .roles
                .iter()
                .chain(&self.play.included)
                .filter(|role| role.public)
                .map(|role| &**role)
        };
        one(&task.keywords.vars)
            .or_else(|| {
                own.into_iter()
                    .chain(public())
                    .find_map(|role| one(&role.vars))
            })
            .or_else(|| one(&self.play.vars_files))
            .or_else(|| one(&self.play.play.vars))
            .or_else(|| self.play.inventory.get(name).cloned())
            .or_else(|| {
                own.into_iter()
                    .chain(public())
                    .find_map(|role| one(&role.defaults))
            })
    }

    fn undefined(&mut self, reference: &Reference, user: &User<'_>, through: Option<&Span>) {
        let name = reference.name.as_str();
        let elsewhere = self
            .survey
            .plays
            .iter()
            .enumerate()
            .find_map(|(at, play)| Some((at, play, play.sets.get(name)?)));
        let diag = match elsewhere {
            Some((at, play, set)) => {
                let diag = Diag::error(format!(
                    "`{name}` is set by the play `{}`, which need not have ended here",
                    play.play.name
                ))
                .at(&reference.span, "")
                .also(set, "set here")
                .of_names();
                if self.survey.playbook.before(at).contains(&self.at) {
                    diag.help("that play comes later: change the order")
                } else {
                    diag.help(format!(
                        "add `{}` to the `needs` of the play `{}`",
                        play.play.name, self.play.play.name
                    ))
                }
            }
            None if self.survey.torn || self.play.brought || self.is_open() => return,
            None => {
                let names = self.names(user.task);
                let diag = Diag::error(format!("nothing defines the variable `{name}`"))
                    .at(&reference.span, "")
                    .of_names();
                match crate::diag::did_you_mean(name, names.iter().map(String::as_str)) {
                    Some(best) => diag.help(format!("did you mean `{best}`?")),
                    None => diag.help("define it, or give it a `default`"),
                }
            }
        };
        let diag = match through {
            Some(used) => diag.also(used, "used here"),
            None => diag,
        };
        let elsewhere = user.renders || through.is_some();
        self.findings.push(if elsewhere {
            diag.also(&user.task.span, "by this task")
        } else {
            diag
        });
    }

    /// Whether this play, or one before it, may set variables whose names only the run knows.
    fn is_open(&self) -> bool {
        self.play.open || self.before.iter().any(|at| self.survey.plays[*at].open)
    }

    fn names(&self, task: &Task) -> Vec<String> {
        let mut names: Vec<String> = MAGIC.iter().map(|name| (*name).to_owned()).collect();
        let mut add = |map: &Mapping| names.extend(map.keys().map(str::to_owned));
        add(&task.keywords.vars);
        add(&self.play.play.vars);
        add(&self.play.vars_files);
        let roles = self.play.play.roles.iter().chain(&self.play.included);
        for role in roles.chain(&task.role) {
            for map in [&role.defaults, &role.vars, &role.params] {
                add(map);
            }
        }
        names.extend(task.keywords.repeat.iter().map(|repeat| repeat.var.clone()));
        names.extend(self.survey.extra.keys().cloned());
        names.extend(self.play.inventory.keys().cloned());
        names.extend(self.play.sets.keys().cloned());
        names.extend(
            self.before
                .iter()
                .flat_map(|at| self.survey.plays[*at].sets.keys().cloned()),
        );
        names
    }
}
