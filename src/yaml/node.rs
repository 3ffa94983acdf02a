//! A YAML value that knows where it stands.

use crate::diag::{Source, Span};

/// A YAML value and its place. Equality looks at the value only.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Where it stands.
    pub span: Span,
    /// Whose words its text is.
    pub origin: Origin,
}

/// Whose words a text is, and so what may still be read into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The author's, as they stand in a file: they may hold templates, and be an expression.
    Written,
    /// Made by a template of nothing but the author's: no template again, but maybe an expression.
    Made,
    /// Encrypted by ansible-vault: opened when it is used, and then a text and nothing else.
    Sealed,
    /// A host or another outsider has a part in them: a text and nothing else.
    Told,
}

/// The value of a [`Node`], with the types of YAML 1.1 as Ansible reads it
/// (`yes`/`no`/`on`/`off` are booleans, `0644` is octal).
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// A string.
    Str(String),
    /// A list.
    Seq(Vec<Node>),
    /// A mapping, in the order of the file.
    Map(Mapping),
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Node {
    /// A node at a place.
    pub fn new(value: Value, span: Span) -> Self {
        Self {
            value,
            span,
            origin: Origin::Written,
        }
    }

    /// A node that stands in no file, from `origin` (such as `--extra-vars`).
    pub fn synthetic(value: Value, origin: &str) -> Self {
        Self::new(value, Source::new(origin, "").whole())
    }

    /// The same, with all that is in it, as words of `origin`.
    #[must_use]
    pub fn by(mut self, origin: Origin) -> Self {
        self.origin = origin;
        match &mut self.value {
            Value::Seq(items) => {
                *items = std::mem::take(items)
                    .into_iter()
                    .map(|item| item.by(origin))
                    .collect();
            }
            Value::Map(map) => {
                map.entries = std::mem::take(&mut map.entries)
                    .into_iter()
                    .map(|(key, value)| (key.by(origin), value.by(origin)))
                    .collect();
            }
            _ => {}
        }
        self
    }

    /// Whether it or a part of it has a text of outsiders.
    pub fn is_told(&self) -> bool {
        self.origin == Origin::Told
            || match &self.value {
                Value::Seq(items) => items.iter().any(Self::is_told),
                Value::Map(map) => map
                    .iter()
                    .any(|(key, value)| key.is_told() || value.is_told()),
                _ => false,
            }
    }

    /// The string, when it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The mapping, when it is one.
    pub fn as_map(&self) -> Option<&Mapping> {
        match &self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The list, when it is one.
    pub fn as_seq(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Seq(items) => Some(items),
            _ => None,
        }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        self.value == Value::Null
    }

    /// What kind of value it is, in the words of an error message.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Int(_) => "an integer",
            Value::Float(_) => "a float",
            Value::Str(_) => "a string",
            Value::Seq(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}

/// A mapping in the order of its file; keys are unique strings that keep their places.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mapping {
    entries: Vec<(Node, Node)>,
}

impl Mapping {
    /// An empty mapping.
    pub fn new() -> Self {
        Self::default()
    }

    /// A mapping of keys that are known to be unique strings.
    pub(super) fn from_unique(entries: Vec<(Node, Node)>) -> Self {
        Self { entries }
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|(_, value)| value)
    }

    /// The key and value of `key`.
    pub fn entry(&self, key: &str) -> Option<(&Node, &Node)> {
        self.entries
            .iter()
            .find(|(k, _)| k.as_str() == Some(key))
            .map(|(k, v)| (k, v))
    }

    /// Sets `key` (a string node), in its old place when it is there already.
    pub fn insert(&mut self, key: Node, value: Node) {
        match self.entries.iter_mut().find(|(k, _)| *k == key) {
            Some(entry) => *entry = (key, value),
            None => self.entries.push((key, value)),
        }
    }

    /// Takes `key` out.
    pub fn remove(&mut self, key: &str) -> Option<(Node, Node)> {
        let at = self
            .entries
            .iter()
            .position(|(k, _)| k.as_str() == Some(key))?;
        Some(self.entries.remove(at))
    }

    /// Keys and values in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Node, &Node)> {
        self.entries.iter().map(|(k, v)| (k, v))
    }

    /// The keys that are strings, in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter_map(|(k, _)| k.as_str())
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
