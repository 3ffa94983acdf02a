//! What a member of etcd is asked over its JSON gateway. Both questions are answered by the member
//! alone: a member that has lost the others answers too, and says that it sees no leader.

use super::ways::{Server, Silent, Ways, seen};
use crate::cluster::status::{Etcd, ListedMember, Seen};
use crate::step::Response;
use serde_json::{Value, json};

/// Asks a member for itself and for the members that it knows.
pub(in crate::cluster) async fn ask(ways: &Ways<'_>, server: &Server<'_>) -> Seen<Etcd> {
    let post =
        |path: &'static str| ways.http(server, "POST", path, |request| request.json(&json!({})));
    let (status, members) = futures::join!(
        post("/v3/maintenance/status"),
        post("/v3/cluster/member/list")
    );
    let read = |answer: Result<Response, Silent>| {
        let answer = answer?;
        serde_json::from_slice::<Value>(&answer.body)
            .ok()
            .filter(|_| answer.status == 200)
            .ok_or_else(|| Silent::Refused(answer.words()))
    };
    seen(read(status).and_then(|status| Ok(etcd(&status, &read(members)?))))
}

fn etcd(status: &Value, members: &Value) -> Etcd {
    let id = status["header"]["member_id"].as_str().unwrap_or_default();
    let size = |name: &str| {
        status[name]
            .as_str()
            .and_then(|text| text.parse().ok())
            .unwrap_or_default()
    };
    let errors = status["errors"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    // `memberID:10276657743932975437 alarm:NOSPACE `: each member tells the alarms of all.
    let own = errors.filter(|error| {
        let mut words = error.split_whitespace();
        words.any(|word| word.strip_prefix("memberID:") == Some(id))
    });
    let alarms = own.filter_map(|error| {
        let mut words = error.split_whitespace();
        words
            .find_map(|word| word.strip_prefix("alarm:"))
            .map(str::to_owned)
    });
    let listed = members["members"].as_array();
    Etcd {
        version: status["version"].as_str().unwrap_or_default().to_owned(),
        id: hexadecimal(id),
        leader: status["leader"]
            .as_str()
            .filter(|leader| *leader != "0")
            .map(hexadecimal),
        db_bytes: size("dbSize"),
        db_used_bytes: size("dbSizeInUse"),
        alarms: alarms.collect(),
        members: listed.into_iter().flatten().map(member).collect(),
    }
}

fn member(says: &Value) -> ListedMember {
    let text = |name: &str| says[name].as_str().unwrap_or_default();
    let urls = says["peerURLs"].as_array().into_iter().flatten();
    ListedMember {
        id: hexadecimal(text("ID")),
        name: text("name").to_owned(),
        peer_urls: urls
            .filter_map(|url| url.as_str().map(str::to_owned))
            .collect(),
        learner: says["isLearner"] == true,
    }
}

/// The gateway writes ids in decimal, and `etcdctl` takes them in hexadecimal.
fn hexadecimal(id: &str) -> String {
    id.parse::<u64>()
        .map_or_else(|_| id.to_owned(), |id| format!("{id:x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_read_with_its_own_alarms_alone() {
        let status = json!({
            "header": {"member_id": "10276657743932975437", "raft_term": "3"},
            "version": "3.5.16", "dbSize": "20480", "dbSizeInUse": "16384", "leader": "9372538179322589801",
            "errors": ["memberID:10276657743932975437 alarm:NOSPACE ", "memberID:1 alarm:CORRUPT "],
        });
        let members = json!({"members": [
            {"ID": "10276657743932975437", "name": "pg-a", "peerURLs": ["https://10.77.3.11:2380"]},
            {"ID": "9372538179322589801", "peerURLs": ["https://10.77.3.12:2380"], "isLearner": true},
        ]});
        let read = etcd(&status, &members);
        assert_eq!(
            (read.id.as_str(), read.leader.as_deref()),
            ("8e9e05c52164694d", Some("8211f1d0f64f3269"))
        );
        assert_eq!(
            (read.db_bytes, read.alarms),
            (20480, vec!["NOSPACE".to_owned()])
        );
        assert_eq!(
            read.members[1],
            ListedMember {
                id: "8211f1d0f64f3269".into(),
                name: String::new(),
                peer_urls: vec!["https://10.77.3.12:2380".into()],
                learner: true,
            }
        );
    }

    #[test]
    fn a_member_without_the_others_sees_no_leader() {
        let status = json!({"header": {"member_id": "5"}, "version": "3.4.23", "errors": ["etcdserver: no leader"]});
        let read = etcd(&status, &json!({}));
        assert_eq!((read.leader, read.alarms.len()), (None, 0));
    }
}
