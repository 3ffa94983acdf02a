//! What a drill plays: a scenario of the catalogue, or a storm.

use crate::drill::scenario::{Deed, Kind, Scenario};
use crate::drill::storm::{self, Storm};

/// What comes over the cluster.
#[derive(Clone, Debug)]
pub enum Course {
    /// The faults of a scenario, each when the one before has had its effect.
    Scenario(&'static Scenario),
    /// Faults and work by chance.
    Storm(Storm),
}

impl Course {
    /// What it is called on the command line.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Scenario(scenario) => scenario.name,
            Self::Storm(_) => storm::NAME,
        }
    }

    /// What it does, in a sentence.
    pub fn explained(&self, kind: Kind) -> String {
        match self {
            Self::Scenario(scenario) => scenario.explained.to_owned(),
            Self::Storm(storm) => storm.explained(kind),
        }
    }

    /// The playbooks without which the cluster can't be broken so and brought home.
    pub fn playbooks(&self, kind: Kind) -> Vec<&'static str> {
        let mut needed = vec!["restore-replica", "restore-primary"];
        match self {
            Self::Scenario(scenario) => {
                let mut faults = scenario.faults.iter();
                if faults.any(|fault| matches!(fault.deed, Deed::JumpClock(_))) {
                    needed.push(super::brought::PLAYBOOK);
                }
            }
            Self::Storm(storm) => {
                let works = storm.gusts.iter().filter_map(|gust| match gust.what {
                    storm::What::Work { work, .. } => Some(work.playbook(kind)),
                    storm::What::Fault(_) => None,
                });
                needed.extend(works);
            }
        }
        needed
    }
}
