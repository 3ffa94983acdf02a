//! What is mounted.

use super::{Ask, Foreseen, ProbeError, Question};
use crate::step::{Mounted, Output};

/// Asks for all that is mounted, in the order in which it was.
#[derive(Clone, Copy, Debug)]
pub struct Mounts;

/// Something that is mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Where.
    pub at: String,
    /// What: a device, a share, the name of a file system of the kernel's own.
    pub what: Mounted,
    /// The device that it is on, as the kernel numbers it; empty where that is still to come.
    pub device: String,
    /// Which folder of its file system is seen there.
    pub root: String,
}

/// What is seen at a path, from among all mounts.
pub fn mounted<'a>(mounts: &'a [Mount], at: &str) -> Option<&'a Mount> {
    mounts.iter().rev().find(|mount| mount.at == at)
}

/// Whether `source` is mounted there, which may be the path of a folder that is seen at another place too.
pub fn is_from(mounts: &[Mount], mount: &Mount, source: &str) -> bool {
    if mount.what.source == source {
        return true;
    }
    let source = source.trim_end_matches('/');
    let shows = |other: &&Mount| {
        let inside = match other.root.trim_end_matches('/') {
            "" => Some(mount.root.as_str()),
            root => mount.root.strip_prefix(root),
        };
        let at = other.at.trim_end_matches('/');
        inside.is_some_and(|inside| format!("{at}{inside}").trim_end_matches('/') == source)
    };
    let mut others = mounts.iter().filter(|other| other.device == mount.device);
    !mount.device.is_empty() && others.any(|other| shows(&other) && other != mount)
}

impl Question for Mounts {
    type Answer = Vec<Mount>;

    fn ask(&self) -> Ask {
        Ask::settled("cat /proc/self/mountinfo")
    }

    fn read(&self, output: &Output) -> Result<Vec<Mount>, ProbeError> {
        if !output.ok() {
            return Err(ProbeError::answer("ask what is mounted", output));
        }
        Ok(output.out().lines().filter_map(line).collect())
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        Ok(pending.mounts(now?))
    }
}

/// `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`
fn line(line: &str) -> Option<Mount> {
    let (own, of_all) = line.split_once(" - ")?;
    let mut own = own.split(' ').skip(2);
    let (device, root, at, options) = (own.next()?, own.next()?, own.next()?, own.next()?);
    let mut of_all = of_all.split(' ');
    let (fstype, source) = (of_all.next()?, of_all.next()?);
    let of_all = of_all.next().unwrap_or_default().split(',');
    Some(Mount {
        at: plain(at),
        what: Mounted {
            source: plain(source),
            fstype: fstype.to_owned(),
            options: options
                .split(',')
                .chain(of_all)
                .map(str::to_owned)
                .collect(),
        },
        device: device.to_owned(),
        root: plain(root),
    })
}

/// Blanks and the like stand in octal digits there.
fn plain(word: &str) -> String {
    let mut plain = Vec::new();
    let mut rest = word.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let octal = behind.get(..3).filter(|_| first == b'\\');
        let octal = octal.and_then(|digits| std::str::from_utf8(digits).ok());
        let code = octal.and_then(|digits| u8::from_str_radix(digits, 8).ok());
        rest = if code.is_some() { &behind[3..] } else { behind };
        plain.push(code.unwrap_or(first));
    }
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_mounted_is_told_with_where_it_comes_from() {
        let output = Output {
            stdout: b"22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n\
                      30 22 0:40 / /srv/a\\040b rw,noexec - tmpfs tmpfs rw,size=1m\n\
                      31 22 8:1 /var/data /srv/data ro - ext4 /dev/sda1 rw\n"
                .to_vec(),
            ..Output::default()
        };
        let mounts = Mounts.read(&output).unwrap();
        let at = |path| mounted(&mounts, path).unwrap();
        assert_eq!(at("/srv/a b").what.fstype, "tmpfs");
        assert!(at("/srv/a b").what.options.contains(&"noexec".to_owned()));
        assert!(is_from(&mounts, at("/srv/data"), "/var/data"));
        assert!(is_from(&mounts, at("/srv/data"), "/dev/sda1"));
        assert!(!is_from(&mounts, at("/srv/data"), "/var"));
        assert!(!is_from(&mounts, at("/srv/a b"), "/"));
        assert!(mounted(&mounts, "/srv").is_none());
    }
}
