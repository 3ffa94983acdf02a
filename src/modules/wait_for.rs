//! Waits for a port or a file.
//!
//! ```yaml
//! - wait_for: { port: 5432, timeout: 60 }
//! ```
//!
//! A port is tried from the host's own sshd, so it is seen as the host sees it, with nothing
//! installed there.

mod fresh;

use super::edited::pattern;
use super::unsupported::Unsupported;
use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{Ask, Bytes, Content, FileAt, Foreseen, Look, ProbeError, Question, expand};
use crate::modules::defaults::{five, one};
use crate::step::Output;
use fresh::{FreshContent, FreshFile};
use regex::Regex;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::time::Duration;

/// `wait_for`
pub struct WaitFor;

/// What is waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Want {
    /// The file is gone, the port closed.
    Absent,
    /// The file is there, the port open.
    Present,
    /// The port is open.
    #[default]
    Started,
    /// The port is closed.
    Stopped,
}

/// The parameters of `wait_for`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)] // What is not supported is only named, so that it is refused.
pub struct Params {
    /// The host whose port is tried.
    #[serde(default = "localhost")]
    pub host: String,
    /// The port.
    #[serde(default)]
    pub port: Option<u16>,
    /// The file.
    #[serde(default)]
    pub path: Option<String>,
    /// What is waited for.
    #[serde(default)]
    pub state: Want,
    /// What the file, or the peer behind the port, must say.
    #[serde(default)]
    pub search_regex: Option<String>,
    /// Seconds until it gives up.
    #[serde(default = "five_minutes")]
    pub timeout: u64,
    /// Seconds until one connection counts as refused.
    #[serde(default = "five")]
    pub connect_timeout: u64,
    /// Seconds between two questions.
    #[serde(default = "one")]
    pub sleep: u64,
    /// What the failure says.
    #[serde(default)]
    pub msg: Option<String>,
    /// Not supported: put a `pause` before.
    #[serde(default, deserialize_with = "no_delay")]
    pub delay: u64,
    /// Not supported.
    #[serde(default)]
    pub exclude_hosts: Unsupported,
    /// Not supported.
    #[serde(default)]
    pub active_connection_states: Unsupported,
}

/// The task, read.
#[derive(Clone, Debug)]
pub struct Ready {
    params: Params,
    /// What must be said.
    search: Option<Regex>,
}

fn localhost() -> String {
    "127.0.0.1".into()
}

fn five_minutes() -> u64 {
    300
}

fn no_delay<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    match u64::deserialize(deserializer)? {
        0 => Ok(0),
        _ => Err(serde::de::Error::custom(
            "`delay` is not supported: put a `pause` before this task",
        )),
    }
}

struct Port<'a>(&'a Ready, u16);

impl Question for Port<'_> {
    /// Whether it is open, and what the peer says.
    type Answer = Option<String>;

    fn ask(&self) -> Ask {
        Ask::Connect {
            host: self.0.params.host.clone(),
            port: self.1,
            listen: self.0.search.is_some(),
            limit: Duration::from_secs(self.0.params.connect_timeout.max(1)),
        }
    }

    fn read(&self, output: &Output) -> Result<Self::Answer, ProbeError> {
        Ok(output.ok().then(|| output.out()))
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        _: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        now
    }
}

/// What was found: nothing where nothing is open or there.
#[derive(Clone, Debug)]
pub struct State {
    found: Option<String>,
}

impl Ready {
    fn groups(&self, state: &State) -> Option<(Vec<Value>, Map<String, Value>)> {
        let said = state.found.as_ref()?;
        let Some(search) = &self.search else {
            return Some((Vec::new(), Map::new()));
        };
        let captures = search.captures(said)?;
        let text = |found: Option<regex::Match<'_>>| {
            found.map_or(Value::Null, |found| found.as_str().into())
        };
        let groups = captures.iter().skip(1).map(text).collect();
        let named = search
            .capture_names()
            .flatten()
            .map(|name| (name.to_owned(), text(captures.name(name))));
        Some((groups, named.collect()))
    }
}

impl Params {
    fn what(&self) -> String {
        match (&self.path, self.port) {
            (Some(path), _) => path.clone(),
            (None, Some(port)) => format!("{}:{port}", self.host),
            (None, None) => "nothing".into(),
        }
    }
}

impl Module for WaitFor {
    const NAME: &'static str = "wait_for";
    const ONLY_ASKS: bool = true;
    type Params = Params;
    type Ready = Ready;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Ready, Diag> {
        match (params.port, &params.path) {
            (Some(_), Some(_)) => return Err(Diag::error("`port` and `path` exclude each other")),
            (None, None) => {
                return Err(Diag::error("`wait_for` needs a `port` or a `path`")
                    .help("to let time pass, use `pause`"));
            }
            (None, Some(_)) if params.state == Want::Stopped => {
                return Err(Diag::error(
                    "`state: stopped` is for a port; a file is `absent`",
                ));
            }
            _ => {}
        }
        let search = params.search_regex.as_deref();
        let search = search.map(|text| pattern("search_regex", text, true, false));
        let search = search.transpose()?;
        Ok(Ready { params, search })
    }

    async fn probe(ready: &Ready, look: &Look) -> Result<State, ProbeError> {
        if let Some(port) = ready.params.port {
            return Ok(State {
                found: look.fact(Port(ready, port)).await?,
            });
        }
        let path = expand(look, ready.params.path.as_deref().unwrap_or_default()).await?;
        if ready.search.is_some() {
            let limit = 16 * 1024 * 1024;
            let found = match look.fact(FreshContent(Content { path, limit })).await? {
                Bytes::Are(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
                _ => None,
            };
            return Ok(State { found });
        }
        let file = look
            .fact(FreshFile(FileAt {
                path,
                follow: true,
                hash: false,
            }))
            .await?;
        Ok(State {
            found: file.map(|_| String::new()),
        })
    }

    fn plan(ready: &Ready, state: &State) -> Result<Plan, String> {
        let is_there = ready.groups(state).is_some();
        let wants = matches!(ready.params.state, Want::Present | Want::Started);
        if is_there == wants {
            return Ok(Plan::nothing());
        }
        let word = match (wants, ready.params.port.is_some()) {
            (true, true) => "open",
            (false, true) => "closed",
            (true, false) => "there",
            (false, false) => "gone",
        };
        let behind = ready
            .params
            .search_regex
            .as_ref()
            .map(|text| format!(" and say {text}"))
            .unwrap_or_default();
        Ok(Plan::Wait {
            what: format!("{} to be {word}{behind}", ready.params.what()),
            every: Duration::from_secs(ready.params.sleep.max(1)),
            limit: Duration::from_secs(ready.params.timeout),
            message: ready.params.msg.clone(),
        })
    }

    fn result(
        Course {
            ready,
            before,
            after,
            plan,
            ..
        }: Course<'_, Self>,
    ) -> TaskResult {
        let word = match ready.params.state {
            Want::Absent => "absent",
            Want::Present => "present",
            Want::Started => "started",
            Want::Stopped => "stopped",
        };
        let result = TaskResult::default()
            .with("state", word)
            .with("port", ready.params.port)
            .with("path", ready.params.path.clone())
            .with("search_regex", ready.params.search_regex.clone());
        // A dry run does not know what it will find.
        if after.is_none() && matches!(plan, Plan::Wait { .. }) {
            return result;
        }
        let (groups, named) = ready.groups(after.unwrap_or(before)).unwrap_or_default();
        result
            .with("match_groups", groups)
            .with("match_groupdict", named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Shell, planned, settled};
    use serde_json::json;

    #[test]
    fn an_open_port_is_waited_for_no_more() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let args = json!({ "port": port });
        assert_eq!(
            settled::<WaitFor>(&Shell::dash(), "/".as_ref(), args).values["port"],
            port
        );
    }

    #[test]
    fn a_closed_port_is_waited_for_with_the_user_s_words() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let params = crate::modules::trial::ready::<WaitFor>(
            "/".as_ref(),
            json!({ "port": port, "msg": "PostgreSQL did not start", "timeout": 7 }),
        )
        .unwrap();
        let state =
            futures::executor::block_on(WaitFor::probe(&params, &Shell::dash().look())).unwrap();
        let Plan::Wait {
            what,
            limit,
            message,
            ..
        } = WaitFor::plan(&params, &state).unwrap()
        else {
            panic!()
        };
        assert_eq!(what, format!("127.0.0.1:{port} to be open"));
        assert_eq!(
            (limit.as_secs(), message.as_deref()),
            (7, Some("PostgreSQL did not start"))
        );
    }

    #[test]
    fn a_file_is_waited_for_until_it_says_the_word() {
        for shell in Shell::all() {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("log"), "a\nready in 3 s\n").unwrap();
            let args =
                json!({ "path": folder.path().join("log"), "search_regex": r"^ready in (\d)" });
            let result = settled::<WaitFor>(&shell, folder.path(), args);
            assert_eq!(result.values["match_groups"], json!(["3"]));
        }
        let args = json!({ "path": "/x", "state": "present" });
        assert!(matches!(
            planned::<WaitFor>(args, &[("p=/x", "")]).unwrap(),
            Plan::Wait { .. }
        ));
    }
}
