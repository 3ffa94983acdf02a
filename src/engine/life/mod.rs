//! One node's life: a task on a host, from its condition to its result.

mod detached;
mod ended;
mod gate;
mod include;
mod item;
mod items;
mod module;
mod perhaps;
mod promised;
mod reach;
mod recovery;
mod tell;

pub use include::{Include, Included};

use ended::{One, looped_var, nothing_known, registered_var};
use items::Item;
use module::Ready;

use super::act::{Actor, Extent, Probed, asker};
use super::acted::Acted;
use super::brief;
use super::check;
use super::controller::{self, TaskController};
use super::desk::Asker;
use super::detached::Detached;
use super::event::{Event, TaskInfo};
use super::hosts::Kind;
use super::judge::{self, Verdict};
use super::machine::{Reach, lock};
use super::outcome::{Outcome, Registered};
use super::own;
use super::play::PlayRun;
use super::predicts;
use super::promise::{Turn, Word};
use super::road::Road;
use super::run::{BecomeWords, ConnectionWords, Run, error_line};
use super::scope;
use super::variables;
use crate::diag::{Diag, Severity, Span};
use crate::model::{Action, Layers, Meta, Task, VarMap};
use crate::modules::{self, Bound, Change, Entry};
use crate::template::{Lookups, RenderError, Templar, Var, from_json, pending};
use crate::yaml::{Mapping, Node, Value as Yaml};
use minijinja::Value;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How a node ended.
pub struct End {
    /// How the task ended.
    pub outcome: Outcome,
    /// Whether it surely changed something, also where it failed.
    pub changed: bool,
    /// Names of handlers and topics to notify.
    pub notify: Vec<String>,
    /// What is to be included behind the task's barrier.
    pub includes: Vec<Include>,
}

/// Why a node's life ended early.
enum Stop {
    Skip(String),
    /// The task that decides it, and what rests on that.
    Unknown(String, &'static str),
    Bad(Vec<Diag>),
    Lost(String),
}

impl Stop {
    /// It in one line.
    fn words(self) -> String {
        match self {
            Self::Skip(why) | Self::Lost(why) => why,
            Self::Unknown(until, _) => format!("unknown until {until}"),
            Self::Bad(diags) => {
                let messages: Vec<&str> = diags.iter().map(|diag| diag.message.as_str()).collect();
                messages.join("; ")
            }
        }
    }
}

impl From<RenderError> for Stop {
    fn from(error: RenderError) -> Self {
        match error {
            RenderError::Unknown { until } => {
                Self::Unknown(until, "it is made from what that task decides")
            }
            RenderError::Bad(diag) => Self::Bad(vec![*diag]),
        }
    }
}

impl From<Vec<Diag>> for Stop {
    fn from(diags: Vec<Diag>) -> Self {
        Self::Bad(diags)
    }
}

/// A task on a host.
pub struct Life {
    /// The run.
    pub run: Arc<Run>,
    /// The play.
    pub play: Arc<PlayRun>,
    /// The task.
    pub task: Arc<Task>,
    /// The task as events name it.
    pub info: Arc<TaskInfo>,
    /// The host.
    pub host: Arc<str>,
    /// What a saved plan promises of it, from when it is lived.
    turn: Option<Turn>,
}

impl Life {
    /// A task on a host, before anything of it began.
    pub fn new(
        run: &Arc<Run>,
        play: &Arc<PlayRun>,
        task: &Arc<Task>,
        info: &Arc<TaskInfo>,
        host: &Arc<str>,
    ) -> Self {
        Self {
            run: run.clone(),
            play: play.clone(),
            task: task.clone(),
            info: info.clone(),
            host: host.clone(),
            turn: None,
        }
    }

    /// Lives it.
    pub async fn live(mut self) -> End {
        let begun = Instant::now();
        self.turn = self.turn();
        let mut told = Told::default();
        let (outcome, registered, includes) = match self.try_live(&mut told).await {
            Ok(done) => done,
            Err(stop) => {
                let (outcome, verdict) = self.stopped(stop).await;
                (outcome, verdict.registered, Vec::new())
            }
        };
        self.promised(&outcome);
        let before = self.turn.as_ref().is_some_and(Turn::changed_before);
        let notify = if before || outcome.is_difference() {
            self.notified()
        } else {
            Vec::new()
        };
        let var = told.var.unwrap_or_else(|| {
            let until = match &outcome {
                Outcome::Unknown { until, .. } => Some(until),
                _ => None,
            };
            registered_var(&registered, until, false)
        });
        self.learn(&outcome, var);
        let changed = registered.get("changed") == Some(&true.into());
        let registered = Arc::new(registered);
        self.run
            .tell(Event::HostFinished {
                task: self.info.clone(),
                host: self.host.to_string(),
                delegate: told.delegate.map(|host| self.known_host(host)),
                outcome: self.censor(outcome.clone()),
                result: self.shown(&registered),
                looped: told.looped,
                takes_away: told.takes_away && outcome.is_difference(),
                elapsed: begun.elapsed(),
            })
            .await;
        End {
            outcome,
            changed,
            notify,
            includes,
        }
    }

    async fn try_live(&self, told: &mut Told) -> Result<(Outcome, Registered, Vec<Include>), Stop> {
        let layers = scope::layers(&self.run, &self.play, &self.task, &self.host)?;
        let lookups = self
            .run
            .lookups(controller::search(&self.task, &self.play.play));
        let templar = Templar::new(Arc::new(layers.clone()), lookups.clone());
        let items = match self.items(&templar) {
            Ok(items) => items,
            // A list that can't be made is no error for a task that does not apply anyway; of one
            // that is unknown a condition on its items can't say so.
            Err(error) => {
                return Err(match (self.conditions(&templar), &error) {
                    (Err(Stop::Bad(_)), RenderError::Unknown { .. }) | (Ok(()), _) => error.into(),
                    (Err(stop), _) => stop,
                });
            }
        };
        told.looped = self.task.keywords.repeat.is_some();
        let seen = Seen { layers, lookups };
        if let Some((until, why)) = self.doubt() {
            self.conditions(&templar)?;
            return Err(Stop::Unknown(until, why));
        }
        match &self.task.action {
            Action::IncludeTasks { file, .. } => self.includes(&seen, items, file, true),
            Action::IncludeRole { name, .. } => self.includes(&seen, items, name, false),
            Action::Meta(meta, _) => {
                self.conditions(&templar)?;
                if *meta == Meta::EndRole && self.task.role.is_none() {
                    let what = "`end_role` stands in no role";
                    let diag = Diag::error(what).at(&self.task.span, "");
                    return Err(Stop::Bad(vec![diag.help("use end_host or end_play")]));
                }
                if *meta == Meta::ResetConnection {
                    self.run.hosts.get(&self.host).disconnect().await;
                }
                Ok((Outcome::Ok, Verdict::default().registered, Vec::new()))
            }
            Action::Module { name, args } => {
                let Some(module) = name.as_str().and_then(modules::find) else {
                    return Err(self.without(name, &seen, &items, &templar));
                };
                let mut done = self
                    .module(module, args, &seen, &items, &templar, told)
                    .await;
                // A connection that had died in silence shows it only when it is used.
                if matches!(done, Err(Stop::Lost(_))) && told.may_begin_again() {
                    done = self
                        .module(module, args, &seen, &items, &templar, told)
                        .await;
                }
                let (outcome, registered) = done?;
                Ok((outcome, registered, Vec::new()))
            }
        }
    }

    /// How a task ends whose module is not there: as others, where it does not apply.
    fn without(&self, name: &Node, seen: &Seen, items: &[Item], templar: &Templar) -> Stop {
        let mut skip = "No items in the list".to_owned();
        for item in items {
            let own = (!item.vars.is_empty()).then(|| seen.templar(&item.vars));
            match self.conditions(own.as_ref().unwrap_or(templar)) {
                Err(Stop::Skip(why)) => skip = why,
                Err(stop) => return stop,
                Ok(()) => {
                    let diag = check::unknown_module(name.as_str().unwrap_or_default());
                    return Stop::Bad(vec![diag.at(&name.span, "")]);
                }
            }
        }
        Stop::Skip(skip)
    }

    /// Fails with `Skip` when a condition is false.
    fn conditions(&self, templar: &Templar) -> Result<(), Stop> {
        match templar.broken(&self.task.keywords.when) {
            Ok(Some(condition)) => Err(Stop::Skip(condition_text(condition))),
            Ok(None) => Ok(()),
            Err(RenderError::Unknown { until }) => {
                Err(Stop::Unknown(until, "its condition rests on that"))
            }
            Err(other) => Err(other.into()),
        }
    }

    /// In a dry run: the task that decides whether this one is reached at all, and why.
    fn doubt(&self) -> Option<(String, &'static str)> {
        let notified = lock(&self.play.owed).doubt(self.task.id, &self.host);
        let handler = notified.map(|until| (until, "it runs where that changes something"));
        handler
            .or_else(|| {
                let there = self.play.standing(&self.host, |standing| standing.doubt());
                there.map(|until| (until, "the host may have left the play by then"))
            })
            .or_else(|| {
                let role = self
                    .play
                    .standing(&self.host, |standing| standing.may_have_left(&self.task));
                role.map(|until| (until, "the host may have left the role by then"))
            })
    }

    async fn stopped(&self, stop: Stop) -> (Outcome, Verdict) {
        match self.surely(stop) {
            Stop::Skip(why) => (Outcome::Skipped(why.clone()), Verdict::skip(&why)),
            Stop::Unknown(until, why) => {
                let why = why.to_owned();
                (Outcome::Unknown { until, why }, Verdict::unknown())
            }
            Stop::Bad(diags) => {
                let messages: Vec<String> = diags
                    .iter()
                    .map(|diag| diag.tellable().message.clone())
                    .collect();
                let message = messages.join("; ");
                let verdict = Verdict::failure(message.clone());
                let diags = if self.info.no_log {
                    vec![Diag::hidden(Severity::Error, &self.task.span)]
                } else {
                    diags
                };
                for diag in diags {
                    let diag = diag.or_at(&self.task.span);
                    let host = Some(self.host.to_string());
                    self.run.tell(Event::Finding { host, diag }).await;
                }
                (
                    Outcome::Failed {
                        message,
                        ignored: self.ignores(),
                    },
                    verdict,
                )
            }
            Stop::Lost(message) => {
                let ignored = matches!(
                    self.task
                        .keywords
                        .ignore_unreachable
                        .as_ref()
                        .map(|node| &node.value),
                    Some(Yaml::Bool(true))
                );
                let mut verdict = Verdict::failure(message.clone());
                verdict.registered.insert("unreachable".into(), true.into());
                (Outcome::Unreachable { message, ignored }, verdict)
            }
        }
    }
}

/// What the events of a node need besides its outcome.
#[derive(Default)]
struct Told {
    delegate: Option<String>,
    looped: bool,
    takes_away: bool,
    /// What `register` gets, where a module said it.
    var: Option<Var>,
    /// The connection that it had.
    reach: Option<Reach>,
    /// Whether something ran or was told, so that it can't begin again.
    begun: Arc<AtomicBool>,
}

impl Told {
    /// Whether the connection died before the task did anything.
    fn may_begin_again(&self) -> bool {
        let lost = |reach: &Reach| reach.remote.lost().is_some();
        !self.begun.load(Ordering::Relaxed) && self.reach.as_ref().is_some_and(lost)
    }
}

/// The variables and lookups of a node.
#[derive(Clone)]
struct Seen {
    layers: Layers,
    lookups: Arc<Lookups>,
}

impl Seen {
    fn layered(&self, item: &VarMap) -> Layers {
        let mut layers = self.layers.clone();
        variables::add_item(&mut layers, item);
        layers
    }

    fn templar(&self, item: &VarMap) -> Templar {
        Templar::new(Arc::new(self.layered(item)), self.lookups.clone())
    }
}

fn flag(templar: &Templar, node: &Node) -> Result<bool, Stop> {
    Ok(match &node.value {
        Yaml::Bool(flag) => *flag,
        _ => templar.test(node)?,
    })
}

fn number(templar: &Templar, node: &Node) -> Result<f64, Stop> {
    let value = templar.value(node)?;
    value.to_string().trim().parse().map_err(|_| {
        let diag = Diag::error(format!("`{value}` is no number"));
        Stop::Bad(vec![diag.at(&node.span, "a number is needed here")])
    })
}

fn condition_text(condition: &Node) -> String {
    match &condition.value {
        Yaml::Str(text) => text.clone(),
        Yaml::Bool(flag) => flag.to_string(),
        _ => condition.kind().to_owned(),
    }
}
