//! What servers answer over HTTP, and what pgpool thinks of its nodes, as pending effects leave it.

use super::super::ProbeError;
use super::Foreseen;
use crate::step::{Effect, Request, Response, Served, behind};
use serde_json::{Map, Value};

/// `Err`: why no answer came.
type Answer = Result<Response, String>;

impl Foreseen {
    /// What a request that only reads will be answered.
    pub fn answered(
        &self,
        asked: &Request,
        now: Result<Answer, ProbeError>,
    ) -> Result<Answer, ProbeError> {
        if asked.url.ends_with("/v3/cluster/member/list") {
            let list = |document: &mut Map<String, Value>| {
                if let Some(Value::Array(members)) = document.get_mut("members") {
                    self.members(members);
                }
            };
            return Ok(now?.map(|answer| with(answer, list)));
        }
        if asked.method != "GET" {
            return now;
        }
        self.pending.iter().fold(now, |now, pending| {
            let Effect::Http(at, served) = &pending.effect else {
                return now;
            };
            if behind(at) != behind(&asked.url) {
                return now;
            }
            let next = match (served, now.clone()) {
                (Served::Unknown(why), _) => Err(pending.unknown(why)),
                (Served::Merged(patch), Ok(Ok(answer))) => {
                    Ok(Ok(with(answer, |document| merge(document, patch))))
                }
                (Served::Leads(member), Ok(Ok(answer))) => {
                    Ok(Ok(with(answer, |cluster| lead(cluster, member))))
                }
                (_, silent) => silent,
            };
            match (&next, &now) {
                (Ok(next), Ok(now)) if *at != asked.url && next != now => {
                    Err(pending.unknown("that may be the same server under another name"))
                }
                _ => next,
            }
        })
    }
}

impl Foreseen {
    /// Whether the node of the pgpool at this control port will be attached; `None`: as it is.
    pub fn attached(&self, host: &str, port: u16, node: u32) -> Option<bool> {
        let mut all = self.pending.iter().rev();
        all.find_map(|pending| match &pending.effect {
            Effect::PoolNode(at, of, number, attached) if at == host => {
                (*of == port && *number == node).then_some(*attached)
            }
            _ => None,
        })
    }
}

/// The answer with its document changed, where it is one.
fn with(mut answer: Response, change: impl FnOnce(&mut Map<String, Value>)) -> Response {
    if let Ok(Value::Object(mut document)) = serde_json::from_slice(&answer.body) {
        change(&mut document);
        let changed = Value::Object(document).to_string().into_bytes();
        if serde_json::from_slice::<Value>(&answer.body).ok()
            != serde_json::from_slice(&changed).ok()
        {
            answer.body = changed;
        }
    }
    answer
}

/// Mappings into mappings, `null` takes a name away, everything else replaces.
fn merge(document: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (name, value) in patch {
        match (document.get_mut(name), value) {
            (_, Value::Null) => drop(document.remove(name)),
            (Some(Value::Object(inner)), Value::Object(patch)) => merge(inner, patch),
            (_, value) => drop(document.insert(name.clone(), value.clone())),
        }
    }
}

/// The member of a Patroni cluster leads, and who led before is what it was.
fn lead(cluster: &mut Map<String, Value>, member: &str) {
    let Some(Value::Array(members)) = cluster.get_mut("members") else {
        return;
    };
    let role = |one: &Value| {
        one.get("role")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let leads = |one: &Value| matches!(role(one).as_str(), "leader" | "standby_leader");
    let old = members.iter().position(leads);
    let new = members
        .iter()
        .position(|one| one.get("name").and_then(Value::as_str) == Some(member));
    if let (Some(old), Some(new)) = (old, new) {
        let (was, will) = (role(&members[old]), role(&members[new]));
        members[old]["role"] = will.into();
        members[new]["role"] = was.into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::Tls;
    use serde_json::json;
    use std::time::Duration;

    fn asked(url: &str) -> Request {
        Request::new("GET", url, Tls::default(), Duration::from_secs(1))
    }

    fn pending(all: impl IntoIterator<Item = (&'static str, Served)>) -> Foreseen {
        let mut pending = Foreseen::default();
        for (at, served) in all {
            pending.add("change it", "root", [Effect::Http(at.to_owned(), served)]);
        }
        pending
    }

    fn says(document: &Value) -> Response {
        Response {
            status: 200,
            body: document.to_string().into_bytes(),
            ..Response::default()
        }
    }

    fn document(answer: Result<Answer, ProbeError>) -> Value {
        serde_json::from_slice(&answer.unwrap().unwrap().body).unwrap()
    }

    fn merged(patch: Value) -> Served {
        let Value::Object(patch) = patch else {
            panic!("a mapping")
        };
        Served::Merged(patch)
    }

    #[test]
    fn what_is_merged_is_there_and_what_is_null_is_not() {
        let at = "https://pg-a:8008/config";
        let pending = pending([
            (at, merged(json!({ "pause": true, "a": { "b": 1 } }))),
            (at, merged(json!({ "pause": null, "a": { "c": [2] } }))),
        ]);
        let now = Ok(Ok(says(&json!({ "ttl": 30 }))));
        assert_eq!(
            document(pending.answered(&asked(at), now.clone())),
            json!({ "ttl": 30, "a": { "b": 1, "c": [2] } })
        );
        let other = pending.answered(&asked("https://pg-a:8008/patroni"), now.clone());
        assert_eq!(document(other), json!({ "ttl": 30 }));
        let why = pending
            .answered(&asked("https://pg-b:8008/config"), now)
            .unwrap_err();
        assert_eq!(
            why.to_string(),
            "unknown until change it: that may be the same server under another name"
        );
        let same = Ok(Ok(says(
            &json!({ "pause": true, "a": { "b": 1, "c": [2] } }),
        )));
        let asked = asked("https://pg-b:8008/config");
        assert!(pending.answered(&asked, same).is_err());
        let silent = pending.answered(&asked, Ok(Err("refused".into())));
        assert_eq!(silent.unwrap().unwrap_err(), "refused");
    }

    #[test]
    fn who_takes_over_leads() {
        let member = |name: &str, role: &str| json!({ "name": name, "role": role });
        let cluster = |a: &str, b: &str| json!({ "members": [member("a", a), member("b", b), member("c", "replica")] });
        let at = "http://h:8008/cluster";
        let pending = pending([(at, Served::Leads("b".into()))]);
        let answer = pending.answered(&asked(at), Ok(Ok(says(&cluster("leader", "sync_standby")))));
        assert_eq!(document(answer), cluster("sync_standby", "leader"));
    }
}
