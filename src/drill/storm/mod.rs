//! A storm: several faults by chance, one after the other or at once, and planned work among them.
//!
//! A scenario says what must become of the cluster after its one fault. Of a storm nobody can say
//! that; what must hold is the same in all of them: nothing acknowledged is lost, no two nodes are
//! writable at once, and the cluster is brought home.

mod fewest;
mod table;

pub use fewest::Fewest;
pub use table::table;

use super::chance::Chance;
use super::scenario::{Deed, Fit, Kind, SCENARIOS, Scenario};

/// The name of all storms, where a scenario has its own.
pub const NAME: &str = "storm";

/// The longest that a gust waits for the one before to begin, and the longest that one stands, in
/// milliseconds: long enough for a promotion to begin and to end within it.
const APART: u64 = 20_000;
const STANDS: u64 = 30_000;
/// One gust in so many follows the one before at once.
const AT_ONCE: u64 = 3;
/// How much later such a one comes at most, in milliseconds: within one loop of Patroni's.
const WITHIN: u64 = 1_500;
/// One gust in so many is work that somebody had planned.
const WORKS: u64 = 4;

/// Several faults by chance.
#[derive(Clone, Debug, PartialEq)]
pub struct Storm {
    /// What comes, in the order in which it begins.
    pub gusts: Vec<Gust>,
}

/// One thing that comes over the cluster.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gust {
    /// Its number among those that the seed gives, from 1 on.
    pub number: u32,
    /// When it begins, in seconds of the storm.
    pub begins: f64,
    /// How long it stands, in seconds.
    pub lasts: f64,
    /// What it is.
    pub what: What,
}

/// What a gust is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum What {
    /// The fault of a scenario.
    Fault(&'static Scenario),
    /// A playbook that somebody runs just then.
    Work {
        /// Which.
        work: Work,
        /// Whether the command is killed with SIGKILL when the gust ends.
        killed: bool,
    },
}

/// Planned work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// The playbook that builds the cluster, applied again.
    Apply,
    /// A switchover to a standby.
    Switchover,
    /// The declared primary is brought home.
    RestorePrimary,
    /// Every node is restarted, one after the other.
    RollingRestart,
}

impl Work {
    const ALL: [Self; 4] = [
        Self::Apply,
        Self::Switchover,
        Self::RestorePrimary,
        Self::RollingRestart,
    ];

    /// Its playbook.
    pub fn playbook(self, kind: Kind) -> &'static str {
        match self {
            Self::Apply => kind.name(),
            Self::Switchover => "switchover",
            Self::RestorePrimary => "restore-primary",
            Self::RollingRestart => "rolling-restart",
        }
    }

    fn fits(self, kind: Kind) -> bool {
        self != Self::RollingRestart || kind != Kind::Pgpool
    }
}

/// The scenarios out of which a storm is made: those of one fault that needs nothing prepared.
pub fn faults(kind: Kind) -> Vec<&'static Scenario> {
    let fits = |scenario: &&Scenario| match scenario.faults {
        [fault] => {
            !matches!(fault.deed, Deed::JumpClock(_))
                && matches!(scenario.fit(kind), Fit::Expect(_))
        }
        _ => false,
    };
    SCENARIOS.iter().filter(fits).collect()
}

impl Storm {
    /// The storm that follows from `seed`: so many gusts out of `faults` and of planned work. At
    /// most one of them takes away a copy of the data: who loses all copies has lost them.
    pub fn chosen(seed: u64, gusts: u32, kind: Kind, faults: &[&'static Scenario]) -> Self {
        let mut chance = Chance::of(seed, 0);
        let works: Vec<Work> = Work::ALL.into_iter().filter(|w| w.fits(kind)).collect();
        let mut begins = 0;
        let mut deleted = false;
        let mut chosen = Vec::new();
        for number in 1..=gusts {
            if number > 1 {
                let at_once = chance.below(AT_ONCE) == 0;
                begins += chance.below(if at_once { WITHIN } else { APART });
            }
            let work = chance.below(WORKS) == 0;
            let what = if work || faults.is_empty() {
                What::Work {
                    work: pick(&mut chance, &works).unwrap_or(Work::Apply),
                    killed: chance.below(2) == 0,
                }
            } else {
                let left: Vec<&'static Scenario> = faults
                    .iter()
                    .copied()
                    .filter(|fault| !(deleted && deletes(fault)))
                    .collect();
                match pick(&mut chance, &left) {
                    Some(fault) => {
                        deleted |= deletes(fault);
                        What::Fault(fault)
                    }
                    None => continue,
                }
            };
            chosen.push(Gust {
                number,
                begins: seconds(begins),
                lasts: seconds(chance.below(STANDS)),
                what,
            });
        }
        Self { gusts: chosen }
    }

    /// The same storm with those gusts alone that have these numbers.
    #[must_use]
    pub fn only(&self, numbers: &[u32]) -> Self {
        let kept = self
            .gusts
            .iter()
            .filter(|gust| numbers.contains(&gust.number));
        Self {
            gusts: kept.copied().collect(),
        }
    }

    /// The numbers of its gusts.
    pub fn numbers(&self) -> Vec<u32> {
        self.gusts.iter().map(|gust| gust.number).collect()
    }

    /// What comes, in a sentence.
    pub fn explained(&self, kind: Kind) -> String {
        let gusts: Vec<String> = self.gusts.iter().map(|gust| gust.what.name(kind)).collect();
        match &*gusts {
            [] => "Nothing comes.".to_owned(),
            gusts => format!("In this order begin: {}.", gusts.join(", ")),
        }
    }
}

impl What {
    /// The scenario's name, or the playbook's.
    pub fn name(&self, kind: Kind) -> String {
        match self {
            Self::Fault(scenario) => scenario.name.to_owned(),
            Self::Work { work, killed } => {
                let playbook = work.playbook(kind);
                let end = if *killed { " (killed)" } else { "" };
                format!("{playbook}.yml{end}")
            }
        }
    }
}

/// Whether the fault takes away a copy of the data.
fn deletes(scenario: &Scenario) -> bool {
    let mut faults = scenario.faults.iter();
    faults.any(|fault| fault.deed == Deed::DeleteData)
}

fn pick<T: Copy>(chance: &mut Chance, of: &[T]) -> Option<T> {
    let at = usize::try_from(chance.below(of.len() as u64)).ok()?;
    of.get(at).copied()
}

/// Below which part of all storms those that fail lie, with 95 % confidence, where none of so many did:
/// were it larger, so many would all pass in less than one case of twenty.
pub fn bound(passed: u32) -> f64 {
    1.0 - 0.05_f64.powf(1.0 / f64::from(passed.max(1)))
}

/// Milliseconds as seconds.
fn seconds(milliseconds: u64) -> f64 {
    std::time::Duration::from_millis(milliseconds).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn storm(seed: u64, kind: Kind) -> Storm {
        Storm::chosen(seed, 6, kind, &faults(kind))
    }

    #[test]
    fn the_seed_chooses_all_of_it() {
        assert_eq!(storm(3, Kind::Pgpool), storm(3, Kind::Pgpool));
        assert_ne!(storm(3, Kind::Pgpool), storm(4, Kind::Pgpool));
    }

    #[test]
    fn gusts_begin_in_their_order_and_every_fault_and_work_comes_in_some_storm() {
        for kind in Kind::ALL {
            let mut names = std::collections::BTreeSet::new();
            for seed in 0..200 {
                let storm = storm(seed, kind);
                assert_eq!(storm.gusts.len(), 6);
                assert!(storm.gusts.is_sorted_by_key(|gust| gust.begins));
                names.extend(storm.gusts.iter().map(|gust| gust.what.name(kind)));
                let deletes = storm
                    .gusts
                    .iter()
                    .filter(|gust| matches!(gust.what, What::Fault(scenario) if deletes(scenario)));
                assert!(
                    deletes.count() <= 1,
                    "both copies may be deleted: seed {seed}"
                );
            }
            for scenario in faults(kind) {
                assert!(names.contains(scenario.name), "{}", scenario.name);
            }
            for work in Work::ALL.into_iter().filter(|work| work.fits(kind)) {
                for end in ["", " (killed)"] {
                    let name = format!("{}.yml{end}", work.playbook(kind));
                    assert!(names.contains(&name), "{name}");
                }
            }
        }
    }

    #[test]
    fn a_hundred_that_passed_say_that_fewer_than_three_of_a_hundred_fail() {
        assert!((0.029..0.030).contains(&bound(100)), "{}", bound(100));
        assert!(bound(1) > 0.9);
    }

    #[test]
    fn a_part_of_a_storm_is_what_it_was_in_the_whole() {
        let whole = storm(5, Kind::PatroniEtcd);
        let part = whole.only(&[2, 5]);
        assert_eq!(part.numbers(), [2, 5]);
        assert_eq!(part.gusts[1], whole.gusts[4]);
    }
}
