//! For whom commits wait, in the words of Patroni and of PostgreSQL.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

/// For whom commits wait by Patroni's dynamic configuration.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default)]
pub struct CommitPolicy {
    /// Whether commits wait for a replica.
    #[serde(rename = "synchronous_mode")]
    pub mode: SynchronousMode,
    /// Whether they wait also where no replica is there.
    #[serde(rename = "synchronous_mode_strict", deserialize_with = "is_set")]
    pub strict: bool,
}

impl CommitPolicy {
    /// As the configuration has it; for nobody where it says nothing of it.
    pub fn of<'de>(config: impl Deserializer<'de>) -> Self {
        Self::deserialize(config).unwrap_or_default()
    }
}

/// Whether commits wait for a replica of Patroni's choice.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(from = "Setting")]
pub enum SynchronousMode {
    /// They wait for nobody.
    #[default]
    Off,
    /// For each that is named.
    On,
    /// For some of those that are named.
    Quorum,
}

impl SynchronousMode {
    /// Whether only a replica for which commits wait may be promoted.
    pub fn is_on(self) -> bool {
        self != Self::Off
    }
}

impl std::fmt::Display for SynchronousMode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Off => "off",
            Self::On => "on",
            Self::Quorum => "quorum",
        })
    }
}

/// Whether commits wait for a standby, by its `sync_state` in `pg_stat_replication`.
pub fn is_waited_for(sync_state: &str) -> bool {
    matches!(sync_state, "sync" | "quorum")
}

/// Whether Patroni counts a member of this role as synchronous: it may be promoted without losing a
/// commit.
pub fn may_take_over(role: &str) -> bool {
    matches!(role, "sync_standby" | "quorum_standby")
}

/// Whether a member of this role holds the leader's lock in Patroni's store.
pub fn holds_the_lock(role: &str) -> bool {
    // `master` before 4.0.
    matches!(role, "leader" | "standby_leader" | "master")
}

/// A setting of Patroni's, however it was written.
#[derive(Deserialize)]
#[serde(untagged)]
enum Setting {
    Truth(bool),
    Number(i64),
    Word(String),
    Other(IgnoredAny),
}

impl Setting {
    /// As Patroni's `parse_bool` reads it.
    fn is_set(&self) -> bool {
        match self {
            Self::Truth(truth) => *truth,
            Self::Number(number) => *number == 1,
            Self::Word(word) => ["on", "true", "yes", "1"].contains(&&*word.to_lowercase()),
            Self::Other(_) => false,
        }
    }
}

impl From<Setting> for SynchronousMode {
    fn from(setting: Setting) -> Self {
        match &setting {
            Setting::Word(word) if word.to_lowercase() == "quorum" => Self::Quorum,
            setting if setting.is_set() => Self::On,
            _ => Self::Off,
        }
    }
}

fn is_set<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Setting::deserialize(deserializer).map(|setting| setting.is_set())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_read_however_it_was_written() {
        let read = |text: &str| {
            let policy: CommitPolicy = serde_json::from_str(text).unwrap();
            format!("{} {}", policy.mode, policy.strict)
        };
        assert_eq!(read("{}"), "off false");
        assert_eq!(
            read(r#"{"synchronous_mode": null, "ttl": 30}"#),
            "off false"
        );
        assert_eq!(
            read(r#"{"synchronous_mode": true, "synchronous_mode_strict": "on"}"#),
            "on true"
        );
        assert_eq!(read(r#"{"synchronous_mode": "Yes"}"#), "on false");
        assert_eq!(read(r#"{"synchronous_mode": 1}"#), "on false");
        assert_eq!(read(r#"{"synchronous_mode": "off"}"#), "off false");
        assert_eq!(
            read(r#"{"synchronous_mode": "quorum", "synchronous_mode_strict": []}"#),
            "quorum false"
        );
    }
}
