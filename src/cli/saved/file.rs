//! The file that a plan is saved in.

use super::typed::Typed;
use crate::cli::ending::Failure;
use crate::diag::{self, Diag};
use crate::engine;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The version of the format: it grows when a field changes its meaning or goes away.
const VERSION: u32 = 1;

/// What the file holds.
#[derive(Serialize, Deserialize)]
pub struct SavedPlan {
    v: u32,
    /// trueup's own version.
    pub trueup: String,
    /// When it was made.
    pub made: String,
    /// What was typed.
    pub command: Typed,
    /// The files that were read on the controller, with their SHA-256.
    pub inputs: BTreeMap<String, String>,
    tasks: Vec<Entry>,
}

/// A task on a host.
#[derive(Serialize, Deserialize)]
struct Entry {
    #[serde(flatten)]
    key: engine::Key,
    #[serde(flatten)]
    promise: engine::Promise,
}

/// The version alone, which says whether the rest can be read.
#[derive(Deserialize)]
struct Version {
    v: u32,
}

impl SavedPlan {
    /// A plan that was just made.
    pub fn new(command: Typed, inputs: BTreeMap<String, String>, told: engine::Told) -> Self {
        let entry = |(key, promise)| Entry { key, promise };
        Self {
            v: VERSION,
            trueup: env!("CARGO_PKG_VERSION").to_owned(),
            made: jiff::Timestamp::now()
                .strftime("%Y-%m-%dT%H:%M:%SZ")
                .to_string(),
            command,
            inputs,
            tasks: told.into_iter().map(entry).collect(),
        }
    }

    /// Writes it whole, for its owner alone.
    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let write = || {
            let mut file = tempfile::Builder::new()
                .permissions(Permissions::from_mode(0o600))
                .tempfile_in(folder.unwrap_or(Path::new(".")))?;
            serde_json::to_writer_pretty(&mut file, self)?;
            file.write_all(b"\n")?;
            file.as_file().sync_all()?;
            file.persist(path)?;
            std::io::Result::Ok(())
        };
        write().map_err(|error| {
            Failure::own(format!(
                "can't save the plan in {}: {error}",
                path.display()
            ))
        })
    }

    /// Reads one, and says the digest that it is known by.
    pub fn read(path: &Path) -> Result<(Self, String), Failure> {
        let refuse = |why: String| {
            let diag = Diag::error(format!(
                "{} is no plan of this trueup: {why}",
                path.display()
            ));
            Failure::input(diag.help("make one with `trueup plan ... --out FILE`"))
        };
        let text = diag::read_text(path).map_err(|error| {
            Failure::input(Diag::error(format!(
                "can't read {}: {error}",
                path.display()
            )))
        })?;
        let Version { v } =
            serde_json::from_str(&text).map_err(|error| refuse(error.to_string()))?;
        if v != VERSION {
            return Err(refuse(format!(
                "its format is of version {v}, not {VERSION}"
            )));
        }
        let plan: Self = serde_json::from_str(&text).map_err(|error| refuse(error.to_string()))?;
        let own = env!("CARGO_PKG_VERSION");
        if plan.trueup != own {
            let why = format!("it was made by trueup {}, this is {own}", plan.trueup);
            return Err(refuse(why));
        }
        Ok((plan, diag::digest(text.as_bytes())))
    }

    /// What it promises.
    pub fn promises(self) -> engine::Told {
        let entry = |entry: Entry| (entry.key, entry.promise);
        self.tasks.into_iter().map(entry).collect()
    }

    /// How many tasks it could not know.
    pub fn unknown(&self) -> usize {
        let unknown = |entry: &&Entry| entry.promise.status == engine::Status::Unknown;
        self.tasks.iter().filter(unknown).count()
    }
}
