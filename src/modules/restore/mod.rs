//! Decisions over data as modules: what the nodes said comes in as they said it, what was decided goes
//! out. They ask no host, so a plan decides as an apply does; `pg_node` is what asks.

mod beyond;
mod dcs_verdict;
mod etcd_verdict;
mod fork;
mod hand_over;
mod home;
mod node;
mod patroni;
mod promotion;
mod verdict;
mod zookeeper_verdict;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod log_beyond;

pub use beyond::PgBeyond;
pub use dcs_verdict::DcsVerdict;
pub use etcd_verdict::EtcdVerdict;
pub use fork::PgFork;
pub use hand_over::PgHandOver;
pub use home::PgHome;
pub use node::PgNode;
pub use patroni::{PatroniHandOver, PatroniHome, PatroniPromotion, PatroniSource};
pub use promotion::PgPromotion;
pub use verdict::PgVerdict;
pub use zookeeper_verdict::ZookeeperVerdict;

use crate::decide::{Refused, SystemIdentifier};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError};
use crate::modules::defaults::yes;
use crate::modules::{Controller, Course, Module, Plan, TaskResult};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A pure decision: from what was said to what is so, or to a refusal.
pub trait Decision: Send + Sync + 'static {
    /// Its name as a module.
    const NAME: &'static str;
    /// The collection with which its full name begins.
    const COLLECTION: &'static str = "trueup.postgresql";
    /// What it follows from. `deny_unknown_fields`; the doc comments become the documentation.
    type Params: DeserializeOwned + schemars::JsonSchema + Send + Sync;
    /// What is registered.
    type Decided: Serialize;
    /// Why it is refused.
    type Refusal: Serialize;

    /// An error is of what was said: it can't be read.
    fn decide(params: &Self::Params) -> Result<Answer<Self>, Diag>;
}

/// What comes of a decision.
pub type Answer<D> = Result<<D as Decision>::Decided, Refused<<D as Decision>::Refusal>>;

/// Why a decision is refused that never is.
#[derive(Serialize)]
pub enum Never {}

impl<D: Decision> Module for D {
    const NAME: &'static str = <D as Decision>::NAME;
    const COLLECTION: &'static str = <D as Decision>::COLLECTION;
    const ON_CONTROLLER: bool = true;
    type Params = <D as Decision>::Params;
    type Ready = Self::Params;
    type State = ();

    fn prepare(params: Self::Params, _: &dyn Controller) -> Result<Self::Params, Diag> {
        D::decide(&params).map(|_| params)
    }

    async fn probe(_: &Self::Params, _: &Look) -> Result<(), ProbeError> {
        Ok(())
    }

    fn plan(_: &Self::Params, (): &()) -> Result<Plan, String> {
        Ok(Plan::nothing())
    }

    fn result(Course { ready: params, .. }: Course<'_, Self>) -> TaskResult {
        // What was decided is known, whatever is pending on a host.
        let failed = |words: String| TaskResult {
            failed: Some(words),
            ..TaskResult::default()
        };
        match D::decide(params) {
            Ok(Ok(decided)) => TaskResult::data(&decided),
            Ok(Err(refused)) => failed(refused.words).with("refusal", json!(refused.why)),
            Err(diag) => failed(diag.to_string()),
        }
    }
}

/// What each node said: JSON, as data or as the text that it printed. Nothing is as good as silence.
type Answers = BTreeMap<String, Value>;

/// What was said, read; `None` where nothing was.
fn read<T: DeserializeOwned>(who: &str, said: &Value) -> Result<Option<T>, Diag> {
    let read = match said {
        Value::Null => return Ok(None),
        Value::String(text) if text.trim().is_empty() => return Ok(None),
        Value::String(text) => serde_json::from_str(text),
        data => serde_json::from_value(data.clone()),
    };
    read.map(Some).map_err(|error| {
        Diag::error(format!("what {who} said can't be read: {error}"))
            .help("run the task that asks it again, and look at what it registers with -v")
    })
}

/// What each node said that said something.
fn nodes<T: DeserializeOwned>(says: &Answers) -> Result<BTreeMap<String, T>, Diag> {
    let mut nodes = BTreeMap::new();
    for (name, said) in says {
        if let Some(node) = read(name, said)? {
            nodes.insert(name.clone(), node);
        }
    }
    Ok(nodes)
}

/// Which cluster a word names; `None` where it is empty.
fn identifier(word: &str) -> Result<Option<SystemIdentifier>, Diag> {
    let read = (!word.is_empty()).then(|| word.parse());
    read.transpose().map_err(|error: String| {
        Diag::error(error).help("`pg_controldata` shows it: a number of up to 20 digits")
    })
}
