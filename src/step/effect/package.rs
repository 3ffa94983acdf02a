//! What a step makes of a package.

/// What becomes of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Package {
    /// It is there.
    There {
        /// At this version; `None` where only the host will know.
        version: Option<String>,
        /// For this architecture; empty for the host's own.
        architecture: String,
        /// It was not before, and brings files, users and units.
        new: bool,
    },
    /// It is not there.
    Gone {
        /// And nothing of its configuration.
        purged: bool,
    },
}
