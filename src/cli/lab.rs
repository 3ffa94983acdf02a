//! `trueup lab`

use super::ending::{Done, Failure};
use super::input::Sources;
use super::lab_init;
use super::lab_spec::{self, wrong};
use crate::diag::Diag;
use crate::engine::State;
use crate::lab::{Containers, HostStatus, LabError, Progress, Provider};
use crate::model::Inventory;
use crate::report::{self, Steps};
use clap::Subcommand;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Make hosts to try things on, and break them
///
/// The inventory says which: each host with a `lab_image` (debian-12, debian-13, debian-14,
/// ubuntu-24.04, ubuntu-26.04) is a full system in a container of this machine, at the address that
/// is its `ansible_host`.
/// `lab_addresses: [10.78.1.11]` gives it a leg in a further network, the /24 around that address.
/// Labs need root.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  trueup lab init
  trueup lab up -i inventories/lab-pgpool
  trueup lab ssh -i inventories/lab-pgpool pg-a
  trueup lab poweroff -i inventories/lab-pgpool pg-a    pull the plug
  trueup lab destroy -i inventories/lab-pgpool          leave nothing behind")]
pub struct Args {
    #[command(flatten)]
    sources: Sources,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Init(lab_init::Args),
    /// Make and boot what is missing, and wait until every host answers over ssh
    Up,
    /// Shut hosts down in order; their data stays
    Down(Hosts),
    /// Remove the lab and all that belongs to it
    Destroy {
        /// Also what this user's controller keeps of its cluster: passwords, certificates, reports
        #[arg(long)]
        state: bool,
    },
    /// Show how the hosts are
    Status {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Log in to a host, or run a command there
    Ssh {
        /// The host
        host: String,
        /// The command
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
    /// Pull the plug: silence on the wire first, then sudden death
    Poweroff(Hosts),
    /// Boot hosts that are off
    Poweron(Hosts),
    /// Take all networks away; the hosts run on
    Cut(Hosts),
    /// Bring the networks back
    Heal(Hosts),
}

#[derive(Debug, clap::Args)]
struct Hosts {
    /// Hosts, groups or patterns; none means all hosts of the lab
    hosts: Vec<String>,
}

/// Does it.
pub fn run(args: &Args) -> Result<Done, Failure> {
    if let Verb::Init(args) = &args.verb {
        return lab_init::run(args);
    }
    let inventory = args.sources.load()?;
    let lab = inventory.name.as_str();
    let provider = Containers::default();
    let steps = Steps::open();
    let tell = |progress: Progress| match progress {
        Progress::ImageStep { .. } | Progress::Booting(_) => steps.doing(&progress.to_string()),
        _ => steps.done(&progress.to_string()),
    };
    let chosen = |hosts: &Hosts| choose(&inventory, &hosts.hosts);
    let with = |hosts: &Hosts, act: &dyn Fn(&[&str]) -> Result<(), LabError>| {
        let hosts = chosen(hosts)?;
        let names: Vec<&str> = hosts.iter().map(String::as_str).collect();
        act(&names).map_err(wrong)
    };
    match &args.verb {
        // It has no inventory yet.
        Verb::Init(_) => {}
        Verb::Up => provider
            .up(&lab_spec::read(&inventory)?, &tell)
            .map_err(wrong)?,
        Verb::Down(hosts) => with(hosts, &|names| provider.down(lab, names, &tell))?,
        Verb::Destroy { state } => {
            provider.destroy(lab, &tell).map_err(wrong)?;
            if *state {
                forget(&State::of(&inventory), &steps)?;
            }
        }
        Verb::Status { json } => status(&provider.status(lab).map_err(wrong)?, *json)?,
        Verb::Ssh { host, command } => return Err(ssh(&provider, lab, host, command)),
        Verb::Poweroff(hosts) => with(hosts, &|names| provider.poweroff(lab, names, &tell))?,
        Verb::Poweron(hosts) => with(hosts, &|names| provider.poweron(lab, names, &tell))?,
        Verb::Cut(hosts) => with(hosts, &|names| provider.cut(lab, names))?,
        Verb::Heal(hosts) => with(hosts, &|names| provider.heal(lab, names))?,
    }
    Ok(Done::Well)
}

/// Removes what is kept of the lab's cluster. Another user (sudo's) keeps it elsewhere, so where
/// it was looked for is said.
fn forget(state: &State, steps: &Steps) -> Result<(), Failure> {
    let folder = state.own();
    steps.done(&if state.remove().map_err(Failure::own)? {
        format!("removed {}", folder.display())
    } else {
        format!("nothing is kept in {}", folder.display())
    });
    Ok(())
}

/// The hosts that the words select.
fn choose(inventory: &Inventory, words: &[String]) -> Result<Vec<String>, Failure> {
    let mut hosts = Vec::new();
    for word in words {
        let selected = inventory.select(word).map_err(Failure::input)?;
        if selected.is_empty() {
            let known = inventory.hosts.keys().chain(inventory.groups.keys());
            let diag = Diag::error(format!("no host of the inventory matches `{word}`"));
            return Err(Failure::input(
                diag.suggest(word, known.map(String::as_str)),
            ));
        }
        hosts.extend(selected);
    }
    Ok(hosts)
}

fn status(hosts: &[HostStatus], json: bool) -> Result<(), Failure> {
    if json {
        return report::print_json(&hosts).map_err(Failure::own);
    }
    report::print(&table(hosts));
    Ok(())
}

fn table(hosts: &[HostStatus]) -> String {
    let widest = |head: &str, of: &dyn Fn(&HostStatus) -> usize| {
        hosts.iter().map(of).max().unwrap_or(0).max(head.len())
    };
    let width = widest("HOST", &|host| host.name.len());
    let places = widest("ADDRESS", &|host| addresses(host).len()).max(15);
    let head = format!(
        "{:width$}  {:places$}  {:9}  {:4}  STATE\n",
        "HOST", "ADDRESS", "IMAGE", "USER"
    );
    hosts.iter().fold(head, |text, host| {
        let HostStatus {
            name, image, user, ..
        } = host;
        let address = addresses(host);
        text + &format!(
            "{name:width$}  {address:places$}  {image:9}  {user:4}  {}\n",
            state(host)
        )
    })
}

fn addresses(host: &HostStatus) -> String {
    let more = host.more_addresses.iter().map(ToString::to_string);
    let all: Vec<String> = std::iter::once(host.address.to_string())
        .chain(more)
        .collect();
    all.join(", ")
}

fn state(host: &HostStatus) -> &'static str {
    match host {
        HostStatus { on: false, .. } => "off",
        HostStatus { linked: false, .. } => "cut off from the network",
        HostStatus { ssh: false, .. } => "on, but sshd does not answer",
        _ => "up",
    }
}

/// Becomes ssh; returns only where that can't be.
fn ssh(provider: &Containers, lab: &str, host: &str, command: &[String]) -> Failure {
    if let Err(error) = provider.spec(lab) {
        return wrong(error);
    }
    let config = provider.folders().ssh_config(lab);
    let mut ssh = Command::new("ssh");
    ssh.arg("-F").arg(config).arg(host);
    if !command.is_empty() {
        ssh.arg("--").args(command);
    }
    let error = ssh.exec();
    Failure::Own(format!(
        "can't run ssh: {error}: is openssh-client installed?"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_of_hosts_is_a_table() {
        let host = |name: &str, on, linked, ssh| HostStatus {
            name: name.to_owned(),
            address: "10.77.1.11".parse().unwrap(),
            more_addresses: vec![],
            image: "debian-13",
            user: "lab",
            on,
            linked,
            ssh,
        };
        let hosts = [
            host("pg-a", true, true, true),
            host("pg-b", true, false, false),
            host("pgpool", true, true, false),
            host("client", false, false, false),
        ];
        insta::assert_snapshot!(table(&hosts), @"
        HOST    ADDRESS          IMAGE      USER  STATE
        pg-a    10.77.1.11       debian-13  lab   up
        pg-b    10.77.1.11       debian-13  lab   cut off from the network
        pgpool  10.77.1.11       debian-13  lab   on, but sshd does not answer
        client  10.77.1.11       debian-13  lab   off
        ");
    }
    #[test]
    fn a_host_in_two_networks_has_two_addresses() {
        let hosts = [HostStatus {
            name: "pg-a".to_owned(),
            address: "10.77.1.11".parse().unwrap(),
            more_addresses: vec!["10.78.1.11".parse().unwrap()],
            image: "debian-13",
            user: "lab",
            on: true,
            linked: true,
            ssh: true,
        }];
        insta::assert_snapshot!(table(&hosts), @"
        HOST  ADDRESS                 IMAGE      USER  STATE
        pg-a  10.77.1.11, 10.78.1.11  debian-13  lab   up
        ");
    }
}
