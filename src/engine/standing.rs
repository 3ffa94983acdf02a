//! Whether a host goes on in a play after a failure: rescue, always, ended, unreachable.

use crate::model::{Block, Part, Role, Task};
use std::sync::Arc;

type Place = [(Block, Part)];

/// How a host stands in a play.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// Failures that nothing rescued so far, each with the place in the blocks where it happened.
    failures: Vec<Vec<(Block, Part)>>,
    /// Blocks whose rescue was entered.
    rescued: Vec<usize>,
    ended: bool,
    unreachable: bool,
    /// In a dry run: the task that decides whether it has left the play.
    doubt: Option<String>,
    /// Roles that it left before their ends; in a dry run with the task that decides whether it did.
    roles: Vec<(Arc<Role>, Option<String>)>,
}

impl Standing {
    /// Whether a task that stands at `place` runs now. Entering a `rescue` takes up the failure.
    pub fn turn(&mut self, place: &Place) -> bool {
        if self.ended || self.unreachable {
            return false;
        }
        let failure = self.failures.last();
        let failed_in = |block: &Block| {
            failure?
                .iter()
                .find(|(b, _)| b.id == block.id)
                .map(|(_, part)| *part)
        };
        let idle = |(block, part): &(Block, Part)| {
            *part == Part::Rescue
                && !self.rescued.contains(&block.id)
                && failed_in(block) != Some(Part::Body)
        };
        if place.iter().any(idle) {
            return false;
        }
        if failure.is_none() {
            return true;
        }
        let entered = place
            .iter()
            .find(|(block, part)| *part == Part::Rescue && failed_in(block) == Some(Part::Body));
        if let Some((block, _)) = entered {
            self.rescued.push(block.id);
            self.failures.pop();
            // An older failure may still stand around the block that was rescued.
            return self.failures.is_empty() || self.turn(place);
        }
        place.iter().any(|(block, part)| {
            *part == Part::Always && matches!(failed_in(block), Some(Part::Body | Part::Rescue))
        })
    }

    /// A task at `place` failed. Returns whether a `rescue` will take it up.
    pub fn fail(&mut self, place: &Place) -> bool {
        self.failures.push(place.to_vec());
        place
            .iter()
            .any(|(block, part)| block.rescues && *part == Part::Body)
    }

    /// Whether its last failure happened at `place`, or it can't be reached.
    pub fn failed_at(&self, place: &Place) -> bool {
        self.unreachable || self.failures.last().is_some_and(|last| last == place)
    }

    /// The host can't be reached.
    pub fn lose(&mut self) {
        self.unreachable = true;
    }

    /// The host leaves the play without failing.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// The host leaves the play or not, which the task `until` decides.
    pub fn may_end(&mut self, until: &str) {
        self.doubt.get_or_insert_with(|| until.to_owned());
    }

    /// The host leaves a role, or in a dry run may, which the task `until` decides.
    pub fn leave(&mut self, role: &Arc<Role>, until: Option<&str>) {
        self.roles.push((role.clone(), until.map(str::to_owned)));
    }

    /// Whether it left the role that the task is of.
    pub fn has_left(&self, task: &Task) -> bool {
        self.of(task).any(|(_, until)| until.is_none())
    }

    /// The task that decides whether it has left the role that the task is of.
    pub fn may_have_left(&self, task: &Task) -> Option<String> {
        self.of(task).find_map(|(_, until)| until.clone())
    }

    fn of<'a>(&'a self, task: &'a Task) -> impl Iterator<Item = &'a (Arc<Role>, Option<String>)> {
        let same = |role: &Arc<Role>| task.role.as_ref().is_some_and(|own| Arc::ptr_eq(own, role));
        self.roles.iter().filter(move |(role, _)| same(role))
    }

    /// The task that decides whether the host is still there.
    pub fn doubt(&self) -> Option<String> {
        self.doubt.clone()
    }

    /// `meta: clear_host_errors`.
    pub fn clear(&mut self) {
        self.failures.clear();
        self.unreachable = false;
    }

    /// Whether `force_handlers` can still run handlers here.
    pub fn can_be_forced(&self) -> bool {
        !self.ended && !self.unreachable
    }

    /// Whether a failure stands that nothing rescued, or the host can't be reached.
    pub fn is_lost(&self) -> bool {
        self.unreachable || !self.failures.is_empty()
    }

    /// Whether the host still takes part, without any failure.
    pub fn is_sound(&self) -> bool {
        !self.ended && !self.is_lost()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(id: usize, rescues: bool) -> Block {
        Block { id, rescues }
    }

    #[test]
    fn a_failure_skips_to_the_rescue_then_always_then_goes_on() {
        let outer = block(1, true);
        let mut host = Standing::default();
        assert!(host.turn(&[(outer, Part::Body)]));
        assert!(host.fail(&[(outer, Part::Body)]));
        assert!(!host.turn(&[(outer, Part::Body)]));
        assert!(host.turn(&[(outer, Part::Rescue)]));
        assert!(host.turn(&[(outer, Part::Rescue)]));
        assert!(host.turn(&[(outer, Part::Always)]));
        assert!(host.turn(&[]));
        assert!(!host.is_lost());
    }

    #[test]
    fn a_rescue_is_passed_over_when_nothing_failed() {
        let outer = block(1, true);
        let mut host = Standing::default();
        assert!(!host.turn(&[(outer, Part::Rescue)]));
        assert!(host.turn(&[(outer, Part::Always)]));
    }

    #[test]
    fn always_runs_after_a_failed_rescue_and_the_failure_stands() {
        let outer = block(1, true);
        let mut host = Standing::default();
        host.fail(&[(outer, Part::Body)]);
        assert!(host.turn(&[(outer, Part::Rescue)]));
        assert!(!host.fail(&[(outer, Part::Rescue)]));
        assert!(!host.turn(&[(outer, Part::Rescue)]));
        assert!(host.turn(&[(outer, Part::Always)]));
        assert!(!host.turn(&[]));
        assert!(host.is_lost());
    }

    #[test]
    fn the_inner_rescue_comes_first_and_the_outer_one_for_blocks_without() {
        let (outer, with, without) = (block(1, true), block(2, true), block(3, false));
        let mut host = Standing::default();
        host.fail(&[(outer, Part::Body), (with, Part::Body)]);
        assert!(host.turn(&[(outer, Part::Body), (with, Part::Rescue)]));
        assert!(host.turn(&[(outer, Part::Body)]));
        host.fail(&[(outer, Part::Body), (without, Part::Body)]);
        assert!(!host.turn(&[(outer, Part::Body)]));
        assert!(host.turn(&[(outer, Part::Rescue)]));
    }

    #[test]
    fn a_rescue_inside_always_does_not_forgive_the_outer_failure() {
        let (outer, inner) = (block(1, false), block(2, true));
        let mut host = Standing::default();
        host.fail(&[(outer, Part::Body)]);
        let always = (outer, Part::Always);
        assert!(!host.turn(&[always, (inner, Part::Rescue)]));
        assert!(host.turn(&[always, (inner, Part::Body)]));
        assert!(host.fail(&[always, (inner, Part::Body)]));
        assert!(host.turn(&[always, (inner, Part::Rescue)]));
        assert!(host.turn(&[always]));
        assert!(!host.turn(&[]));
        assert!(host.is_lost());
    }
}
