//! What the server does.

use super::{ACCOUNTS, Commit, Content, Model, Running, Snapshot, Version, time};
use crate::history::record::{Act, Level, Operation, Outcome, Transaction};

impl Model {
    fn sees(&self, snapshot: Snapshot, version: &Version) -> bool {
        match snapshot {
            Snapshot::Primary(time) => self.commits[version.commit]
                .shown
                .is_some_and(|shown| shown <= time),
            Snapshot::Standby(length) => version.commit < length,
        }
    }

    fn content(&self, running: &Running, row: &str, snapshot: Snapshot) -> Content {
        let start = if row.starts_with("account") { 100 } else { 0 };
        let mut content = Content {
            values: Vec::new(),
            sum: start,
        };
        let versions = self.rows.get(row).map_or(&[][..], Vec::as_slice);
        let mut seen = versions
            .iter()
            .filter(|version| self.sees(snapshot, version));
        if row.starts_with("set") {
            content.values = seen
                .flat_map(|version| version.content.values.clone())
                .collect();
            let own = running.inserted.iter().filter(|(set, _)| set == row);
            content.values.extend(own.map(|(_, value)| *value));
            return content;
        }
        match running.own.get(row) {
            Some(own) => own.clone(),
            None => seen
                .next_back()
                .map_or(content, |version| version.content.clone()),
        }
    }

    /// One step of a session; nothing is left of a transaction that has ended.
    pub fn step(&mut self, mut running: Running, session: usize) -> Option<Running> {
        if let Some((commit, asked)) = running.commit {
            if self.chance.below(3) != 0 {
                return Some(running);
            }
            self.commits[commit].shown = Some(self.now);
            self.locks.retain(|_, owner| *owner != running.number);
            // The client hears of it, or does not.
            let heard = self.chance.below(12) != 0;
            let outcome = if heard {
                Outcome::Committed
            } else {
                Outcome::Unknown
            };
            self.now += 1;
            self.end(running, session, outcome, Some(asked));
            return None;
        }
        let Some(act) = running.todo.first().cloned() else {
            return self.commit(running, session);
        };
        if running.snapshot.is_none() || running.level == Level::ReadCommitted {
            let before = match running.snapshot {
                Some(Snapshot::Standby(length)) => length,
                _ => 0,
            };
            let length = self.commits.len();
            let behind = usize::try_from(self.chance.below(6)).unwrap();
            running.snapshot = Some(if running.standby {
                Snapshot::Standby(length.saturating_sub(behind).max(before))
            } else {
                Snapshot::Primary(self.now)
            });
        }
        let snapshot = running.snapshot.unwrap();
        let rows = row(&act);
        if writes(&act) && !matches!(act, Act::Insert { .. }) {
            let taken = |row: &String| {
                self.locks
                    .get(row)
                    .is_some_and(|owner| *owner != running.number)
            };
            if rows.iter().any(taken) {
                running.waited += 1;
                if running.waited > 12 {
                    self.locks.retain(|_, owner| *owner != running.number);
                    self.end(running, session, Outcome::Aborted, None);
                    return None;
                }
                return Some(running);
            }
            let newer = |row: &String| {
                let versions = self.rows.get(row).map_or(&[][..], Vec::as_slice);
                versions.iter().any(|version| !self.sees(snapshot, version))
            };
            if running.level != Level::ReadCommitted && rows.iter().any(newer) {
                self.locks.retain(|_, owner| *owner != running.number);
                self.end(running, session, Outcome::Aborted, None);
                return None;
            }
            for row in &rows {
                self.locks.insert(row.clone(), running.number);
            }
        }
        running.waited = 0;
        running.todo.remove(0);
        let act = self.done(&mut running, act, &rows, snapshot);
        let mut operation = Operation::from(act);
        operation.standby = running.standby;
        running.done.push(operation);
        Some(running)
    }

    fn done(
        &mut self,
        running: &mut Running,
        act: Act,
        rows: &[String],
        snapshot: Snapshot,
    ) -> Act {
        let mut contents: Vec<Content> = rows
            .iter()
            .map(|row| self.content(running, row, snapshot))
            .collect();
        let sum = contents[0].sum;
        let values = contents[0].values.clone();
        match act {
            Act::List { key, .. } => Act::List { key, values },
            Act::Register { key, .. } => Act::Register {
                key,
                value: values.last().copied(),
            },
            Act::Counter { key, .. } => Act::Counter { key, value: sum },
            Act::Set { key, .. } => Act::Set { key, values },
            Act::Balances { .. } => {
                let sums = ACCOUNTS.iter().zip(&contents);
                Act::Balances {
                    accounts: sums
                        .map(|(name, content)| ((*name).to_owned(), content.sum))
                        .collect(),
                }
            }
            Act::Insert { key, value } => {
                running.inserted.push((rows[0].clone(), value));
                Act::Insert { key, value }
            }
            mut write => {
                match &mut write {
                    Act::Append { value, .. } => contents[0].values.push(*value),
                    Act::Write { value, over, .. } => {
                        // Some clients do not ask what they wrote over.
                        *over = (self.chance.below(5) != 0).then_some(values.last().copied());
                        contents[0].values = vec![*value];
                    }
                    Act::Add { by, .. } => contents[0].sum += *by,
                    Act::Move { amount, .. } => {
                        contents[0].sum -= *amount;
                        contents[1].sum += *amount;
                    }
                    _ => {}
                }
                for (row, content) in rows.iter().zip(contents) {
                    running.own.insert(row.clone(), content);
                }
                write
            }
        }
    }

    fn commit(&mut self, mut running: Running, session: usize) -> Option<Running> {
        let writes = !running.own.is_empty() || !running.inserted.is_empty();
        let fate = self.chance.below(20);
        if writes && fate < 3 {
            self.locks.retain(|_, owner| *owner != running.number);
            // Taken back, or cut off before the server heard of the commit.
            let outcome = if fate == 0 {
                Outcome::Unknown
            } else {
                Outcome::Aborted
            };
            self.end(running, session, outcome, None);
            return None;
        }
        if !writes {
            self.end(running, session, Outcome::Committed, Some(self.now));
            return None;
        }
        let commit = self.commits.len();
        self.commits.push(Commit { shown: None });
        let inserted = running.inserted.drain(..).map(|(row, value)| {
            (
                row,
                Content {
                    values: vec![value],
                    sum: 0,
                },
            )
        });
        for (row, content) in running.own.drain().chain(inserted) {
            self.rows
                .entry(row)
                .or_default()
                .push(Version { commit, content });
        }
        running.commit = Some((commit, self.now));
        Some(running)
    }

    fn end(&mut self, running: Running, session: usize, outcome: Outcome, asked: Option<u64>) {
        let undone = running.todo.into_iter().map(Operation::from);
        let all = running.done.into_iter().chain(undone);
        // Of some the client's end is not recorded.
        let killed = outcome == Outcome::Unknown && running.number.is_multiple_of(2);
        self.history.push(Transaction {
            number: running.number,
            session: u32::try_from(session).unwrap(),
            door: running.door,
            level: (running.level != self.level).then_some(running.level),
            begun: time(running.begun),
            ended: (!killed).then_some(time(self.now)),
            asked: asked.map(time),
            outcome,
            operations: all.collect(),
        });
    }
}

fn row(act: &Act) -> Vec<String> {
    match act {
        Act::Append { key, .. } | Act::List { key, .. } => vec![format!("list {key}")],
        Act::Write { key, .. } | Act::Register { key, .. } => vec![format!("register {key}")],
        Act::Add { key, .. } | Act::Counter { key, .. } => vec![format!("counter {key}")],
        Act::Insert { key, .. } | Act::Set { key, .. } => vec![format!("set {key}")],
        Act::Move { from, to, .. } => vec![format!("account {from}"), format!("account {to}")],
        Act::Balances { .. } => ACCOUNTS
            .iter()
            .map(|name| format!("account {name}"))
            .collect(),
    }
}

fn writes(act: &Act) -> bool {
    matches!(
        act,
        Act::Append { .. }
            | Act::Write { .. }
            | Act::Add { .. }
            | Act::Insert { .. }
            | Act::Move { .. }
    )
}
