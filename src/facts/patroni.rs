//! What Patroni's REST API says of a cluster and of a member.

use super::http::{Asked, Way};
use super::{Look, ProbeError};
use crate::decide::{Lsn, holds_the_lock, may_take_over};
use crate::step::Response;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::time::Duration;

/// `GET /cluster`: what the members told the DCS, each some seconds ago.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Cluster {
    /// Its members.
    #[serde(default)]
    pub members: Vec<Member>,
    /// Whether Patroni only looks on (maintenance mode).
    #[serde(default)]
    pub pause: bool,
}

/// A member as the DCS knows it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// `leader`, `standby_leader`, `sync_standby`, `quorum_standby`, `replica`.
    #[serde(default)]
    pub role: String,
    /// `running`, `streaming`, `starting`, `stopped`, ...
    #[serde(default)]
    pub state: String,
    /// Its REST API; `null` before it said so.
    #[serde(default)]
    pub api_url: Option<String>,
    /// Its timeline.
    #[serde(default)]
    pub timeline: Option<u64>,
    /// How many bytes it lies behind the leader: a number, or `unknown`.
    #[serde(default)]
    pub lag: Value,
    /// Its tags.
    #[serde(default)]
    pub tags: Map<String, Value>,
}

impl Member {
    /// Whether it holds the leader's lock.
    pub fn leads(&self) -> bool {
        holds_the_lock(&self.role)
    }

    /// Whether a commit waits for it.
    pub fn is_synchronous(&self) -> bool {
        may_take_over(&self.role)
    }

    /// Whether one of its tags is on.
    pub fn tagged(&self, tag: &str) -> bool {
        matches!(self.tags.get(tag), Some(Value::Bool(true)))
    }
}

impl Cluster {
    /// Who holds the leader's lock.
    pub fn leader(&self) -> Option<&Member> {
        self.members.iter().find(|member| member.leads())
    }

    /// The member of this name.
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }
}

/// `GET /patroni`: what a member knows of itself, now.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[allow(clippy::struct_excessive_bools)] // They are Patroni's own words.
pub struct Standing {
    /// `running`, `starting`, `stopped`, ...
    #[serde(default)]
    pub state: String,
    /// `primary` (`master` before 4.0), `replica`, `standby_leader`, `uninitialized`.
    #[serde(default)]
    pub role: String,
    /// Its timeline.
    #[serde(default)]
    pub timeline: Option<u64>,
    /// How far its WAL goes.
    #[serde(default)]
    pub xlog: Xlog,
    /// Who streams from it.
    #[serde(default)]
    pub replication: Vec<Receiver>,
    /// Whether a parameter waits for a restart.
    #[serde(default)]
    pub pending_restart: bool,
    /// Which ones (since 4.0).
    #[serde(default)]
    pub pending_restart_reason: BTreeMap<String, Waiting>,
    /// Its tags.
    #[serde(default)]
    pub tags: Map<String, Value>,
    /// Whether Patroni only looks on (maintenance mode).
    #[serde(default)]
    pub pause: bool,
    /// Whether the DCS is lost and the members agree directly that the leader stays.
    #[serde(default)]
    pub failsafe_mode_is_active: bool,
    /// Whether a watchdog is required and does not work.
    #[serde(default)]
    pub watchdog_failed: bool,
    /// When it last reached its DCS (seconds since 1970).
    #[serde(default)]
    pub dcs_last_seen: Option<i64>,
    /// Patroni itself.
    #[serde(default)]
    pub patroni: Own,
}

impl Standing {
    /// Whether it leads and PostgreSQL there is up: takes writes, or feeds a standby cluster.
    pub fn leads(&self) -> bool {
        self.state == "running" && (self.is_primary() || self.role == "standby_leader")
    }

    /// Whether PostgreSQL there takes writes.
    pub fn is_primary(&self) -> bool {
        matches!(self.role.as_str(), "primary" | "master")
    }
}

/// Positions in the WAL.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Xlog {
    /// A primary's end.
    #[serde(default, deserialize_with = "bytes")]
    pub location: Option<Lsn>,
    /// What a replica received.
    #[serde(default, deserialize_with = "bytes")]
    pub received_location: Option<Lsn>,
    /// What a replica replayed.
    #[serde(default, deserialize_with = "bytes")]
    pub replayed_location: Option<Lsn>,
}

impl Xlog {
    /// How far a replica has got.
    pub fn reached(&self) -> Option<Lsn> {
        self.received_location.max(self.replayed_location)
    }
}

/// Patroni tells places in the log as bytes since its beginning.
fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Lsn>, D::Error> {
    Ok(Option::deserialize(deserializer)?.map(Lsn))
}

/// A replica as the server that feeds it sees it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Receiver {
    /// The member's name.
    #[serde(default)]
    pub application_name: Option<String>,
    /// `streaming`, `catchup`, ...
    #[serde(default)]
    pub state: Option<String>,
    /// `sync`, `quorum`, `potential`, `async`.
    #[serde(default)]
    pub sync_state: Option<String>,
}

/// A parameter that waits for a restart.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Waiting {
    /// What is in effect.
    #[serde(default)]
    pub old_value: Value,
    /// What will be.
    #[serde(default)]
    pub new_value: Value,
}

/// Patroni's own words on itself.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Own {
    /// The member's name (since 4.0).
    #[serde(default)]
    pub name: String,
    /// Its version.
    #[serde(default)]
    pub version: String,
    /// The name of the cluster.
    #[serde(default)]
    pub scope: String,
}

/// The address of something of the API at `url`.
pub fn at(url: &str, path: &str) -> String {
    format!("{}/{path}", url.trim_end_matches('/'))
}

/// Asks for `path` of the API at `url`; `Err` tells why there is no answer of that kind.
pub async fn get<T: DeserializeOwned>(
    look: &Look,
    way: &Way,
    url: &str,
    path: &str,
    limit: Duration,
) -> Result<Result<T, String>, ProbeError> {
    let request = way.request("GET", at(url, path), limit);
    let shown = request.shown();
    let answer = look.fact(Asked(request)).await?;
    Ok(answer.and_then(|response| read(&shown, &response)))
}

/// What `member` says of itself now; `Err` tells why it says nothing.
pub async fn standing(
    look: &Look,
    way: &Way,
    member: &Member,
    limit: Duration,
) -> Result<Result<Standing, String>, ProbeError> {
    let Some(url) = &member.api_url else {
        return Ok(Err("it has not told where its API is".to_owned()));
    };
    let url = url.trim_end_matches("/patroni");
    get(look, way, url, "patroni", limit).await
}

/// The dynamic configuration as it stands in the DCS.
pub async fn config(
    look: &Look,
    way: &Way,
    url: &str,
    limit: Duration,
) -> Result<Map<String, Value>, ProbeError> {
    // `/config` answers from what the member last saw of the DCS; `/cluster` makes it look again.
    let cluster: Result<Cluster, String> = get(look, way, url, "cluster", limit).await?;
    cluster.map_err(ProbeError::Failed)?;
    let request = way.request("GET", at(url, "config"), limit);
    let shown = request.shown();
    let response = look
        .fact(Asked(request))
        .await?
        .map_err(ProbeError::Failed)?;
    if response.status == 502 {
        return Err(ProbeError::Failed(format!(
            "{shown}: the cluster has no dynamic configuration: it was not bootstrapped yet, or \
             its DCS was emptied"
        )));
    }
    read(&shown, &response).map_err(ProbeError::Failed)
}

fn read<T: DeserializeOwned>(shown: &str, response: &Response) -> Result<T, String> {
    // `/patroni` answers 503 with the same document where PostgreSQL does not run.
    let document = serde_json::from_slice(&response.body);
    match (response.status, document) {
        (200 | 503, Ok(document)) => Ok(document),
        (200, Err(error)) => Err(format!(
            "{shown}: this is not what Patroni answers: {error}"
        )),
        _ => Err(format!("{shown}: {}", response.words())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_every_version_says_is_read() {
        let old = r#"{"members": [{"name": "pg-a", "role": "leader", "state": "running", "api_url": "https://10.0.0.1:8008/patroni", "timeline": 1},
            {"name": "pg-b", "role": "sync_standby", "state": "running", "lag": 0, "tags": {"nosync": true}},
            {"name": "pg-c", "role": "replica", "state": "stopped", "lag": "unknown"}], "pause": true}"#;
        let cluster: Cluster = serde_json::from_str(old).unwrap();
        assert_eq!(cluster.leader().unwrap().name, "pg-a");
        assert!(cluster.pause && cluster.member("pg-b").unwrap().is_synchronous());
        assert!(cluster.member("pg-b").unwrap().tagged("nosync"));
        let now = r#"{"state": "running", "role": "primary", "xlog": {"location": 67108864}, "timeline": 2,
            "replication": [{"application_name": "pg-b", "state": "streaming", "sync_state": "sync", "client_addr": "10.0.0.2"}],
            "pending_restart": true, "pending_restart_reason": {"max_connections": {"old_value": "100", "new_value": "200"}},
            "patroni": {"version": "4.0.7", "scope": "main", "name": "pg-a"}}"#;
        let standing: Standing = serde_json::from_str(now).unwrap();
        assert!(standing.is_primary() && standing.pending_restart);
        assert_eq!(
            standing.pending_restart_reason["max_connections"].new_value,
            "200"
        );
        let bare: Standing =
            serde_json::from_str(r#"{"state": "starting", "role": "replica"}"#).unwrap();
        assert_eq!((bare.xlog.reached(), bare.pending_restart), (None, false));
    }
}
