//! What a tool of the host says of something that it keeps.

use super::{Ask, Foreseen, ProbeError, Question};
use crate::step::Output;

/// What stands before every script about a tool: those of the system's are found by every user.
pub const TOOLS: &str = "PATH=$PATH:/usr/sbin:/sbin; LC_ALL=C; export PATH LC_ALL";

/// Asks a tool of the host.
#[derive(Clone, Debug)]
pub struct Says {
    /// What it is asked about, by which a step that changes it tells of it: `alternative editor`.
    pub of: String,
    /// The tool's program.
    pub program: &'static str,
    /// The package that brings it.
    pub package: &'static str,
    /// The script that asks; its status is 0 whatever the tool says.
    pub script: String,
}

/// No such program.
const NO_TOOL: i32 = 127;

impl Question for Says {
    type Answer = String;

    fn ask(&self) -> Ask {
        let Self {
            program, package, ..
        } = self;
        Ask::live(format!(
            "{TOOLS}\ncommand -v {program} >/dev/null || {{ echo '{program} is not there: install {package} first' >&2; exit {NO_TOOL}; }}\n{}",
            self.script
        ))
    }

    fn read(&self, output: &Output) -> Result<String, ProbeError> {
        match output.status {
            0 => Ok(output.out()),
            NO_TOOL => Err(ProbeError::Failed(output.err().trim().to_owned())),
            _ => Err(ProbeError::answer(
                &format!("ask about {}", self.of),
                output,
            )),
        }
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        pending.says(self, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::{Effect, Package};

    fn question() -> Says {
        Says {
            of: "alternative editor".into(),
            program: "update-alternatives",
            package: "dpkg",
            script: String::new(),
        }
    }

    #[test]
    fn a_tool_that_is_not_there_is_told_with_its_package() {
        let output = Output {
            status: NO_TOOL,
            stderr: b"update-alternatives is not there: install dpkg first\n".to_vec(),
            ..Output::default()
        };
        let told = question().read(&output).unwrap_err().to_string();
        assert_eq!(told, "update-alternatives is not there: install dpkg first");
    }

    #[test]
    fn what_is_pending_is_said_then() {
        let mut pending = Foreseen::default();
        let says =
            |text: Option<&str>| Effect::Says("alternative editor".into(), text.map(str::to_owned));
        pending.add("One", "root", [says(Some("vim"))]);
        let now = || Ok("nano".to_owned());
        assert_eq!(question().foresee(now(), &pending).unwrap(), "vim");
        pending.add("Two", "root", [says(None)]);
        assert_eq!(question().foresee(now(), &pending).unwrap(), "");
        let other = Says {
            of: "alternative pager".into(),
            ..question()
        };
        assert_eq!(other.foresee(now(), &pending).unwrap(), "nano");
    }

    #[test]
    fn a_tool_that_comes_with_a_pending_package_is_asked_then() {
        let mut pending = Foreseen::default();
        let comes = Package::There {
            version: None,
            architecture: String::new(),
            new: true,
        };
        pending.add("Install", "root", [Effect::Package("dpkg".into(), comes)]);
        let gone = || Err(ProbeError::Failed("no".into()));
        let told = question().foresee(gone(), &pending).unwrap_err();
        assert!(matches!(told, ProbeError::Unknown { .. }), "{told}");
        let told = question().foresee(gone(), &Foreseen::default());
        assert!(matches!(told, Err(ProbeError::Failed(_))));
    }
}
