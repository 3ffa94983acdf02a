//! `trueup lab`

use super::ending::{Done, Failure};
use super::input::Sources;
use super::lab_init;
use super::lab_spec::{self, wrong};
use crate::diag::Diag;
use crate::engine::State;
use crate::lab::{HostStatus, Lab, LabError, Maker, Progress, Provider, Tell};
use crate::model::Inventory;
use crate::report::{self, Steps};
use clap::Subcommand;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Make hosts to try things on, and break them
///
/// The inventory says which: each host with a `lab_image` (debian-12, debian-13, debian-14,
/// ubuntu-24.04, ubuntu-26.04) is a full system at the address that is its `ansible_host`: a
/// container of this machine, which needs root; or, with `--provider vagrant` or `lab_provider:
/// vagrant`, a virtual machine that Vagrant makes in VirtualBox (in libvirt if
/// `VAGRANT_DEFAULT_PROVIDER` says so), with `lab_memory` in MiB and `lab_cpus`.
/// `lab_addresses: [192.168.61.11]` gives it a leg in a further network, the /24 around that
/// address. `{{ trueup_lab }}` is the folder of the lab's `key` and `known_hosts`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  trueup lab init
  trueup lab up -i inventories/lab-pgpool
  trueup lab up -i inventories/lab-pgpool --provider vagrant
  trueup lab ssh -i inventories/lab-pgpool pg-a
  trueup lab poweroff -i inventories/lab-pgpool pg-a    pull the plug
  trueup lab destroy -i inventories/lab-pgpool --state  leave nothing behind")]
pub struct Args {
    #[command(flatten)]
    sources: Sources,
    /// Who makes the hosts [default: `lab_provider` of the inventory, else containers]; a lab stays
    /// with the one that made it
    #[arg(long, global = true, value_name = "PROVIDER", value_parser = maker())]
    provider: Option<Maker>,
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
        /// Also what this user's controller keeps of its cluster: passwords, certificates, reports.
        /// Plain destroy keeps it, and says where
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

/// What is done to hosts of a lab.
type Act<'a> = dyn Fn(&dyn Provider, &[&str]) -> Result<(), LabError> + 'a;

fn maker() -> impl TypedValueParser<Value = Maker> {
    PossibleValuesParser::new(Maker::ALL.map(Maker::name)).try_map(|name| name.parse::<Maker>())
}

/// Does it.
pub fn run(args: &Args) -> Result<Done, Failure> {
    if let Verb::Init(init) = &args.verb {
        return lab_init::run(init, args.provider);
    }
    let inventory = args.sources.load()?;
    let name = inventory.name.as_str();
    let steps = Steps::open();
    let tell = |progress: Progress| match progress {
        Progress::ImageStep { .. } | Progress::Booting(_) | Progress::Said(_) => {
            steps.doing(&progress.to_string());
        }
        _ => steps.done(&progress.to_string()),
    };
    let open = || Lab::open(name, args.provider).map_err(wrong);
    let with = |hosts: &Hosts, act: &Act<'_>| {
        let hosts = choose(&inventory, &hosts.hosts)?;
        let names: Vec<&str> = hosts.iter().map(String::as_str).collect();
        act(&*open()?.provider(), &names).map_err(wrong)
    };
    match &args.verb {
        // It has no inventory yet.
        Verb::Init(_) => {}
        Verb::Up => {
            let asked = match args.provider {
                Some(maker) => Some(maker),
                None => lab_spec::maker(&inventory)?,
            };
            let spec = lab_spec::read(&inventory)?;
            let lab = Lab::to_make(name, asked).map_err(wrong)?;
            lab.provider().up(&spec, &tell).map_err(wrong)?;
        }
        Verb::Down(hosts) => with(hosts, &|lab, hosts| lab.down(name, hosts, &tell))?,
        Verb::Destroy { state } => destroy(&inventory, args.provider, *state, &steps, &tell)?,
        Verb::Status { json } => {
            status(&open()?.provider().status(name).map_err(wrong)?, *json)?;
        }
        Verb::Ssh { host, command } => return Err(ssh(&open()?, host, command)),
        Verb::Poweroff(hosts) => with(hosts, &|lab, hosts| lab.poweroff(name, hosts, &tell))?,
        Verb::Poweron(hosts) => with(hosts, &|lab, hosts| lab.poweron(name, hosts, &tell))?,
        Verb::Cut(hosts) => with(hosts, &|lab, hosts| lab.cut(name, hosts))?,
        Verb::Heal(hosts) => with(hosts, &|lab, hosts| lab.heal(name, hosts))?,
    }
    Ok(Done::Well)
}

fn destroy(
    inventory: &Inventory,
    asked: Option<Maker>,
    also_state: bool,
    steps: &Steps,
    tell: Tell<'_>,
) -> Result<(), Failure> {
    match Lab::open(&inventory.name, asked) {
        Ok(lab) => lab
            .provider()
            .destroy(&inventory.name, tell)
            .map_err(wrong)?,
        Err(LabError::NoLab(_)) => {}
        Err(error) => return Err(wrong(error)),
    }
    let state = State::of(inventory);
    let folder = state.own();
    if also_state {
        steps.done(&if state.remove().map_err(Failure::own)? {
            format!("removed {}", folder.display())
        } else {
            format!("nothing is kept in {}", folder.display())
        });
    } else if folder.exists() {
        steps.done(&format!(
            "kept {}: passwords, certificates and reports of the lab's cluster; with --state they go too",
            folder.display()
        ));
    }
    // sudo's root is another user, and keeps it elsewhere.
    let caller = std::env::var("SUDO_USER").unwrap_or_default();
    if !caller.is_empty() && caller != "root" && rustix::process::geteuid().is_root() {
        steps.done(&format!(
            "what {caller} keeps of it, if anything, is another user's and was not touched: `trueup lab destroy --state` without sudo removes it"
        ));
    }
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
        HostStatus { made: false, .. } => "not made",
        HostStatus { on: false, .. } => "off",
        HostStatus { linked: false, .. } => "cut off from the network",
        HostStatus { ssh: false, .. } => "on, but sshd does not answer",
        _ => "up",
    }
}

/// Becomes ssh; returns only where that can't be.
fn ssh(lab: &Lab, host: &str, command: &[String]) -> Failure {
    if let Err(error) = lab.spec() {
        return wrong(error);
    }
    let config = lab.ssh_config();
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
            made: true,
            on,
            linked,
            ssh,
        };
        let hosts = [
            host("pg-a", true, true, true),
            host("pg-b", true, false, false),
            host("pgpool", true, true, false),
            host("client", false, false, false),
            HostStatus {
                made: false,
                ..host("new", false, false, false)
            },
        ];
        insta::assert_snapshot!(table(&hosts), @"
        HOST    ADDRESS          IMAGE      USER  STATE
        pg-a    10.77.1.11       debian-13  lab   up
        pg-b    10.77.1.11       debian-13  lab   cut off from the network
        pgpool  10.77.1.11       debian-13  lab   on, but sshd does not answer
        client  10.77.1.11       debian-13  lab   off
        new     10.77.1.11       debian-13  lab   not made
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
            made: true,
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
