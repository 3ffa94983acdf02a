//! An item that has ended, and what the host learns from it.

use super::{
    Arc, Change, Entry, Kind, Life, Node, Outcome, Registered, Templar, Value, Var, VarMap,
    Verdict, Yaml, from_json, modules, pending, scope,
};
use crate::model::{Joins, Task, var_map};
use crate::modules::Sign;

/// An item that has ended.
pub(super) struct One {
    pub(super) verdict: Verdict,
    pub(super) changes: Vec<Change>,
    pub(super) facts: VarMap,
    pub(super) kind: Kind,
    /// The host that these are facts of, where it is not the task's.
    pub(super) facts_of: Option<String>,
    /// In a dry run: the task that decides the result.
    pub(super) until: Option<String>,
    /// In a dry run: what it would wait for.
    pub(super) waits: Option<String>,
    /// In a dry run: why even the change can't be known.
    pub(super) unknown: Option<String>,
    /// It was done when the saved plan was applied before: it is not a change of this run.
    pub(super) before: bool,
    /// In a dry run: whether what it would do takes something away.
    pub(super) takes_away: bool,
}

impl One {
    pub(super) fn of(verdict: Verdict) -> Self {
        Self {
            verdict,
            changes: Vec::new(),
            facts: VarMap::new(),
            kind: Kind::Set,
            facts_of: None,
            until: None,
            waits: None,
            unknown: None,
            before: false,
            takes_away: false,
        }
    }

    /// Whether something is to be done, or went wrong.
    pub(super) fn differs(&self) -> bool {
        self.verdict.changed || self.verdict.failed.is_some() || self.unknown.is_some()
    }

    /// What it came to when the saved plan was applied before.
    pub(super) fn before((changed, registered): (bool, Registered)) -> Self {
        Self {
            before: true,
            ..Self::of(Verdict {
                changed,
                registered,
                ..Verdict::default()
            })
        }
    }

    pub(super) fn unknown(until: String, why: &str) -> Self {
        Self {
            until: Some(until),
            unknown: Some(why.to_owned()),
            ..Self::of(Verdict::unknown())
        }
    }

    /// What `register` gets of it.
    pub(super) fn registered(&self) -> Var {
        let registered = &self.verdict.registered;
        registered_var(registered, self.until.as_ref(), !self.verdict.unsure.run)
    }

    pub(super) fn done(module: &Entry, changes: Vec<Change>, result: modules::TaskResult) -> Self {
        let kind = match module.name {
            "set_fact" => Kind::Set,
            "include_vars" => Kind::Included,
            _ => Kind::Facts,
        };
        let facts = result
            .facts
            .iter()
            .map(|(name, value)| (name.clone(), Var::Value(from_json(value))))
            .chain(var_map(&result.included))
            .collect();
        Self {
            changes,
            facts,
            kind,
            ..Self::of(Verdict::of(result))
        }
    }

    pub(super) fn waiting(&self) -> Option<Outcome> {
        Some(Outcome::Waits {
            until: self.until.clone()?,
            what: self.waits.clone()?,
        })
    }

    pub(super) fn outcome(&self, ignored: bool) -> Outcome {
        if self.before {
            return Outcome::Ok;
        }
        match (&self.verdict, &self.unknown) {
            (_, Some(why)) => Outcome::Unknown {
                until: self.until.clone().unwrap_or_default(),
                why: why.clone(),
            },
            (
                Verdict {
                    failed: Some(message),
                    ..
                },
                _,
            ) => Outcome::Failed {
                message: message.clone(),
                ignored,
            },
            (
                Verdict {
                    skipped: Some(why), ..
                },
                _,
            ) => Outcome::Skipped(why.clone()),
            (Verdict { changed: true, .. }, _) => Outcome::Changed(self.changes.clone()),
            _ => self.waiting().unwrap_or(Outcome::Ok),
        }
    }
}

impl Life {
    pub(super) fn done(
        &self,
        module: &Entry,
        changes: Vec<Change>,
        result: modules::TaskResult,
    ) -> One {
        if self.info.no_log {
            // Whatever task uses them later: lines that hold them are not quoted.
            result.included.iter().for_each(|(_, value)| veil(value));
        }
        One::done(module, changes, result)
    }

    /// What a module of the controller came to, once what it brings is in the inventory of the run. A
    /// dry run does that as well: nothing of a host changes by it.
    pub(super) fn joined(
        &self,
        module: &Entry,
        mut changes: Vec<Change>,
        mut result: modules::TaskResult,
    ) -> One {
        let Some(joins) = result.joins.take() else {
            return self.done(module, changes, result);
        };
        match self.run.roster.join(&self.host, &joins, &self.task.span) {
            Ok(changed) => {
                result.changed = changed;
                changes.extend(changed.then(|| told(&joins)));
                self.done(module, changes, result)
            }
            Err(why) => One::of(Verdict::failure(why)),
        }
    }

    /// Whether its module brings something into the inventory.
    pub(super) fn brings(&self) -> bool {
        self.task.brings_as_written().is_some()
    }

    /// In a dry run: what the task brings into the inventory, the task `until` decides.
    pub(super) fn may_join(&self, task: &Task, until: &str) {
        let layers = scope::layers(&self.run, &self.play, task, &self.host);
        let templar = layers
            .ok()
            .map(|layers| Templar::new(Arc::new(layers), self.run.lookups(Vec::new())));
        let render = |node: &Node| templar.as_ref()?.node(node).ok();
        if let Some(mut brings) = task.brings(&render) {
            if brings.host.as_ref().is_some_and(String::is_empty) {
                brings.host = Some(self.host.to_string());
            }
            self.run.roster.doubt(until, brings);
        }
    }

    /// Gives the host what `register` names.
    pub(super) fn learn(&self, outcome: &Outcome, var: Var) {
        let host = self.run.hosts.get(&self.host);
        if let Outcome::Failed { ignored: false, .. } = outcome {
            // What a `rescue` reads.
            let task = Value::from_pairs([
                ("name", Value::from(&*self.info.name)),
                ("action", Value::from(&*self.info.module)),
            ]);
            let failed = [
                ("ansible_failed_task".to_owned(), Var::Value(task)),
                ("ansible_failed_result".to_owned(), var.clone()),
            ];
            host.learn(Kind::Set, failed.into_iter().collect());
        }
        if let Some(name) = &self.task.keywords.register {
            host.learn(Kind::Set, std::iter::once((name.clone(), var)).collect());
        }
        // Variables that a task would have set rest on what it rests on.
        if let Outcome::Unknown { until, .. } = outcome {
            let keys = self.task.set_facts();
            let vars = keys.map(|key| (key.to_owned(), nothing_known(until)));
            host.learn(Kind::Set, vars.collect());
            self.may_join(&self.task, until);
        }
    }

    pub(super) fn ignores(&self) -> bool {
        let Some(node) = &self.task.keywords.ignore_errors else {
            return false;
        };
        if let Yaml::Bool(ignores) = node.value {
            return ignores;
        }
        let Ok(layers) = scope::layers(&self.run, &self.play, &self.task, &self.host) else {
            return false;
        };
        let templar = Templar::new(Arc::new(layers), self.run.lookups(Vec::new()));
        templar.test(node).unwrap_or(false)
    }
}

/// What joins, as a change.
fn told(joins: &Joins) -> Change {
    match joins {
        Joins::Host { name, groups, .. } if groups.is_empty() => {
            Change::new(Sign::Add, format!("host {name} of this run"))
        }
        Joins::Host { name, groups, .. } => {
            let groups = groups.join(", ");
            Change::new(Sign::Add, format!("host {name} of this run, in {groups}"))
        }
        Joins::Group { name, .. } => {
            Change::new(Sign::Add, format!("group {name} of this run holds it"))
        }
    }
}

/// Veils all files that a value comes from.
fn veil(value: &Node) {
    value.span.source().whole().veil();
    match &value.value {
        Yaml::Map(map) => map.iter().for_each(|(_, value)| veil(value)),
        Yaml::Seq(items) => items.iter().for_each(veil),
        _ => {}
    }
}

/// A variable that the task `until` decides whole.
pub(super) fn nothing_known(until: &str) -> Var {
    Var::Pending {
        known: Value::UNDEFINED,
        until: until.to_owned(),
        runs: false,
    }
}

/// A result that the task `until` decides, where there is one; it surely `runs`, or not.
pub(super) fn registered_var(registered: &Registered, until: Option<&String>, runs: bool) -> Var {
    let value = from_json(&serde_json::Value::Object(registered.clone()));
    match until {
        Some(until) => Var::Pending {
            known: value,
            until: until.clone(),
            runs,
        },
        None => Var::Value(value),
    }
}

/// The result of a loop, some of whose `items` are pending, each by a task of its own.
pub(super) fn looped_var(verdict: &Verdict, items: Vec<Var>, until: &str) -> Var {
    let item = |var| match var {
        Var::Pending { known, until, runs } => pending(known, until, runs),
        Var::Value(value) | Var::Own(value) => value,
        Var::Node(_) => Value::UNDEFINED,
    };
    let items: Value = items.into_iter().map(item).collect();
    let known = verdict.registered.iter().map(|(name, value)| {
        let value = if name == "results" {
            items.clone()
        } else {
            from_json(value)
        };
        (name.clone(), value)
    });
    Var::Pending {
        known: Value::from_pairs(known),
        until: until.to_owned(),
        runs: !verdict.unsure.run,
    }
}
