//! Where labs keep what they need.

use std::path::{Path, PathBuf};

use super::Image;

/// The folders of labs: those of the machine, which are root's, or those that a user made without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Folders {
    state: PathBuf,
    cache: PathBuf,
}

/// The folder of one lab.
#[derive(Clone, Debug)]
pub(super) struct LabFolder(PathBuf);

/// The folder of one host.
#[derive(Clone, Debug)]
pub(super) struct HostFolder(PathBuf);

impl Default for Folders {
    fn default() -> Self {
        Self {
            state: "/var/lib/trueup/labs".into(),
            cache: "/var/cache/trueup".into(),
        }
    }
}

impl Folders {
    /// Those that this user's labs are made in; root's are the machine's.
    pub(super) fn own() -> Self {
        let said = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let state = said("XDG_STATE_HOME")
            .map(PathBuf::from)
            .or_else(|| said("HOME").map(|home| PathBuf::from(home).join(".local/state")));
        match state {
            Some(state) if !rustix::process::geteuid().is_root() => Self {
                state: state.join("trueup-labs"),
                ..Self::default()
            },
            _ => Self::default(),
        }
    }

    /// Where a lab of this name lies, if it was made: this user's before the machine's, which a
    /// lab made by sudo is.
    pub(super) fn holding(name: &str) -> Option<Self> {
        let places = [Self::own(), Self::default()];
        places
            .into_iter()
            .find(|folders| folders.lab(name).path().is_dir())
    }

    /// Folders of one's own choice: `state` for the labs, `cache` for images and packages.
    #[cfg(test)]
    pub(super) fn at(state: impl Into<PathBuf>, cache: impl Into<PathBuf>) -> Self {
        Self {
            state: state.into(),
            cache: cache.into(),
        }
    }

    pub(super) fn state(&self) -> &Path {
        &self.state
    }

    pub(super) fn lab(&self, name: &str) -> LabFolder {
        LabFolder(self.state.join(name))
    }

    pub(super) fn images(&self) -> PathBuf {
        self.cache.join("images")
    }

    /// Package files that hosts of this image have fetched before.
    pub(super) fn archives(&self, image: Image) -> PathBuf {
        self.cache.join("apt").join(image.name())
    }
}

/// The folder of a lab, made or not: in it lie `key` and `known_hosts`.
pub fn folder_of(lab: &str) -> PathBuf {
    let folders = Folders::holding(lab).unwrap_or_default();
    folders.lab(lab).path().to_owned()
}

impl LabFolder {
    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn spec(&self) -> PathBuf {
        self.0.join("lab.json")
    }

    pub(super) fn key(&self) -> PathBuf {
        self.0.join("key")
    }

    pub(super) fn public_key(&self) -> PathBuf {
        self.0.join("key.pub")
    }

    pub(super) fn known_hosts(&self) -> PathBuf {
        self.0.join("known_hosts")
    }

    pub(super) fn ssh_config(&self) -> PathBuf {
        self.0.join("ssh_config")
    }

    /// Vagrant's files.
    pub(super) fn vagrant(&self) -> PathBuf {
        self.0.join("vagrant")
    }

    /// Where Vagrant keeps what it knows of its machines.
    pub(super) fn vagrant_state(&self) -> PathBuf {
        self.vagrant().join(".vagrant")
    }

    /// Where Vagrant keeps what the hypervisor knows a machine by.
    pub(super) fn vagrant_id(&self, host: &str, provider: &str) -> PathBuf {
        let machines = self.vagrant_state().join("machines");
        machines.join(host).join(provider).join("id")
    }

    pub(super) fn host(&self, name: &str) -> HostFolder {
        HostFolder(self.0.join("hosts").join(name))
    }
}

impl HostFolder {
    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// What the host has changed of its image: its data.
    pub(super) fn upper(&self) -> PathBuf {
        self.0.join("upper")
    }

    pub(super) fn work(&self) -> PathBuf {
        self.0.join("work")
    }

    /// The host's root while it is mounted.
    pub(super) fn root(&self) -> PathBuf {
        self.0.join("root")
    }

    pub(super) fn disk_file(&self) -> PathBuf {
        self.0.join("disk.img")
    }

    pub(super) fn disk(&self) -> PathBuf {
        self.0.join("disk")
    }

    pub(super) fn console(&self) -> PathBuf {
        self.0.join("console.log")
    }

    /// The public half of the host's ssh key; it is written last, so it also says that the host is whole.
    pub(super) fn host_key(&self) -> PathBuf {
        self.0.join("host_key.pub")
    }

    /// The folder name of the image that the host's layer lies on.
    pub(super) fn image(&self) -> PathBuf {
        self.0.join("image")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lab_that_is_not_made_is_looked_for_in_the_machines_folder() {
        assert_eq!(
            folder_of("never-made-by-anyone"),
            Path::new("/var/lib/trueup/labs/never-made-by-anyone")
        );
    }
}
