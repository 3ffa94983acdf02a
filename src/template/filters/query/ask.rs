//! What a query gives.

use super::{Expr, functions};
use minijinja::Value;
use minijinja::value::ValueKind;

pub(super) fn none() -> Value {
    Value::from(())
}

pub(super) fn list(value: &Value) -> Option<Vec<Value>> {
    let listed = matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable);
    listed.then(|| value.try_iter().into_iter().flatten().collect())
}

/// The values of a mapping.
pub(super) fn values(value: &Value) -> Option<Vec<Value>> {
    let mapping = value.kind() == ValueKind::Map;
    mapping.then(|| {
        let keys = value.try_iter().into_iter().flatten();
        keys.filter_map(|key| value.get_item(&key).ok()).collect()
    })
}

/// Whether a value counts as true: a number always does.
pub(super) fn holds(value: &Value) -> bool {
    value.kind() == ValueKind::Number || value.is_true()
}

fn same(a: &Value, b: &Value) -> bool {
    (a.kind() == ValueKind::Bool) == (b.kind() == ValueKind::Bool) && a == b
}

pub(super) fn ask(expr: &Expr, value: &Value) -> Result<Value, String> {
    Ok(match expr {
        Expr::Current => value.clone(),
        Expr::Literal(value) => value.clone(),
        Expr::Field(name) if value.kind() == ValueKind::Map => {
            let found = value.get_attr(name).ok();
            found
                .filter(|found| !found.is_undefined())
                .unwrap_or_else(none)
        }
        Expr::Field(_) => none(),
        Expr::Index(at) => list(value)
            .and_then(|items| {
                let at = if *at < 0 {
                    at + i64::try_from(items.len()).ok()?
                } else {
                    *at
                };
                items.get(usize::try_from(at).ok()?).cloned()
            })
            .unwrap_or_else(none),
        Expr::Slice(parts) => match list(value) {
            Some(items) => Value::from(sliced(&items, *parts)?),
            None => none(),
        },
        Expr::Then(first, second) | Expr::Pipe(first, second) => ask(second, &ask(first, value)?)?,
        Expr::Each(items, each) => projected(list(&ask(items, value)?), None, each)?,
        Expr::Values(map, each) => projected(values(&ask(map, value)?), None, each)?,
        Expr::Where(items, condition, each) => {
            projected(list(&ask(items, value)?), Some(condition), each)?
        }
        Expr::Flat(items) => match list(&ask(items, value)?) {
            Some(items) => items
                .into_iter()
                .flat_map(|item| list(&item).unwrap_or_else(|| vec![item]))
                .collect(),
            None => none(),
        },
        Expr::Or(a, b) => match ask(a, value)? {
            first if holds(&first) => first,
            _ => ask(b, value)?,
        },
        Expr::And(a, b) => match ask(a, value)? {
            first if holds(&first) => ask(b, value)?,
            first => first,
        },
        Expr::Not(inner) => Value::from(!holds(&ask(inner, value)?)),
        Expr::Compare(sign, a, b) => compared(sign, &ask(a, value)?, &ask(b, value)?),
        Expr::List(_) | Expr::Map(_) if value.is_none() => none(),
        Expr::List(parts) => parts
            .iter()
            .map(|part| ask(part, value))
            .collect::<Result<Vec<_>, _>>()?
            .into(),
        Expr::Map(parts) => {
            let pairs = parts
                .iter()
                .map(|(key, part)| Ok((key.clone(), ask(part, value)?)));
            Value::from_pairs(pairs.collect::<Result<Vec<_>, String>>()?)
        }
        Expr::Call(name, arguments) => functions::call(name, arguments, value)?,
        Expr::Reference(_) => return Err("`&` stands before an argument only".to_owned()),
    })
}

fn projected(items: Option<Vec<Value>>, only: Option<&Expr>, each: &Expr) -> Result<Value, String> {
    let Some(items) = items else {
        return Ok(none());
    };
    let mut out = Vec::with_capacity(items.len());
    for item in items {
        if let Some(condition) = only
            && !holds(&ask(condition, &item)?)
        {
            continue;
        }
        let found = ask(each, &item)?;
        if !found.is_none() {
            out.push(found);
        }
    }
    Ok(Value::from(out))
}

fn compared(sign: &str, a: &Value, b: &Value) -> Value {
    let ordered = |kind: ValueKind| a.kind() == kind && b.kind() == kind;
    Value::from(match sign {
        "==" => same(a, b),
        "!=" => !same(a, b),
        _ if !ordered(ValueKind::Number) && !ordered(ValueKind::String) => return none(),
        "<" => a < b,
        "<=" => a <= b,
        ">" => a > b,
        _ => a >= b,
    })
}

/// The items from a place to another one, by steps, as Python cuts.
fn sliced(items: &[Value], [from, to, step]: [Option<i64>; 3]) -> Result<Vec<Value>, String> {
    let count = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let step = step.unwrap_or(1);
    if step == 0 {
        return Err("a slice has steps of 1 or more, or of -1 or less".to_owned());
    }
    let (low, high) = if step > 0 {
        (0, count)
    } else {
        (-1, count - 1)
    };
    let within = |at: i64| {
        let at = if at < 0 { at.saturating_add(count) } else { at };
        at.clamp(low, high)
    };
    let mut at = from.map_or(if step > 0 { low } else { high }, within);
    let end = to.map_or(if step > 0 { high } else { low }, within);
    let mut out = Vec::new();
    while (step > 0 && at < end) || (step < 0 && at > end) {
        out.extend(
            usize::try_from(at)
                .ok()
                .and_then(|at| items.get(at))
                .cloned(),
        );
        at = at.saturating_add(step);
    }
    Ok(out)
}
