//! What a command reads before it does anything: the inventory, the playbook, extra variables.

use super::ending::Failure;
use super::extra_vars;
use super::vault::VaultKeys;
use crate::model::{Inventory, VarMap, var_map};
use crate::report;
use std::path::PathBuf;
use std::sync::Arc;

/// The variable that stands in for `-i`.
const DEFAULT: &str = "TRUEUP_INVENTORY";

/// Where hosts and groups are declared.
#[derive(Debug, clap::Args)]
pub struct Sources {
    /// An inventory: a file, a folder, or hosts with commas (`-i a,b`); may be given several times
    /// [default: what `TRUEUP_INVENTORY` says]
    #[arg(short, long = "inventory", value_name = "PATH", global = true)]
    inventory: Vec<PathBuf>,
    /// What opens encrypted files and values.
    #[command(flatten)]
    keys: VaultKeys,
}

impl Sources {
    /// What the user named, else what the environment names.
    pub fn paths(&self) -> Vec<PathBuf> {
        if self.inventory.is_empty() {
            let default = std::env::var_os(DEFAULT).filter(|path| !path.is_empty());
            return default.map(PathBuf::from).into_iter().collect();
        }
        self.inventory.clone()
    }

    /// The words that name the same inventories in another command.
    pub fn words(&self) -> Vec<String> {
        let named = |path: PathBuf| ["-i".to_owned(), path.display().to_string()];
        self.paths().into_iter().flat_map(named).collect()
    }

    /// Reads them all; warnings go to stderr.
    pub fn load(&self) -> Result<Inventory, Failure> {
        self.keys.unlock()?;
        let (inventory, warnings) = Inventory::load(&self.paths()).map_err(Failure::Input)?;
        report::print_diags(&warnings);
        Ok(inventory)
    }
}

/// Variables that win over all others.
#[derive(Debug, clap::Args)]
pub struct ExtraVars {
    /// Variables that win over all others: `key=value ...`, YAML or JSON text, or `@FILE`
    #[arg(
        short,
        long = "extra-vars",
        value_name = "VARS",
        allow_hyphen_values = true
    )]
    extra_vars: Vec<String>,
}

impl ExtraVars {
    /// What was typed.
    pub fn words(&self) -> &[String] {
        &self.extra_vars
    }

    /// Reads them.
    pub fn load(&self) -> Result<Arc<VarMap>, Failure> {
        let map = extra_vars::read(&self.extra_vars).map_err(Failure::Input)?;
        Ok(Arc::new(var_map(&map)))
    }
}
