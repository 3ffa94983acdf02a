//! The plug is pulled.

use super::by_command;
use super::by_hand::{self, Seen};
use super::turn::Turn;
use super::{Act, Done, named};
use crate::drill::site::{Site, Switch};
use crate::lab::Lab;
use tokio::time::Instant;

/// The plugs of these hosts are pulled; undone, they are on again.
pub(super) struct PowerOff {
    pub hosts: Vec<String>,
    pub seen: Seen,
}

impl Act for PowerOff {
    fn hosts(&self) -> &[String] {
        &self.hosts
    }

    fn words(&self) -> String {
        format!("the plug of {} is pulled", named(&self.hosts))
    }

    fn undo_words(&self) -> Option<String> {
        Some(format!("{} powered on", named(&self.hosts)))
    }

    fn asked(&self, site: &Site, undo: bool) -> Option<String> {
        by_hand::asked(site, &self.hosts, if undo { Turn::On } else { Turn::Off })
    }

    fn seen(&self) -> Option<Instant> {
        self.seen.get().copied()
    }

    fn check<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(by_hand::check(site, &self.hosts, [Turn::Off, Turn::On]))
    }

    fn strike<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(each(site, &self.hosts, Turn::Off, &self.seen))
    }

    fn undo<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(each(site, &self.hosts, Turn::On, &self.seen))
    }
}

/// Does it to all `hosts`: first those whose plug a person pulls, who takes a while; then those of
/// the lab at once, and the others, each by its own command.
pub(super) async fn each(
    site: &Site,
    hosts: &[String],
    turn: Turn,
    seen: &Seen,
) -> Result<(), String> {
    by_hand::done(site, hosts, turn, seen).await?;
    let of_lab = |host: &&String| site.switch(host) == Some(&Switch::Lab);
    let (lab, others): (Vec<&String>, Vec<&String>) = hosts.iter().partition(of_lab);
    if let (Some(spec), false) = (&site.lab, lab.is_empty()) {
        let (name, hosts) = (spec.name.clone(), lab.into_iter().cloned().collect());
        let turning = tokio::task::spawn_blocking(move || in_lab(&name, hosts, turn));
        turning.await.map_err(|error| error.to_string())??;
    }
    for host in others {
        if let Some(Switch::Commands(commands)) = site.switch(host)
            && let Some(command) = commands.of(turn)
        {
            by_command::run(host, command, commands).await?;
        }
    }
    Ok(())
}

#[allow(clippy::needless_pass_by_value)] // It crosses into a thread of its own.
fn in_lab(lab: &str, hosts: Vec<String>, turn: Turn) -> Result<(), String> {
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let turned = Lab::open(lab, None).and_then(|opened| {
        let provider = opened.provider();
        match turn {
            Turn::Off => provider.poweroff(lab, &hosts, &|_| ()),
            Turn::On => provider.poweron(lab, &hosts, &|_| ()),
            Turn::Cut => provider.cut(lab, &hosts),
            Turn::Heal => provider.heal(lab, &hosts),
        }
    });
    turned.map_err(|error| error.to_string())
}
