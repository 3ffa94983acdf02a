//! A task's turn on a host: what is said of it in a dry run, and whether its steps may be taken.

use super::compare::{self, Stand};
use super::{Act, Held, Key, Past, Promise, Promises, Status};
use crate::engine::acted::Acted;
use crate::engine::censored::censored;
use crate::engine::event::TaskInfo;
use crate::engine::machine::lock;
use crate::engine::masked;
use crate::engine::outcome::{Outcome, Registered};
use crate::modules::{Change, Plan, TaskResult};
use crate::secret;
use crate::step::Step;
use std::sync::Arc;

impl Promises {
    /// The turn of a task on a host.
    pub fn turn(self: &Arc<Self>, of: &NewTurn<'_>) -> Turn {
        let at = (of.play, of.info.place.clone(), of.host.to_owned());
        let mut times = lock(&self.times);
        let time = times.entry(at.clone()).or_insert(0);
        let nth = *time;
        *time += 1;
        Turn {
            promises: self.clone(),
            key: Key {
                play: at.0,
                place: at.1,
                host: at.2,
                nth,
            },
            info: of.info.clone(),
            stands: of.stands,
            asks: of.asks,
            dry: of.dry,
        }
    }
}

/// Where a task stands, which says whether a plan tells of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// In a play or a role: it does.
    Play,
    /// In what was included at run time: where that is known.
    Included,
    /// In the way out of a failure: no plan foresees one.
    Rescue,
}

/// To what a task leads that stands nowhere in its play.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Leads {
    Nowhere,
    /// To the tasks of an include.
    Included,
    /// To hosts of later plays.
    Hosts,
}

/// What a turn is made from.
pub struct NewTurn<'a> {
    pub play: usize,
    pub info: &'a Arc<TaskInfo>,
    pub host: &'a str,
    pub stands: Stands,
    /// Its author says that it only asks: it is run in a plan as well.
    pub asks: bool,
    /// The run is a dry one.
    pub dry: bool,
}

/// A task on a host, and what is promised of it.
pub struct Turn {
    promises: Arc<Promises>,
    key: Key,
    info: Arc<TaskInfo>,
    stands: Stands,
    asks: bool,
    dry: bool,
}

/// An item of a turn.
#[derive(Clone, Copy)]
pub struct Word<'a> {
    turn: &'a Turn,
    item: usize,
}

/// Whether what is to be done was promised.
pub enum Leave {
    /// It was, or nothing is held to.
    Granted,
    /// It was, and the run before this one did it.
    Done,
    /// It was not.
    Refused(String),
}

impl Turn {
    pub fn item(&self, item: usize) -> Word<'_> {
        Word { turn: self, item }
    }

    /// Whether the run before this one changed something here.
    pub fn changed_before(&self) -> bool {
        let held = self.promises.held.as_ref();
        held.is_some_and(|held| held.journal.changed(&self.key))
    }

    /// What a dry run tells of the task; `outcome` without what is hidden.
    pub fn ended(&self, outcome: &Outcome, leads: Leads) {
        let (status, why) = match outcome {
            Outcome::Ok | Outcome::Waits { .. } => (Status::Ok, None),
            Outcome::Changed(_) => (Status::Changed, None),
            Outcome::Unknown { until, why } => {
                let words = format!("unknown until {until}: {why}");
                (Status::Unknown, Some(words))
            }
            Outcome::Skipped(why) => (Status::Skipped, Some(why.clone())),
            Outcome::Failed { message, ignored } | Outcome::Unreachable { message, ignored } => {
                let status = if *ignored {
                    Status::Ignored
                } else {
                    Status::Failed
                };
                (status, Some(message.clone()))
            }
        };
        self.write(|promise| {
            promise.status = status;
            promise.why = why.as_deref().map(without_secrets);
            promise.includes = leads == Leads::Included;
            promise.joins = leads == Leads::Hosts;
        });
    }

    fn write(&self, write: impl FnOnce(&mut Promise)) {
        let mut told = lock(&self.promises.told);
        write(told.entry(self.key.clone()).or_insert_with(|| Promise {
            task: without_secrets(&self.info.name),
            status: Status::Ok,
            why: None,
            includes: false,
            joins: false,
            acts: Vec::new(),
        }));
    }

    /// Nothing was promised here, and that was said.
    fn is_free(&self, held: &Held, item: usize) -> bool {
        self.asks
            || self.stands == Stands::Rescue
            || compare::is_unknown(&held.told, &self.key, item)
            || (self.stands == Stands::Included && compare::may_be_included(&held.told, &self.key))
            || compare::may_join(&held.told, &self.key)
    }
}

impl Word<'_> {
    /// In a dry run: what would be done.
    pub fn tell(self, changes: &[Change], steps: &[Step]) {
        let mut changes = censored(changes.to_vec(), &self.turn.info);
        changes.iter_mut().for_each(masked::change);
        let hidden = self.turn.info.no_log;
        let steps = steps.iter().filter(|_| !hidden);
        let steps = steps.map(|step| without_secrets(&step.what)).collect();
        self.write(|act| (act.changes, act.steps) = (changes, steps));
    }

    /// In a dry run: it can't be known what would be done.
    pub fn unknown(self, outcome: &Outcome) {
        if let Outcome::Unknown { until, why } = outcome {
            let words = without_secrets(&format!("unknown until {until}: {why}"));
            self.write(|act| act.unknown = Some(words));
        }
    }

    /// Whether something moved on the host, so that nothing more is done there.
    pub fn is_stopped(self) -> bool {
        lock(&self.turn.promises.moved).contains(&self.turn.key.host)
    }

    /// What the item is called, where something is said of it.
    pub fn label(self, label: &str) {
        let mut told = lock(&self.turn.promises.told);
        let promise = told.get_mut(&self.turn.key);
        let act = promise.and_then(|promise| {
            let mut acts = promise.acts.iter_mut();
            acts.find(|act| act.item == self.item)
        });
        if let Some(act) = act {
            act.label = Some(without_secrets(label));
        }
    }

    fn write(self, write: impl FnOnce(&mut Act)) {
        self.turn.write(|promise| {
            let known = promise.acts.iter().position(|act| act.item == self.item);
            let at = known.unwrap_or_else(|| {
                promise.acts.push(Act {
                    item: self.item,
                    label: None,
                    changes: Vec::new(),
                    steps: Vec::new(),
                    unknown: None,
                });
                promise.acts.len() - 1
            });
            write(&mut promise.acts[at]);
        });
    }

    /// Just before the steps of a plan: whether they may be taken. `again`: it was granted before,
    /// and this is a further attempt. `acts`: they are to be taken, and not only told.
    pub fn may(self, plan: &Plan, again: bool, acts: bool) -> Leave {
        let turn = self.turn;
        if turn.dry {
            // What is done is not done again, and takes nothing for granted.
            if matches!(plan, Plan::Act { .. }) && !turn.asks && self.done().is_some() {
                return Leave::Done;
            }
            // What is run in a plan as well is no promise.
            if !again && !turn.asks {
                self.tell(plan.changes(), plan.steps());
            }
            return Leave::Granted;
        }
        if !acts {
            return Leave::Granted;
        }
        let Some(held) = &turn.promises.held else {
            return Leave::Granted;
        };
        let host = &turn.key.host;
        if lock(&turn.promises.moved).contains(host) {
            let words =
                "something moved on this host since the plan was made: nothing more is done there";
            return Leave::Refused(words.to_owned());
        }
        let past = held.journal.past(&turn.key, self.item);
        let acts = matches!(plan, Plan::Act { .. });
        match &past {
            Some(Past::Done { .. }) if acts && !turn.asks => return Leave::Done,
            Some(Past::Begun) if acts && !again => {
                return self.refused(format!(
                    "it had begun when this plan was applied before, and whether it ended is not \
                     known, so it is not run again; look at {host}, then make a new plan"
                ));
            }
            _ => {}
        }
        if !again && !turn.is_free(held, self.item) {
            let mut now = censored(plan.changes().to_vec(), &turn.info);
            now.iter_mut().for_each(masked::change);
            let then = held.told.get(&turn.key);
            let stand = Stand::of(past.as_ref());
            if let Some((then, now)) = compare::act(then, self.item, &now, stand) {
                return self.refused(format!(
                    "moved since the plan: then {then}, now {now}; it was not acted on; make a new plan"
                ));
            }
        }
        if turn.asks {
            return Leave::Granted;
        }
        match held.journal.begun(&turn.key, self.item) {
            Ok(()) => Leave::Granted,
            Err(error) => Leave::Refused(error.to_string()),
        }
    }

    fn refused(self, words: String) -> Leave {
        lock(&self.turn.promises.moved).insert(self.turn.key.host.clone());
        Leave::Refused(words)
    }

    /// The end of a task whose steps are not taken.
    pub fn stops(self, plan: &Plan, again: bool, acts: bool) -> Option<Acted> {
        match self.may(plan, again, acts) {
            Leave::Granted => None,
            Leave::Done => Some(Acted::Done {
                changes: Vec::new(),
                result: TaskResult::default(),
            }),
            Leave::Refused(why) => Some(Acted::Failed(why)),
        }
    }

    /// It ended, well or not; `changed` and `registered` are what becomes of it. Only what began is
    /// written down.
    pub fn ended(self, well: bool, changed: bool, registered: Option<&Registered>) {
        if let Some(held) = &self.turn.promises.held {
            let (key, item) = (&self.turn.key, self.item);
            held.journal.ended(key, item, well, changed, registered);
        }
    }

    /// What it came to when the plan was applied before, if it ended well.
    pub fn done(self) -> Option<(bool, Registered)> {
        let held = self.turn.promises.held.as_ref()?;
        match held.journal.past(&self.turn.key, self.item)? {
            Past::Done { changed, result } => Some((changed, result)),
            Past::Begun | Past::Failed => None,
        }
    }
}

fn without_secrets(text: &str) -> String {
    secret::masked(text).into_owned()
}
