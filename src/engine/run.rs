//! What all nodes of a run share.

use super::event::{Event, Mode};
use super::hosts::Hosts;
use super::machine::Reach;
use super::masked::masked;
use super::options::Options;
use super::roster::Roster;
use super::variables;
use crate::diag::Diag;
use crate::model::{Layers, Loader, Playbook};
use crate::remote::{self, Become, RemoteError, Target};
use crate::secret::Secret;
use crate::template::{Lookups, RenderError, Templar};
use indexmap::IndexMap;
use minijinja::Value;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, watch};

/// What all nodes of a run share.
pub struct Run {
    /// The playbook.
    pub playbook: Playbook,
    /// The hosts and groups that there are.
    pub roster: Roster,
    /// Reads what is included.
    pub loader: Loader,
    /// The command line.
    pub options: Options,
    /// The hosts.
    pub hosts: Hosts,
    /// Where events go.
    pub events: mpsc::Sender<Event>,
    /// Who runs this, as another run on the same machine is told.
    pub owner: String,
    /// How often the user asked to stop.
    pub stop: watch::Receiver<u8>,
    /// `--forks`.
    pub forks: Semaphore,
    /// `throttle`, by task.
    pub throttles: Mutex<IndexMap<usize, Arc<Semaphore>>>,
}

impl Run {
    /// Whether nothing is to be changed anywhere.
    pub fn is_plan(&self) -> bool {
        self.options.mode == Mode::Plan
    }

    /// Whether it only looks whether a saved plan still holds.
    pub fn is_held(&self) -> bool {
        let promises = self.options.promises.as_ref();
        self.is_plan() && promises.is_some_and(|promises| promises.holds())
    }

    /// Sends an event, without secrets; a reporter that has gone away stops nothing.
    pub async fn tell(&self, event: Event) {
        let _ = self.events.send(masked(event)).await;
    }

    /// The inventory's variables of a host with the extra ones: what connections are made from.
    pub fn inventory_layers(&self, host: &str, folder: &Path) -> Result<Layers, Vec<Diag>> {
        let known = self.roster.now();
        let inventory = if known.inventory.hosts.contains_key(host) {
            Some(known.inventory.variables(host, Some(folder))?)
        } else {
            None
        };
        let ground = variables::Ground {
            inventory: &known.inventory,
            groups: known.groups(),
            group_names: known.group_names(host),
            options: &self.options,
            playbook: &self.playbook.path,
        };
        Ok(variables::of_host(&ground, host, inventory))
    }

    /// The connection of a host, opened when it is first needed. `words` are what the task
    /// says of connections, over what the inventory says; `limit` is how long opening may take,
    /// where that is not as usual.
    pub async fn reach(
        &self,
        host: &str,
        templar: &Templar,
        words: &ConnectionWords,
        limit: Option<Duration>,
    ) -> Result<Reach, RemoteError> {
        let known = self.hosts.get(host);
        known
            .reach(|| async {
                let mut target =
                    self.target(host, templar, words)
                        .map_err(|error| RemoteError::Connect {
                            target: host.to_owned(),
                            why: error_line(&error),
                        })?;
                target.connect_limit = limit.or(target.connect_limit);
                let remote = remote::connect(&target).await?;
                let machine = self.hosts.machine(remote.machine());
                if target.local {
                    self.hosts.is_here(&machine);
                }
                Ok(Reach {
                    remote: Arc::from(remote),
                    machine,
                    local: target.local,
                })
            })
            .await
    }

    fn target(
        &self,
        host: &str,
        templar: &Templar,
        words: &ConnectionWords,
    ) -> Result<Target, RenderError> {
        let options = &self.options;
        let implicit = !self.roster.now().inventory.hosts.contains_key(host)
            && matches!(host, "localhost" | "127.0.0.1" | "::1");
        let defaults = Target {
            local: words
                .connection
                .as_ref()
                .map_or(implicit, |connection| connection.ends_with("local")),
            port: words
                .port
                .as_ref()
                .and_then(|port| port.trim().parse().ok()),
            user: words.user.clone().or_else(|| options.user.clone()),
            password: options.password.clone(),
            private_key: options.private_key.clone(),
            ssh_args: options.ssh_args.clone(),
            connect_limit: options.connect_limit,
            ..Target::default()
        };
        Target::from_variables(host, &defaults, |name| variable(templar, name))
    }

    /// As whom a task acts.
    pub fn becomes(&self, templar: &Templar, words: &BecomeWords) -> Result<Become, RenderError> {
        let wanted = match variable(templar, "ansible_become")? {
            Some(text) => matches!(text.to_lowercase().as_str(), "true" | "yes" | "1" | "on"),
            None => words.wanted.unwrap_or(self.options.r#become),
        };
        if !wanted {
            return Ok(Become::default());
        }
        let user = first(&[
            variable(templar, "ansible_become_user")?,
            words.user.clone(),
            self.options.become_user.clone(),
        ]);
        let mut password = None;
        for name in [
            "ansible_become_password",
            "ansible_become_pass",
            "ansible_sudo_pass",
        ] {
            if password.is_none() {
                password = variable(templar, name)?.map(Secret::new);
            }
        }
        Ok(Become {
            user: Some(user.unwrap_or_else(|| "root".to_owned())),
            password: password.or_else(|| self.options.become_password.clone()),
        })
    }

    /// What lookups need.
    pub fn lookups(&self, search: Vec<std::path::PathBuf>) -> Arc<Lookups> {
        Arc::new(Lookups {
            search,
            keep: !self.is_plan(),
        })
    }
}

/// What a task's keywords say of its connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectionWords {
    /// `connection`.
    pub connection: Option<String>,
    /// `port`.
    pub port: Option<String>,
    /// `remote_user`.
    pub user: Option<String>,
}

/// What a task's keywords say of becoming another user.
#[derive(Clone, Debug, Default)]
pub struct BecomeWords {
    /// `become`.
    pub wanted: Option<bool>,
    /// `become_user`.
    pub user: Option<String>,
}

/// The text of a variable, if it is defined and not null.
fn variable(templar: &Templar, name: &str) -> Result<Option<String>, RenderError> {
    if !templar.has(name) {
        return Ok(None);
    }
    let place = crate::diag::Source::new(name, name).whole();
    let value: Value = templar.expression(name, &place)?;
    Ok(if value.is_none() || value.is_undefined() {
        None
    } else {
        Some(value.to_string())
    })
}

fn first(choices: &[Option<String>]) -> Option<String> {
    choices.iter().find_map(Clone::clone)
}

/// A render error in one line.
pub fn error_line(error: &RenderError) -> String {
    match error {
        RenderError::Unknown { until } => format!("unknown until {until}"),
        RenderError::Bad(diag) => diag.to_string(),
    }
}
