//! A member of an etcd cluster.
//!
//! ```yaml
//! - etcd_member:
//!     endpoints: ["https://10.0.0.1:2379", "https://10.0.0.2:2379"]
//!     ca_path: /etc/etcd/tls/ca.crt
//!     client_cert: /etc/etcd/tls/server.crt
//!     client_key: /etc/etcd/tls/server.key
//!     name: pg-c
//!     peer_url: https://10.0.0.3:2380
//!     data_lost: "{{ not member_dir.stat.exists }}"
//!   register: etcd
//! ```
//!
//! A member is added before it starts for the first time, with `initial_cluster` of the result and
//! the state `existing` in its configuration. One whose data was lost can't come back under its old
//! id: it is removed and added. Nothing is done that would cost the cluster its quorum: members come
//! in one after another (`serial: 1`), each started before the next is added.

mod quorum;
#[cfg(test)]
mod tests;

use super::http::{PEER_ALIASES, in_servers_words, with_peer};
use super::presence::Presence;
use super::{Change, Controller, Course, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::etcd::{self, Member, Members};
use crate::facts::http::Way;
use crate::facts::{Look, ProbeError};
use crate::step::{self, Action, Effect, Step};
use quorum::Quorum;
use serde_json::{Value, json};
use std::time::Duration;

/// `etcd_member`
pub struct EtcdMember;

with_peer! {
    /// Parameters of `etcd_member`.
    pub struct Params {
        /// Members that may be asked, as the target sees them; the first that answers is.
        endpoints: Vec<String>,
        /// The member's name.
        name: String,
        /// Where the other members reach it; needed for `present`.
        #[serde(default)]
        peer_url: Option<String>,
        /// `present` or `absent`.
        #[serde(default)]
        state: Presence,
        /// The member's data is not there (any more): if the cluster lists it as one that has
        /// started, it is removed and added again.
        #[serde(default)]
        data_lost: bool,
        /// How many seconds an answer may take, and a change that has to wait for its turn.
        #[serde(default = "twenty")]
        timeout: u64,
    }
}

fn twenty() -> u64 {
    20
}

/// What the cluster says.
pub struct State {
    way: Way,
    members: Members,
    /// Id, and what is wrong; empty where nothing is to be decided by it.
    health: Vec<(String, Option<String>)>,
    /// Members that have not heard yet that it was added.
    behind: Vec<String>,
}

impl State {
    /// What becomes of the cluster's members.
    fn becomes(&self, change: step::EtcdMember) -> Effect {
        let ids = self.members.all.iter().map(|member| member.id.clone());
        Effect::Etcd(ids.collect(), change)
    }
}

/// How the cluster lists the member.
enum Listed<'a> {
    No,
    /// It was added and never started.
    Waiting(&'a Member),
    Started(&'a Member),
    /// Another one has its address.
    Other(&'a Member),
}

impl Params {
    fn listed<'a>(&self, members: &'a [Member]) -> Listed<'a> {
        if let Some(member) = members.iter().find(|member| member.name == self.name) {
            return Listed::Started(member);
        }
        let here = |member: &&Member| {
            let url = self.peer_url.as_ref();
            url.is_some_and(|url| member.peer_urls.contains(url))
        };
        match members.iter().find(here) {
            None => Listed::No,
            Some(member) if member.started() => Listed::Other(member),
            Some(member) => Listed::Waiting(member),
        }
    }

    /// Whether what is to be done depends on who is healthy.
    fn decides(&self, members: &[Member]) -> bool {
        match (self.state, self.listed(members)) {
            (Presence::Present, Listed::Started(_)) => self.data_lost,
            (Presence::Present, Listed::No)
            | (Presence::Absent, Listed::Started(_) | Listed::Waiting(_)) => true,
            _ => false,
        }
    }

    fn step(&self, state: &State, what: String, order: &str, body: &Value) -> Step {
        let limit = Duration::from_secs(self.timeout);
        let endpoint = &state.members.endpoint;
        let mut request = etcd::request(&state.way, endpoint, order, body, limit).accepts(&[200]);
        // etcd takes a change only some seconds after all members found each other.
        request.again = Some("unhealthy cluster");
        Step::new(what, Action::Request(Box::new(request)))
    }

    fn add(&self, state: &State, url: &str) -> Step {
        let what = format!("add etcd member {}", self.name);
        let added = step::EtcdMember::Added {
            name: self.name.clone(),
            peer_url: url.to_owned(),
        };
        let step = self.step(state, what, "add", &json!({ "peerURLs": [url] }));
        step.making([state.becomes(added)])
    }

    fn remove(&self, state: &State, member: &Member) -> Step {
        let what = format!("remove etcd member {} ({})", self.name, member.hex());
        let removed = step::EtcdMember::Removed(member.id.clone());
        let step = self.step(state, what, "remove", &json!({ "ID": member.id }));
        step.making([state.becomes(removed)])
    }

    fn present(&self, state: &State, url: &str) -> Result<Plan, String> {
        let what = format!("member {} of etcd", self.name);
        let members = &state.members.all;
        let quorum = Quorum {
            members,
            health: &state.health,
        };
        match self.listed(members) {
            Listed::Other(other) => Err(format!(
                "{url} is the peer URL of member {} ({}): two members can't share one; remove \
                 that one first (state: absent), or give this one its own",
                other.name,
                other.hex()
            )),
            Listed::Waiting(_) if !state.behind.is_empty() => Ok(Plan::Wait {
                what: format!("{} to hear of {what}", state.behind.join(", ")),
                every: Duration::from_millis(200),
                limit: Duration::from_secs(self.timeout),
                message: None,
            }),
            Listed::No => {
                quorum.may_grow()?;
                Ok(Plan::Converge {
                    changes: vec![Change::new(Sign::Add, format!("{what} at {url}"))],
                    steps: vec![self.add(state, url)],
                })
            }
            Listed::Started(member) if self.data_lost => {
                quorum.may_replace(member)?;
                let id = |id: String| Some(format!("id {id}"));
                let change = Change::attribute(
                    &what,
                    "data",
                    id(member.hex()),
                    Some("lost: a new id".to_owned()),
                );
                Ok(Plan::Converge {
                    changes: vec![change],
                    steps: vec![self.remove(state, member), self.add(state, url)],
                })
            }
            Listed::Started(member) if member.peer_urls != [url] => {
                let body = json!({ "ID": member.id, "peerURLs": [url] });
                let moved = step::EtcdMember::Moved(member.id.clone(), url.to_owned());
                let step = self.step(state, format!("move {what}"), "update", &body);
                let step = step.making([state.becomes(moved)]);
                let from = Some(member.peer_urls.join(","));
                let change = Change::attribute(&what, "peer URL", from, Some(url.to_owned()));
                Ok(Plan::Converge {
                    changes: vec![change],
                    steps: vec![step],
                })
            }
            Listed::Waiting(_) | Listed::Started(_) => Ok(Plan::nothing()),
        }
    }

    fn absent(&self, state: &State) -> Result<Plan, String> {
        let members = &state.members.all;
        let (Listed::Started(member) | Listed::Waiting(member)) = self.listed(members) else {
            return Ok(Plan::nothing());
        };
        let quorum = Quorum {
            members,
            health: &state.health,
        };
        quorum.may_lose(member)?;
        let what = format!("member {} of etcd ({})", self.name, member.hex());
        Ok(Plan::Converge {
            changes: vec![Change::new(Sign::Remove, what)],
            steps: vec![self.remove(state, member)],
        })
    }

    /// `NAME=URL,...` for the configuration of the member.
    fn initial_cluster(&self, members: &[Member]) -> String {
        let mut parts = Vec::new();
        for member in members {
            let ours = matches!(self.listed(members), Listed::Waiting(own) if own == member);
            // etcd knows who is who by the peer URLs; the names only have to differ.
            let name = match (ours, member.name.as_str()) {
                (true, _) => self.name.clone(),
                (false, "") => match &member.pending {
                    Some(to_come) => to_come.name.clone(),
                    None => member.hex(),
                },
                (false, name) => name.to_owned(),
            };
            parts.extend(member.peer_urls.iter().map(|url| format!("{name}={url}")));
        }
        // etcd lists them by their ids, which are random.
        parts.sort();
        parts.join(",")
    }
}

impl Module for EtcdMember {
    const NAME: &'static str = "etcd_member";
    const COLLECTION: &'static str = "trueup.etcd";
    const ALIASES: &'static [(&'static str, &'static str)] = PEER_ALIASES;
    type Params = Params;
    type Ready = Params;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        if params.endpoints.is_empty() {
            return Err(Diag::error("`endpoints` is empty")
                .help("name at least one member that runs: https://10.0.0.1:2379"));
        }
        for endpoint in &params.endpoints {
            super::http::check(endpoint, params.timeout)?;
        }
        if params.name.is_empty() {
            return Err(Diag::error("`name` is empty").help("give the member's own name"));
        }
        if params.state == Presence::Present && params.peer_url.is_none() {
            return Err(Diag::error("`peer_url` is missing")
                .help("say where the other members reach it: https://10.0.0.3:2380"));
        }
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<State, ProbeError> {
        // One way for all endpoints: with TLS where any of them has it.
        let https = params
            .endpoints
            .iter()
            .find(|url| url.starts_with("https:"));
        let url = https.unwrap_or(&params.endpoints[0]);
        let way = params.peer().way(look, url).await?;
        // A member that can't be reached must not cost the whole of a change's patience.
        let limit = Duration::from_secs(params.timeout.min(5));
        let members = etcd::members(look, &way, &params.endpoints, limit).await?;
        let health = if params.decides(&members.all) {
            etcd::health(look, &way, &members.all, limit).await?
        } else {
            Vec::new()
        };
        let behind = match (&params.peer_url, params.listed(&members.all)) {
            (Some(url), Listed::Waiting(_)) => {
                etcd::behind(look, &way, &members.all, url, limit).await?
            }
            _ => Vec::new(),
        };
        Ok(State {
            way,
            members,
            health,
            behind,
        })
    }

    fn plan(params: &Params, state: &State) -> Result<Plan, String> {
        match (params.state, &params.peer_url) {
            (Presence::Present, Some(url)) => params.present(state, url),
            _ => params.absent(state),
        }
    }

    fn result(
        Course {
            ready: params,
            before,
            after,
            plan,
            ran,
        }: Course<'_, Self>,
    ) -> TaskResult {
        let mut members = after.unwrap_or(before).members.all.clone();
        if after.is_none() && plan.is_change() {
            // What a dry run foretells.
            members.retain(|member| member.name != params.name);
            let url = params.peer_url.iter().cloned();
            if params.state == Presence::Present {
                members.push(Member {
                    peer_urls: url.collect(),
                    ..Member::default()
                });
            }
        }
        let started = matches!(params.listed(&members), Listed::Started(_));
        let told: Vec<Value> = members
            .iter()
            .map(|member| {
                json!({
                    "id": member.hex(),
                    "name": member.name,
                    "peer_urls": member.peer_urls,
                    "client_urls": member.client_urls,
                    "started": member.started(),
                })
            })
            .collect();
        let result = in_servers_words(TaskResult::of(plan, ran), ran)
            .with("initial_cluster", params.initial_cluster(&members));
        // Of who is still to come neither the id is known nor, to later tasks, whether it runs.
        let to_come = members.iter().find_map(|member| member.pending.as_ref());
        let own = matches!(params.listed(&members), Listed::Waiting(own) if own.pending.is_some());
        let result = match to_come {
            Some(to_come) => TaskResult {
                unsure: Some(to_come.until.clone()),
                ..result
            },
            None => result.with("members", told),
        };
        if own && !plan.is_change() {
            return result;
        }
        result.with("started", started)
    }
}
