//! `trueup lab init`

use super::ending::{Done, Failure};
use crate::diag::Diag;
use crate::lab::{Draft, Image, Machines, Maker, Subnet, Topology};
use crate::report;
use crate::step::quote;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::fs;
use std::io::{IsTerminal as _, stdin};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The network that both containers and VirtualBox allow.
const NETWORK: &str = "192.168.57.0/24";
/// The place of the first host in its network.
const FIRST: u32 = 11;

/// Write the inventory of a new lab, or of machines of one's own
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  trueup lab init                        asks
  trueup lab init mine --topology pgpool
  trueup lab init mine --topology patroni-etcd --on vagrant --image ubuntu-24.04
  trueup lab init boards --topology pgpool --on own --addresses 10.0.0.11,10.0.0.12,10.0.0.13 --user pi")]
pub struct Args {
    /// The folder to write, whose name is the inventory's [default: the topology's name]
    folder: Option<PathBuf>,
    /// What the hosts are to become; none: hosts for playbooks of your own
    #[arg(long, value_parser = choice(Topology::ALL.map(Topology::name), Topology::from_str))]
    topology: Option<Topology>,
    /// What they are: containers of this machine, virtual machines by Vagrant, or machines of your
    /// own, which are there already
    #[arg(long = "on", value_parser = choice(Machines::ALL.map(Machines::name), Machines::from_str))]
    machines: Option<Machines>,
    /// How many hosts, or their names with commas, the databases first
    #[arg(long, value_name = "N|NAMES")]
    hosts: Option<String>,
    /// Their addresses with commas, in the order of the hosts
    #[arg(long, value_delimiter = ',', conflicts_with = "network")]
    addresses: Vec<Ipv4Addr>,
    /// The network that their addresses are taken from [default: 192.168.57.0/24]
    #[arg(long)]
    network: Option<String>,
    /// Which system the hosts of a lab boot [default: debian-13]
    #[arg(long)]
    image: Option<String>,
    /// Who logs in to machines of your own [default: your name]
    #[arg(long)]
    user: Option<String>,
}

fn choice<T: Clone + Send + Sync + 'static, const N: usize>(
    names: [&'static str; N],
    read: fn(&str) -> Result<T, String>,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(names).try_map(move |name| read(&name))
}

/// Writes it; `maker` is what `--provider` says, by which people know the other verbs.
pub fn run(args: &Args, maker: Option<Maker>) -> Result<Done, Failure> {
    let asks = args.topology.is_none();
    if asks && !stdin().is_terminal() {
        let diag = Diag::error("there is no terminal to ask at, and no --topology");
        return Err(Failure::input(diag.help(
            "say what the hosts are to become: `trueup lab init mine --topology pgpool`; `trueup lab init -h` has examples",
        )));
    }
    let clerk = Clerk { asks };
    let topology = clerk.choice(
        "What are the hosts to become: pgpool, patroni-etcd, patroni-zookeeper, none?",
        args.topology,
        Topology::Pgpool,
    )?;
    let machines = clerk.choice(
        "What are they: containers, vagrant, own (machines that are there already)?",
        args.machines.or(maker.map(Machines::from)),
        Machines::Containers,
    )?;
    let names = clerk.names(topology, args)?;
    let addresses = clerk.addresses(machines, &names, args)?;
    let image = match machines {
        Machines::Own => String::new(),
        _ => clerk.word(
            "Which system do they boot?",
            args.image.as_ref(),
            "debian-13",
        )?,
    };
    if machines != Machines::Own {
        image.parse::<Image>().map_err(super::lab_spec::wrong)?;
    }
    let user = match machines {
        Machines::Own => {
            let me = std::env::var("USER").unwrap_or_else(|_| "root".to_owned());
            clerk.word("Who logs in there?", args.user.as_ref(), &me)?
        }
        _ => String::new(),
    };
    let folder = match &args.folder {
        Some(folder) => folder.clone(),
        None => clerk
            .word("Which folder shall hold it?", None, topology.name())?
            .into(),
    };
    let draft = Draft {
        topology,
        machines,
        hosts: names.into_iter().zip(addresses).collect(),
        image,
        user,
    };
    write(&folder, &draft)?;
    report::print(&next(&folder, &draft));
    Ok(Done::Well)
}

/// Asks where nothing was said, if it may.
struct Clerk {
    asks: bool,
}

impl Clerk {
    fn word(&self, question: &str, said: Option<&String>, usual: &str) -> Result<String, Failure> {
        if let Some(said) = said {
            return Ok(said.clone());
        }
        if !self.asks {
            return Ok(usual.to_owned());
        }
        report::aside(&format!("{question} [{usual}]"));
        let mut line = String::new();
        let read = stdin().read_line(&mut line).map_err(Failure::own)?;
        if read == 0 {
            return Err(Failure::input(Diag::error(
                "the questions were not answered",
            )));
        }
        Ok(match line.trim() {
            "" => usual.to_owned(),
            word => word.to_owned(),
        })
    }

    /// Asks until the answer is one of those that there are.
    fn choice<T: Copy + FromStr<Err = String> + ToString>(
        &self,
        question: &str,
        said: Option<T>,
        usual: T,
    ) -> Result<T, Failure> {
        if let Some(said) = said {
            return Ok(said);
        }
        loop {
            match self.word(question, None, &usual.to_string())?.parse() {
                Ok(choice) => return Ok(choice),
                Err(why) => report::aside(&why),
            }
        }
    }

    fn names(&self, topology: Topology, args: &Args) -> Result<Vec<String>, Failure> {
        let (usual, least) = topology.hosts();
        let usual = match args.addresses.len() {
            0 => usual,
            count => count,
        };
        let question = format!("How many hosts, {least} or more, or their names with commas?");
        let said = self.word(&question, args.hosts.as_ref(), &usual.to_string())?;
        let names = match said.parse() {
            // As many as a network has room for.
            Ok(count) if count <= 200 => topology.names(count),
            Ok(_) => Vec::new(),
            Err(_) => said.split(',').map(|name| name.trim().to_owned()).collect(),
        };
        let word = |name: &String| {
            let letters = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(letters)
        };
        let mut once = names.clone();
        once.sort();
        once.dedup();
        if names.len() < least || once.len() < names.len() || !names.iter().all(word) {
            let diag = Diag::error(format!("`{said}` names no {least} hosts or more"));
            return Err(Failure::input(diag.help(format!(
                "say how many, as in --hosts {}, or names of letters, digits and dashes, each once",
                topology.hosts().0
            ))));
        }
        Ok(names)
    }

    fn addresses(
        &self,
        machines: Machines,
        names: &[String],
        args: &Args,
    ) -> Result<Vec<Ipv4Addr>, Failure> {
        let mut addresses = args.addresses.clone();
        if addresses.is_empty() && args.network.is_none() && machines == Machines::Own {
            if !self.asks {
                let diag = Diag::error("nobody but you knows the addresses of your machines");
                return Err(Failure::input(diag.help(format!(
                    "say them in the order of {}: --addresses 192.0.2.11,192.0.2.12,...",
                    names.join(", ")
                ))));
            }
            let question = format!(
                "Their addresses with commas, in the order of {}?",
                names.join(", ")
            );
            let said = self.word(&question, None, "")?;
            for word in said.split(',') {
                let address = word.trim().parse().map_err(|_| {
                    let diag = Diag::error(format!("`{}` is no IPv4 address", word.trim()));
                    Failure::input(diag.help("write them as in 192.0.2.11,192.0.2.12"))
                })?;
                addresses.push(address);
            }
        }
        if addresses.is_empty() {
            let network = self.word("In which network?", args.network.as_ref(), NETWORK)?;
            let network: Subnet = network.parse().map_err(super::lab_spec::wrong)?;
            let first = u32::from(network.gateway()) - 1 + FIRST;
            addresses = (first..).take(names.len()).map(Ipv4Addr::from).collect();
            if let Some(last) = addresses.last()
                && !network.has_host(*last)
            {
                let diag = Diag::error(format!("{network} has no room for {} hosts", names.len()));
                return Err(Failure::input(
                    diag.help("take a greater one, such as a /24"),
                ));
            }
        }
        if addresses.len() != names.len() {
            let words = format!("{} hosts have {} addresses", names.len(), addresses.len());
            let diag = Diag::error(words);
            let help = format!("say one for each of {}", names.join(", "));
            return Err(Failure::input(diag.help(help)));
        }
        Ok(addresses)
    }
}

fn write(folder: &Path, draft: &Draft) -> Result<(), Failure> {
    let shown = folder.display();
    if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        let diag = Diag::error(format!("{shown} is there already, and is not overwritten"));
        return Err(Failure::input(
            diag.help("name another folder, or remove that one first"),
        ));
    }
    let put = |name: &str, text: String| {
        fs::write(folder.join(name), text)
            .map_err(|error| Failure::own(format!("can't write {shown}/{name}: {error}")))
    };
    fs::create_dir_all(folder.join("group_vars"))
        .map_err(|error| Failure::own(format!("can't make {shown}: {error}")))?;
    put("hosts.yml", draft.hosts_file())?;
    put("group_vars/all.yml", draft.all_file())
}

/// What was written, and what to type next.
fn next(folder: &Path, draft: &Draft) -> String {
    let shown = quote(&folder.display().to_string());
    let mut text = format!("wrote {shown}/hosts.yml and {shown}/group_vars/all.yml\n\nNext:\n");
    if draft.machines == Machines::Own {
        text.push_str(&format!("  trueup ping -i {shown}\n"));
    } else {
        text.push_str(&format!("  trueup lab up -i {shown}\n"));
    }
    let (playbook, after) = match draft.topology {
        Topology::Plain => ("site.yml".to_owned(), "ping"),
        topology => (playbook(topology), "status"),
    };
    text.push_str(&format!("  trueup apply {playbook} -i {shown}\n"));
    text.push_str(&format!("  trueup {after} -i {shown}\n"));
    text
}

/// The playbook that builds it: of the sources one stands in, or of what is installed with trueup.
fn playbook(topology: Topology) -> String {
    let name = format!("playbooks/{}.yml", topology.name());
    let installed = std::env::current_exe().ok().and_then(|program| {
        let share = program.parent()?.parent()?.join("share/trueup");
        Some(share.join(&name))
    });
    match installed {
        Some(path) if path.exists() && !Path::new(&name).exists() => {
            quote(&path.display().to_string())
        }
        _ => name,
    }
}
