//! What pgpool says.

use serde::{Deserialize, Serialize};

/// What pgpool thinks.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
pub struct Pgpool {
    /// Its backends by number.
    pub backends: Vec<Backend>,
}

/// A backend as pgpool sees it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
pub struct Backend {
    /// Its number.
    pub id: u32,
    /// Its host.
    pub hostname: String,
    /// Its port.
    pub port: u16,
    /// `up`, `waiting`, `down`, `quarantine`, `unused`.
    pub status: String,
    /// `primary` or `standby`.
    pub role: String,
}

impl Backend {
    /// Whether pgpool sends clients to it.
    pub fn attached(&self) -> bool {
        matches!(self.status.as_str(), "up" | "waiting")
    }
}
