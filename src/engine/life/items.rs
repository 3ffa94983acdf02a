//! The items of a task's loop.

use super::{Diag, Life, Node, RenderError, Templar, Value, Var, VarMap};
use crate::template::noting_outsiders;
use minijinja::value::ValueKind;

/// One item of a loop, or the task itself when it has no loop.
pub(super) struct Item {
    /// Its place in the loop.
    pub(super) index: usize,
    /// The item's value and the loop variables; empty without a loop.
    pub(super) vars: VarMap,
    /// What events call it.
    pub(super) label: Option<String>,
    pub(super) value: Option<serde_json::Value>,
}

impl Life {
    /// The items of the loop; one without variables when there is none.
    pub(super) fn items(&self, templar: &Templar) -> Result<Vec<Item>, RenderError> {
        let Some(repeat) = &self.task.keywords.repeat else {
            return Ok(vec![Item {
                index: 0,
                vars: VarMap::new(),
                label: None,
                value: None,
            }]);
        };
        let (values, told) = noting_outsiders(|| {
            if repeat.lookup == "loop" {
                list(&templar.value(&repeat.over)?, &repeat.over)
            } else {
                templar.lookup(&repeat.lookup, &repeat.over)
            }
        });
        let values = values?;
        let var = if told { Var::Value } else { Var::Own };
        let count = values.len();
        let all = values.clone();
        let item = |(index, value): (usize, Value)| {
            let mut vars = VarMap::new();
            let mut set = |name: &str, value: Value| vars.insert(name.to_owned(), var(value));
            set(&repeat.var, value.clone());
            set("ansible_loop_var", repeat.var.as_str().into());
            if let Some(name) = &repeat.index_var {
                set(name, index.into());
                set("ansible_index_var", name.as_str().into());
            }
            if repeat.extended {
                set("ansible_loop", extended(index, count, &all));
            }
            let json = serde_json::to_value(&value).unwrap_or_default();
            Item {
                index,
                vars,
                label: Some(label(&json)),
                value: Some(json),
            }
        };
        Ok(values.into_iter().enumerate().map(item).collect())
    }
}

/// What `loop` goes over.
fn list(value: &Value, over: &Node) -> Result<Vec<Value>, RenderError> {
    if matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable)
        && let Ok(items) = value.try_iter()
    {
        return Ok(items.collect());
    }
    let diag = Diag::error(format!("`loop` needs a list, not {}", value.kind()))
        .at(&over.span, "")
        .help("for a mapping use `loop: \"{{ mapping | dict2items }}\"`");
    Err(RenderError::Bad(Box::new(diag)))
}

/// What a list shows of an item: its text, or its name, or JSON.
fn label(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Object(map) => match map.get("name").and_then(|name| name.as_str()) {
            Some(name) => name.to_owned(),
            None => value.to_string(),
        },
        other => other.to_string(),
    }
}

fn extended(index: usize, count: usize, all: &[Value]) -> Value {
    let neighbour = |at: Option<usize>| at.and_then(|at| all.get(at)).cloned();
    let mut map = vec![
        ("index", Value::from(index + 1)),
        ("index0", Value::from(index)),
        ("length", Value::from(count)),
        ("first", Value::from(index == 0)),
        ("last", Value::from(index + 1 == count)),
        ("revindex", Value::from(count - index)),
        ("revindex0", Value::from(count - index - 1)),
        ("allitems", Value::from(all.to_vec())),
    ];
    map.extend(neighbour(index.checked_sub(1)).map(|value| ("previtem", value)));
    map.extend(neighbour(Some(index + 1)).map(|value| ("nextitem", value)));
    map.into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect::<std::collections::BTreeMap<_, _>>()
        .into()
}
