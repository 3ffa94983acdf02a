//! Playbooks, plays, blocks and tasks, after imports were followed and keywords inherited.

use crate::diag::Span;
use crate::yaml::{Mapping, Node, Value};
use std::path::PathBuf;
use std::sync::Arc;

/// A playbook with all that it imports.
#[derive(Clone, Debug)]
pub struct Playbook {
    /// Its path as the user gave it.
    pub path: PathBuf,
    /// Its plays in order.
    pub plays: Vec<Play>,
}

/// A play.
#[derive(Clone, Debug)]
pub struct Play {
    /// Its `name`, or its hosts pattern.
    pub name: String,
    /// Where it begins.
    pub span: Span,
    /// The playbook's folder (imports may come from another one), for searching files.
    pub folder: PathBuf,
    /// The hosts pattern(s), maybe with templates (extra vars only, as in Ansible).
    pub hosts: Node,
    /// The plays that must have ended before; `None`: the one before it, as in Ansible.
    pub needs: Option<Vec<Node>>,
    /// `gather_facts`; `None` gathers.
    pub gather_facts: Option<Node>,
    /// `gather_subset`, if any.
    pub gather_subset: Option<Node>,
    /// `serial`: sizes of batches (numbers or percentages); empty means all at once.
    pub serial: Vec<Node>,
    /// `any_errors_fatal`.
    pub any_errors_fatal: Option<Node>,
    /// `max_fail_percentage`.
    pub max_fail_percentage: Option<Node>,
    /// `force_handlers`.
    pub force_handlers: bool,
    /// `order`.
    pub order: HostOrder,
    /// `gate`: what must hold around each batch.
    pub gate: Gate,
    /// `vars` of the play.
    pub vars: Arc<Mapping>,
    /// `vars_files`: each entry a name or a list of names of which the first found counts.
    pub vars_files: Vec<Node>,
    /// The roles in order (dependencies first), already expanded into tasks.
    pub roles: Vec<Arc<Role>>,
    /// Sections in the order in which they run; handlers are flushed after each.
    pub sections: Vec<Section>,
    /// The handlers: the roles' first, then the play's, in the order in which they run.
    pub handlers: Vec<Arc<Task>>,
    /// Keywords that includes which are expanded later inherit.
    pub keywords: Arc<Keywords>,
}

/// `order` of a play's hosts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HostOrder {
    /// As in the inventory.
    #[default]
    Inventory,
    /// The other way round.
    ReverseInventory,
    /// By name.
    Sorted,
    /// By name, the other way round.
    ReverseSorted,
    /// At random.
    Shuffle,
    /// As the hosts' PostgreSQL servers say when the play starts: those that don't answer, then
    /// those in recovery, then the primary.
    ReplicasFirst,
}

/// `gate` of a play: the same tasks twice, each time with ids of their own, since a block is
/// rescued once and a task begins once.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    /// What must hold on a batch's hosts before its first task.
    pub before: Vec<Arc<Task>>,
    /// What must hold there again after its last task and handlers.
    pub after: Vec<Arc<Task>>,
}

/// On which side of a batch's tasks a gate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Before the first.
    Before,
    /// After the last, and after its handlers.
    After,
}

impl Moment {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
        }
    }
}

/// A run of tasks after which handlers are flushed: `pre_tasks`, roles and `tasks`, `post_tasks`.
#[derive(Clone, Debug)]
pub struct Section {
    /// Its name, for the graph: `pre_tasks`, `tasks`, `post_tasks`.
    pub name: &'static str,
    /// The tasks in the order of the file, blocks flattened.
    pub tasks: Vec<Arc<Task>>,
}

/// A role as a play uses it.
#[derive(Clone, Debug)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// `defaults/main.yml`.
    pub defaults: Arc<Mapping>,
    /// `vars/main.yml`.
    pub vars: Arc<Mapping>,
    /// The parameters given where the role is named.
    pub params: Arc<Mapping>,
    /// Whether its defaults and vars are seen by the play's other tasks (import and `roles:`; not include).
    pub public: bool,
}

/// A task with all keywords that it inherits laid onto it.
#[derive(Clone, Debug)]
pub struct Task {
    /// Unique in the run; grows in the order of reading.
    pub id: usize,
    /// `name`, maybe with templates; `None` when it has none.
    pub name: Option<Node>,
    /// Where it begins.
    pub span: Span,
    /// What it does.
    pub action: Action,
    /// How.
    pub keywords: Arc<Keywords>,
    /// The keywords of what it stands in, without its own: what tasks that it includes inherit.
    pub outer: Arc<Keywords>,
    /// The blocks it stands in, outermost first, and in which part of each.
    pub blocks: Vec<(Block, Part)>,
    /// The role it belongs to.
    pub role: Option<Arc<Role>>,
    /// The folder of the file it stands in, for searching files and includes.
    pub folder: PathBuf,
    /// The files and roles that were included on the way to it, one in the other.
    pub includes: Arc<Vec<String>>,
    /// For handlers: the further topics it listens to.
    pub listen: Vec<String>,
}

impl Task {
    /// The words that name it in messages: its name as written, else its module.
    pub fn title(&self) -> String {
        match self.name.as_ref().and_then(Node::as_str) {
            Some(name) => name.to_owned(),
            None => self.action.title().to_owned(),
        }
    }

    /// The files that an `include_role` names: of tasks, of variables, of defaults, of handlers.
    pub fn role_files(&self) -> [Option<&Node>; 4] {
        match &self.action {
            Action::IncludeRole {
                tasks_from,
                vars_from,
                defaults_from,
                handlers_from,
                ..
            } => [tasks_from, vars_from, defaults_from, handlers_from].map(Option::as_ref),
            _ => [None; 4],
        }
    }

    /// The same task with the files of an `include_role` as their templates came out.
    #[must_use]
    pub fn with_role_files(&self, files: &[Option<String>; 4]) -> Self {
        let mut task = self.clone();
        if let Action::IncludeRole {
            tasks_from,
            vars_from,
            defaults_from,
            handlers_from,
            ..
        } = &mut task.action
        {
            let nodes = [tasks_from, vars_from, defaults_from, handlers_from];
            for (node, file) in nodes.into_iter().zip(files) {
                *node = node.take().zip(file.clone()).map(|(node, file)| Node {
                    value: Value::Str(file),
                    ..node
                });
            }
        }
        task
    }

    /// The variables that it sets as a `set_fact`; none where it is another module.
    pub fn set_facts(&self) -> impl Iterator<Item = &str> {
        let args = match &self.action {
            Action::Module { name, args }
                if name
                    .as_str()
                    .is_some_and(|name| name.rsplit('.').next() == Some("set_fact")) =>
            {
                args.as_map()
            }
            _ => None,
        };
        args.into_iter().flat_map(Mapping::keys)
    }
}

/// A block's identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Block {
    /// Unique in the run.
    pub id: usize,
    /// Whether it has a `rescue`.
    pub rescues: bool,
}

/// The part of a block in which a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// `block`
    Body,
    /// `rescue`
    Rescue,
    /// `always`
    Always,
}

/// What a task does.
// There is one for each task that was read: boxes would save less than they obscure.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug)]
pub enum Action {
    /// A module with its arguments (a mapping; free-form text under the module's free-form parameter; aliases not yet resolved).
    Module {
        /// The module's name as written.
        name: Node,
        /// Its arguments.
        args: Node,
    },
    /// `include_tasks`: expanded when it is reached.
    IncludeTasks {
        /// The file, maybe with templates.
        file: Node,
        /// `apply`: keywords laid onto the tasks in it.
        apply: Option<Node>,
    },
    /// `include_role`: expanded when it is reached.
    IncludeRole {
        /// The role, maybe with templates.
        name: Node,
        /// `tasks_from`.
        tasks_from: Option<Node>,
        /// `vars_from`.
        vars_from: Option<Node>,
        /// `defaults_from`.
        defaults_from: Option<Node>,
        /// `handlers_from`.
        handlers_from: Option<Node>,
        /// `public`.
        public: bool,
        /// `rolespec_validate: false`.
        unchecked: bool,
        /// `apply`.
        apply: Option<Node>,
    },
    /// `meta`.
    Meta(Meta, Span),
}

impl Action {
    /// The word that names it.
    pub fn title(&self) -> &str {
        match self {
            Self::Module { name, .. } => name.as_str().unwrap_or("task"),
            Self::IncludeTasks { .. } => "include_tasks",
            Self::IncludeRole { .. } => "include_role",
            Self::Meta(..) => "meta",
        }
    }
}

/// The actions of `meta` that are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meta {
    /// Run notified handlers now.
    FlushHandlers,
    /// Nothing.
    Noop,
    /// The host leaves the play without failing.
    EndHost,
    /// All hosts leave the play without failing.
    EndPlay,
    /// The batch ends.
    EndBatch,
    /// The host leaves the role that the task is of.
    EndRole,
    /// Failed and unreachable hosts come back.
    ClearHostErrors,
    /// Facts are forgotten.
    ClearFacts,
    /// Read the inventory anew.
    RefreshInventory,
    /// Close the connection; the next task opens it anew.
    ResetConnection,
}

/// The keywords of a task, with those of its blocks, role and play laid under them.
#[derive(Clone, Debug, Default)]
pub struct Keywords {
    /// It stands in its play's `gate`: it asks and waits, and changes nothing.
    pub gate: Option<Moment>,
    /// Conditions that must all hold, the outer ones first.
    pub when: Vec<Node>,
    /// `loop` or `with_*`.
    pub repeat: Option<Loop>,
    /// `register`.
    pub register: Option<String>,
    /// `until`, all of which must hold.
    pub until: Vec<Node>,
    /// `retries`.
    pub retries: Option<Node>,
    /// `delay`, seconds.
    pub delay: Option<Node>,
    /// `changed_when`; empty means not given.
    pub changed_when: Vec<Node>,
    /// `failed_when`; empty means not given.
    pub failed_when: Vec<Node>,
    /// `predicts`: what the task makes true.
    pub predicts: Option<Node>,
    /// `ignore_errors`.
    pub ignore_errors: Option<Node>,
    /// `ignore_unreachable`.
    pub ignore_unreachable: Option<Node>,
    /// `any_errors_fatal` of the task or block.
    pub any_errors_fatal: Option<Node>,
    /// `notify`: names of handlers or topics.
    pub notify: Vec<Node>,
    /// `delegate_to`.
    pub delegate_to: Option<Node>,
    /// `delegate_facts`.
    pub delegate_facts: Option<Node>,
    /// `run_once`.
    pub run_once: Option<Node>,
    /// `become`.
    pub r#become: Option<Node>,
    /// `become_user`.
    pub become_user: Option<Node>,
    /// `become_method`: sudo is the only one.
    pub become_method: Option<Node>,
    /// `remote_user`.
    pub remote_user: Option<Node>,
    /// `connection`.
    pub connection: Option<Node>,
    /// `port`.
    pub port: Option<Node>,
    /// `environment`, outermost first.
    pub environment: Vec<Node>,
    /// `no_log`.
    pub no_log: Option<Node>,
    /// `check_mode`.
    pub check_mode: Option<Node>,
    /// `diff`.
    pub diff: Option<Node>,
    /// `timeout`, seconds.
    pub timeout: Option<Node>,
    /// `async`, seconds.
    pub r#async: Option<Node>,
    /// `poll`, seconds.
    pub poll: Option<Node>,
    /// `throttle`.
    pub throttle: Option<Node>,
    /// `module_defaults`, outermost first.
    pub module_defaults: Vec<Node>,
    /// `tags`, inherited ones too.
    pub tags: Vec<String>,
    /// `vars` of the task over those of its blocks and includes.
    pub vars: Mapping,
}

/// `loop` or `with_*` and `loop_control`.
#[derive(Clone, Debug)]
pub struct Loop {
    /// Which: `loop`, or the lookup's name of a `with_` keyword (`items`, `dict`, `fileglob`, ...).
    pub lookup: String,
    /// What is looped over.
    pub over: Node,
    /// `loop_var`, `item` by default.
    pub var: String,
    /// `index_var`.
    pub index_var: Option<String>,
    /// `label`.
    pub label: Option<Node>,
    /// `pause`, seconds.
    pub pause: Option<Node>,
    /// `extended`.
    pub extended: bool,
    /// `break_when`, any of which ends the loop.
    pub break_when: Vec<Node>,
}
