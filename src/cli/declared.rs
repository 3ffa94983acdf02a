//! What every verb that asks a cluster begins with: what is declared, and the ways to its hosts.

use super::connection::Connection;
use super::ending::Failure;
use super::input::{ExtraVars, Sources};
use crate::cluster::spec::ClusterSpec;
use crate::cluster::{self, ByInventory, HostWords};
use crate::engine::State;
use crate::model::{Inventory, VarMap};
use crate::secret::Secret;
use crate::step::quote;
use std::path::PathBuf;
use std::sync::Arc;

/// The declared cluster, and the ways to its hosts.
pub struct Declared {
    /// Where it is declared.
    pub inventory: Inventory,
    /// The variables of `-e`.
    pub extra: Arc<VarMap>,
    /// What is kept of it on this machine.
    pub state: PathBuf,
    /// The cluster.
    pub spec: ClusterSpec,
    /// How its hosts are connected to.
    pub reach: ByInventory,
}

impl Declared {
    /// Reads it; `login` is the password that was asked for.
    pub fn of(
        sources: &Sources,
        extra_vars: &ExtraVars,
        connection: &Connection,
        login: Option<Secret>,
    ) -> Result<Self, Failure> {
        let inventory = sources.load()?;
        let extra = extra_vars.load()?;
        let state = State::of(&inventory).folder().map_err(Failure::own)?;
        let words: Vec<String> = sources.words().iter().map(|word| quote(word)).collect();
        let spec = cluster::declared(&inventory, &extra, &state, words.join(" "))
            .map_err(Failure::Input)?;
        let defaults = connection.defaults(login)?;
        let mut reach = ByInventory::default();
        for host in spec.hosts() {
            let said = HostWords::of(&inventory, host, &extra, &state).map_err(Failure::Input)?;
            reach
                .learn(host, &said, &defaults)
                .map_err(Failure::input)?;
        }
        Ok(Self {
            inventory,
            extra,
            state,
            spec,
            reach,
        })
    }
}
