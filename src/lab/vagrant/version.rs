//! Which Vagrant gets along with which VirtualBox.

use std::fmt;

/// A program's version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(pub u32, pub u32, pub u32);

/// From which VirtualBox on which Vagrant is the oldest that knows it, the newest first.
const NEEDED: [(Version, Version); 3] = [
    (Version(7, 2, 0), Version(2, 4, 9)),
    (Version(7, 1, 0), Version(2, 4, 2)),
    (Version(7, 0, 0), Version(2, 3, 2)),
];

/// The first VirtualBox that runs on Apple's own processors.
const APPLE: Version = Version(7, 1, 6);

/// The first Vagrant that gives machines a network by VirtualBox 7 on macOS.
const NETWORKED: Version = Version(2, 3, 3);

/// What kind of machine this is, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Platform {
    /// macOS on Apple's own processors.
    AppleSilicon,
    /// macOS on Intel's.
    Mac,
    Other,
}

impl Platform {
    /// This one.
    pub(super) fn here() -> Self {
        if cfg!(not(target_os = "macos")) {
            Self::Other
        } else if cfg!(target_arch = "aarch64") {
            Self::AppleSilicon
        } else {
            Self::Mac
        }
    }
}

impl Version {
    /// The first number of the last line: warnings stand before it, marks of a distribution after.
    pub(super) fn read(text: &str) -> Option<Self> {
        let line = text.lines().rfind(|line| !line.trim().is_empty())?;
        let begin = line.find(|c: char| c.is_ascii_digit())?;
        let mut parts = line[begin..].split('.').map(|part| {
            let end = part.find(|c: char| !c.is_ascii_digit());
            part[..end.unwrap_or(part.len())].parse().ok()
        });
        Some(Self(
            parts.next()??,
            parts.next().flatten().unwrap_or(0),
            parts.next().flatten().unwrap_or(0),
        ))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// Refuses two that don't, in words that say what to install.
pub(super) fn fit(vagrant: Version, virtualbox: Version, platform: Platform) -> Result<(), String> {
    if platform == Platform::AppleSilicon && virtualbox < APPLE {
        return Err(format!(
            "VirtualBox {virtualbox} does not run machines on Apple's processors: install {APPLE} or newer"
        ));
    }
    let known = NEEDED.iter().find(|(from, _)| virtualbox >= *from);
    let needed = known.map(|(_, needed)| match platform {
        Platform::Other => *needed,
        Platform::Mac | Platform::AppleSilicon => NETWORKED.max(*needed),
    });
    match needed {
        Some(needed) if vagrant < needed => Err(format!(
            "Vagrant {vagrant} does not know VirtualBox {virtualbox}: install Vagrant {needed} or newer from https://developer.hashicorp.com/vagrant/install"
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::Platform::{AppleSilicon, Mac, Other};
    use super::*;

    #[test]
    fn versions_are_read_as_the_programs_say_them() {
        let recorded = include_str!("recorded/version.txt");
        assert_eq!(Version::read(recorded), Some(Version(7, 2, 22)));
        assert_eq!(Version::read("Vagrant 2.3.4\n"), Some(Version(2, 3, 4)));
        let warned = "WARNING: The character device /dev/vboxdrv does not exist.\n\t 1 Please\n7.0.26r168464\n";
        assert_eq!(Version::read(warned), Some(Version(7, 0, 26)));
        assert_eq!(Version::read("command not found"), None);
    }

    #[test]
    fn an_older_vagrant_than_virtualbox_is_refused() {
        let pairs = [
            (Version(2, 4, 8), Version(7, 2, 22), Other),
            (Version(2, 4, 1), Version(7, 1, 4), Mac),
            (Version(2, 3, 1), Version(7, 0, 0), Other),
            (Version(2, 3, 2), Version(7, 0, 0), Mac),
            (Version(2, 4, 9), Version(7, 1, 4), AppleSilicon),
        ];
        let said = pairs.map(|(vagrant, virtualbox, on)| fit(vagrant, virtualbox, on).unwrap_err());
        insta::assert_snapshot!(said.join("\n"), @"
        Vagrant 2.4.8 does not know VirtualBox 7.2.22: install Vagrant 2.4.9 or newer from https://developer.hashicorp.com/vagrant/install
        Vagrant 2.4.1 does not know VirtualBox 7.1.4: install Vagrant 2.4.2 or newer from https://developer.hashicorp.com/vagrant/install
        Vagrant 2.3.1 does not know VirtualBox 7.0.0: install Vagrant 2.3.2 or newer from https://developer.hashicorp.com/vagrant/install
        Vagrant 2.3.2 does not know VirtualBox 7.0.0: install Vagrant 2.3.3 or newer from https://developer.hashicorp.com/vagrant/install
        VirtualBox 7.1.4 does not run machines on Apple's processors: install 7.1.6 or newer
        ");
        fit(Version(2, 4, 9), Version(7, 2, 0), AppleSilicon).unwrap();
        fit(Version(2, 4, 2), Version(7, 1, 0), Other).unwrap();
        fit(Version(2, 3, 3), Version(7, 0, 20), Mac).unwrap();
        fit(Version(2, 3, 2), Version(7, 0, 20), Other).unwrap();
        fit(Version(2, 2, 14), Version(6, 1, 50), Other).unwrap();
    }
}
