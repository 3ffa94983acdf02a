//! How much room there is on the disks under some folders.

use super::{Ask, Foreseen, ProbeError, Question};
use crate::step::{Output, quote};

/// Asks how much room there is under these folders.
#[derive(Clone, Debug)]
pub struct DiskFree {
    /// The folders.
    pub folders: Vec<String>,
}

/// The file system under a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disk {
    /// The folder that was asked for.
    pub folder: String,
    /// Where it is mounted: folders that have this in common share the room.
    pub mount: String,
    /// How much it holds, in KiB.
    pub total: u64,
    /// How much of it is free for everybody, in KiB.
    pub free: u64,
}

impl Question for DiskFree {
    type Answer = Vec<Disk>;

    fn ask(&self) -> Ask {
        // One at a time: a folder that is not there would shift the others' lines.
        let asked = self.folders.iter().map(|folder| {
            let folder = quote(folder);
            format!("echo ={folder}; df -kP {folder} 2>/dev/null")
        });
        Ask::live(asked.collect::<Vec<_>>().join("\n") + "\n:")
    }

    fn read(&self, output: &Output) -> Result<Vec<Disk>, ProbeError> {
        let text = output.out();
        let parts: Vec<&str> = text.split('=').skip(1).collect();
        if parts.len() != self.folders.len() {
            return Err(ProbeError::answer("ask for the room on the disks", output));
        }
        let disk = |(folder, part): (&String, &str)| {
            let words: Vec<&str> = part.lines().nth(2)?.split_whitespace().collect();
            let at = words.iter().position(|word| word.ends_with('%'))?;
            Some(Disk {
                folder: folder.clone(),
                mount: (*words.get(at + 1)?).to_owned(),
                total: words.get(at.checked_sub(3)?)?.parse().ok()?,
                free: words.get(at - 1)?.parse().ok()?,
            })
        };
        Ok(self.folders.iter().zip(parts).filter_map(disk).collect())
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        _: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_shifts_no_line() {
        let question = DiskFree {
            folders: vec!["/srv".into(), "/var/lib".into()],
        };
        let text = "=/srv\n=/var/lib\nFilesystem     1024-blocks     Used Available Capacity Mounted on\n\
                    /dev/mapper/a b   9000 1000 8000 12% /\n";
        let found = question.read(&Output {
            stdout: text.into(),
            ..Output::default()
        });
        let disk = Disk {
            folder: "/var/lib".into(),
            mount: "/".into(),
            total: 9000,
            free: 8000,
        };
        assert_eq!(found.unwrap(), [disk]);
    }
}
