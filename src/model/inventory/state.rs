//! Where the controller keeps what it made for an inventory: passwords, certificates.

use super::Inventory;
use std::path::PathBuf;

impl Inventory {
    /// The folder of this inventory's own things: `~/.local/state/trueup/NAME`.
    pub fn state_folder(&self) -> PathBuf {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let base = match variable("XDG_STATE_HOME") {
            Some(state) => PathBuf::from(state),
            None => match variable("HOME") {
                Some(home) => PathBuf::from(home).join(".local/state"),
                None => PathBuf::from("/var/lib"),
            },
        };
        base.join("trueup").join(&self.name)
    }
}
