//! The provider that boots containers on this machine.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;

use super::error::Trying;
use super::folders::{HostFolder, LabFolder};
use super::{Folders, HostSpec, HostStatus, LabError, LabSpec, Progress, Provider, Tell};
use super::{archives, base_image, boot, host_files, keys, mounts, network, requirements, watches};

/// Labs of containers on this machine.
#[derive(Clone, Debug, Default)]
pub struct Containers {
    folders: Folders,
}

impl Containers {
    /// Where the labs keep their files.
    pub fn folders(&self) -> &Folders {
        &self.folders
    }

    /// The lab as it was last brought up.
    pub fn spec(&self, lab: &str) -> Result<LabSpec, LabError> {
        read_spec(&self.folders.lab(lab))?.ok_or_else(|| LabError::NoLab(lab.into()))
    }

    /// Does the same to several hosts at once; the first error is the answer, once all are done.
    fn each<T: Send>(
        hosts: &[&HostSpec],
        work: impl Fn(&HostSpec) -> Result<T, LabError> + Sync,
    ) -> Result<Vec<T>, LabError> {
        thread::scope(|scope| {
            let running: Vec<_> = hosts
                .iter()
                .map(|host| scope.spawn(|| work(host)))
                .collect();
            let done: Vec<_> = running
                .into_iter()
                .map(|one| {
                    one.join()
                        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                })
                .collect();
            done.into_iter().collect()
        })
    }

    fn boot(&self, lab: &LabSpec, hosts: &[&HostSpec], tell: Tell<'_>) -> Result<(), LabError> {
        let folder = self.folders.lab(&lab.name);
        Self::each(hosts, |host| {
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

    fn chosen<'a>(lab: &'a LabSpec, names: &[&str]) -> Result<Vec<&'a HostSpec>, LabError> {
        if names.is_empty() {
            return Ok(lab.hosts.iter().collect());
        }
        let find = |name: &&str| {
            lab.hosts
                .iter()
                .find(|host| host.name == *name)
                .ok_or_else(|| LabError::NoHost {
                    lab: lab.name.clone(),
                    host: (*name).into(),
                    known: lab
                        .hosts
                        .iter()
                        .map(|host| host.name.as_str())
                        .collect::<Vec<_>>()
                        .join(", "),
                })
        };
        names.iter().map(find).collect()
    }
}

impl Provider for Containers {
    fn up(&self, lab: &LabSpec, tell: Tell<'_>) -> Result<(), LabError> {
        requirements::check()?;
        lab.validate()?;
        let folder = self.folders.lab(&lab.name);
        fs::create_dir_all(folder.path()).trying(|| format!("make {}", folder.path().display()))?;
        let _lock = lock(&folder, true)?;
        if let Some(before) = read_spec(&folder)? {
            refuse_changed(&before, lab)?;
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
        write_whole(
            &folder.spec(),
            &serde_json::to_string_pretty(lab).map_err(|e| LabError::Spec(e.to_string()))?,
        )?;
        network::up(&self.folders, lab)?;
        watches::raise(&self.folders)?;
        let key = keys::ensure_key(&folder, lab)?;
        Self::each(&missing, |host| {
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
        let _lock = lock(&folder, true)?;
        Self::each(&Self::chosen(&lab, hosts)?, |host| {
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
        let _lock = lock(&folder, true)?;
        if let Some(lab) = read_spec(&folder)? {
            Self::each(&lab.hosts.iter().collect::<Vec<_>>(), |host| {
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
        Self::each(&lab.hosts.iter().collect::<Vec<_>>(), |host| {
            let on = boot::is_on(host);
            Ok(HostStatus {
                name: host.name.clone(),
                address: host.address,
                more_addresses: host.more_addresses.clone(),
                image: host.image.name(),
                user: host.login.user(),
                on,
                linked: host.links().iter().all(|link| network::is_up(link)),
                ssh: on && boot::ssh_answers(host),
            })
        })
    }

    fn poweroff(&self, lab: &str, hosts: &[&str], tell: Tell<'_>) -> Result<(), LabError> {
        requirements::check()?;
        let lab = self.spec(lab)?;
        let folder = self.folders.lab(&lab.name);
        let _lock = lock(&folder, false)?;
        Self::each(&Self::chosen(&lab, hosts)?, |host| {
            boot::pull_plug(&folder.host(&host.name), host)?;
            tell(Progress::Off(host.name.clone()));
            Ok(())
        })
        .map(drop)
    }

    fn poweron(&self, lab: &str, hosts: &[&str], tell: Tell<'_>) -> Result<(), LabError> {
        requirements::check()?;
        let lab = self.spec(lab)?;
        let _lock = lock(&self.folders.lab(&lab.name), false)?;
        network::up(&self.folders, &lab)?;
        self.boot(&lab, &Self::chosen(&lab, hosts)?, tell)
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
    for host in Containers::chosen(lab, hosts)? {
        for link in host.links() {
            if !network::set_link(&link, up)? {
                return Err(LabError::Off(host.name.clone()));
            }
        }
    }
    Ok(())
}

/// Holds the lab for a change of what it is (`alone`) or of what its hosts do.
fn lock(folder: &LabFolder, alone: bool) -> Result<File, LabError> {
    let path = folder.path();
    loop {
        let file = File::open(path).trying(|| format!("open {}", path.display()))?;
        if alone {
            file.lock()
        } else {
            file.lock_shared()
        }
        .trying(|| format!("lock {}", path.display()))?;
        // While we waited the lab may have been destroyed, and made again by another.
        let held = file
            .metadata()
            .trying(|| format!("look at {}", path.display()))?
            .ino();
        if fs::metadata(path).is_ok_and(|now| now.ino() == held) {
            return Ok(file);
        }
    }
}

fn read_spec(folder: &LabFolder) -> Result<Option<LabSpec>, LabError> {
    let path = folder.spec();
    if !path.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(&path).trying(|| format!("read {}", path.display()))?;
    let spec = serde_json::from_str(&text).map_err(|error| {
        LabError::Spec(format!("{} can't be read ({error}): another version wrote it; remove that lab with the version that made it", path.display()))
    })?;
    Ok(Some(spec))
}

/// A lab may grow; what is there stays as it was made.
fn refuse_changed(before: &LabSpec, now: &LabSpec) -> Result<(), LabError> {
    let changed = if before.subnet == now.subnet {
        before
            .hosts
            .iter()
            .find(|host| !now.hosts.contains(host))
            .map(|host| format!("host `{}`", host.name))
    } else {
        Some("network".into())
    };
    match changed {
        None => Ok(()),
        Some(what) => Err(LabError::Spec(format!(
            "the {what} of the lab `{}` is not what it was when the lab was made: destroy the lab first",
            now.name
        ))),
    }
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

fn remove_tree(path: &Path) -> Result<(), LabError> {
    if path.exists() {
        fs::remove_dir_all(path).trying(|| format!("remove {}", path.display()))
    } else {
        Ok(())
    }
}

fn write_whole(path: &Path, text: &str) -> Result<(), LabError> {
    let new = path.with_extension("new");
    fs::write(&new, text)
        .and_then(|()| fs::rename(&new, path))
        .trying(|| format!("write {}", path.display()))
}
