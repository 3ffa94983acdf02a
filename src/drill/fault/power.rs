//! The plug is pulled.

use super::{Act, Done, named};
use crate::drill::site::{Commands, Site, Switch};
use crate::lab::{Containers, Provider as _};
use std::time::Duration;
use tokio::process::Command;
use tokio::time::timeout;

/// How long a command of the inventory may take.
const LIMIT: Duration = Duration::from_secs(120);

/// The plugs of these hosts are pulled; undone, they are on again.
pub(super) struct PowerOff {
    pub hosts: Vec<String>,
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

    fn check<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(async move {
            for host in &self.hosts {
                commanded(
                    site,
                    host,
                    &["power_off_command", "power_on_command"],
                    |commands| [&commands.power_off, &commands.power_on],
                )?;
            }
            Ok(())
        })
    }

    fn strike<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(each(site, &self.hosts, Turn::Off))
    }

    fn undo<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(each(site, &self.hosts, Turn::On))
    }
}

/// What is done to a host from outside.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Power off.
    Off,
    /// Power on.
    On,
    /// Network off.
    Cut,
    /// Network on.
    Heal,
}

/// Does it to all `hosts`: those of the lab at once, then the others, each by its own command.
pub(super) async fn each(site: &Site, hosts: &[String], turn: Turn) -> Result<(), String> {
    let of_lab = |host: &&String| site.switch(host) == Some(&Switch::Lab);
    let (lab, others): (Vec<&String>, Vec<&String>) = hosts.iter().partition(of_lab);
    if let (Some(spec), false) = (&site.lab, lab.is_empty()) {
        let (name, hosts) = (spec.name.clone(), lab.into_iter().cloned().collect());
        let turning = tokio::task::spawn_blocking(move || in_lab(&name, hosts, turn));
        turning.await.map_err(|error| error.to_string())??;
    }
    for host in others {
        if let Some(Switch::Commands(commands)) = site.switch(host) {
            let command = match turn {
                Turn::Off => &commands.power_off,
                Turn::On => &commands.power_on,
                Turn::Cut => &commands.cut,
                Turn::Heal => &commands.heal,
            };
            by_command(host, command.as_deref().unwrap_or("false")).await?;
        }
    }
    Ok(())
}

#[allow(clippy::needless_pass_by_value)] // It crosses into a thread of its own.
fn in_lab(lab: &str, hosts: Vec<String>, turn: Turn) -> Result<(), String> {
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let provider = Containers::default();
    let turned = match turn {
        Turn::Off => provider.poweroff(lab, &hosts, &|_| ()),
        Turn::On => provider.poweron(lab, &hosts, &|_| ()),
        Turn::Cut => provider.cut(lab, &hosts),
        Turn::Heal => provider.heal(lab, &hosts),
    };
    turned.map_err(|error| error.to_string())
}

async fn by_command(host: &str, command: &str) -> Result<(), String> {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", command]).kill_on_drop(true);
    let output = timeout(LIMIT, shell.output()).await;
    let output = output
        .map_err(|_| {
            format!(
                "{host}: `{command}` was not done after {} s",
                LIMIT.as_secs()
            )
        })?
        .map_err(|error| format!("{host}: `{command}`: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "{host}: `{command}` failed ({}): {}",
        output.status,
        said.trim()
    ))
}

/// Refuses a host that is none of the lab's and for which the commands of these names are not said.
pub(super) fn commanded(
    site: &Site,
    host: &str,
    names: &[&str; 2],
    of: impl Fn(&Commands) -> [&Option<String>; 2],
) -> Result<(), String> {
    match site.switch(host) {
        Some(Switch::Lab) => Ok(()),
        Some(Switch::Commands(commands)) if of(commands).iter().all(|said| said.is_some()) => {
            Ok(())
        }
        _ => Err(format!(
            "{host} is no host of a lab on this machine: say {} and {} in the inventory, commands that run here (VBoxManage controlvm ..., ipmitool ...)",
            names[0], names[1]
        )),
    }
}
