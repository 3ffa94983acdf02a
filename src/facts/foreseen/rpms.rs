//! rpm packages, as pending effects leave them.

use super::super::matching::expression;
use super::super::{Evr, ProbeError, Rpm};
use super::Foreseen;
use crate::step::Package;
use regex::Regex;

impl Foreseen {
    /// Those of some packages, patterns too, that rpm will know.
    pub fn rpms(&self, names: &[String], mut now: Vec<Rpm>) -> Result<Vec<Rpm>, ProbeError> {
        let asked: Vec<Regex> = names
            .iter()
            .map(|name| expression(name))
            .collect::<Result<_, _>>()?;
        for (_, name, becomes) in self.packages() {
            if !asked.iter().any(|asked| asked.is_match(name)) {
                continue;
            }
            match becomes {
                Package::Gone { .. } => now.retain(|rpm| rpm.name != *name),
                Package::There {
                    version: Some(version),
                    architecture,
                    ..
                } => {
                    now.retain(|rpm| rpm.name != *name || rpm.arch != *architecture);
                    now.push(Rpm {
                        name: name.clone(),
                        evr: Evr::read(version),
                        arch: architecture.clone(),
                    });
                }
                Package::There { version: None, .. } => {}
            }
        }
        Ok(now)
    }

    /// What dnf will bring or take away of what it would now. `free` is whether it chooses by itself
    /// what goes, `newer` whether it brings what is newer.
    pub fn rpm_moves(
        &self,
        free: bool,
        newer: bool,
        now: Vec<Rpm>,
    ) -> Result<Vec<Rpm>, ProbeError> {
        match self.packages().next_back() {
            Some((pending, ..)) if free => {
                Err(pending.unknown("what nothing needs any more rests on it"))
            }
            _ => {
                let is_so = |rpm: &Rpm| {
                    let there = self.rpms(std::slice::from_ref(&rpm.name), Vec::new());
                    newer && there.is_ok_and(|there| there.contains(rpm))
                };
                Ok(now.into_iter().filter(|rpm| !is_so(rpm)).collect())
            }
        }
    }
}
