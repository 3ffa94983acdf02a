//! What a task does: its module and arguments, in all the ways they can be written.

use super::free_form;
use super::known::Kind;
use super::play::begin;
use crate::diag::{Diag, Span};
use crate::model::{Action, Keywords, Meta};
use crate::yaml::{Mapping, Node, Value};

/// The keywords that mean something on an include itself.
const OF_INCLUDE: [&str; 16] = [
    "action",
    "args",
    "collections",
    "debugger",
    "ignore_errors",
    "listen",
    "loop",
    "loop_control",
    "name",
    "no_log",
    "register",
    "run_once",
    "tags",
    "timeout",
    "vars",
    "when",
];

/// A task's module as it is written.
pub(super) struct Named {
    /// The module's name.
    pub(super) name: Node,
    /// Its arguments, a mapping.
    pub(super) args: Mapping,
    /// Where the arguments stand.
    pub(super) at: Span,
    /// Whether it is a `local_action`.
    pub(super) local: bool,
}

/// The module that a task names, if it names one.
pub(super) fn named(
    node: &Node,
    map: &Mapping,
    kind: Kind,
    errors: &mut Vec<Diag>,
) -> Option<Named> {
    let unknown: Vec<(&Node, &Node)> = map
        .iter()
        .filter(|(key, _)| !kind.knows(key.as_str().unwrap_or_default()))
        .collect();
    let keyed = ["action", "local_action"]
        .into_iter()
        .find_map(|key| map.entry(key));
    // With several candidates those that are nearly keywords are misspelt, unless that leaves none.
    let several = unknown.len() + usize::from(keyed.is_some()) > 1;
    let (misspelt, modules): (Vec<_>, Vec<_>) = unknown
        .iter()
        .partition(|(key, _)| several && kind.nearly(key.as_str().unwrap_or_default()));
    errors.extend(misspelt.iter().map(|(key, _)| kind.unknown(key)));
    let first = keyed.or_else(|| modules.first().copied());
    let Some((key, value)) = first else {
        if misspelt.is_empty() {
            let help = "name a module, such as `command:` or `copy:`";
            errors.push(
                Diag::error("this task does nothing")
                    .at(&begin(node), "")
                    .help(help),
            );
        }
        return None;
    };
    for (other, _) in modules.iter().filter(|(other, _)| *other != key) {
        let (one, two) = (
            key.as_str().unwrap_or_default(),
            other.as_str().unwrap_or_default(),
        );
        errors.push(
            Diag::error(format!(
                "a task has one module, and this one has two: `{one}` and `{two}`"
            ))
            .at(&other.span, "the second")
            .also(&key.span, "the first")
            .help("make it two tasks, or check the indentation"),
        );
    }
    let (name, given) = if keyed.is_some() {
        by_action(key, value, errors)?
    } else {
        (key.clone(), value.clone())
    };
    let word = name.as_str().unwrap_or_default();
    let mut args = Mapping::new();
    if let Some(more) = map.get("args") {
        match &more.value {
            Value::Map(map) => args = map.clone(),
            Value::Null => {}
            _ => errors.push(
                Diag::error(format!("`args` is a mapping, not {}", more.kind()))
                    .at(&more.span, "")
                    .help("write `name: value` lines"),
            ),
        }
    }
    let own = match &given.value {
        Value::Map(map) => map.clone(),
        Value::Null => Mapping::new(),
        Value::Str(text) => match free_form::arguments(word, text, &given.span) {
            Ok(args) => args,
            Err(diag) => {
                errors.push(diag);
                return None;
            }
        },
        _ => {
            errors.push(
                Diag::error(format!(
                    "the arguments of `{word}` are a mapping or a string, not {}",
                    given.kind()
                ))
                .at(&given.span, ""),
            );
            return None;
        }
    };
    for (key, value) in own.iter() {
        args.insert(key.clone(), value.clone());
    }
    let at = if given.is_null() {
        name.span.clone()
    } else {
        given.span
    };
    Some(Named {
        name,
        args,
        at,
        local: key.as_str() == Some("local_action"),
    })
}

/// `action: module text` and `action: {module: name, ...}`.
fn by_action(key: &Node, value: &Node, errors: &mut Vec<Diag>) -> Option<(Node, Node)> {
    let node = |text: &str, node: &Node| Node::new(Value::Str(text.to_owned()), node.span.clone());
    match &value.value {
        Value::Str(text) if !text.trim().is_empty() => {
            let text = text.trim();
            let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
            Some((node(name, value), node(rest.trim_start(), value)))
        }
        Value::Map(map) => {
            let mut map = map.clone();
            match map.remove("module") {
                Some((_, name)) if name.as_str().is_some() => {
                    Some((name, Node::new(Value::Map(map), value.span.clone())))
                }
                _ => {
                    errors.push(
                        Diag::error("the `module` is missing here")
                            .at(&value.span, "")
                            .help("add `module: name`"),
                    );
                    None
                }
            }
        }
        _ => {
            let word = key.as_str().unwrap_or_default();
            errors.push(
                Diag::error(format!(
                    "`{word}` is a module's name with its arguments, not {}",
                    value.kind()
                ))
                .at(&value.span, ""),
            );
            None
        }
    }
}

impl Named {
    /// The short name of one of Ansible's own actions; the whole name of anything else.
    pub(super) fn short(&self) -> &str {
        let name = self.name.as_str().unwrap_or_default();
        let own = name
            .strip_prefix("ansible.builtin.")
            .or_else(|| name.strip_prefix("ansible.legacy."));
        own.unwrap_or(name)
    }

    /// The one argument that is needed, which may be written as free text; others are refused.
    pub(super) fn one(&self, main: &str, others: &[&str], errors: &mut Vec<Diag>) -> Option<Node> {
        for (key, _) in self.args.iter() {
            let word = key.as_str().unwrap_or_default();
            if word != main && word != "_raw_params" && !others.contains(&word) {
                let known: Vec<&str> = others.iter().copied().chain([main]).collect();
                let diag = Diag::error(format!("`{}` has no parameter `{word}`", self.short()))
                    .at(&key.span, "");
                errors.push(
                    diag.suggest(word, known)
                        .help("variables stand under `vars:`"),
                );
            }
        }
        let value = self.args.get(main).or_else(|| self.args.get("_raw_params"));
        if value.is_none_or(Node::is_null) {
            errors.push(Diag::error(format!("`{}` needs `{main}`", self.short())).at(&self.at, ""));
            return None;
        }
        value.cloned()
    }

    /// What the task does, for all but imports.
    pub(super) fn action(
        self,
        map: &Mapping,
        keywords: &Keywords,
        errors: &mut Vec<Diag>,
    ) -> Option<Action> {
        match self.short() {
            "include_tasks" => {
                self.refuse_keywords(map, errors);
                let file = self.one("file", &["apply"], errors)?;
                Some(Action::IncludeTasks {
                    file,
                    apply: self.args.get("apply").cloned(),
                })
            }
            "include_role" => {
                self.refuse_keywords(map, errors);
                self.include_role(errors)
            }
            "include" => {
                errors.push(
                    Diag::error("`include` is gone from Ansible")
                        .at(&self.name.span, "")
                        .help("use include_tasks or import_tasks"),
                );
                None
            }
            "import_playbook" => {
                errors.push(
                    Diag::error("`import_playbook` stands beside the plays, not among tasks")
                        .at(&self.name.span, ""),
                );
                None
            }
            "meta" => {
                let what = self.args.get("_raw_params").cloned();
                let what = what.unwrap_or_else(|| Node::new(Value::Null, self.at.clone()));
                if keywords.repeat.is_some() {
                    errors.push(Diag::error("`meta` can't be looped over").at(&self.name.span, ""));
                }
                meta(&what, errors).map(|meta| Action::Meta(meta, what.span))
            }
            _ => {
                let Self { name, args, at, .. } = self;
                Some(Action::Module {
                    name,
                    args: Node::new(Value::Map(args), at),
                })
            }
        }
    }

    fn include_role(&self, errors: &mut Vec<Diag>) -> Option<Action> {
        let parameters = [
            "role",
            "tasks_from",
            "vars_from",
            "defaults_from",
            "handlers_from",
            "public",
            "apply",
            "allow_duplicates",
            "rolespec_validate",
        ];
        let mut this = Self {
            name: self.name.clone(),
            args: self.args.clone(),
            at: self.at.clone(),
            local: false,
        };
        if let Some((_, name)) = this.args.remove("role") {
            let key = Node::new(Value::Str("name".to_owned()), name.span.clone());
            this.args.insert(key, name);
        }
        let name = this.one("name", &parameters, errors)?;
        let given = |key: &str| this.args.get(key).filter(|node| !node.is_null()).cloned();
        Some(Action::IncludeRole {
            name,
            tasks_from: given("tasks_from"),
            vars_from: given("vars_from"),
            defaults_from: given("defaults_from"),
            handlers_from: given("handlers_from"),
            public: given("public").is_some_and(|node| super::keywords::flag(&node, errors)),
            unchecked: given("rolespec_validate")
                .is_some_and(|node| !super::keywords::flag(&node, errors)),
            apply: given("apply"),
        })
    }

    /// Keywords on an include go to the include alone, so most of them would do nothing.
    fn refuse_keywords(&self, map: &Mapping, errors: &mut Vec<Diag>) {
        for (key, _) in map.iter().filter(|(key, _)| **key != self.name) {
            let word = key.as_str().unwrap_or_default();
            if Kind::Handler.knows(word)
                && !word.starts_with("with_")
                && !OF_INCLUDE.contains(&word)
            {
                errors.push(
                    Diag::error(format!("`{word}` does nothing on `{}`", self.short()))
                        .at(&key.span, "")
                        .help(format!(
                            "put it under `apply:`, or use {}",
                            self.short().replace("include", "import")
                        )),
                );
            }
        }
    }
}

fn meta(node: &Node, errors: &mut Vec<Diag>) -> Option<Meta> {
    let known = [
        ("flush_handlers", Meta::FlushHandlers),
        ("noop", Meta::Noop),
        ("end_host", Meta::EndHost),
        ("end_play", Meta::EndPlay),
        ("end_batch", Meta::EndBatch),
        ("end_role", Meta::EndRole),
        ("clear_host_errors", Meta::ClearHostErrors),
        ("clear_facts", Meta::ClearFacts),
        ("refresh_inventory", Meta::RefreshInventory),
        ("reset_connection", Meta::ResetConnection),
    ];
    let word = node.as_str().unwrap_or_default();
    let meta = known
        .iter()
        .find(|(name, _)| *name == word)
        .map(|(_, meta)| *meta);
    if meta.is_none() {
        let names = known.map(|(name, _)| name);
        let diag = Diag::error(format!("`{word}` is no action of `meta`")).at(&node.span, "");
        errors.push(
            diag.suggest(word, names)
                .help(format!("known are {}", names.join(", "))),
        );
    }
    meta
}
