//! What etcd's JSON gateway says of its members.

use super::http::{Asked, Way};
use super::{Look, ProbeError};
use crate::step::{Request, Response};
use futures::future::join_all;
use futures::stream::{FuturesOrdered, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// A member as the cluster lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Member {
    /// Its id, a number of 64 bits in decimal.
    #[serde(rename = "ID")]
    pub id: String,
    /// Its name; empty until it started for the first time.
    #[serde(default)]
    pub name: String,
    /// Where the other members reach it.
    #[serde(default, rename = "peerURLs")]
    pub peer_urls: Vec<String>,
    /// Where clients reach it; none until it started for the first time.
    #[serde(default, rename = "clientURLs")]
    pub client_urls: Vec<String>,
    /// Only in a dry run: a task is still to add it.
    #[serde(default)]
    pub pending: Option<ToCome>,
}

/// A member that a task is still to add.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct ToCome {
    /// The name that it has once it runs.
    pub name: String,
    /// The task.
    pub until: String,
}

impl Member {
    /// Whether it ever started.
    pub fn started(&self) -> bool {
        !self.name.is_empty()
    }

    /// Its id as `etcdctl` writes it.
    pub fn hex(&self) -> String {
        self.id
            .parse::<u64>()
            .map_or_else(|_| self.id.clone(), |id| format!("{id:x}"))
    }

    /// What to call it.
    pub fn called(&self) -> String {
        if self.started() {
            self.name.clone()
        } else {
            format!("{} (never started)", self.peer_urls.join(","))
        }
    }
}

/// The members, by the word of one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Members {
    /// The endpoint that answered.
    pub endpoint: String,
    /// All members.
    pub all: Vec<Member>,
}

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    members: Vec<Member>,
}

#[derive(Deserialize)]
struct Health {
    #[serde(default)]
    health: Value,
    #[serde(default)]
    reason: String,
}

/// The request of the JSON gateway for `what`.
pub fn request(way: &Way, endpoint: &str, what: &str, body: &Value, limit: Duration) -> Request {
    let url = format!(
        "{}/v3/cluster/member/{what}",
        endpoint.trim_end_matches('/')
    );
    way.request("POST", url, limit).json(body)
}

/// The members, as the first of `endpoints` tells them that answers.
pub async fn members(
    look: &Look,
    way: &Way,
    endpoints: &[String],
    limit: Duration,
) -> Result<Members, ProbeError> {
    // All at once, so that a dead one costs its time limit only where it stands before all others.
    let mut asked: FuturesOrdered<_> = endpoints
        .iter()
        .map(|endpoint| list(look, way, endpoint, limit))
        .collect();
    let mut why = Vec::new();
    while let Some(answer) = asked.next().await {
        match answer? {
            Ok(members) => return Ok(members),
            Err(words) => why.push(words),
        }
    }
    Err(ProbeError::Failed(format!(
        "no etcd answers: {}",
        why.join("; ")
    )))
}

async fn list(
    look: &Look,
    way: &Way,
    endpoint: &str,
    limit: Duration,
) -> Result<Result<Members, String>, ProbeError> {
    // What the whole cluster says, not what one member remembers; 3.4 doesn't know the word, and
    // there every list is one member's.
    let asked = request(
        way,
        endpoint,
        "list",
        &json!({ "linearizable": true }),
        limit,
    );
    let shown = asked.shown();
    let mut answer = look.fact(Asked(asked)).await?;
    if answer.as_ref().is_ok_and(|response| response.status == 400) {
        let asked = request(way, endpoint, "list", &json!({}), limit);
        answer = look.fact(Asked(asked)).await?;
    }
    Ok(answer.and_then(|response| read(&shown, endpoint, &response)))
}

fn read(shown: &str, endpoint: &str, response: &Response) -> Result<Members, String> {
    if response.status == 404 {
        return Err(format!(
            "{shown}: no JSON gateway there: etcd 3.4 with a configuration file needs \
             enable-grpc-gateway: true"
        ));
    }
    if response.status != 200 {
        return Err(format!("{shown}: {}", response.words()));
    }
    let list: List = serde_json::from_slice(&response.body)
        .map_err(|error| format!("{shown}: this is not what etcd answers: {error}"))?;
    if list.members.is_empty() {
        return Err(format!("{shown}: it lists no members"));
    }
    Ok(Members {
        endpoint: endpoint.to_owned(),
        all: list.members,
    })
}

/// Those of `members` that answer and don't list `peer_url` yet: each applies a change by itself,
/// and one who is asked by a new member too early sends it away.
pub async fn behind(
    look: &Look,
    way: &Way,
    members: &[Member],
    peer_url: &str,
    limit: Duration,
) -> Result<Vec<String>, ProbeError> {
    let asked = members.iter().map(|member| async move {
        let Some(url) = member.client_urls.first() else {
            return Ok(None);
        };
        let known = list(look, way, url, limit).await?;
        let lists = |members: &Members| {
            let mut urls = members.all.iter().flat_map(|member| &member.peer_urls);
            urls.any(|url| url == peer_url)
        };
        Ok(known
            .is_ok_and(|members| !lists(&members))
            .then(|| member.name.clone()))
    });
    let behind: Result<Vec<_>, _> = join_all(asked).await.into_iter().collect();
    Ok(behind?.into_iter().flatten().collect())
}

/// For each of `members` that ever started: nothing when it is healthy, else what is wrong with it.
pub async fn health(
    look: &Look,
    way: &Way,
    members: &[Member],
    limit: Duration,
) -> Result<Vec<(String, Option<String>)>, ProbeError> {
    let asked = members.iter().map(|member| async move {
        // Who is added is started before another one is looked at.
        if member.pending.is_some() {
            return Ok((member.id.clone(), None));
        }
        let Some(url) = member.client_urls.first() else {
            return Ok((member.id.clone(), Some("it never started".to_owned())));
        };
        let request = way.request(
            "GET",
            format!("{}/health", url.trim_end_matches('/')),
            limit,
        );
        let ill = match look.fact(Asked(request)).await? {
            Ok(response) => ill(&response),
            Err(why) => Some(why),
        };
        Ok((member.id.clone(), ill))
    });
    join_all(asked).await.into_iter().collect()
}

fn ill(response: &Response) -> Option<String> {
    let Ok(said) = serde_json::from_slice::<Health>(&response.body) else {
        return Some(response.words());
    };
    let healthy = said.health == Value::Bool(true) || said.health == "true";
    (!healthy).then(|| match said.reason.as_str() {
        "" => "it says that it is not healthy".to_owned(),
        reason => reason.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, body: &str) -> Response {
        Response {
            status,
            body: body.into(),
            ..Response::default()
        }
    }

    #[test]
    fn members_are_read_whether_they_started_or_not() {
        let body = r#"{"header":{"cluster_id":"14841639068965178418"},"members":[
            {"ID":"10276657743932975437","name":"pg-a","peerURLs":["https://a:2380"],"clientURLs":["https://a:2379"]},
            {"ID":"255","peerURLs":["https://b:2380"]}]}"#;
        let members = read("POST x", "https://a:2379", &response(200, body))
            .unwrap()
            .all;
        assert_eq!(
            (members[0].hex().as_str(), members[0].started()),
            ("8e9e05c52164694d", true)
        );
        assert_eq!(
            (members[1].hex().as_str(), members[1].started()),
            ("ff", false)
        );
        assert_eq!(members[1].called(), "https://b:2380 (never started)");
        let why = read("POST x", "", &response(404, "404 page not found")).unwrap_err();
        assert!(why.ends_with("enable-grpc-gateway: true"));
    }

    #[test]
    fn health_is_read() {
        assert_eq!(
            ill(&response(200, r#"{"health":"true","reason":""}"#)),
            None
        );
        let said = ill(&response(
            503,
            r#"{"health":"false","reason":"RAFT NO LEADER"}"#,
        ));
        assert_eq!(said.as_deref(), Some("RAFT NO LEADER"));
        assert_eq!(ill(&response(404, "")).as_deref(), Some("404 Not Found"));
    }
}
