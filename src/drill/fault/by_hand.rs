//! A person switches a host for which the inventory has no command, and the drill sees it.

use super::by_command;
use super::named;
use super::turn::Turn;
use crate::drill::person::Sign;
use crate::drill::site::{Site, Switch};
use std::sync::OnceLock;
use tokio::time::Instant;

/// When it was seen that a person had done it.
pub(super) type Seen = OnceLock<Instant>;

/// Those of the hosts that a person switches.
fn by_hand<'a>(site: &Site, hosts: &'a [String], turn: Turn) -> Vec<&'a String> {
    let by_hand = |host: &&String| matches!(site.switch(host), Some(Switch::Commands(commands)) if commands.of(turn).is_none());
    hosts.iter().filter(by_hand).collect()
}

/// What the person is asked to do.
pub(super) fn asked(site: &Site, hosts: &[String], turn: Turn) -> Option<String> {
    let hosts: Vec<String> = by_hand(site, hosts, turn).into_iter().cloned().collect();
    let at_once = if hosts.len() > 1 { ", at once" } else { "" };
    let s = if hosts.len() > 1 { "s" } else { "" };
    let hosts = (!hosts.is_empty()).then(|| named(&hosts))?;
    Some(match turn {
        Turn::Off => format!("PULL THE PLUG{s} of {hosts} now{at_once}, and press Enter"),
        Turn::On => format!("PUT THE PLUG{s} of {hosts} IN again, and press Enter"),
        Turn::Cut => format!("PULL THE NETWORK CABLE{s} of {hosts} now{at_once}, and press Enter"),
        Turn::Heal => format!("PUT THE NETWORK CABLE{s} of {hosts} IN again, and press Enter"),
    })
}

/// Waits until the person has done it.
pub(super) async fn done(
    site: &Site,
    hosts: &[String],
    turn: Turn,
    seen: &Seen,
) -> Result<(), String> {
    let hosts = by_hand(site, hosts, turn).into_iter();
    let doors: Vec<_> = hosts
        .filter_map(|host| Some((host.as_str(), site.door(host)?)))
        .collect();
    let Some(person) = site.person.as_ref().filter(|_| !doors.is_empty()) else {
        return Ok(());
    };
    let sign = match turn {
        Turn::Off | Turn::Cut => Sign::Silence,
        Turn::On | Turn::Heal => Sign::Answer,
    };
    let at = person.waited(&doors, sign).await?;
    if sign == Sign::Silence {
        seen.get_or_init(|| at);
    }
    Ok(())
}

/// Whether all hosts can be switched both ways: by the lab, by a command, or by a person, who must
/// be there and be seen at work.
pub(super) async fn check(site: &Site, hosts: &[String], turns: [Turn; 2]) -> Result<(), String> {
    for host in hosts {
        let Some(Switch::Commands(commands)) = site.switch(host) else {
            continue;
        };
        let Some(door) = site.door(host) else {
            continue;
        };
        if door.is_here() {
            return Err(format!(
                "{host} is the machine on which the drill runs: it would go down with it. Run it on another machine, or choose a scenario that leaves {host} its power and its network"
            ));
        }
        for turn in turns {
            match commands.of(turn) {
                Some(command) => by_command::discreet(host, turn.variable(), command)?,
                None if site.person.is_none() => {
                    return Err(format!(
                        "{host} is no host of a lab on this machine: say {} and {} in the inventory, commands that run here (docs/drill.md has some by ssh, for a socket, for IPMI); or do it yourself with --by-hand",
                        turns[0].variable(),
                        turns[1].variable()
                    ));
                }
                None if !door.greets().await => {
                    return Err(format!(
                        "no sshd answers at {door}, so nobody could see from here whether {host} was switched by hand: say {} in the inventory",
                        turn.variable()
                    ));
                }
                None => {}
            }
        }
    }
    Ok(())
}
