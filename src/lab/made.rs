//! A lab by its name, whoever makes and breaks its hosts.

use std::path::PathBuf;

use super::containers::Containers;
use super::record::{self, Maker};
use super::vagrant::Vagrant;
use super::{Folders, LabError, LabSpec, Provider};

/// A lab of this machine.
#[derive(Debug)]
pub struct Lab {
    name: String,
    folders: Folders,
    maker: Maker,
}

impl Lab {
    /// The lab of this name that was made, by this user or, before that user, by root. Who makes its
    /// hosts is in its record, and another that is `asked` for is refused.
    pub fn open(name: &str, asked: Option<Maker>) -> Result<Self, LabError> {
        let no_lab = || LabError::NoLab(name.into());
        let folders = Folders::holding(name).ok_or_else(no_lab)?;
        let maker = match record::read(&folders.lab(name))? {
            Some(record) => record.provider,
            // It died before anything was made: a user's folder can only be one for Vagrant.
            None if folders == Folders::default() => Maker::Containers,
            None => Maker::Vagrant,
        };
        match asked {
            Some(asked) if asked != maker => Err(LabError::Spec(format!(
                "the lab `{name}` was made with the provider {maker}, not with {asked}: leave --provider and `lab_provider` out, or destroy the lab first"
            ))),
            _ => Ok(Self {
                name: name.into(),
                folders,
                maker,
            }),
        }
    }

    /// The same, or a lab that is to be made, as `asked` or of containers.
    pub fn to_make(name: &str, asked: Option<Maker>) -> Result<Self, LabError> {
        match Self::open(name, asked) {
            Err(LabError::NoLab(_)) => {
                let maker = asked.unwrap_or_default();
                let folders = match maker {
                    Maker::Containers => Folders::default(),
                    Maker::Vagrant => Folders::own(),
                };
                Ok(Self {
                    name: name.into(),
                    folders,
                    maker,
                })
            }
            found => found,
        }
    }

    /// Who makes and breaks its hosts.
    pub fn provider(&self) -> Box<dyn Provider> {
        match self.maker {
            Maker::Containers => Box::new(Containers::of(self.folders.clone())),
            Maker::Vagrant => Box::new(Vagrant::of(self.folders.clone())),
        }
    }

    /// The lab as it was last brought up.
    pub fn spec(&self) -> Result<LabSpec, LabError> {
        let record = record::read(&self.folders.lab(&self.name))?;
        Ok(record
            .ok_or_else(|| LabError::NoLab(self.name.clone()))?
            .lab)
    }

    /// A configuration for `ssh -F`.
    pub fn ssh_config(&self) -> PathBuf {
        self.folders.lab(&self.name).ssh_config()
    }
}
