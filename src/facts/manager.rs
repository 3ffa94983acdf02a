//! Which package manager a host has.

use super::{Ask, Foreseen, ProbeError, Question};
use crate::step::Output;

/// Asks what tells the package manager.
#[derive(Clone, Copy, Debug)]
pub struct Managers;

/// The package managers of a host, and what it says that it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ManagersFound {
    /// The paths of their programs.
    pub programs: Vec<String>,
    /// `/etc/os-release`
    pub release: String,
}

impl Question for Managers {
    type Answer = ManagersFound;

    fn ask(&self) -> Ask {
        Ask::settled(
            "for p in /usr/bin/apt-get /usr/bin/dnf5 /usr/bin/dnf /usr/bin/yum; do [ -e \"$p\" ] && echo \"$p\"; done\n\
             echo =; cat /etc/os-release 2>/dev/null; :",
        )
    }

    fn read(&self, output: &Output) -> Result<ManagersFound, ProbeError> {
        let text = output.out();
        let Some((programs, release)) = text.split_once("=\n") else {
            return Err(ProbeError::answer(
                "ask which package manager it has",
                output,
            ));
        };
        Ok(ManagersFound {
            programs: programs.lines().map(str::to_owned).collect(),
            release: release.to_owned(),
        })
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
    fn programs_stand_before_the_release() {
        let read = |text: &str| {
            let output = Output {
                stdout: text.into(),
                ..Output::default()
            };
            Managers.read(&output).unwrap()
        };
        let found = read("/usr/bin/dnf5\n/usr/bin/dnf\n=\nID=fedora\n\nNAME=x\n");
        assert_eq!(found.programs, ["/usr/bin/dnf5", "/usr/bin/dnf"]);
        assert_eq!(found.release, "ID=fedora\n\nNAME=x\n");
        let none = read("=\nID=fedora\n\nNAME=x\n");
        assert_eq!(none.programs, [""; 0]);
    }
}
