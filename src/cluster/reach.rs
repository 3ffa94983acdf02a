//! How the hosts of a cluster are connected to.

use super::declare::HostWords;
use crate::diag::Diag;
use crate::remote::{self, Remote, RemoteError, Target};
use crate::secret::Secret;
use futures::future::BoxFuture;
use std::collections::HashMap;
use std::time::Duration;

/// Opens connections to hosts of the inventory.
pub trait Reach: Send + Sync {
    /// Connects to the host of this name.
    fn connect<'a>(&'a self, host: &'a str) -> BoxFuture<'a, Result<Box<dyn Remote>, RemoteError>>;
}

/// Connects as the inventory says.
#[derive(Default)]
pub struct ByInventory {
    targets: HashMap<String, Target>,
}

impl ByInventory {
    /// Learns how to reach `host`. `defaults` is what holds where the inventory says nothing.
    pub fn learn(&mut self, host: &str, words: &HostWords, defaults: &Target) -> Result<(), Diag> {
        let either = |names: &[&str], default: &Option<String>| {
            for name in names {
                if let Some(text) = words.text(name)? {
                    return Ok::<_, Diag>(Some(text));
                }
            }
            Ok(default.clone())
        };
        let number = |text: Option<String>| text.and_then(|text| text.trim().parse::<u64>().ok());
        let mut ssh_args = defaults.ssh_args.clone();
        for name in ["ansible_ssh_common_args", "ansible_ssh_extra_args"] {
            let split = words.text(name)?.and_then(|words| shlex::split(&words));
            ssh_args.extend(split.unwrap_or_default());
        }
        let connection = words.text("ansible_connection")?;
        let target = Target {
            name: host.to_owned(),
            local: connection.is_some_and(|connection| connection.ends_with("local")),
            address: either(&["ansible_host", "ansible_ssh_host"], &None)?,
            port: number(either(&["ansible_port", "ansible_ssh_port"], &None)?)
                .and_then(|port| port.try_into().ok()),
            user: either(&["ansible_user", "ansible_ssh_user"], &defaults.user)?,
            password: either(&["ansible_password", "ansible_ssh_pass"], &None)?
                .map(Secret::new)
                .or_else(|| defaults.password.clone()),
            private_key: either(
                &["ansible_ssh_private_key_file", "ansible_private_key_file"],
                &defaults.private_key,
            )?,
            known_hosts: words
                .text("ansible_ssh_known_hosts_file")?
                .into_iter()
                .collect(),
            ssh_args,
            connect_limit: number(words.text("ansible_timeout")?)
                .map(Duration::from_secs)
                .or(defaults.connect_limit),
        };
        self.targets.insert(host.to_owned(), target);
        Ok(())
    }
}

impl Reach for ByInventory {
    fn connect<'a>(&'a self, host: &'a str) -> BoxFuture<'a, Result<Box<dyn Remote>, RemoteError>> {
        Box::pin(async move {
            let target = self.targets.get(host).ok_or_else(|| RemoteError::Connect {
                target: host.to_owned(),
                why: "the inventory does not say how".to_owned(),
            })?;
            remote::connect(target).await
        })
    }
}
