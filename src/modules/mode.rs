//! Permissions as Ansible's `mode` takes them: a number, octal digits in a string, clauses like chmod's, `preserve`.

use serde::de::{self, Deserializer, Visitor};
use std::borrow::Cow;
use std::fmt;

/// The permissions that a task wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// These bits.
    Bits(u32),
    /// Clauses like `u=rw,g-w,o=`, laid over what is there.
    Symbolic(Vec<Clause>),
    /// Those of the source file.
    Preserve,
}

/// One clause of a symbolic mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    who: String,
    actions: Vec<(char, String)>,
}

impl Mode {
    /// The bits that this comes to for something with the bits `current`.
    pub fn bits(&self, current: u32, directory: bool) -> u32 {
        match self {
            Self::Bits(bits) => *bits,
            Self::Preserve => current,
            Self::Symbolic(clauses) => clauses
                .iter()
                .fold(current, |bits, clause| clause.apply(bits, directory)),
        }
    }

    /// As chmod takes it; empty where that is another file's.
    pub fn chmod(&self) -> String {
        match self {
            Self::Bits(bits) => octal(*bits),
            Self::Preserve => String::new(),
            Self::Symbolic(clauses) => {
                let clauses: Vec<String> = clauses.iter().map(Clause::chmod).collect();
                clauses.join(",")
            }
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let octal = text.strip_prefix("0o").unwrap_or(text);
        if text == "preserve" {
            Ok(Self::Preserve)
        } else if !octal.is_empty() && octal.chars().all(|c| c.is_ascii_digit()) {
            let bits = u32::from_str_radix(octal, 8)
                .ok()
                .filter(|bits| *bits <= 0o7777);
            bits.map(Self::Bits)
                .ok_or_else(|| format!("`{text}` is no mode: octal digits up to 7777 are wanted"))
        } else {
            text.split(',').map(Clause::parse).collect::<Option<_>>().map(Self::Symbolic).ok_or_else(|| {
                format!("`{text}` is no mode: octal digits like '0644' or clauses like 'u=rw,g=r,o=' are wanted")
            })
        }
    }
}

impl Clause {
    fn chmod(&self) -> String {
        let actions = self.actions.iter();
        let actions: String = actions.map(|(how, what)| format!("{how}{what}")).collect();
        format!("{}{actions}", self.who)
    }

    fn parse(text: &str) -> Option<Self> {
        let at = text.find(['=', '+', '-'])?;
        let (who, mut rest) = text.split_at(at);
        if !who.chars().all(|c| "ugoa".contains(c)) {
            return None;
        }
        let mut actions = Vec::new();
        while let Some(operator) = rest.chars().next() {
            let end = rest[1..]
                .find(['=', '+', '-'])
                .map_or(rest.len(), |end| end + 1);
            let permissions = &rest[1..end];
            let copies = permissions.len() == 1 && "ugo".contains(permissions);
            if !copies && !permissions.chars().all(|c| "rwxXst".contains(c)) {
                return None;
            }
            actions.push((operator, permissions.to_owned()));
            rest = &rest[end..];
        }
        Some(Self {
            who: who.to_owned(),
            actions,
        })
    }

    fn apply(&self, mut bits: u32, directory: bool) -> u32 {
        // Without a "who", chmod spares what the umask masks; Ansible takes the umask 022 most hosts have.
        let (who, spared) = if self.who.is_empty() {
            ("ugo", 0o022)
        } else {
            (self.who.as_str(), 0)
        };
        for (operator, permissions) in &self.actions {
            let executes = directory || bits & 0o111 != 0;
            let (mut set, mut clear) = (0, 0);
            for class in who.replace('a', "ugo").chars() {
                let (shift, special) = match class {
                    'u' => (6, 0o4000),
                    'g' => (3, 0o2000),
                    _ => (0, 0),
                };
                let mut triple = 0;
                for permission in permissions.chars() {
                    match permission {
                        'r' => triple |= 4,
                        'w' => triple |= 2,
                        'x' => triple |= 1,
                        'X' if executes => triple |= 1,
                        's' => set |= special,
                        't' => set |= 0o1000,
                        'u' => triple |= bits >> 6 & 7,
                        'g' => triple |= bits >> 3 & 7,
                        'o' => triple |= bits & 7,
                        _ => {}
                    }
                }
                set |= triple << shift;
                // As with chmod, `=` leaves the setuid and setgid of a directory alone.
                clear |= 7 << shift | if directory { 0 } else { special };
            }
            set &= !spared;
            bits = match operator {
                '=' => bits & !(clear & !spared) | set,
                '+' => bits | set,
                _ => bits & !set,
            };
        }
        bits
    }
}

impl<'de> serde::Deserialize<'de> for Mode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Mode;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mode like '0644' or 'u=rw,g=r,o='")
            }

            fn visit_i64<E: de::Error>(self, bits: i64) -> Result<Mode, E> {
                u64::try_from(bits)
                    .map_err(|_| E::custom("a mode can't be negative"))
                    .and_then(|bits| self.visit_u64(bits))
            }

            fn visit_u64<E: de::Error>(self, bits: u64) -> Result<Mode, E> {
                match u32::try_from(bits) {
                    Ok(bits) if bits <= 0o7777 => Ok(Mode::Bits(bits)),
                    _ => Err(E::custom(format!(
                        "{bits} is no mode; write it in octal and in quotes, like '0644'"
                    ))),
                }
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Mode, E> {
                Mode::parse(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

impl schemars::JsonSchema for Mode {
    fn schema_name() -> Cow<'static, str> {
        "Mode".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["string", "integer"] })
    }
}

/// Bits as people write them: `0644`.
pub fn octal(bits: u32) -> String {
    format!("{bits:04o}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(text: &str, current: u32, directory: bool) -> u32 {
        Mode::parse(text).unwrap().bits(current, directory)
    }

    #[test]
    fn symbolic_modes_come_to_what_chmod_makes_of_them() {
        assert_eq!(bits("u=rw,g=r,o=", 0o777, false), 0o640);
        assert_eq!(bits("u=rwX,g=rX,o=rX", 0o600, true), 0o755);
        assert_eq!(bits("a+X", 0o644, false), 0o644);
        assert_eq!(bits("g=u", 0o640, false), 0o660);
        assert_eq!(bits("+x", 0o644, false), 0o755);
        assert_eq!(bits("u+s,o+t", 0o755, true), 0o5755);
        assert_eq!(bits("ug=rw,o-r+x", 0o644, false), 0o661);
    }

    #[test]
    fn digits_are_octal_and_integers_are_bits() {
        assert_eq!(
            serde_json::from_str::<Mode>("\"0644\"").unwrap(),
            Mode::Bits(0o644)
        );
        assert_eq!(
            serde_json::from_str::<Mode>("420").unwrap(),
            Mode::Bits(0o644)
        );
        assert!(serde_json::from_str::<Mode>("\"0888\"").is_err());
        assert!(serde_json::from_str::<Mode>("\"u~w\"").is_err());
        assert!(serde_json::from_str::<Mode>("64400").is_err());
    }
}
