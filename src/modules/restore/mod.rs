//! Decisions over data as modules: what the nodes said comes in as they said it, what was decided goes
//! out. They ask no host, so a plan decides as an apply does.

mod beyond;
mod fork;
mod home;

#[cfg(test)]
mod cases;

pub use beyond::PgBeyond;
pub use fork::PgFork;
pub use home::PgHome;

use crate::decide::Node;
use crate::diag::Diag;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;

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

fn nodes(says: &Answers) -> Result<BTreeMap<String, Node>, Diag> {
    let mut nodes = BTreeMap::new();
    for (name, said) in says {
        if let Some(node) = read(name, said)? {
            nodes.insert(name.clone(), node);
        }
    }
    Ok(nodes)
}
