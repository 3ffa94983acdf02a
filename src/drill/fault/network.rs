//! A host loses its whole network.

use super::by_hand::{self, Seen};
use super::power::each;
use super::turn::Turn;
use super::{Act, Done, named};
use crate::drill::site::Site;
use tokio::time::Instant;

/// These hosts are cut off from everything, this machine included.
pub(super) struct CutOff {
    pub hosts: Vec<String>,
    pub seen: Seen,
}

impl Act for CutOff {
    fn hosts(&self) -> &[String] {
        &self.hosts
    }

    fn words(&self) -> String {
        format!("{} is cut off from the network", named(&self.hosts))
    }

    fn undo_words(&self) -> Option<String> {
        Some(format!("{} is in the network again", named(&self.hosts)))
    }

    fn asked(&self, site: &Site, undo: bool) -> Option<String> {
        by_hand::asked(site, &self.hosts, if undo { Turn::Heal } else { Turn::Cut })
    }

    fn seen(&self) -> Option<Instant> {
        self.seen.get().copied()
    }

    fn check<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(by_hand::check(site, &self.hosts, [Turn::Cut, Turn::Heal]))
    }

    fn strike<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(each(site, &self.hosts, Turn::Cut, &self.seen))
    }

    fn undo<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(each(site, &self.hosts, Turn::Heal, &self.seen))
    }
}
