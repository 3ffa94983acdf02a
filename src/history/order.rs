//! In which order the versions of a list or of a register were made, as far as that is sure.

use super::view::{Key, Txn};
use std::collections::HashMap;

/// Versions of which each was made from the one before.
#[derive(Debug, Default)]
pub struct Chain {
    /// The value that came with each, and who wrote it.
    pub versions: Vec<(u64, Txn)>,
    /// Whether nothing was before the first.
    pub whole: bool,
}

/// How far a read has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// On which chain.
    pub chain: usize,
    /// How many of its versions.
    pub seen: usize,
}

/// The chains of all lists and registers.
#[derive(Debug, Default)]
pub struct Orders {
    chains: Vec<Chain>,
    places: HashMap<(Key, u64), Place>,
    first: HashMap<Key, usize>,
}

impl Orders {
    /// Takes a chain in.
    pub fn add(&mut self, key: Key, chain: Chain) {
        let at = self.chains.len();
        for (before, (value, _)) in chain.versions.iter().enumerate() {
            let place = Place {
                chain: at,
                seen: before + 1,
            };
            self.places.insert((key, *value), place);
        }
        if chain.whole {
            self.first.entry(key).or_insert(at);
        }
        self.chains.push(chain);
    }

    /// A chain.
    pub fn chain(&self, place: Place) -> &Chain {
        &self.chains[place.chain]
    }

    /// Where one stands who saw this as the last value; `None`: nothing yet.
    pub fn place(&self, key: Key, last: Option<u64>) -> Option<Place> {
        match last {
            Some(value) => self.places.get(&(key, value)).copied(),
            None => self.first.get(&key).map(|chain| Place {
                chain: *chain,
                seen: 0,
            }),
        }
    }

    /// What a read did not see any more.
    pub fn missed(&self, place: Place) -> &[(u64, Txn)] {
        let versions = &self.chain(place).versions;
        versions.get(place.seen..).unwrap_or_default()
    }
}

/// A read of what others have written.
#[derive(Clone, Copy, Debug)]
pub struct Read {
    /// Who has read.
    pub txn: Txn,
    /// What.
    pub key: Key,
    /// How far it saw, where that is known.
    pub place: Option<Place>,
}
