//! The entries of a mapping, one by one, for serde.

use super::de::{NodeDeserializer, Templates};
use super::de_error::{Error, choices};
use super::{Mapping, Node};
use crate::diag::Diag;
use serde::de::{DeserializeSeed, MapAccess};

pub(super) struct Fields<'a> {
    map: &'a Mapping,
    next: std::vec::IntoIter<(&'a Node, &'a Node)>,
    current: Option<(&'a Node, &'a Node)>,
    templates: Templates,
}

impl<'a> Fields<'a> {
    /// The entries; for a struct a field whose value is null counts as not given.
    pub(super) fn of(map: &'a Mapping, of_struct: bool, templates: Templates) -> Self {
        let given: Vec<_> = map
            .iter()
            .filter(|(_, value)| !of_struct || !value.is_null())
            .collect();
        Self {
            map,
            next: given.into_iter(),
            current: None,
            templates,
        }
    }

    /// All unknown keys at once, each at its place.
    fn unknown(&self, known: &'static [&'static str]) -> Error {
        let unknown = self
            .map
            .iter()
            .filter_map(|(key, _)| Some((key, key.as_str()?)));
        let unknown = unknown.filter(|(_, name)| !known.contains(name));
        Error::of(
            unknown
                .map(|(key, name)| {
                    let diag = Diag::error(format!("unknown key `{name}`")).at(&key.span, "");
                    match crate::diag::did_you_mean(name, known.iter().copied()) {
                        Some(_) => diag.suggest(name, known.iter().copied()),
                        None if known.is_empty() => diag.help("no keys are known here"),
                        None => diag.help(format!("known are {}", choices(known))),
                    }
                })
                .collect(),
        )
    }
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        self.current = self.next.next();
        let Some((key, _)) = self.current else {
            return Ok(None);
        };
        match seed.deserialize(NodeDeserializer::new(key, Templates::Text)) {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(match error.known {
                Some(known) => self.unknown(known),
                None => error.or_at(key),
            }),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        // serde asks for a value only after its key; without one there is nothing to read.
        let Some((key, value)) = self.current.take() else {
            return Err(serde::de::Error::custom("a value without a key"));
        };
        seed.deserialize(NodeDeserializer::new(value, self.templates))
            .map_err(|error| {
                error
                    .or_at(value)
                    .in_field(key.as_str().unwrap_or_default())
            })
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.next.len())
    }
}
