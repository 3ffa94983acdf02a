//! The playbook and all that is read with it.

use super::ending::Failure;
use super::input::{ExtraVars, Sources};
use crate::diag::{Diag, Span};
use crate::engine::{self, Checked, Lacking};
use crate::model::{Inventory, Loader, Playbook, VarMap};
use crate::report;
use crate::template::Var;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Which playbook, on which hosts, with which variables.
#[derive(Debug, clap::Args)]
pub struct Input {
    /// The playbook
    pub playbook: PathBuf,
    /// Where its hosts are declared.
    #[command(flatten)]
    pub sources: Sources,
    /// Variables that win over all others.
    #[command(flatten)]
    pub extra: ExtraVars,
}

/// What was read and found right.
pub struct Loaded {
    /// The hosts.
    pub inventory: Inventory,
    /// Reads what is included later.
    pub loader: Loader,
    /// The plays.
    pub playbook: Playbook,
    /// The variables.
    pub extra_vars: Arc<VarMap>,
    /// Modules that are not there, in tasks that need not be reached.
    pub lacking: Vec<Lacking>,
    /// The includes that could not be looked at.
    pub unseen: Vec<Span>,
}

impl Input {
    /// Reads and checks all of it, and tells all errors at once. Warnings go to stderr.
    pub fn load(&self) -> Result<Loaded, Failure> {
        let mut errors = Vec::new();
        let mut keep = |failure: Failure| match failure {
            Failure::Input(diags) => {
                errors.extend(diags);
                Ok(())
            }
            other => Err(other),
        };
        let inventory = self.sources.load().map_err(&mut keep);
        let extra_vars = self.extra.load().map_err(&mut keep);
        let known = extra_vars.as_ref().cloned().unwrap_or_default();
        let known = match &inventory {
            Ok(inventory) => with_groups(&known, inventory),
            Err(_) => known,
        };
        let (loader, playbook, mut findings) = Loader::read(&self.playbook, known);
        let mut checked = Checked::default();
        if let Ok(inventory) = &inventory {
            checked = engine::check(&playbook, inventory, &loader);
            findings.append(&mut checked.findings);
            loader.in_order(&mut findings);
            findings.extend(checked.lacking.iter().map(Lacking::warning));
        }
        match (inventory, extra_vars) {
            (Err(Err(other)), _) | (_, Err(Err(other))) => Err(other),
            (Ok(inventory), Ok(extra_vars)) if !findings.iter().any(Diag::is_error) => {
                report::print_diags(&findings);
                Ok(Loaded {
                    inventory,
                    loader,
                    playbook,
                    extra_vars,
                    lacking: checked.lacking,
                    unseen: checked.unseen,
                })
            }
            _ => {
                errors.extend(findings);
                Err(Failure::Input(errors))
            }
        }
    }
}

/// The variables that may stand in the name of what is imported: which playbook suits a cluster
/// follows from its groups.
fn with_groups(extra: &VarMap, inventory: &Inventory) -> Arc<VarMap> {
    let groups: BTreeMap<&str, Vec<String>> = inventory
        .groups
        .keys()
        .map(|group| (group.as_str(), inventory.members(group)))
        .collect();
    let mut known = extra.clone();
    known.insert("groups".to_owned(), Var::Own(groups.into()));
    Arc::new(known)
}
