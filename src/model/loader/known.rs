//! Ansible's keywords: which are known where, and which trueup does not support.

use crate::diag::{Diag, did_you_mean};
use crate::yaml::Node;

/// What a mapping in a playbook is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Play,
    ImportPlaybook,
    Role,
    Block,
    Task,
    Handler,
}

/// Known everywhere.
const BASE: [&str; 24] = [
    "any_errors_fatal",
    "become",
    "become_exe",
    "become_flags",
    "become_method",
    "become_user",
    "check_mode",
    "collections",
    "connection",
    "debugger",
    "diff",
    "environment",
    "ignore_errors",
    "ignore_unreachable",
    "module_defaults",
    "name",
    "no_log",
    "port",
    "remote_user",
    "run_once",
    "tags",
    "throttle",
    "timeout",
    "vars",
];
const PLAY: [&str; 19] = [
    "fact_path",
    "force_handlers",
    "gate",
    "gather_facts",
    "gather_subset",
    "gather_timeout",
    "handlers",
    "hosts",
    "max_fail_percentage",
    "needs",
    "order",
    "post_tasks",
    "pre_tasks",
    "roles",
    "serial",
    "strategy",
    "tasks",
    "vars_files",
    "vars_prompt",
];
const ROLE: [&str; 5] = ["delegate_facts", "delegate_to", "role", "when", "notify"];
const BLOCK: [&str; 7] = [
    "always",
    "block",
    "delegate_facts",
    "delegate_to",
    "notify",
    "rescue",
    "when",
];
const TASK: [&str; 17] = [
    "action",
    "args",
    "async",
    "changed_when",
    "delay",
    "delegate_facts",
    "delegate_to",
    "failed_when",
    "local_action",
    "loop",
    "loop_control",
    "notify",
    "poll",
    "predicts",
    "register",
    "retries",
    "until",
];
const MORE_OF_TASK: [&str; 2] = ["when", "listen"];
const IMPORT_PLAYBOOK: [&str; 5] = ["import_playbook", "name", "tags", "vars", "when"];

/// Keywords of Ansible that mean something trueup does not do, and what to do instead.
const UNSUPPORTED: [(&str, &str); 8] = [
    ("become_exe", "sudo is found by its name"),
    ("become_flags", "sudo is run with the flags that it needs"),
    ("debugger", "look at the plan, or run with `-v`"),
    ("fact_path", "set the facts with `set_fact`"),
    (
        "gather_timeout",
        "facts are asked with a time limit already",
    ),
    ("vars_prompt", "give the variables with `--extra-vars`"),
    (
        "collections",
        "the modules are known by their short and their full names",
    ),
    ("throttle", "use `serial`, or `run_once`"),
];

/// The keywords that Ansible has not.
const OWN: [(&str, &str); 3] = [
    (
        "gate",
        "Tasks that only ask, and must hold before and after each batch of hosts: docs/rolling.md.",
    ),
    (
        "needs",
        "The plays, by name, that must have ended before this one begins; without it, all before it.",
    ),
    (
        "predicts",
        "What a command makes true, so that a plan knows it: docs/predictions.md.",
    ),
];

/// A keyword of playbooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyword {
    /// The word.
    pub word: &'static str,
    /// Where it may stand: `a play`, `a task`.
    pub places: Vec<&'static str>,
    /// What to do instead, where trueup does not support it.
    pub instead: Option<&'static str>,
    /// What it means, where Ansible does not have it.
    pub own: Option<&'static str>,
}

/// All keywords, by the alphabet.
pub fn keywords() -> Vec<Keyword> {
    let kinds = [
        Kind::Play,
        Kind::ImportPlaybook,
        Kind::Role,
        Kind::Block,
        Kind::Task,
        Kind::Handler,
    ];
    let mut words: Vec<&str> = kinds.iter().flat_map(|kind| kind.keywords()).collect();
    words.sort_unstable();
    words.dedup();
    let of = |table: &[(&'static str, &'static str)], word: &str| {
        let found = table.iter().find(|(known, _)| *known == word);
        found.map(|(_, text)| *text)
    };
    let keyword = |word| Keyword {
        word,
        places: kinds
            .iter()
            .filter(|kind| kind.keywords().contains(&word))
            .map(|kind| kind.name())
            .collect(),
        instead: of(&UNSUPPORTED, word),
        own: of(&OWN, word),
    };
    words.into_iter().map(keyword).collect()
}

impl Kind {
    /// The keywords that are known here.
    pub(super) fn keywords(self) -> Vec<&'static str> {
        match self {
            Self::Play => [&PLAY[..], &BASE].concat(),
            Self::ImportPlaybook => IMPORT_PLAYBOOK.to_vec(),
            Self::Role => [&BASE[..], &ROLE].concat(),
            Self::Block => [&BASE[..], &BLOCK].concat(),
            Self::Task => [&TASK[..], &BASE, &MORE_OF_TASK[..1]].concat(),
            Self::Handler => [&TASK[..], &BASE, &MORE_OF_TASK].concat(),
        }
    }

    pub(super) fn knows(self, word: &str) -> bool {
        self.keywords().contains(&word)
            || (matches!(self, Self::Task | Self::Handler) && word.starts_with("with_"))
    }

    fn name(self) -> &'static str {
        match self {
            Self::Play => "a play",
            Self::ImportPlaybook => "an import of a playbook",
            Self::Role => "a role",
            Self::Block => "a block",
            Self::Task => "a task",
            Self::Handler => "a handler",
        }
    }

    /// The error for a keyword that is not known here.
    pub(super) fn unknown(self, key: &Node) -> Diag {
        let word = key.as_str().unwrap_or_default();
        let diag =
            Diag::error(format!("`{word}` is no keyword of {}", self.name())).at(&key.span, "");
        let diag = diag.of_names();
        let known = self.keywords();
        if did_you_mean(word, known.iter().copied()).is_some() {
            return diag.suggest(word, known);
        }
        let elsewhere = [Self::Play, Self::Block, Self::Task, Self::Handler]
            .into_iter()
            .find(|kind| kind.knows(word));
        match elsewhere {
            Some(kind) => diag.help(format!("it is one of {}", kind.name())),
            None => diag.help("see Ansible's playbook keywords"),
        }
    }

    /// Whether a word is so near to a keyword that it is hardly a module.
    pub(super) fn nearly(self, word: &str) -> bool {
        let near = |known: &&str| {
            let distance = strsim::damerau_levenshtein(word, known);
            distance <= 2 && distance * 3 <= known.len()
        };
        !word.contains('.') && self.keywords().iter().any(near)
    }
}

/// The error for a keyword that trueup does not support.
pub(super) fn unsupported(key: &Node) -> Option<Diag> {
    let word = key.as_str()?;
    let (_, instead) = UNSUPPORTED.iter().find(|(known, _)| *known == word)?;
    Some(
        Diag::error(format!("`{word}` is not supported"))
            .at(&key.span, "")
            .help(*instead)
            .of_names(),
    )
}
