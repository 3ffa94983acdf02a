//! A host's network goes and comes, faster than anybody decides anything.

use super::by_hand::{self, Seen};
use super::power::each;
use super::turn::Turn;
use super::{Act, Done, named};
use crate::drill::site::Site;
use std::time::Duration;
use tokio::time::sleep;

/// How often it goes and comes.
const TIMES: u32 = 3;
/// How long each state lasts.
const EACH: Duration = Duration::from_millis(300);

/// The network of these hosts goes and comes; in the end it is there.
pub(super) struct Flicker {
    pub hosts: Vec<String>,
}

impl Act for Flicker {
    fn hosts(&self) -> &[String] {
        &self.hosts
    }

    fn words(&self) -> String {
        format!("the network of {} flickers", named(&self.hosts))
    }

    fn undo_words(&self) -> Option<String> {
        Some(format!("{} is in the network again", named(&self.hosts)))
    }

    fn check<'a>(&'a self, site: &'a Site) -> Done<'a> {
        let turns = [Turn::Cut, Turn::Heal];
        Box::pin(async move {
            by_hand::check(site, &self.hosts, turns).await?;
            let asked = by_hand::asked(site, &self.hosts, Turn::Cut);
            asked.map_or(Ok(()), |_| Err("nobody's hand is that fast".to_owned()))
        })
    }

    fn strike<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(async move {
            for _ in 0..TIMES {
                for turn in [Turn::Cut, Turn::Heal] {
                    each(site, &self.hosts, turn, &Seen::new()).await?;
                    sleep(EACH).await;
                }
            }
            Ok(())
        })
    }

    fn undo<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(async move { each(site, &self.hosts, Turn::Heal, &Seen::new()).await })
    }
}
