//! Members of etcd clusters, as pending effects leave them.

use super::Foreseen;
use crate::step::{Effect, EtcdMember};
use serde_json::{Value, json};

impl Foreseen {
    /// A list of members, as etcd's JSON gateway tells it, as it will be told then.
    pub(super) fn members(&self, list: &mut Vec<Value>) {
        let id = |member: &Value| member["ID"].as_str().unwrap_or_default().to_owned();
        for pending in &*self.pending {
            let Effect::Etcd(cluster, change) = &pending.effect else {
                continue;
            };
            if !list.iter().any(|member| cluster.contains(&id(member))) {
                continue;
            }
            match change {
                EtcdMember::Added { name, peer_url } => list.push(json!({
                    "ID": format!("of {name}"),
                    "peerURLs": [peer_url],
                    "pending": { "name": name, "until": &*pending.until },
                })),
                EtcdMember::Removed(gone) => list.retain(|member| id(member) != *gone),
                EtcdMember::Moved(moved, url) => {
                    for member in list.iter_mut().filter(|member| id(member) == *moved) {
                        member["peerURLs"] = json!([url]);
                    }
                }
            }
        }
    }
}
