//! One item from its condition to its verdict, with its retries.

use super::{
    Acted, Actor, Bound, Duration, Entry, Event, Extent, Item, Life, Node, One, Probed, Ready,
    Registered, Seen, Stop, Templar, Verdict, Word, Yaml, condition_text, number, own, predicts,
    registered_var,
};
use crate::modules::TaskResult;
use crate::step::Effect;

impl Life {
    /// One item from its condition to its verdict, with its retries.
    pub(super) async fn item(
        &self,
        module: &'static Entry,
        args: &Node,
        seen: &Seen,
        item: &Item,
        actor: Option<&Actor<'_>>,
        mut prepared: Option<(Ready, Option<Probed>)>,
    ) -> Result<One, Stop> {
        let word = self.word(item.index);
        let words = &self.task.keywords;
        let templar = seen.templar(&item.vars);
        let extent = match actor {
            Some(actor) => actor.extent,
            None => self.extent(module, &templar)?,
        };
        let attempts = match &words.retries {
            Some(node) => 1 + whole(number(&templar, node)?),
            None if words.until.is_empty() => 1,
            None => 3,
        };
        let delay = match &words.delay {
            Some(node) => number(&templar, node)?.max(0.0),
            None => 5.0,
        };
        let mut attempt = 1;
        loop {
            let (ready, probed) = match prepared.take() {
                Some(prepared) => prepared,
                None => (self.ready(module, args, seen, item)?, None),
            };
            let mut one = match ready {
                Ready::Verdict(verdict) => {
                    let before = word.and_then(Word::done);
                    return Ok(before.map_or_else(|| One::of(verdict), One::before));
                }
                Ready::Unknown(until, why) => {
                    self.untold(module, args, &templar, actor, &until);
                    let mut one = One::unknown(until, why);
                    self.gated(module, &mut one);
                    return Ok(one);
                }
                Ready::Bound(bound) => {
                    let leave = word.map(|word| (word, attempt > 1));
                    self.once(module, &*bound, actor, probed, &templar, leave)
                        .await?
                }
            };
            // No word of the task makes something else of that, or tries it again.
            if one.verdict.failed.is_some() && word.is_some_and(Word::is_stopped) {
                return Ok(one);
            }
            if let Some(before) = word.and_then(Word::done).filter(|_| !one.differs()) {
                return Ok(One::before(before));
            }
            // The task's own conditions may ask which attempt it is.
            if attempts > 1 && one.until.is_none() {
                let registered = &mut one.verdict.registered;
                registered.insert("attempts".into(), attempt.into());
            }
            let templar = self.with_result(seen, item, &one.verdict.registered, one.until.as_ref());
            one.verdict
                .judge(&self.task, &templar, one.until.is_some())?;
            self.undecided(&mut one);
            self.gated(module, &mut one);
            if let (Some(_), Some(until)) = (&one.unknown, &one.until) {
                self.untold(module, args, &templar, actor, until);
            }
            if attempts > 1 && self.quiet(module, extent) && one.unknown.is_some() {
                let until = one.until.unwrap_or_else(|| self.task.title());
                return Ok(self.awaited(false, until));
            }
            if attempts == 1 || one.until.is_some() {
                return Ok(one);
            }
            let mut holds = one.verdict.failed.is_none() || !words.until.is_empty();
            for condition in &words.until {
                let templar = self.with_result(seen, item, &one.verdict.registered, None);
                holds = holds && templar.test(condition)?;
            }
            if holds {
                return Ok(one);
            }
            if (extent == Extent::Ask || self.run.is_plan())
                && let Some(until) = self.run.hosts.pending()
            {
                return Ok(self.awaited(one.verdict.changed, until));
            }
            if attempt >= attempts || self.asks_once() {
                // As Ansible counts: the last attempt that failed is not among the retries.
                let counted = (attempts - 1).max(1);
                one.verdict
                    .registered
                    .insert("attempts".into(), counted.into());
                if one.verdict.failed.is_none() {
                    let message = format!("`until` did not hold after {attempt} attempts");
                    let registered = std::mem::take(&mut one.verdict.registered);
                    one.verdict = Verdict::failure(message);
                    let failure = std::mem::take(&mut one.verdict.registered);
                    one.verdict.registered = registered;
                    one.verdict.registered.extend(failure);
                }
                return Ok(one);
            }
            self.run
                .tell(Event::Waiting {
                    task: self.info.clone(),
                    host: self.host.to_string(),
                    what: self.unless_hidden(self.awaits()),
                    left: Some(attempts - attempt),
                })
                .await;
            let mut stop = self.run.stop.clone();
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs_f64(delay)) => {}
                _ = stop.wait_for(|level| *level > 0) => return Ok(one),
            }
            attempt += 1;
        }
    }

    /// The module once.
    pub(super) async fn once(
        &self,
        module: &'static Entry,
        bound: &dyn Bound,
        actor: Option<&Actor<'_>>,
        probed: Option<Probed>,
        templar: &Templar,
        leave: Option<(Word<'_>, bool)>,
    ) -> Result<One, Stop> {
        let Some(actor) = actor else {
            let hands = own::Hands {
                run: &self.run,
                road: &|| self.road(templar).map_err(Stop::words),
                keep: self.extent(module, templar)? == Extent::Act,
                leave,
            };
            return Ok(match own::live(bound, &hands).await {
                Ok((changes, result)) => self.joined(module, changes, result),
                Err(why) => One::of(Verdict::failure(why)),
            });
        };
        let probed = match probed {
            Some(probed) => probed,
            None => match actor.probe(&[bound]).await.pop() {
                Some(probed) => probed,
                None => return Err(Stop::Lost("no answer".to_owned())),
            },
        };
        Ok(match actor.act(bound, probed, leave).await {
            Acted::Done { changes, result } => match self.doubted(actor, result.failed.as_ref()) {
                Some((until, why)) => One::unknown(until, &why),
                None => {
                    let unsure = result.unsure.clone();
                    let mut one = self.done(module, changes, result);
                    one.until = unsure;
                    one
                }
            },
            Acted::Pending { changes, known, .. }
                if actor.never_acts || self.task.keywords.gate.is_some() =>
            {
                self.done(module, changes, known)
            }
            Acted::Pending {
                changes,
                mut known,
                whole,
                told,
                takes_away,
                packages,
            } => {
                let mut loses = takes_away;
                match &self.task.keywords.predicts {
                    _ if !self.run.is_plan() => {}
                    Some(node) => {
                        let brought = actor.brought(packages);
                        let predicted = predicts::read(&templar.node(node)?, &brought)?;
                        loses |= predicted.effects.iter().any(Effect::takes_away);
                        actor.foresee(predicted.effects);
                        known = known.predicted(predicted.stdout);
                    }
                    None => {
                        if !told {
                            actor.foresee(vec![Effect::Unsaid]);
                        }
                        actor.open(&packages).await;
                    }
                }
                let mut one = self.done(module, changes, known);
                one.takes_away = loses;
                one.until = (!whole).then(|| self.task.title());
                if module.may_ask && !self.ends_well() {
                    one.verdict.doubt();
                }
                actor.asker.reach.machine.set_pending(&self.task.title());
                one
            }
            // What may act once it has come is not known before.
            Acted::Waits { what, until, .. } if !module.only_asks => {
                One::unknown(until, &format!("waits for {what}, which is not so now"))
            }
            Acted::Waits { what, until, known } => {
                let mut one = self.done(module, Vec::new(), known);
                (one.until, one.waits) = (Some(until), Some(what));
                one
            }
            Acted::Unknown {
                until: Some(until), ..
            } if module.only_asks => One {
                until: Some(until),
                ..One::of(Verdict::of(TaskResult::default()))
            },
            Acted::Unknown { until, why } => {
                One::unknown(until.unwrap_or_else(|| self.task.title()), &why)
            }
            Acted::Failed(why) => match self.doubted(actor, Some(&why)) {
                Some((until, why)) => One::unknown(until, &why),
                None => One::of(Verdict::failure(why)),
            },
            Acted::Lost(why) => return Err(Stop::Lost(why)),
        })
    }

    /// In a dry run: where it is about a path, and the task `until` decides whether it acts there, or
    /// how, what stands there is not known to the tasks after it.
    pub(super) fn untold(
        &self,
        module: &Entry,
        args: &Node,
        templar: &Templar,
        actor: Option<&Actor<'_>>,
        until: &str,
    ) {
        let Some((actor, name)) = actor.zip(module.about).filter(|_| self.run.is_plan()) else {
            return;
        };
        let args = module.arguments(args).ok();
        let named = args.as_ref().and_then(Node::as_map);
        let word = |name: &str| {
            let node = named.and_then(|map| templar.node(map.get(name)?).ok())?;
            node.as_str().map(str::to_owned)
        };
        let links = module.name == "file" && word("state").as_deref() == Some("link");
        let target = if links { word("src") } else { None };
        if let Some(path) = word(name) {
            actor.may_touch(&path, target.as_deref(), until);
        }
    }

    /// Whether its author says what it makes true, and does not provide for a failure.
    fn ends_well(&self) -> bool {
        self.task.keywords.predicts.is_some() && !self.ignores()
    }

    /// What its own result would say a change of what is pending is none that can be told.
    fn undecided(&self, one: &mut One) {
        let words = &self.task.keywords;
        if one.until.is_some() && self.ends_well() {
            one.verdict.trust();
        } else if one.until.is_some()
            && one.unknown.is_none()
            && one.verdict.unsure.changed
            && !words.changed_when.is_empty()
        {
            let what: Vec<&str> = one.changes.iter().map(|change| &*change.what).collect();
            one.unknown = Some(format!(
                "`{}` is run, and its result says whether that is a change",
                what.join("`, `")
            ));
        }
    }

    /// In a dry run: an item that is asked again until it is so, which it is not before a pending
    /// task ran.
    fn awaited(&self, changed: bool, until: String) -> One {
        let result = TaskResult {
            changed,
            ..TaskResult::default()
        };
        One {
            until: Some(until),
            waits: Some(self.awaits()),
            ..One::of(Verdict::of(result))
        }
    }

    /// What a task with `until` or `retries` waits for.
    fn awaits(&self) -> String {
        let condition = self.task.keywords.until.first();
        condition.map_or_else(|| "success".to_owned(), condition_text)
    }

    /// Whether the task is no change whatever it finds: its module only asks, or its author says so
    /// by `check_mode: false` and, where its module would call it one all the same, `changed_when`.
    fn quiet(&self, module: &Entry, extent: Extent) -> bool {
        let words = &self.task.keywords;
        let never = |node: &Node| node.value == Yaml::Bool(false);
        let asks = self.run.is_plan() && extent == Extent::Act;
        module.only_asks
            || words.gate.is_some()
            || (asks && (module.name == "uri" || words.changed_when.iter().any(never)))
    }

    /// A question that fails in a dry run, where something that it may rest on is pending.
    fn doubted(&self, actor: &Actor<'_>, failed: Option<&String>) -> Option<(String, String)> {
        if !self.run.is_plan() || !self.task.keywords.failed_when.is_empty() {
            return None;
        }
        Some((actor.pending()?, failed?.clone()))
    }

    /// A templar that sees the item's result under the name of `register`.
    pub(super) fn with_result(
        &self,
        seen: &Seen,
        item: &Item,
        registered: &Registered,
        until: Option<&String>,
    ) -> Templar {
        let mut vars = item.vars.clone();
        if let Some(name) = &self.task.keywords.register {
            vars.insert(name.clone(), registered_var(registered, until, true));
        }
        seen.templar(&vars)
    }
}

/// A count, never negative.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(number: f64) -> u64 {
    number.clamp(0.0, 1e9) as u64
}
