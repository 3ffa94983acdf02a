//! How the hosts of a cluster are connected to.

use super::declare::HostWords;
use crate::diag::Diag;
use crate::remote::{self, Remote, RemoteError, Target};
use futures::future::BoxFuture;
use std::collections::HashMap;

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
        let target = Target::from_variables(host, defaults, |name| words.text(name))?;
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
