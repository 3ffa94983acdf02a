//! Whether something shall be there: the `state` of many modules.

/// Whether it shall be there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// It shall not.
    Absent,
    /// It shall.
    #[default]
    Present,
}

impl Presence {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Present => "present",
        }
    }
}
