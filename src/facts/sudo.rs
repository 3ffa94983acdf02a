//! Whether the user may become root by sudo.

use super::{Ask, Foreseen, ProbeError, Question};
use crate::step::Output;

/// Asks sudo, without a password.
#[derive(Clone, Copy, Debug)]
pub struct Sudo;

/// What sudo thinks of the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MaySudo {
    /// Is root, and needs no sudo.
    Root,
    /// Becomes root without a password.
    Freely,
    /// Is asked for a password first, and may be refused after it.
    WithPassword {
        /// Whether the user is in a group that usually may.
        usual: bool,
    },
    /// There is no sudo.
    NoSudo,
    /// What it says otherwise.
    Refused(String),
}

/// The groups that distributions let in.
const GROUPS: [&str; 3] = ["sudo", "wheel", "admin"];

impl Question for Sudo {
    type Answer = MaySudo;

    fn ask(&self) -> Ask {
        Ask::live(
            "id -nG; [ \"$(id -u)\" != 0 ] || exit 4; command -v sudo >/dev/null || exit 3; LC_ALL=C sudo -n true",
        )
    }

    fn read(&self, output: &Output) -> Result<MaySudo, ProbeError> {
        let said = output.err();
        // The second are the words of sudo-rs.
        let asks = ["password is required", "authentication is required"];
        Ok(match output.status {
            0 => MaySudo::Freely,
            3 => MaySudo::NoSudo,
            4 => MaySudo::Root,
            _ if asks.iter().any(|words| said.contains(words)) => MaySudo::WithPassword {
                usual: output
                    .out()
                    .split_whitespace()
                    .any(|group| GROUPS.contains(&group)),
            },
            _ if said.trim().is_empty() => return Err(ProbeError::answer("ask sudo", output)),
            _ => MaySudo::Refused(said.trim().to_owned()),
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
    fn whoever_is_in_no_usual_group_may_be_refused_after_the_password() {
        let found = Sudo.read(&Output {
            status: 1,
            stdout: b"eve users\n".to_vec(),
            stderr: b"sudo: a password is required\n".to_vec(),
            ..Output::default()
        });
        assert_eq!(found.unwrap(), MaySudo::WithPassword { usual: false });
        let none = Output {
            status: 3,
            ..Output::default()
        };
        assert_eq!(Sudo.read(&none).unwrap(), MaySudo::NoSudo);
    }
}
