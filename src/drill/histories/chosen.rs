//! What a session does next: chance, by the seed.

use super::tables::ACCOUNTS;
use crate::drill::chance::Chance;
use crate::history::{Act, Door, Level};
use std::collections::BTreeMap;
use std::time::Duration;

/// How many keys of a kind are in use at a time: few, so that sessions meet.
const KEYS: u64 = 3;
/// After how many transactions of the run new keys take their place, before the lists get long.
const TURN: u64 = 400;
/// The most operations of a transaction.
const MOST: u64 = 4;
/// How long a statement may take in a transaction that has a limit.
const LIMIT: &str = "20ms";

/// A transaction before it is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Chosen {
    /// By which way it goes.
    pub door: Door,
    /// At which level.
    pub level: Level,
    /// What it does.
    pub acts: Vec<Act>,
    /// A limit for each of its statements.
    pub limit: Option<&'static str>,
    /// During which of its statements, COMMIT behind them, and after what time the client cancels.
    pub cancel: Option<(usize, Duration)>,
}

impl Chosen {
    /// The transaction with this number in the run.
    pub fn of(chance: &mut Chance, level: Level, number: u64) -> Self {
        let door = if chance.below(10) < 3 {
            Door::Read
        } else {
            Door::Write
        };
        let count = 1 + chance.below(MOST);
        let acts = (0..count).map(|part| act(chance, door, number, part));
        let acts: Vec<Act> = acts.collect();
        let limit = (chance.below(30) == 0).then_some(LIMIT);
        let cancel = (chance.below(25) == 0).then(|| {
            let during = chance.below(count + 1);
            let after = Duration::from_millis(chance.below(8));
            (usize::try_from(during).unwrap_or_default(), after)
        });
        Self {
            door,
            // A standby has no serializable.
            level: match door {
                Door::Write => level,
                _ => level.min(Level::RepeatableRead),
            },
            acts,
            limit,
            cancel,
        }
    }
}

/// One operation; what it writes nobody else ever writes.
fn act(chance: &mut Chance, door: Door, number: u64, part: u64) -> Act {
    let key = format!("{}-{}", number / TURN, chance.below(KEYS));
    let value = number * MOST + part;
    let kind = chance.below(10);
    let write = door == Door::Write && chance.below(2) == 0;
    match (kind, write) {
        (0..3, true) => Act::Append { key, value },
        (0..3, false) => Act::List {
            key,
            values: Vec::new(),
        },
        (3..6, true) => Act::Write {
            key,
            value,
            over: None,
        },
        (3..6, false) => Act::Register { key, value: None },
        (6, true) => Act::Add {
            key,
            by: i64::try_from(chance.below(9)).unwrap_or_default() - 2,
        },
        (6, false) => Act::Counter { key, value: 0 },
        (7..9, true) => Act::Insert { key, value },
        (7..9, false) => Act::Set {
            key,
            values: Vec::new(),
        },
        (_, true) => {
            let count = ACCOUNTS.len() as u64;
            let from = chance.below(count);
            let to = (from + 1 + chance.below(count - 1)) % count;
            let name = |at: u64| {
                let name = usize::try_from(at).ok().and_then(|at| ACCOUNTS.get(at));
                name.copied().unwrap_or_default().to_owned()
            };
            Act::Move {
                from: name(from),
                to: name(to),
                amount: 1 + i64::try_from(chance.below(20)).unwrap_or_default(),
            }
        }
        (_, false) => Act::Balances {
            accounts: BTreeMap::new(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_chooses_all_of_it_and_every_kind_comes() {
        let chosen = |seed| -> Vec<Chosen> {
            let mut chance = Chance::of(seed, 1);
            let numbers = 1..300;
            numbers
                .map(|number| Chosen::of(&mut chance, Level::Serializable, number))
                .collect()
        };
        assert_eq!(chosen(5), chosen(5));
        assert_ne!(chosen(5), chosen(6));
        let all = chosen(7);
        let kinds: std::collections::BTreeSet<String> = all
            .iter()
            .flat_map(|chosen| &chosen.acts)
            .map(|act| format!("{act:?}").split(' ').next().unwrap().to_owned())
            .collect();
        assert_eq!(kinds.len(), 10, "{kinds:?}");
        assert!(all.iter().any(|chosen| chosen.cancel.is_some()));
        assert!(all.iter().any(|chosen| chosen.limit.is_some()));
        let read = all.iter().filter(|chosen| chosen.door == Door::Read);
        assert!(read.clone().count() > 30);
        assert!(
            read.clone()
                .all(|chosen| chosen.level == Level::RepeatableRead)
        );
    }
}
