//! The base images: one whole system for each release, built once and only read afterwards.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::command::{command, run, stream};
use super::error::Trying;
use super::mounts::unmount_below;
use super::{Folders, Image, LabError, Progress, Tell};

/// What a host needs to be logged into and provisioned; everything else is the playbook's work.
const PACKAGES: &str = "systemd,systemd-sysv,dbus,openssh-server,iproute2,ca-certificates,sudo";

/// The key that signs all of Ubuntu's archive, F6ECB3762474EDA9D21B7022871920D1991BC93C: Debian has no
/// package of it.
const UBUNTU_KEY: &str = include_str!("ubuntu-archive-2018.asc");

/// Changes whenever [`finish`] does, so that images of an older make are left to their labs.
const MAKE: &str = "1";

/// Units that a lab host must not run: they ask questions at the first boot, make ssh keys that
/// nobody knows, open consoles that nobody sees, or take apt's lock at a time of their own.
const MASKED: [&str; 7] = [
    "systemd-firstboot.service",
    "sshd-keygen.service",
    "console-getty.service",
    "getty.target",
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "fstrim.timer",
];

const CERTIFICATES: &str = "usr/local/share/ca-certificates";

const LIMIT: Duration = Duration::from_secs(1200);

/// The folder of the image, built if it isn't there.
pub(super) fn ensure(folders: &Folders, image: Image, tell: Tell<'_>) -> Result<PathBuf, LabError> {
    let images = folders.images();
    fs::create_dir_all(&images).trying(|| format!("make {}", images.display()))?;
    let path = images.join(folder_name(image)?);
    let folder = File::open(&images).trying(|| format!("open {}", images.display()))?;
    folder
        .lock()
        .trying(|| format!("lock {}", images.display()))?;
    if path.exists() {
        return Ok(path);
    }
    remove_half_built(&images)?;
    tell(Progress::ImageStarted {
        image: image.name(),
        path: path.clone(),
    });
    let building = images.join(format!(".building-{}", image.name()));
    bootstrap(image, &images, &building, tell)?;
    finish(&building)?;
    fs::rename(&building, &path).trying(|| format!("put the image at {}", path.display()))?;
    Ok(path)
}

/// A build that was killed leaves its folder, and what it had mounted there; whoever holds the lock
/// knows that nobody builds there.
fn remove_half_built(images: &Path) -> Result<(), LabError> {
    for entry in fs::read_dir(images)
        .trying(|| format!("list {}", images.display()))?
        .flatten()
    {
        if entry
            .file_name()
            .to_string_lossy()
            .starts_with(".building-")
        {
            let path = entry.path();
            unmount_below(&path)?;
            fs::remove_dir_all(&path).trying(|| format!("remove {}", path.display()))?;
        }
    }
    Ok(())
}

/// The name says all that the image is made of, this machine's certificates too.
fn folder_name(image: Image) -> Result<String, LabError> {
    let mut hash = Sha256::new();
    hash.update(format!("{MAKE} {} {MASKED:?}", packages(image)));
    for file in own_certificates() {
        hash.update(fs::read(&file).trying(|| format!("read {}", file.display()))?);
    }
    let hash = hash.finalize();
    Ok(format!(
        "{}-{:02x}{:02x}{:02x}{:02x}",
        image.name(),
        hash[0],
        hash[1],
        hash[2],
        hash[3]
    ))
}

fn own_certificates() -> Vec<PathBuf> {
    let entries = fs::read_dir(Path::new("/").join(CERTIFICATES))
        .into_iter()
        .flatten()
        .flatten();
    let mut files: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "crt"))
        .collect();
    files.sort();
    files
}

fn packages(image: Image) -> String {
    let more = match image {
        // There apt is a package like any other.
        Image::Ubuntu2404 => ",apt",
        // And sudo-rs is what `sudo` is by default.
        Image::Ubuntu2604 => ",apt,sudo-rs",
        Image::Debian12 | Image::Debian13 | Image::Debian14 => "",
    };
    format!("{PACKAGES}{more}")
}

/// Where an Ubuntu's packages come from. mmdebstrap itself knows Debian's mirrors.
fn ubuntu_sources(suite: &str, architecture: &str) -> [String; 3] {
    let archive = match architecture {
        "x86_64" => "http://archive.ubuntu.com/ubuntu",
        _ => "http://ports.ubuntu.com/ubuntu-ports",
    };
    ["", "-updates", "-security"]
        .map(|pocket| format!("deb {archive} {suite}{pocket} main universe"))
}

fn bootstrap(image: Image, images: &Path, into: &Path, tell: Tell<'_>) -> Result<(), LabError> {
    let mut bootstrap = command([
        "mmdebstrap",
        "--variant=minbase",
        "--mode=root",
        "--format=directory",
    ]);
    bootstrap.arg(format!("--include={}", packages(image)));
    if image == Image::Debian14 {
        // A mirror of testing may lag behind the date that its Release file promises.
        bootstrap.arg("--aptopt=Acquire::Check-Valid-Until \"false\"");
    }
    for proxy in ["http_proxy", "https_proxy", "no_proxy"] {
        if let Some(value) = std::env::var_os(proxy) {
            bootstrap.env(proxy, value);
        }
    }
    let mut sources = Vec::new();
    if image.is_ubuntu() {
        write(images, "ubuntu-archive.asc", UBUNTU_KEY)?;
        let key = images.join("ubuntu-archive.asc");
        bootstrap.arg(format!("--keyring={}", key.display()));
        sources.extend(ubuntu_sources(image.suite(), std::env::consts::ARCH));
    }
    bootstrap.arg(image.suite()).arg(into).args(sources);
    stream(bootstrap, LIMIT, |_, line| {
        if let Some(line) = line.strip_prefix("I: ") {
            tell(Progress::ImageStep {
                image: image.name(),
                line: line.into(),
            });
        }
    })
}

fn finish(root: &Path) -> Result<(), LabError> {
    for unit in MASKED {
        let path = root.join("etc/systemd/system").join(unit);
        symlink("/dev/null", &path).trying(|| format!("mask {unit}"))?;
    }
    let root_text = root.to_string_lossy();
    run([
        "chroot",
        &root_text,
        "systemctl",
        "enable",
        "systemd-networkd.service",
    ])?;
    // Every host gets its own; a key that is shared would prove nothing.
    for entry in fs::read_dir(root.join("etc/ssh"))
        .trying(|| "list the image's ssh keys".into())?
        .flatten()
    {
        if entry.file_name().to_string_lossy().starts_with("ssh_host_") {
            fs::remove_file(entry.path()).trying(|| "remove the image's ssh keys".into())?;
        }
    }
    write(
        root,
        "etc/ssh/sshd_config.d/lab.conf",
        "HostKey /etc/ssh/ssh_host_ed25519_key\nUseDNS no\n",
    )?;
    write(root, "etc/locale.conf", "LANG=C.UTF-8\n")?;
    write(root, "etc/default/locale", "LANG=C.UTF-8\n")?;
    for file in own_certificates() {
        let name = file.file_name().unwrap_or_default();
        let to = root.join(CERTIFICATES).join(name);
        fs::copy(&file, &to).trying(|| format!("copy {} into the image", file.display()))?;
        fs::set_permissions(&to, Permissions::from_mode(0o644))
            .trying(|| format!("set the mode of {}", to.display()))?;
    }
    run(["chroot", &root_text, "update-ca-certificates"])?;
    Ok(())
}

fn write(root: &Path, path: &str, text: &str) -> Result<(), LabError> {
    let path = root.join(path);
    fs::write(&path, text).trying(|| format!("write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_of_different_releases_lie_apart() {
        let names = Image::ALL.map(|image| folder_name(image).unwrap());
        assert!(names[0].starts_with("debian-12-") && names[1].starts_with("debian-13-"));
        assert_eq!(names[1], folder_name(Image::Debian13).unwrap());
    }

    #[test]
    fn an_ubuntu_of_each_architecture_has_its_archive() {
        let sources = ubuntu_sources("noble", "x86_64");
        assert_eq!(
            sources[1],
            "deb http://archive.ubuntu.com/ubuntu noble-updates main universe"
        );
        assert!(ubuntu_sources("noble", "aarch64")[0].contains("ports.ubuntu.com/ubuntu-ports"));
    }

    #[test]
    fn what_a_killed_build_left_is_removed_and_whole_images_stay() {
        let images = tempfile::tempdir().unwrap();
        fs::create_dir_all(images.path().join(".building-debian-13/etc")).unwrap();
        fs::create_dir_all(images.path().join("debian-12-0011/etc")).unwrap();
        remove_half_built(images.path()).unwrap();
        let left: Vec<_> = fs::read_dir(images.path())
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        assert_eq!(left, ["debian-12-0011"]);
    }
}
