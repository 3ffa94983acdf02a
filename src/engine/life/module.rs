//! A module on a host, for every item of the task's loop.

use super::{
    Actor, Arc, Asker, AtomicBool, Bound, Change, Detached, Duration, Entry, Extent, Item, Life,
    Mapping, Mutex, Node, One, Ordering, Outcome, Probed, Registered, RenderError, Road, Seen,
    Stop, TaskController, Templar, Told, Var, Verdict, Word, Yaml, flag, judge, lock, looped_var,
    number, registered_var,
};
use crate::engine::variables;

/// An item on its way.
pub(super) enum Ready {
    Bound(Box<dyn Bound>),
    Verdict(Verdict),
    Unknown(String, &'static str),
}

/// What is the same for all who work for a task.
#[derive(Clone, Copy)]
struct Acting<'a> {
    begun: &'a AtomicBool,
    extent: Extent,
    limit: Option<Duration>,
    job: Option<Detached>,
}

impl Life {
    pub(super) async fn module(
        &self,
        module: &'static Entry,
        args: &Node,
        seen: &Seen,
        items: &[Item],
        templar: &Templar,
        told: &mut Told,
    ) -> Result<(Outcome, Registered), Stop> {
        let words = &self.task.keywords;
        let mut doubtful = None;
        if words.repeat.is_none() {
            match (self.conditions(templar), self.word(0).and_then(Word::done)) {
                // What it did is why it does not apply any more.
                (Err(Stop::Skip(_)), Some(before)) => {
                    let (outcome, registered, var) =
                        self.conclude(vec![One::before(before)], false);
                    told.var = Some(var);
                    return Ok((outcome, registered));
                }
                (Err(Stop::Unknown(until, why)), _)
                    if self.run.is_plan() && module.about.is_some() =>
                {
                    doubtful = Some((until, why));
                }
                (met, _) => met?,
            }
        }
        let extent = self.extent(module, templar)?;
        let roads_differ = self.roads_differ() && !module.on_controller;
        let worker = if module.on_controller || roads_differ {
            None
        } else {
            let road = self.road(templar)?;
            let asker = self.asker(&road, told).await?;
            Some((asker, road))
        };
        let limit = match &words.timeout {
            Some(node) => Some(number(templar, node)?)
                .filter(|s| *s > 0.0)
                .map(Duration::from_secs_f64),
            None => None,
        };
        let job = self.job(module, templar)?;
        let bound = job.filter(|job| !job.goes_on).map(|job| job.limit);
        let limit = match (limit, bound) {
            (Some(limit), Some(bound)) => Some(limit.min(bound)),
            (limit, bound) => limit.or(bound),
        };
        let begun = told.begun.clone();
        let acting = Acting {
            begun: &begun,
            extent,
            limit,
            job,
        };
        let actor = worker.as_ref().map(|worker| self.actor(worker, acting));
        if let Some((until, why)) = doubtful {
            self.untold(module, args, templar, actor.as_ref(), &until);
            return Err(Stop::Unknown(until, why));
        }
        let looped = words.repeat.is_some();
        let mut shared = seen.clone();
        // Settled questions of all items go in one round trip; an item whose turn comes after
        // something ran is asked anew.
        let mut ahead: Vec<Option<(Ready, Option<Probed>)>> = Vec::new();
        if let Some(actor) = actor.as_ref().filter(|_| looped) {
            let bound: Vec<Ready> = items
                .iter()
                .map(|item| self.ready(module, args, &shared, item))
                .collect::<Result<_, _>>()?;
            let probes: Vec<&dyn Bound> = bound
                .iter()
                .filter_map(|ready| match ready {
                    Ready::Bound(bound) => Some(&**bound),
                    _ => None,
                })
                .collect();
            let mut probed = actor.probe(&probes).await.into_iter();
            drop(probes);
            ahead = bound
                .into_iter()
                .map(|ready| {
                    let probed = if matches!(ready, Ready::Bound(_)) {
                        probed.next()
                    } else {
                        None
                    };
                    Some((ready, probed))
                })
                .collect();
        }
        let pause = match words
            .repeat
            .as_ref()
            .and_then(|repeat| repeat.pause.as_ref())
        {
            Some(node) => Some(Duration::from_secs_f64(number(templar, node)?.max(0.0))),
            None => None,
        };
        let mut ended = Vec::new();
        let mut own_worker = None;
        let mut goals: Vec<Option<String>> = Vec::new();
        for (index, item) in items.iter().enumerate() {
            if index > 0
                && let Some(pause) = pause.filter(|_| extent != Extent::Ask)
            {
                tokio::time::sleep(pause).await;
            }
            let prepared = ahead.get_mut(index).and_then(Option::take);
            let word = self.word(index);
            if roads_differ {
                own_worker = self.item_worker(&shared, item, own_worker, told).await?;
                goals.extend(own_worker.as_ref().map(|(_, road)| road.delegate.clone()));
            }
            let own_actor = own_worker.as_ref().map(|worker| self.actor(worker, acting));
            let actor = own_actor.as_ref().or(actor.as_ref());
            let mut one = self
                .item(module, args, &shared, item, actor, prepared)
                .await?;
            if let Some(word) = word {
                self.promised_item(word, &one);
            }
            if !one.facts.is_empty() {
                one.facts_of = self.facts_go_to(&shared.templar(&item.vars))?;
                if one.facts_of.is_none() {
                    variables::add_fresh(&mut shared.layers, one.kind, &one.facts);
                }
            }
            told.takes_away |= one.takes_away;
            if looped {
                told.begun.store(true, Ordering::Relaxed);
                let label = self.tell_item(item, &one, &shared).await;
                if let Some(word) = word {
                    word.label(&label);
                }
            }
            let stop = self.breaks(&shared, item, &one)?;
            if let (Some(repeat), Some(value)) = (&words.repeat, &item.value) {
                one.verdict
                    .registered
                    .insert(repeat.var.clone(), value.clone());
                one.verdict
                    .registered
                    .insert("ansible_loop_var".into(), repeat.var.clone().into());
            }
            ended.push(one);
            if stop {
                break;
            }
        }
        // Where several hosts did it, none of them did all.
        if goals.windows(2).any(|two| two[0] != two[1]) {
            told.delegate = None;
        }
        let (outcome, registered, var) = self.conclude(ended, looped);
        told.var = Some(var);
        Ok((outcome, registered))
    }

    /// Whose facts an item finds out, where they are not the task's host's (`delegate_facts`).
    fn facts_go_to(&self, templar: &Templar) -> Result<Option<String>, Stop> {
        let words = &self.task.keywords;
        match (&words.delegate_facts, &words.delegate_to) {
            (Some(node), Some(host)) if flag(templar, node)? => {
                Ok(Some(templar.value(host)?.to_string()).filter(|host| !host.is_empty()))
            }
            _ => Ok(None),
        }
    }

    fn actor<'a>(&'a self, (asker, road): &'a (Asker, Road), acting: Acting<'a>) -> Actor<'a> {
        Actor {
            run: &self.run,
            asker,
            road,
            begun: acting.begun,
            info: &self.info,
            host: &self.host,
            extent: acting.extent,
            never_acts: is_true(self.task.keywords.check_mode.as_ref()),
            limit: acting.limit,
            job: acting.job,
        }
    }

    /// How far the task may go.
    pub(super) fn extent(&self, module: &Entry, templar: &Templar) -> Result<Extent, Stop> {
        let words = &self.task.keywords;
        if words.gate.is_some() {
            return Ok(self.extent_in_gate(module));
        }
        let plan_only = match &words.check_mode {
            Some(node) => flag(templar, node)?,
            None => self.run.is_plan(),
        };
        Ok(if plan_only { Extent::Ask } else { Extent::Act })
    }

    /// Whether `break_when` ends the loop after this item.
    pub(super) fn breaks(&self, seen: &Seen, item: &Item, one: &One) -> Result<bool, Stop> {
        let Some(repeat) = &self.task.keywords.repeat else {
            return Ok(false);
        };
        if repeat.break_when.is_empty() {
            return Ok(false);
        }
        let templar = self.with_result(seen, item, &one.verdict.registered, one.until.as_ref());
        for condition in &repeat.break_when {
            if templar.test(condition)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// An item's condition, arguments and module.
    pub(super) fn ready(
        &self,
        module: &'static Entry,
        args: &Node,
        seen: &Seen,
        item: &Item,
    ) -> Result<Ready, Stop> {
        let templar = seen.templar(&item.vars);
        match self
            .conditions(&templar)
            .and_then(|()| self.bind(module, args, seen, &templar, item))
        {
            Ok(bound) => Ok(Ready::Bound(bound)),
            Err(Stop::Skip(why)) => Ok(Ready::Verdict(Verdict::skip(&why))),
            Err(Stop::Unknown(until, why)) => Ok(Ready::Unknown(until, why)),
            Err(other) => Err(other),
        }
    }

    pub(super) fn bind(
        &self,
        module: &'static Entry,
        args: &Node,
        seen: &Seen,
        templar: &Templar,
        item: &Item,
    ) -> Result<Box<dyn Bound>, Stop> {
        let mut laid = Mapping::new();
        for defaults in &self.task.keywords.module_defaults {
            let full = format!("{}.{}", module.collection, module.name);
            let map = defaults.as_map();
            for name in [full.as_str(), module.name] {
                let own = map.and_then(|map| map.get(name)).and_then(Node::as_map);
                own.into_iter()
                    .flat_map(Mapping::iter)
                    .for_each(|(k, v)| laid.insert(k.clone(), v.clone()));
            }
        }
        for (key, value) in args.as_map().into_iter().flat_map(Mapping::iter) {
            laid.insert(key.clone(), value.clone());
        }
        let args = Node::new(Yaml::Map(laid), args.span.clone());
        let rendered = templar.node(&args)?;
        let rendered = module.arguments(&rendered)?;
        let unknown = Mutex::new(None);
        let scope = Arc::new(seen.layered(&item.vars));
        let controller = TaskController {
            task: &self.task,
            play: &self.play.play,
            scope,
            lookups: seen.lookups.clone(),
            templar,
            args: &rendered,
            foreseen: self.run.hosts.foreseen_here(),
            unknown: &unknown,
        };
        let bound = module.bind(&rendered, &controller);
        if let Some(until) = lock(&unknown).take() {
            return Err(RenderError::Unknown { until }.into());
        }
        bound.map_err(Stop::from)
    }

    /// The outcome and result of all items together.
    pub(super) fn conclude(&self, mut ended: Vec<One>, looped: bool) -> (Outcome, Registered, Var) {
        for one in &mut ended {
            if !one.facts.is_empty() {
                let host = one.facts_of.as_deref().unwrap_or(&self.host);
                let facts = std::mem::take(&mut one.facts);
                self.run.hosts.get(host).learn(one.kind, facts);
            }
        }
        if !looped
            && ended.len() == 1
            && let Some(one) = ended.pop()
        {
            let var = one.registered();
            return (one.outcome(self.ignores()), one.verdict.registered, var);
        }
        let until = ended.iter().find_map(|one| one.until.clone());
        let items = until
            .iter()
            .flat_map(|_| ended.iter().map(One::registered))
            .collect();
        let unknown = ended
            .iter()
            .find_map(|one| one.unknown.clone().zip(one.until.clone()));
        let waiting = ended.iter().find_map(One::waiting);
        let mut changes: Vec<Change> = Vec::new();
        for one in &ended {
            if one.verdict.changed {
                changes.extend(one.changes.iter().cloned());
            }
        }
        let fresh = ended.iter().any(|one| one.verdict.changed && !one.before);
        let mut verdicts = Vec::new();
        for one in ended {
            verdicts.push(one.verdict);
        }
        let verdict = judge::sum(verdicts);
        let outcome = match (&verdict, unknown) {
            (
                Verdict {
                    failed: Some(message),
                    ..
                },
                _,
            ) => Outcome::Failed {
                message: message.clone(),
                ignored: self.ignores(),
            },
            (_, Some((why, until))) => Outcome::Unknown { until, why },
            (
                Verdict {
                    skipped: Some(why), ..
                },
                _,
            ) => Outcome::Skipped(why.clone()),
            (Verdict { changed: true, .. }, _) if fresh => Outcome::Changed(changes),
            _ => waiting.unwrap_or(Outcome::Ok),
        };
        let var = match until {
            Some(until) => looped_var(&verdict, items, &until),
            None => registered_var(&verdict.registered, None, true),
        };
        (outcome, verdict.registered, var)
    }
}

/// Whether a keyword says yes, whatever is so.
fn is_true(said: Option<&Node>) -> bool {
    said.is_some_and(|said| said.to_json() == true)
}
