//! A difference as a user sees it, and its words in JSON.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One difference between what is so and what is declared. Its JSON is the `change` of
/// docs/events.md.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Flat", into = "Flat")]
pub struct Change {
    /// Its kind.
    pub sign: Sign,
    /// What it is about, in the user's words: `/etc/motd`, `package etcd-server`, `user lab`.
    pub what: String,
    /// What exactly differs.
    pub detail: Detail,
}

/// The kind of a [`Change`], and how it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// `+` will be made.
    Add,
    /// `~` will be changed.
    Modify,
    /// `-` will be taken away.
    Remove,
    /// `>` will be run.
    Run,
}

/// What exactly differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Nothing more to say.
    None,
    /// An attribute goes from one value to another (`None`: not there).
    Attribute {
        /// The attribute's name: `mode`, `version`.
        name: String,
        /// What is so.
        from: Option<String>,
        /// What is declared.
        to: Option<String>,
    },
    /// A text changes; shown as a unified diff. `None`: no such text, or none that can be shown.
    Text {
        /// What is so.
        before: Option<String>,
        /// What is declared.
        after: Option<String>,
    },
    /// Something to know beside it, in words: `validated by visudo -cf %s`.
    Note(String),
    /// Since when it is so, as far as the host knows.
    Since {
        /// In seconds since 1970; `None` where the host does not know.
        at: Option<i64>,
        /// What is so since then, and who made it so, in the host's words.
        how: String,
    },
}

impl Detail {
    /// Whether it is no difference of its own, only something to know beside one.
    pub fn stands_beside(&self) -> bool {
        matches!(self, Self::Note(_) | Self::Since { .. })
    }
}

impl Change {
    /// A change without detail.
    pub fn new(sign: Sign, what: impl Into<String>) -> Self {
        Self {
            sign,
            what: what.into(),
            detail: Detail::None,
        }
    }

    /// The same thing with something to know beside it.
    #[must_use]
    pub fn note(&self, words: impl Into<String>) -> Self {
        Self {
            detail: Detail::Note(words.into()),
            ..self.clone()
        }
    }

    /// An attribute of something that stays.
    pub fn attribute(
        what: impl Into<String>,
        name: impl Into<String>,
        from: Option<String>,
        to: Option<String>,
    ) -> Self {
        Self {
            sign: Sign::Modify,
            what: what.into(),
            detail: Detail::Attribute {
                name: name.into(),
                from,
                to,
            },
        }
    }
}

/// A change in JSON: the fields are there where they apply.
#[derive(Serialize, Deserialize)]
struct Flat {
    sign: Sign,
    what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    attribute: Option<String>,
    #[serde(default, skip_serializing_if = "Field::is_none")]
    from: Field,
    #[serde(default, skip_serializing_if = "Field::is_none")]
    to: Field,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(default, skip_serializing_if = "Field::is_none")]
    since: Field,
    #[serde(skip_serializing_if = "Option::is_none")]
    how: Option<String>,
    #[serde(default, skip_serializing_if = "Field::is_none")]
    before: Field,
    #[serde(default, skip_serializing_if = "Field::is_none")]
    after: Field,
}

/// A field that is told as null, where something can't be shown or is not there, is another thing
/// than none.
#[derive(Default)]
enum Field {
    #[default]
    None,
    Told(Option<String>),
}

impl Field {
    fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    fn text(self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Told(text) => text,
        }
    }
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_none(),
            Self::Told(text) => text.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::Told)
    }
}

impl From<Change> for Flat {
    fn from(change: Change) -> Self {
        let mut flat = Self {
            sign: change.sign,
            what: change.what,
            attribute: None,
            from: Field::None,
            to: Field::None,
            note: None,
            since: Field::None,
            how: None,
            before: Field::None,
            after: Field::None,
        };
        match change.detail {
            Detail::None => {}
            Detail::Attribute { name, from, to } => {
                flat.attribute = Some(name);
                (flat.from, flat.to) = (Field::Told(from), Field::Told(to));
            }
            Detail::Note(words) => flat.note = Some(words),
            Detail::Since { at, how } => {
                let at = at.and_then(|at| Timestamp::from_second(at).ok());
                flat.since = Field::Told(at.map(|at| at.to_string()));
                flat.how = Some(how);
            }
            Detail::Text { before, after } => {
                (flat.before, flat.after) = (Field::Told(before), Field::Told(after));
            }
        }
        flat
    }
}

impl From<Flat> for Change {
    fn from(flat: Flat) -> Self {
        let detail = match (flat.attribute, flat.note, flat.how) {
            (Some(name), ..) => Detail::Attribute {
                name,
                from: flat.from.text(),
                to: flat.to.text(),
            },
            (None, Some(words), _) => Detail::Note(words),
            (None, None, Some(how)) => Detail::Since {
                at: flat.since.text().as_deref().and_then(second),
                how,
            },
            (None, None, None) if flat.before.is_none() => Detail::None,
            (None, None, None) => Detail::Text {
                before: flat.before.text(),
                after: flat.after.text(),
            },
        };
        Self {
            sign: flat.sign,
            what: flat.what,
            detail,
        }
    }
}

/// Of a time as it is told, the second since 1970.
fn second(time: &str) -> Option<i64> {
    time.parse().ok().map(Timestamp::as_second)
}
