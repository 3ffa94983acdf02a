//! `trueup ping`

use super::connection::{Connection, Passwords};
use super::ending::{Done, Failure};
use super::input::{ExtraVars, Sources};
use crate::cluster::judge::{Finding, Level};
use crate::cluster::spec::ClusterSpec;
use crate::cluster::{self, HostWords};
use crate::diag::Diag;
use crate::engine::State;
use crate::model::{Inventory, VarMap};
use crate::ready::{self, HostSpec, Survey, Verdict};
use crate::remote::Target;
use crate::report;
use crate::step::quote;
use serde::Serialize;
use std::path::Path;
use std::sync::Arc;

/// Ask each host whether it is ready, and say what to do where it is not
///
/// All hosts are asked at once: whether they are reached and as whom, whether sudo works, what system
/// that is, what its clock says, how much disk and memory it has, and whether the ports that its roles
/// need are free. Nothing is changed, and the host needs sshd and a POSIX shell only.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  trueup ping -i hosts.yml
  trueup ping -i hosts.yml 'databases:!db3' -K
  trueup ping -i 192.0.2.11,192.0.2.12 -u admin
  trueup ping -i hosts.yml --json | jq '.hosts[] | select(.state != \"reached\")'

Exit status: 0 every host is ready (there may be warnings), 2 something stands in the way on a host,
3 a host is unreachable, 4 the input is wrong.")]
pub struct Args {
    #[command(flatten)]
    sources: Sources,
    /// Which hosts, as in `hosts:` of a play
    #[arg(default_value = "all")]
    pattern: String,
    /// As JSON (docs/ping.md)
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    extra_vars: ExtraVars,
    #[command(flatten)]
    connection: Connection,
}

/// The JSON form.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    survey: &'a Survey,
    verdict: &'a Verdict,
}

/// Asks, and tells.
pub fn run(args: &Args) -> Result<Done, Failure> {
    let passwords = args.connection.ask()?;
    let inventory = args.sources.load()?;
    let extra = args.extra_vars.load()?;
    let state = State::of(&inventory).folder().map_err(Failure::own)?;
    let names = inventory.select(&args.pattern).map_err(Failure::input)?;
    if names.is_empty() {
        let diag = Diag::error(format!("no host matches `{}`", args.pattern));
        return Err(Failure::input(
            diag.help("`trueup inventory --list` names the hosts"),
        ));
    }
    let words: Vec<String> = args
        .sources
        .words()
        .iter()
        .map(|word| quote(word))
        .collect();
    let arguments = words.join(" ");
    let cluster = cluster::declared(&inventory, &extra, &state, arguments.clone());
    let declared = Declared {
        inventory: &inventory,
        extra: &extra,
        state: &state,
        cluster: cluster.as_ref().ok(),
    };
    let specs = declared.hosts(&names, args, &passwords)?;
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::own)?;
    let survey = runtime.block_on(ready::survey(&specs));
    let mut verdict = ready::judge(&specs, &survey, &arguments);
    if let Err(diags) = &cluster {
        let why: Vec<String> = diags.iter().map(ToString::to_string).collect();
        verdict.findings.push(Finding {
            level: Level::Note,
            says: format!(
                "which ports the hosts need is not known: {}",
                why.join("; ")
            ),
            mend: vec![],
        });
    }
    if args.json {
        let document = Document {
            survey: &survey,
            verdict: &verdict,
        };
        report::print_json(&document).map_err(Failure::own)?;
    } else {
        report::print(&ready::render(&survey, &verdict));
    }
    Ok(if verdict.refused {
        Done::HostFailed
    } else if verdict.ready {
        Done::Well
    } else {
        Done::Unreachable
    })
}

/// What is said of the hosts.
struct Declared<'a> {
    inventory: &'a Inventory,
    extra: &'a Arc<VarMap>,
    state: &'a Path,
    cluster: Option<&'a ClusterSpec>,
}

impl Declared<'_> {
    /// How each host is reached, and what it needs.
    fn hosts(
        &self,
        names: &[String],
        args: &Args,
        passwords: &Passwords,
    ) -> Result<Vec<HostSpec>, Failure> {
        let defaults = args.connection.defaults(passwords.login.clone())?;
        let mut specs = Vec::new();
        let mut wrong = Vec::new();
        for name in names {
            let words = HostWords::of(self.inventory, name, self.extra, self.state);
            let words = words.map_err(Failure::Input)?;
            let spec = || -> Result<HostSpec, Diag> {
                let said = words.become_password()?;
                Ok(HostSpec {
                    name: name.clone(),
                    target: Target::from_variables(name, &defaults, |variable| {
                        words.text(variable)
                    })?,
                    password: passwords.sudo.clone().or(said),
                    lab: words.text("lab_image")?.is_some(),
                    needs: match self.cluster {
                        Some(cluster) => ready::needs(cluster, name, &words)?,
                        None => Vec::new(),
                    },
                })
            };
            match spec() {
                Ok(spec) => specs.push(spec),
                Err(diag) => wrong.push(diag),
            }
        }
        if wrong.is_empty() {
            Ok(specs)
        } else {
            Err(Failure::Input(wrong))
        }
    }
}
