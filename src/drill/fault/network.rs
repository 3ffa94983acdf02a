//! A host loses its whole network.

use super::power::{Turn, commanded, each};
use super::{Act, Done, named};
use crate::drill::site::Site;

/// These hosts are cut off from everything, this machine included.
pub(super) struct CutOff {
    pub hosts: Vec<String>,
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

    fn check<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(async move {
            for host in &self.hosts {
                commanded(site, host, &["cut_command", "heal_command"], |commands| {
                    [&commands.cut, &commands.heal]
                })?;
            }
            Ok(())
        })
    }

    fn strike<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(each(site, &self.hosts, Turn::Cut))
    }

    fn undo<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(each(site, &self.hosts, Turn::Heal))
    }
}
