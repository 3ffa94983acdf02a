//! How a command ends, and with which exit status: decided here and nowhere else.

use crate::diag::Diag;
use crate::engine::Recap;
use crate::report;
use std::process::ExitCode;

/// A command that did what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// All is well.
    Well,
    /// A plan found differences, and `--detailed-exitcode` asks for that to be told.
    Differs,
    /// A host failed.
    HostFailed,
    /// A host could not be reached, and none failed.
    Unreachable,
    /// A saved plan does not hold any longer, and nothing was acted on.
    Moved,
    /// The user stopped it.
    Interrupted,
}

/// A command that could not do what it is for.
#[derive(Debug)]
pub enum Failure {
    /// Files, variables or options are wrong.
    Input(Vec<Diag>),
    /// The words on the command line are wrong, and that was told.
    Told,
    /// trueup itself, or what it needs of this machine, failed.
    Own(String),
}

impl Failure {
    /// An option or argument that can't be followed.
    pub fn input(diag: Diag) -> Self {
        Self::Input(vec![diag])
    }

    /// What went wrong on this machine.
    pub fn own(error: impl std::fmt::Display) -> Self {
        Self::Own(error.to_string())
    }
}

impl Done {
    /// How a run ended. A failure says more than an unreachable host.
    pub fn of(recap: &[(String, Recap)], interrupted: bool) -> Self {
        let any = |test: fn(&Recap) -> bool| recap.iter().any(|(_, recap)| test(recap));
        if interrupted {
            Self::Interrupted
        } else if any(|recap| recap.failed > 0) {
            Self::HostFailed
        } else if any(|recap| recap.unreachable > 0) {
            Self::Unreachable
        } else {
            Self::Well
        }
    }
}

/// The exit status, as docs/exit-codes.md lists them.
fn code(ended: &Result<Done, Failure>) -> u8 {
    match ended {
        Ok(Done::Well) => 0,
        Err(Failure::Own(_)) => 1,
        Ok(Done::HostFailed) => 2,
        Ok(Done::Unreachable) => 3,
        Err(Failure::Input(_) | Failure::Told) => 4,
        Ok(Done::Differs) => 5,
        Ok(Done::Moved) => 6,
        // 128 + SIGINT, as shells have it.
        Ok(Done::Interrupted) => 130,
    }
}

/// Tells what was not told yet, and turns the ending into the exit status.
pub fn tell(ended: &Result<Done, Failure>) -> ExitCode {
    match ended {
        Err(Failure::Input(diags)) => report::print_diags(diags),
        Err(Failure::Own(message)) => report::print_diags(&[Diag::error(message.as_str())]),
        Ok(_) | Err(Failure::Told) => {}
    }
    ExitCode::from(code(ended))
}
