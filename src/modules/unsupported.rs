//! Parameters that Ansible has and trueup does not: named, so that they are refused and never ignored.

use crate::yaml::truth;
use serde::de::{self, Deserializer, IgnoredAny, Visitor};
use std::borrow::Cow;
use std::fmt;

/// The value of a parameter that is known but not supported. Only its being off is taken:
/// null, false, or an empty string.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unsupported;

const REFUSAL: &str = "Ansible has this parameter, trueup does not support it: take it out";

impl<'de> serde::Deserialize<'de> for Unsupported {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Unsupported;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("nothing: this parameter is not supported by trueup")
            }

            fn visit_unit<E: de::Error>(self) -> Result<Unsupported, E> {
                Ok(Unsupported)
            }

            fn visit_none<E: de::Error>(self) -> Result<Unsupported, E> {
                Ok(Unsupported)
            }

            fn visit_bool<E: de::Error>(self, on: bool) -> Result<Unsupported, E> {
                if on {
                    Err(E::custom(REFUSAL))
                } else {
                    Ok(Unsupported)
                }
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Unsupported, E> {
                if text.is_empty() || truth(text) == Some(false) {
                    Ok(Unsupported)
                } else {
                    Err(E::custom(REFUSAL))
                }
            }

            fn visit_i64<E: de::Error>(self, _: i64) -> Result<Unsupported, E> {
                Err(E::custom(REFUSAL))
            }

            fn visit_u64<E: de::Error>(self, _: u64) -> Result<Unsupported, E> {
                Err(E::custom(REFUSAL))
            }

            fn visit_f64<E: de::Error>(self, _: f64) -> Result<Unsupported, E> {
                Err(E::custom(REFUSAL))
            }

            fn visit_seq<A: de::SeqAccess<'de>>(
                self,
                mut items: A,
            ) -> Result<Unsupported, A::Error> {
                match items.next_element::<IgnoredAny>()? {
                    None => Ok(Unsupported),
                    Some(_) => Err(de::Error::custom(REFUSAL)),
                }
            }

            fn visit_map<A: de::MapAccess<'de>>(self, _: A) -> Result<Unsupported, A::Error> {
                Err(de::Error::custom(REFUSAL))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

impl schemars::JsonSchema for Unsupported {
    fn schema_name() -> Cow<'static, str> {
        "Unsupported".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "enum": [null, false], "description": "Not supported by trueup." })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn off_is_taken_and_on_is_refused() {
        assert!(serde_json::from_str::<Unsupported>("false").is_ok());
        assert!(
            serde_json::from_str::<Unsupported>("\"system_u\"")
                .unwrap_err()
                .to_string()
                .contains(REFUSAL)
        );
        assert!(serde_json::from_str::<Unsupported>("true").is_err());
    }
}
