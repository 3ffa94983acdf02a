//! What a provider tells while it works.

use std::fmt;
use std::path::PathBuf;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A base image is built, because it was not there.
    ImageStarted {
        /// Which one.
        image: &'static str,
        /// Where it will be.
        path: PathBuf,
    },
    /// The image builder's own words.
    ImageStep {
        /// Which one.
        image: &'static str,
        /// One line.
        line: String,
    },
    /// A host was made from its image.
    Made(String),
    /// A host boots.
    Booting(String),
    /// A host answers over ssh.
    Up(String),
    /// A host ran already.
    AlreadyUp(String),
    /// A host is off.
    Off(String),
    /// A line of the program that makes the hosts.
    Said(String),
    /// What is left after all is done.
    Left(String),
}

/// Whom a provider tells. Hosts are worked on side by side, so it may be called from many threads.
pub type Tell<'a> = &'a (dyn Fn(Progress) + Sync);

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ImageStarted { image, path } => {
                write!(
                    f,
                    "{image}: building the base image {} (once)",
                    path.display()
                )
            }
            Self::ImageStep { image, line } => write!(f, "{image}: {line}"),
            Self::Made(host) => write!(f, "{host}: made"),
            Self::Booting(host) => write!(f, "{host}: booting"),
            Self::Up(host) => write!(f, "{host}: up"),
            Self::AlreadyUp(host) => write!(f, "{host}: up already"),
            Self::Off(host) => write!(f, "{host}: off"),
            Self::Said(line) | Self::Left(line) => f.write_str(line),
        }
    }
}
