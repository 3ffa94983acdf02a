//! What a step makes of a unit of systemd's.

/// Whose systemd.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UnitScope {
    /// The system's.
    #[default]
    System,
    /// The task's user's.
    User,
    /// The settings for all users.
    Global,
}

impl UnitScope {
    /// `systemctl` with the scope's option.
    pub fn systemctl(self) -> &'static str {
        match self {
            Self::System => "systemctl",
            Self::User => "XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-/run/user/$(id -u)} systemctl --user",
            Self::Global => "systemctl --global",
        }
    }
}

/// What a step makes of a unit, which is there then. `None` leaves what is so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// Whether it starts at boot.
    pub enabled: Option<bool>,
    /// Whether it runs.
    pub active: Option<bool>,
    /// Whether it can't be started at all.
    pub masked: Option<bool>,
}
