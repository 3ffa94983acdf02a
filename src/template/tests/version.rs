//! `is version`: versions as numbers and words between dots, as Python's loose versions compare.

use super::super::registry::Registry;
use minijinja::value::Kwargs;
use minijinja::{Error, ErrorKind, Value};
use std::cmp::Ordering;

pub(super) fn register(to: &mut Registry) {
    for name in ["version", "version_compare"] {
        to.test(
            name,
            |value: &Value,
             than: &Value,
             operator: Option<&str>,
             options: Kwargs|
             -> Result<bool, Error> {
                let operator = match operator {
                    Some(operator) => operator.to_owned(),
                    None => options
                        .get::<Option<String>>("operator")?
                        .unwrap_or_else(|| "eq".to_owned()),
                };
                // The kinds of versions differ only in what they refuse.
                let _kind: Option<Value> = options.get("version_type")?;
                let _strict: Option<Value> = options.get("strict")?;
                options.assert_all_used()?;
                holds(value, than, &operator)
            },
        );
    }
}

fn holds(value: &Value, than: &Value, operator: &str) -> Result<bool, Error> {
    let (a, b) = (spelled(value)?, spelled(than)?);
    let order = compare(&a, &b);
    Ok(match operator {
        "==" | "=" | "eq" => order.is_eq(),
        "!=" | "<>" | "ne" => order.is_ne(),
        "<" | "lt" => order.is_lt(),
        "<=" | "le" => order.is_le(),
        ">" | "gt" => order.is_gt(),
        ">=" | "ge" => order.is_ge(),
        other => {
            let what = format!("`version` compares with ==, !=, <, <=, > or >=, not `{other}`");
            return Err(Error::new(ErrorKind::InvalidOperation, what));
        }
    })
}

fn spelled(value: &Value) -> Result<String, Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    let text = value.to_string();
    if text.is_empty() {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            "`version` needs two versions, but one is empty",
        ));
    }
    Ok(text)
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Word(String),
    Number(u64),
}

fn parts(version: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = version;
    while let Some(first) = rest.chars().next() {
        let same = |c: char| {
            if first.is_ascii_digit() {
                c.is_ascii_digit()
            } else {
                !c.is_ascii_digit() && c != '.'
            }
        };
        if first == '.' {
            rest = &rest[1..];
            continue;
        }
        let end = rest.find(|c| !same(c)).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        parts.push(
            part.parse()
                .map_or_else(|_| Part::Word(part.to_owned()), Part::Number),
        );
        rest = after;
    }
    parts
}

pub(in super::super) fn compare(a: &str, b: &str) -> Ordering {
    parts(a).cmp(&parts(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_as_numbers_and_longer_versions_are_later() {
        assert_eq!(compare("1.10", "1.9"), Ordering::Greater);
        assert_eq!(compare("17", "17.2"), Ordering::Less);
        assert_eq!(compare("12.4", "12.4"), Ordering::Equal);
        assert_eq!(compare("1.0b2", "1.0"), Ordering::Greater);
    }
}
