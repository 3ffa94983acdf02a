//! Gathers facts: what the host is, under the names that Ansible has for them.
//!
//! ```yaml
//! - setup: { gather_subset: [ min ] }
//! ```
//!
//! Left out are facts of Python, of hardware that needs tools of its own (devices, LVM), and
//! custom facts of the host.

mod distribution;
mod hardware;
mod identity;
mod network;

pub use distribution::family;
pub use identity::manager;

use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError, Said, System};
use serde::Deserialize;
use serde_json::{Map, Value};

/// `setup`
pub struct Setup;

/// The parameters of `setup`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Which facts: `all`, `min`, `network`, `hardware`, `virtual`, `env` and others; with `!` not those.
    #[serde(default)]
    pub gather_subset: Vec<String>,
    /// Only facts whose names match one of these patterns.
    #[serde(default)]
    pub filter: Vec<String>,
    /// Has no effect: the whole question has one time limit.
    #[serde(default)]
    #[allow(dead_code)] // Only named, so that it is taken.
    pub gather_timeout: Option<u32>,
    /// Not supported: facts of the host's own making.
    #[serde(default)]
    #[allow(dead_code)] // Only named, so that it is refused.
    pub fact_path: super::unsupported::Unsupported,
}

impl Module for Setup {
    const NAME: &'static str = "setup";
    const ALSO: &'static [&'static str] = &["gather_facts"];
    type Params = Params;
    type Ready = Params;
    type State = Said;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        Ok(params)
    }

    async fn probe(_: &Params, look: &Look) -> Result<Said, ProbeError> {
        look.fact(System { network: true }).await
    }

    fn plan(_: &Params, _: &Said) -> Result<Plan, String> {
        Ok(Plan::nothing())
    }

    fn result(
        Course {
            ready: params,
            before,
            ..
        }: Course<'_, Self>,
    ) -> TaskResult {
        let mut facts = facts(before, &params.gather_subset);
        if !params.filter.is_empty() {
            facts.retain(|name, _| params.filter.iter().any(|pattern| matches(pattern, name)));
        }
        TaskResult {
            facts,
            ..TaskResult::default()
        }
    }
}

/// The facts of the wanted subsets, all by default. The parts that cost nothing more are one subset each.
pub fn facts(said: &Said, subsets: &[String]) -> Map<String, Value> {
    let gathers = |subset: &str| {
        let named = |name: &str| subsets.iter().any(|wanted| wanted == name);
        let anything = subsets
            .iter()
            .all(|wanted| wanted.starts_with('!') || wanted == "all");
        !named(&format!("!{subset}")) && (named(subset) || (anything && !named("!all")))
    };
    let mut facts = Map::new();
    identity::add(&mut facts, said);
    distribution::add(&mut facts, said);
    if gathers("network") {
        network::add(&mut facts, said);
    }
    if gathers("hardware") {
        hardware::add(&mut facts, said);
    }
    if gathers("virtual") {
        hardware::add_virtualization(&mut facts, said);
    }
    let gathered = if subsets.is_empty() {
        vec!["all".to_owned()]
    } else {
        subsets.to_vec()
    };
    facts.insert("gather_subset".into(), gathered.into());
    facts.insert("module_setup".into(), true.into());
    facts
}

/// Sets `ansible_NAME`.
fn set(facts: &mut Map<String, Value>, name: &str, value: impl Into<Value>) {
    facts.insert(format!("ansible_{name}"), value.into());
}

/// Whether a name matches a shell pattern with `*` and `?`; `ansible_` may be left out.
fn matches(pattern: &str, name: &str) -> bool {
    fn matches(pattern: &[u8], name: &[u8]) -> bool {
        match (pattern.first(), name.first()) {
            (None, None) => true,
            (Some(b'*'), _) => {
                matches(&pattern[1..], name) || (!name.is_empty() && matches(pattern, &name[1..]))
            }
            (Some(b'?'), Some(_)) => matches(&pattern[1..], &name[1..]),
            (Some(a), Some(b)) if a == b => matches(&pattern[1..], &name[1..]),
            _ => false,
        }
    }
    let short = name.strip_prefix("ansible_").unwrap_or(name);
    matches(pattern.as_bytes(), name.as_bytes()) || matches(pattern.as_bytes(), short.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Shell, settled};
    use serde_json::json;

    #[test]
    fn this_machine_is_known_in_every_shell() {
        for shell in Shell::all() {
            let facts = settled::<Setup>(&shell, "/".as_ref(), json!({})).facts;
            assert_eq!(facts["ansible_system"], "Linux", "{shell:?}");
            assert_eq!(
                facts["ansible_user_uid"],
                rustix::process::getuid().as_raw()
            );
            assert!(facts["ansible_memtotal_mb"].as_u64() > Some(0));
            assert!(facts["ansible_processor_vcpus"].as_u64() > Some(0));
            assert!(
                facts["ansible_env"]["PATH"]
                    .as_str()
                    .is_some_and(|path| !path.contains('=')),
                "{shell:?}"
            );
            assert_eq!(
                facts["ansible_lo"]["ipv4"]["netmask"], "255.0.0.0",
                "{shell:?}"
            );
        }
    }

    #[test]
    fn subsets_and_filters_leave_the_rest_out() {
        let facts = |args| settled::<Setup>(&Shell::dash(), "/".as_ref(), args).facts;
        let few = facts(json!({ "gather_subset": ["!all"] }));
        assert!(few.contains_key("ansible_hostname") && !few.contains_key("ansible_lo"));
        let network = facts(json!({ "gather_subset": ["network"] }));
        assert!(network.contains_key("ansible_lo") && !network.contains_key("ansible_memtotal_mb"));
        let one = facts(json!({ "filter": ["ansible_host*"] }));
        assert_eq!(one.keys().collect::<Vec<_>>(), ["ansible_hostname"]);
    }
}
