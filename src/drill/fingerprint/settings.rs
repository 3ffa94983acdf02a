//! What PostgreSQL is set to on each node, beyond its defaults.

use crate::cluster::spec::{ClusterSpec, Topology};
use crate::cluster::status::ClusterStatus;
use crate::drill::primary::Session;
use std::collections::BTreeMap;

/// What is set, from whatever lasts longer than a session.
const QUESTION: &str = "select name, setting from pg_settings \
where source in ('configuration file', 'command line', 'global', 'database', 'user', 'database user')";

/// Of whom a standby follows, only this is compared: the rest may hold a password.
const CONNECTION: [&str; 5] = ["host=", "port=", "application_name=", "sslmode=", "user="];

/// A setting's name to its value.
type Settings = BTreeMap<String, String>;

/// What is set on the node of this session.
pub(super) async fn read(session: &Session) -> Result<Settings, String> {
    let rows = session.rows(QUESTION).await?;
    let setting = |name: &str, value: &str| {
        let value = match name {
            "primary_conninfo" => followed(value),
            _ => value.to_owned(),
        };
        (name.to_owned(), value)
    };
    Ok(rows
        .iter()
        .filter_map(|row| Some(setting(row.get(0)?, row.get(1)?)))
        .collect())
}

fn followed(connection: &str) -> String {
    let words = connection.split(' ');
    let known = |word: &&str| CONNECTION.iter().any(|begin| word.starts_with(begin));
    words.filter(known).collect::<Vec<_>>().join(" ")
}

/// One fact a setting: its value, or, where they differ, that of each node.
pub(super) fn facts(
    spec: &ClusterSpec,
    status: &ClusterStatus,
    nodes: Vec<(String, Settings)>,
) -> BTreeMap<String, String> {
    let chosen = matches!(spec.topology, Topology::Patroni(_));
    let mut settings: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for (node, said) in nodes {
        let primary = status.primaries().any(|(primary, _)| primary.name == node);
        for (name, value) in said {
            let passed_over = match name.as_str() {
                // A primary follows nobody, whatever its files say of that.
                "primary_conninfo" | "primary_slot_name" | "recovery_min_apply_delay" => primary,
                name if name.starts_with("recovery_target") => primary,
                // Patroni chooses who is synchronous.
                "synchronous_standby_names" => chosen,
                _ => false,
            };
            if !passed_over {
                settings
                    .entry(name)
                    .or_default()
                    .push((node.clone(), value));
            }
        }
    }
    let asked = status.nodes.len();
    let facts = settings.into_iter().map(|(name, values)| {
        let same = values.windows(2).all(|pair| pair[0].1 == pair[1].1);
        let value = match values.first() {
            Some((_, value)) if same && values.len() == asked => value.clone(),
            _ => {
                let each = values
                    .iter()
                    .map(|(node, value)| format!("{node}: {value}"));
                each.collect::<Vec<_>>().join("; ")
            }
        };
        (format!("setting {name}"), value)
    });
    facts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_compared_without_its_password() {
        insta::assert_snapshot!(
            followed("host=pg-a port=5432 user=replicator password=x application_name=pg-b channel_binding=prefer"),
            @"host=pg-a port=5432 user=replicator application_name=pg-b"
        );
    }
}
