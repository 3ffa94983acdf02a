//! Nodes -> any serde type.
//!
//! As lenient as Ansible's argument specs, so that what a template gave (always a string, or a
//! native type) fits: a boolean is also `"yes"`, `"on"`, `"1"`, `1`...; a number is also a string
//! of digits; a string is also a number or a boolean (`True`, as Python writes it); a list is also
//! a string with commas, or one number; a mapping is also a string with JSON or `key=value`
//! words; an enumeration's `yes` is also `true`. A field whose value is null counts as not given.

use super::de_error::{Error, expected};
use super::de_fields::Fields;
use super::truth::truth;
use super::{Mapping, Node, Value};
use serde::de::value::{MapAccessDeserializer, StringDeserializer};
use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

/// Deserializes from a node.
#[derive(Clone, Copy)]
pub(super) struct NodeDeserializer<'a>(&'a Node, Templates);

/// What a string with a template in it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Templates {
    /// A string like any other.
    Text,
    /// Whatever is wanted, since it will be rendered before it is read in earnest.
    Anything,
}

type Visited<'de, V> = Result<<V as Visitor<'de>>::Value, Error>;

// The node lives shorter than `'de`, so that one made on the way (a list from a string) can be
// read like any other; strings are handed out as copies.

impl<'a> NodeDeserializer<'a> {
    pub(super) fn new(node: &'a Node, templates: Templates) -> Self {
        Self(node, templates)
    }

    fn is_anything(self) -> bool {
        self.1 == Templates::Anything && self.0.as_str().is_some_and(is_template)
    }

    fn items(self, items: &[Node]) -> Items<'_> {
        Items(items.iter(), self.1)
    }

    fn fields(self, map: &Mapping, of_struct: bool) -> Fields<'_> {
        Fields::of(map, of_struct, self.1)
    }

    fn wrong(self, what: &str) -> Error {
        expected(what, self.0)
    }

    fn list<'de, V: Visitor<'de>>(self, visitor: V) -> Visited<'de, V> {
        match &self.0.value {
            _ if self.is_anything() => visitor.visit_seq(self.items(&[])),
            Value::Seq(items) => visitor.visit_seq(self.items(items)),
            Value::Str(text) => {
                let span = &self.0.span;
                let words = text
                    .split(',')
                    .map(str::trim)
                    .filter(|word| !word.is_empty());
                let words: Vec<Node> = words
                    .map(|word| Node::new(Value::Str(word.to_owned()), span.clone()))
                    .collect();
                visitor.visit_seq(self.items(&words))
            }
            Value::Int(_) | Value::Float(_) => {
                visitor.visit_seq(self.items(std::slice::from_ref(self.0)))
            }
            Value::Null => visitor.visit_seq(self.items(&[])),
            Value::Bool(_) | Value::Map(_) => Err(self.wrong("a list")),
        }
    }

    /// The mapping that a string stands for: JSON, or `key=value` words.
    fn written_out(self, what: &str) -> Result<Mapping, Error> {
        let Value::Str(text) = &self.0.value else {
            return Err(self.wrong(what));
        };
        if text.trim_start().starts_with('{') {
            let json: serde_json::Value = serde_json::from_str(text)
                .map_err(|error| Error::at(self.0, format!("this is not JSON: {error}")))?;
            return match Node::from_json(&json, &self.0.span).value {
                Value::Map(map) => Ok(map),
                _ => Err(self.wrong(what)),
            };
        }
        let mut map = Mapping::new();
        let words = text
            .split(|c: char| c == ',' || c.is_whitespace())
            .filter(|word| !word.is_empty());
        for word in words {
            let (key, value) = word.split_once('=').ok_or_else(|| self.wrong(what))?;
            let node = |text: &str| Node::new(Value::Str(text.to_owned()), self.0.span.clone());
            map.insert(node(key), node(value));
        }
        if map.is_empty() {
            Err(self.wrong(what))
        } else {
            Ok(map)
        }
    }

    fn integer<'de, V: Visitor<'de>>(self, visitor: V) -> Visited<'de, V> {
        let value = match &self.0.value {
            _ if self.is_anything() => Some(1),
            Value::Int(value) => Some(*value),
            // No fraction and inside the range in which a float is exact: nothing is lost.
            #[allow(clippy::cast_possible_truncation)]
            Value::Float(value) if value.fract() == 0.0 && value.abs() < 9e15 => {
                Some(*value as i64)
            }
            Value::Str(text) => text.trim().parse().ok(),
            _ => None,
        };
        let value = value.ok_or_else(|| self.wrong("an integer"))?;
        visitor
            .visit_i64(value)
            .map_err(|error: Error| error.or_at(self.0))
    }

    fn float<'de, V: Visitor<'de>>(self, visitor: V) -> Visited<'de, V> {
        let value = match &self.0.value {
            _ if self.is_anything() => Some(1.0),
            // Integers beyond a float's exactness are no sensible input for a float.
            #[allow(clippy::cast_precision_loss)]
            Value::Int(value) => Some(*value as f64),
            Value::Float(value) => Some(*value),
            Value::Str(text) => text.trim().parse().ok(),
            _ => None,
        };
        visitor.visit_f64(value.ok_or_else(|| self.wrong("a number"))?)
    }

    fn text(self) -> Option<String> {
        match &self.0.value {
            Value::Str(text) => Some(text.clone()),
            Value::Int(value) => Some(value.to_string()),
            Value::Float(value) => Some(format!("{value:?}")),
            Value::Bool(true) => Some("True".to_owned()),
            Value::Bool(false) => Some("False".to_owned()),
            Value::Null | Value::Seq(_) | Value::Map(_) => None,
        }
    }
}

struct Items<'a>(std::slice::Iter<'a, Node>, Templates);

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Some(node) = self.0.next() else {
            return Ok(None);
        };
        let item = seed.deserialize(NodeDeserializer(node, self.1));
        item.map(Some).map_err(|error| error.or_at(node))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// Whether a text holds a template.
fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

macro_rules! lenient_integers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Visited<'de, V> {
            self.integer(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for NodeDeserializer<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Visited<'de, V> {
        let visited = match &self.0.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Int(value) => visitor.visit_i64(*value),
            Value::Float(value) => visitor.visit_f64(*value),
            Value::Str(text) => visitor.visit_str(text),
            Value::Seq(items) => visitor.visit_seq(self.items(items)),
            Value::Map(map) => visitor.visit_map(self.fields(map, false)),
        };
        visited.map_err(|error: Error| error.or_at(self.0))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Visited<'de, V> {
        let value = match &self.0.value {
            _ if self.is_anything() => Some(false),
            Value::Bool(value) => Some(*value),
            Value::Int(value @ (0 | 1)) => Some(*value == 1),
            Value::Str(text) => truth(text),
            _ => None,
        };
        visitor.visit_bool(value.ok_or_else(|| self.wrong("a boolean (`true` or `false`)"))?)
    }

    lenient_integers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Visited<'de, V> {
        self.float(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Visited<'de, V> {
        self.float(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Visited<'de, V> {
        let text = self.text().ok_or_else(|| self.wrong("a string"))?;
        visitor
            .visit_string(text)
            .map_err(|error: Error| error.or_at(self.0))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Visited<'de, V> {
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Visited<'de, V> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Visited<'de, V> {
        if self.0.is_null() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Visited<'de, V> {
        visitor
            .visit_newtype_struct(self)
            .map_err(|error: Error| error.or_at(self.0))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Visited<'de, V> {
        self.list(visitor).map_err(|error| error.or_at(self.0))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Visited<'de, V> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Visited<'de, V> {
        let visited = match &self.0.value {
            Value::Map(map) => visitor.visit_map(self.fields(map, false)),
            Value::Null => visitor.visit_map(self.fields(&Mapping::new(), false)),
            _ if self.is_anything() => visitor.visit_map(self.fields(&Mapping::new(), false)),
            _ => visitor.visit_map(self.fields(&self.written_out("a mapping")?, false)),
        };
        visited.map_err(|error| error.or_at(self.0))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Visited<'de, V> {
        let visited = match &self.0.value {
            Value::Map(map) => visitor.visit_map(self.fields(map, true)),
            _ => visitor.visit_map(self.fields(&self.written_out("a mapping")?, true)),
        };
        visited.map_err(|error| error.or_at(self.0))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Visited<'de, V> {
        let chosen = match &self.0.value {
            _ if self.is_anything() => variants.first().map(|&variant| variant.to_owned()),
            Value::Map(map) if map.len() == 1 => {
                return visitor
                    .visit_enum(MapAccessDeserializer::new(self.fields(map, false)))
                    .map_err(|error: Error| error.or_at(self.0));
            }
            Value::Bool(value) => {
                let words = if *value {
                    ["yes", "true", "on"]
                } else {
                    ["no", "false", "off"]
                };
                words
                    .into_iter()
                    .find(|word| variants.contains(word))
                    .map(str::to_owned)
            }
            _ => None,
        };
        let chosen = chosen
            .or_else(|| self.text())
            .ok_or_else(|| self.wrong(&format!("a {name}")))?;
        let access: StringDeserializer<Error> = chosen.into_deserializer();
        visitor
            .visit_enum(access)
            .map_err(|error: Error| error.or_at(self.0))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Visited<'de, V> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i128 u128 bytes byte_buf unit unit_struct tuple_struct identifier
    }
}

#[cfg(test)]
mod tests;
