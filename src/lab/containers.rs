//! The provider that boots containers on this machine.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs;
use std::path::{Path, PathBuf};

use super::error::Trying;
use super::files::{remove_tree, write_whole};
use super::folders::HostFolder;
use super::record::{self, Record};
use super::side_by_side::each;
use super::{Folders, HostSpec, HostStatus, LabError, LabSpec, Progress, Provider, Tell};
use super::{archives, base_image, boot, host_files, keys, mounts, network, reach};
use super::{requirements, watches};

/// Labs of containers on this machine.
#[derive(Debug)]
pub(super) struct Containers {
    folders: Folders,
}

impl Containers {
    /// Labs of these folders.
    pub(super) fn of(folders: Folders) -> Self {
        Self { folders }
    }

    fn spec(&self, lab: &str) -> Result<LabSpec, LabError> {
        let record = record::read(&self.folders.lab(lab))?;
        Ok(record.ok_or_else(|| LabError::NoLab(lab.into()))?.lab)
    }

    fn boot(&self, lab: &LabSpec, hosts: &[&HostSpec], tell: Tell<'_>) -> Result<(), LabError> {
        let folder = self.folders.lab(&lab.name);
        each(hosts, |host| {
            if boot::is_on(host) {
                boot::join_networks(&folder.host(&host.name), host)?;
                boot::wait_for_ssh(&folder, host)?;
                tell(Progress::AlreadyUp(host.name.clone()));
                return Ok(());
            }
            let host_folder = folder.host(&host.name);
            for link in host.links() {
                network::remove_link(&link)?;
            }
            mounts::mount(&host_folder, host, &image_of(&host_folder)?)?;
            host_files::refresh(&host_folder.root())?;
            tell(Progress::Booting(host.name.clone()));
            boot::start(&host_folder, lab, host)?;
            boot::join_networks(&host_folder, host)?;
            boot::wait_for_ssh(&folder, host)?;
            tell(Progress::Up(host.name.clone()));
            Ok(())
        })
        .map(drop)
    }

    fn make(
        &self,
        lab: &LabSpec,
        host: &HostSpec,
        image: &Path,
        key: &str,
    ) -> Result<(), LabError> {
        let folder = self.folders.lab(&lab.name).host(&host.name);
        // Without its host key written down it was never whole.
        remove_host(&folder)?;
        fs::create_dir_all(folder.path()).trying(|| format!("make {}", folder.path().display()))?;
        write_whole(&folder.image(), &image.to_string_lossy())?;
        archives::hand_out(&self.folders.archives(host.image), &folder)?;
        mounts::mount(&folder, host, image)?;
        let public = host_files::write(&folder.root(), lab, host, key)?;
        write_whole(&folder.host_key(), &public)
    }
}

impl Provider for Containers {
    fn up(&self, lab: &LabSpec, tell: Tell<'_>) -> Result<(), LabError> {
        requirements::check()?;
        lab.validate()?;
        let folder = self.folders.lab(&lab.name);
        fs::create_dir_all(folder.path()).trying(|| format!("make {}", folder.path().display()))?;
        let _lock = record::lock(&folder, true)?;
        if let Some(before) = record::read(&folder)? {
            record::refuse_changed(&before.lab, lab)?;
        }
        let missing: Vec<&HostSpec> = lab
            .hosts
            .iter()
            .filter(|host| !folder.host(&host.name).host_key().exists())
            .collect();
        let mut images = HashMap::new();
        for host in &missing {
            if let Entry::Vacant(place) = images.entry(host.image) {
                place.insert(base_image::ensure(&self.folders, host.image, tell)?);
            }
        }
        // From here on there is something to destroy, so what it is must be known.
        record::write(&folder, &Record::of_containers(lab))?;
        network::up(&self.folders, lab)?;
        watches::raise(&self.folders)?;
        let key = keys::ensure_key(&folder, lab)?;
        each(&missing, |host| {
            self.make(lab, host, &images[&host.image], &key)?;
            tell(Progress::Made(host.name.clone()));
            Ok(())
        })?;
        keys::write_access(&folder, lab)?;
        self.boot(lab, &lab.hosts.iter().collect::<Vec<_>>(), tell)
    }

    fn down(&self, lab: &str, hosts: &[&str], tell: Tell<'_>) -> Result<(), LabError> {
        requirements::check()?;
        let lab = self.spec(lab)?;
        let folder = self.folders.lab(&lab.name);
        let _lock = record::lock(&folder, true)?;
        each(&lab.chosen(hosts)?, |host| {
            boot::shut_down(&folder.host(&host.name), host)?;
            tell(Progress::Off(host.name.clone()));
            Ok(())
        })
        .map(drop)
    }

    fn destroy(&self, lab: &str, tell: Tell<'_>) -> Result<(), LabError> {
        requirements::check()?;
        let folder = self.folders.lab(lab);
        if !folder.path().exists() {
            return Ok(());
        }
        let _lock = record::lock(&folder, true)?;
        if let Some(Record { lab, .. }) = record::read(&folder)? {
            each(&lab.hosts.iter().collect::<Vec<_>>(), |host| {
                let host_folder = folder.host(&host.name);
                boot::pull_plug(&host_folder, host)?;
                archives::gather(&self.folders.archives(host.image), &host_folder)?;
                remove_host(&host_folder)?;
                tell(Progress::Off(host.name.clone()));
                Ok(())
            })?;
            network::remove(&lab)?;
        }
        remove_tree(folder.path())?;
        let others = fs::read_dir(self.folders.state())
            .into_iter()
            .flatten()
            .flatten();
        if others.filter(|entry| entry.path().is_dir()).count() == 0 {
            network::restore_forwarding(&self.folders)?;
            watches::restore(&self.folders)?;
        }
        Ok(())
    }

    fn status(&self, lab: &str) -> Result<Vec<HostStatus>, LabError> {
        let lab = self.spec(lab)?;
        let folder = self.folders.lab(&lab.name);
        each(&lab.hosts.iter().collect::<Vec<_>>(), |host| {
            let on = boot::is_on(host);
            Ok(HostStatus {
                name: host.name.clone(),
                address: host.address,
                more_addresses: host.more_addresses.clone(),
                image: host.image.name(),
                user: host.login.user(),
                made: folder.host(&host.name).host_key().exists(),
                on,
                linked: host.links().iter().all(|link| network::is_up(link)),
                ssh: on && reach::ssh_answers(host),
            })
        })
    }

    fn poweroff(&self, lab: &str, hosts: &[&str], tell: Tell<'_>) -> Result<(), LabError> {
        requirements::check()?;
        let lab = self.spec(lab)?;
        let folder = self.folders.lab(&lab.name);
        let _lock = record::lock(&folder, false)?;
        each(&lab.chosen(hosts)?, |host| {
            boot::pull_plug(&folder.host(&host.name), host)?;
            tell(Progress::Off(host.name.clone()));
            Ok(())
        })
        .map(drop)
    }

    fn poweron(&self, lab: &str, hosts: &[&str], tell: Tell<'_>) -> Result<(), LabError> {
        requirements::check()?;
        let lab = self.spec(lab)?;
        let _lock = record::lock(&self.folders.lab(&lab.name), false)?;
        network::up(&self.folders, &lab)?;
        self.boot(&lab, &lab.chosen(hosts)?, tell)
    }

    fn cut(&self, lab: &str, hosts: &[&str]) -> Result<(), LabError> {
        set_links(&self.spec(lab)?, hosts, false)
    }

    fn heal(&self, lab: &str, hosts: &[&str]) -> Result<(), LabError> {
        set_links(&self.spec(lab)?, hosts, true)
    }
}

fn set_links(lab: &LabSpec, hosts: &[&str], up: bool) -> Result<(), LabError> {
    requirements::check()?;
    for host in lab.chosen(hosts)? {
        for link in host.links() {
            if !network::set_link(&link, up)? {
                return Err(LabError::Off(host.name.clone()));
            }
        }
    }
    Ok(())
}

fn image_of(folder: &HostFolder) -> Result<PathBuf, LabError> {
    let path = folder.image();
    let image =
        PathBuf::from(fs::read_to_string(&path).trying(|| format!("read {}", path.display()))?);
    if image.exists() {
        return Ok(image);
    }
    Err(LabError::Spec(format!(
        "the image {} is gone, and with it the ground of its hosts: destroy the lab",
        image.display()
    )))
}

fn remove_host(folder: &HostFolder) -> Result<(), LabError> {
    mounts::unmount(folder)?;
    remove_tree(folder.path())
}
