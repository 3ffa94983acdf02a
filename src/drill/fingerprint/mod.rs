//! What a cluster is, fact by fact, so that two states can be held against each other: roles,
//! slots, settings, what the proxies know, and what is in the tables.

mod layout;
mod settings;
mod tables;

use super::primary::sessions;
use crate::cluster::spec::ClusterSpec;
use crate::cluster::{self, Reach};
use std::collections::BTreeMap;

/// The facts of the cluster now, each by its name. The tables of drills are none of them.
pub async fn fingerprint(spec: &ClusterSpec, reach: &dyn Reach) -> BTreeMap<String, String> {
    let status = cluster::survey(spec, reach).await;
    let mut facts = layout::facts(spec, &status);
    let mut said = Vec::new();
    for (node, session) in sessions(spec, reach, &spec.login).await {
        let read = match &session {
            Ok(session) => settings::read(session).await,
            Err(silent) => Err(silent.words().to_owned()),
        };
        match read {
            Ok(settings) => said.push((node, settings)),
            Err(why) => {
                facts.insert(format!("settings of {node}"), why);
            }
        }
    }
    facts.extend(settings::facts(spec, &status, said));
    facts.extend(tables::facts(spec, &status, reach).await);
    facts
}
