//! Whether Patroni works by the declared rules.

use super::{Scene, finding};
use crate::cluster::judge::{Finding, Level, list};
use crate::cluster::spec::AgentSpec;
use crate::cluster::status::Patroni;
use serde_json::Value;
use std::collections::BTreeMap;

pub(super) fn judge(scene: &Scene, findings: &mut Vec<Finding>) {
    // Where the pause is why nobody leads, that is told there.
    let told = scene.case.primaries().is_empty() && scene.has_quorum();
    if scene.paused() && !told {
        findings.push(finding(
            Level::Warning,
            "the cluster is paused (maintenance mode): if the leader is lost now, Patroni promotes nobody".to_owned(),
            vec![scene.patronictl("resume")],
        ));
    }
    findings.extend(failsafe(scene));
    dynamic(scene, findings);
    for agent in &scene.spec.agents {
        let asked = scene.status.agent(&agent.server.name);
        if let Some(says) = asked.and_then(|asked| asked.seen.answer()) {
            findings.extend(tags(scene, agent, says));
        }
    }
    findings.extend(restarts(scene));
}

fn failsafe(scene: &Scene) -> Option<Finding> {
    let active = |name: &str| {
        let agent = scene.status.agent(name);
        agent
            .and_then(|agent| agent.seen.answer())
            .is_some_and(|says| says.failsafe_active)
    };
    if scene
        .case
        .only_primary()
        .is_some_and(|primary| active(primary.name))
    {
        return Some(finding(
            Level::Warning,
            "failsafe mode is active: Patroni can't reach its store, and the leader stays only as long as every member answers it; nobody can be promoted".to_owned(),
            vec![],
        ));
    }
    let nodes = scene.case.status.nodes.iter();
    let names: Vec<&str> = nodes
        .map(|node| node.name.as_str())
        .filter(|name| active(name))
        .collect();
    (!names.is_empty()).then(|| {
        finding(
            Level::Note,
            format!(
                "failsafe mode was active until a moment ago (on {})",
                list(&names)
            ),
            vec![],
        )
    })
}

/// The dynamic configuration against what is declared.
fn dynamic(scene: &Scene, findings: &mut Vec<Finding>) {
    let config = scene.view().and_then(|view| view.config.as_ref());
    let Some(config) = config else { return };
    let differ: Vec<String> = scene
        .spec
        .dynamic
        .iter()
        .filter(|(name, wanted)| !same(&config[name.as_str()], wanted))
        .map(|(name, wanted)| {
            format!(
                "{name} is {}, and {wanted} is declared",
                value_text(&config[name.as_str()])
            )
        })
        .collect();
    if !differ.is_empty() {
        findings.push(finding(
            Level::Warning,
            format!(
                "Patroni's dynamic configuration is not as declared: {}",
                differ.join("; ")
            ),
            vec![scene.case.apply()],
        ));
    }
}

/// A switch that is not there is off.
fn same(found: &Value, wanted: &Value) -> bool {
    found == wanted || (found.is_null() && *wanted == false)
}

fn value_text(value: &Value) -> String {
    if value.is_null() {
        "not set".to_owned()
    } else {
        value.to_string()
    }
}

/// The tags of a node against what is declared.
fn tags(scene: &Scene, agent: &AgentSpec, says: &Patroni) -> Option<Finding> {
    let empty = |value: &Value| value.is_null() || *value == false;
    let found = |name: &str| says.tags.get(name).unwrap_or(&Value::Null);
    let missing = agent
        .tags
        .iter()
        .filter(|(name, wanted)| found(name) != *wanted && !(empty(found(name)) && empty(wanted)))
        .map(|(name, wanted)| {
            format!(
                "{name} is {}, and {wanted} is declared",
                value_text(found(name))
            )
        });
    let further = says
        .tags
        .iter()
        .filter(|(name, value)| !agent.tags.contains_key(*name) && !empty(value))
        .map(|(name, value)| format!("{name} is {value}, and nothing is declared"));
    let differ: Vec<String> = missing.chain(further).collect();
    (!differ.is_empty()).then(|| {
        finding(
            Level::Warning,
            format!(
                "the tags of {} are not as declared: {}",
                agent.server.name,
                differ.join("; ")
            ),
            vec![scene.case.apply()],
        )
    })
}

/// Settings that are known and not in force.
fn restarts(scene: &Scene) -> Option<Finding> {
    let mut waiting: BTreeMap<&[String], Vec<&str>> = BTreeMap::new();
    for agent in &scene.status.agents {
        if let Some(says) = agent
            .seen
            .answer()
            .filter(|says| !says.pending_restart.is_empty())
        {
            waiting
                .entry(&says.pending_restart)
                .or_default()
                .push(&agent.name);
        }
    }
    if waiting.is_empty() {
        return None;
    }
    let told: Vec<String> = waiting
        .into_iter()
        .map(|(settings, nodes)| {
            let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
            if settings == ["?"] {
                list(&nodes)
            } else {
                format!("{} (for {})", list(&nodes), list(&settings))
            }
        })
        .collect();
    Some(finding(
        Level::Warning,
        format!(
            "new settings are not in force before a restart of {}; replicas first, the leader last",
            told.join("; ")
        ),
        vec![scene.case.command("rolling-restart", None)],
    ))
}
