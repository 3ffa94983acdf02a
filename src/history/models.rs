//! Histories made by a model of a right server with its clients: several sessions at a time, row locks and
//! snapshots, commits of which nobody hears and which standbys show before the primary does, standbys that
//! stay behind.

mod steps;

use super::record::{Act, Door, History, Level, Opening, Operation, Transaction};
use std::collections::{BTreeMap, HashMap};

/// What a row holds.
#[derive(Clone, Debug, Default, PartialEq)]
struct Content {
    values: Vec<u64>,
    sum: i64,
}

/// A version of a row: by which commit, and what it holds then.
#[derive(Clone, Debug)]
struct Version {
    commit: usize,
    content: Content,
}

/// A commit: when its record was written, and when the primary shows it.
#[derive(Clone, Copy, Debug)]
struct Commit {
    shown: Option<u64>,
}

/// What a statement sees.
#[derive(Clone, Copy, Debug)]
enum Snapshot {
    /// What the primary shows by then.
    Primary(u64),
    /// So much of the log.
    Standby(usize),
}

/// A transaction that runs.
struct Running {
    number: u64,
    door: Door,
    standby: bool,
    level: Level,
    begun: u64,
    todo: Vec<Act>,
    done: Vec<Operation>,
    snapshot: Option<Snapshot>,
    own: HashMap<String, Content>,
    inserted: Vec<(String, u64)>,
    waited: u32,
    commit: Option<(usize, u64)>,
}

/// A server with standbys and its clients.
struct Model {
    level: Level,
    chance: Chance,
    now: u64,
    commits: Vec<Commit>,
    rows: HashMap<String, Vec<Version>>,
    locks: HashMap<String, u64>,
    next: u64,
    /// After how many transactions the sessions go on to new keys.
    turn: u64,
    history: Vec<Transaction>,
}

/// Numbers by chance.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let mixed = (self.0 ^ (self.0 >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (mixed >> 33) % bound
    }
}

const SESSIONS: usize = 5;
const ACCOUNTS: [&str; 3] = ["a", "b", "c"];

/// A right history on three keys of each kind.
pub fn made(level: Level, seed: u64, count: u64) -> History {
    run(level, seed, count, u64::MAX)
}

/// One in which the sessions go on to new keys before the lists get long.
pub fn long(level: Level, seed: u64, count: u64) -> History {
    run(level, seed, count, 200)
}

fn run(level: Level, seed: u64, count: u64, turn: u64) -> History {
    let mut model = Model {
        level,
        chance: Chance(seed),
        now: 0,
        commits: Vec::new(),
        rows: HashMap::new(),
        locks: HashMap::new(),
        next: 1,
        turn,
        history: Vec::new(),
    };
    let mut sessions: Vec<Option<Running>> = (0..SESSIONS).map(|_| None).collect();
    while model.next <= count || sessions.iter().any(Option::is_some) {
        model.now += 1;
        let session = usize::try_from(model.chance.below(SESSIONS as u64)).unwrap();
        let running = match sessions[session].take() {
            Some(running) => running,
            None if model.next > count => continue,
            None => {
                // One after the other is serializable for sure; their times still overlap.
                let busy = sessions.iter().flatten().any(|running| !running.standby);
                model.begin(level == Level::Serializable && busy)
            }
        };
        sessions[session] = model.step(running, session);
    }
    model.finally();
    let mut history = History {
        opening: Opening {
            run: "model".into(),
            seed,
            level,
            sessions: 5,
            accounts: ACCOUNTS
                .iter()
                .map(|name| ((*name).to_owned(), 100))
                .collect(),
        },
        transactions: model.history,
        cut: false,
    };
    history
        .transactions
        .sort_by(|a, b| a.begun.total_cmp(&b.begun));
    history
}

impl Model {
    fn begin(&mut self, only_standby: bool) -> Running {
        let number = self.next;
        self.next += 1;
        let standby = only_standby || self.chance.below(4) == 0;
        let read = standby || self.chance.below(4) == 0;
        let todo = (0..=self.chance.below(4))
            .map(|part| self.act(number * 8 + part, read))
            .collect();
        Running {
            number,
            door: if read { Door::Read } else { Door::Write },
            standby,
            level: if standby {
                self.level.min(Level::RepeatableRead)
            } else {
                self.level
            },
            begun: self.now,
            todo,
            done: Vec::new(),
            snapshot: None,
            own: HashMap::new(),
            inserted: Vec::new(),
            waited: 0,
            commit: None,
        }
    }

    fn act(&mut self, value: u64, read: bool) -> Act {
        let key = format!("k{}", self.next / self.turn * 3 + self.chance.below(3));
        let kind = self.chance.below(5);
        if read || self.chance.below(2) == 0 {
            return match kind {
                0 => Act::List {
                    key,
                    values: vec![],
                },
                1 => Act::Register { key, value: None },
                2 => Act::Counter { key, value: 0 },
                3 => Act::Set {
                    key,
                    values: vec![],
                },
                _ => Act::Balances {
                    accounts: BTreeMap::new(),
                },
            };
        }
        match kind {
            0 => Act::Append { key, value },
            1 => Act::Write {
                key,
                value,
                over: None,
            },
            2 => Act::Add {
                key,
                by: i64::try_from(self.chance.below(9)).unwrap() - 3,
            },
            3 => Act::Insert { key, value },
            _ => {
                let from = usize::try_from(self.chance.below(3)).unwrap();
                let to = (from + 1 + usize::try_from(self.chance.below(2)).unwrap()) % 3;
                Act::Move {
                    from: ACCOUNTS[from].to_owned(),
                    to: ACCOUNTS[to].to_owned(),
                    amount: i64::try_from(self.chance.below(20)).unwrap(),
                }
            }
        }
    }

    /// The look at all of it, on the primary and on a standby.
    fn finally(&mut self) {
        for standby in [false, true] {
            self.now += 1;
            let mut running = self.begin(true);
            running.door = Door::Final;
            running.standby = standby;
            running.level = Level::RepeatableRead;
            let keys = (0..=self.next / self.turn * 3 + 2).map(|key| format!("k{key}"));
            running.todo = keys
                .flat_map(|key| {
                    [
                        Act::List {
                            key: key.clone(),
                            values: vec![],
                        },
                        Act::Register {
                            key: key.clone(),
                            value: None,
                        },
                        Act::Counter {
                            key: key.clone(),
                            value: 0,
                        },
                        Act::Set {
                            key,
                            values: vec![],
                        },
                    ]
                })
                .chain([Act::Balances {
                    accounts: BTreeMap::new(),
                }])
                .collect();
            running.snapshot = Some(if standby {
                Snapshot::Standby(self.commits.len())
            } else {
                Snapshot::Primary(self.now)
            });
            while let Some(more) = self.step(running, 98 + usize::from(standby)) {
                running = more;
            }
        }
    }
}

#[allow(clippy::cast_precision_loss)] // They are small.
fn time(tick: u64) -> f64 {
    tick as f64 / 100.0
}
