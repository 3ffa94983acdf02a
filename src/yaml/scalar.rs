//! What a plain scalar means: YAML 1.1 as `PyYAML` (and so Ansible) reads it.

use super::Value;

/// The value of an unquoted scalar. YAML 1.1 knows fewer booleans than Ansible: no `y`, no `yEs`.
pub(super) fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Value::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
            Value::Bool(false)
        }
        _ => number(text).unwrap_or_else(|| Value::Str(text.to_owned())),
    }
}

/// The number that an unquoted scalar stands for, if any.
pub(super) fn number(text: &str) -> Option<Value> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        b'0'..=b'9' | b'.' => (false, text),
        _ => return None,
    };
    integer(digits)
        .map(|value| Value::Int(if negative { -value } else { value }))
        .or_else(|| {
            float(digits, text).map(|value| Value::Float(if negative { -value } else { value }))
        })
}

fn integer(digits: &str) -> Option<i64> {
    let radix = |digits: &str, radix| {
        let digits = digits.replace('_', "");
        // from_str_radix would take a second sign.
        if digits.starts_with(['+', '-']) {
            None
        } else {
            i64::from_str_radix(&digits, radix).ok()
        }
    };
    match digits.as_bytes() {
        [b'0'] => Some(0),
        [b'0', b'b', ..] => radix(&digits[2..], 2),
        [b'0', b'x', ..] => radix(&digits[2..], 16),
        [b'0', b'o', ..] => radix(&digits[2..], 8),
        [b'0', ..] => radix(&digits[1..], 8),
        [b'1'..=b'9', ..] if digits.contains(':') => sexagesimal(digits),
        [b'1'..=b'9', ..] => radix(digits, 10),
        _ => None,
    }
}

/// `1:30` is ninety in YAML 1.1.
fn sexagesimal(digits: &str) -> Option<i64> {
    let mut parts = digits.split(':');
    let mut value: i64 = parts.next()?.replace('_', "").parse().ok()?;
    for part in parts {
        let well_formed = matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']);
        let part: i64 = if well_formed {
            part.parse().ok()?
        } else {
            return None;
        };
        value = value.checked_mul(60)?.checked_add(part)?;
    }
    Some(value)
}

/// A float has a point, and an exponent has a sign: `1e3` is a string in YAML 1.1.
fn float(digits: &str, whole: &str) -> Option<f64> {
    match digits {
        ".inf" | ".Inf" | ".INF" => return Some(f64::INFINITY),
        ".nan" | ".NaN" | ".NAN" if digits == whole => return Some(f64::NAN),
        _ => {}
    }
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (digits, None),
    };
    let (before, after) = mantissa.split_once('.')?;
    let numeric = |part: &str| {
        part.bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'_')
    };
    let starts_well = match before.as_bytes().first() {
        Some(first) => first.is_ascii_digit(),
        None => after.as_bytes().first().is_some_and(u8::is_ascii_digit) && digits == whole,
    };
    let exponent_well = exponent.is_none_or(|exponent| {
        exponent.strip_prefix(['+', '-']).is_some_and(|exponent| {
            !exponent.is_empty() && exponent.bytes().all(|byte| byte.is_ascii_digit())
        })
    });
    if !starts_well || !numeric(before) || !numeric(after) || !exponent_well {
        return None;
    }
    let text = digits.replace('_', "");
    text.parse().or_else(|_| format!("0{text}").parse()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_are_read_as_pyyaml_reads_them() {
        let string = |text: &str| Value::Str(text.to_owned());
        for (text, value) in [
            ("yes", Value::Bool(true)),
            ("Off", Value::Bool(false)),
            ("y", string("y")),
            ("yEs", string("yEs")),
            ("~", Value::Null),
            ("0644", Value::Int(0o644)),
            ("0o644", Value::Int(0o644)),
            ("0899", string("0899")),
            ("0x1F", Value::Int(31)),
            ("0b101", Value::Int(5)),
            ("-12", Value::Int(-12)),
            ("+7", Value::Int(7)),
            ("--7", string("--7")),
            ("1_000", Value::Int(1000)),
            ("1:30", Value::Int(90)),
            ("0:30", string("0:30")),
            ("10:75", string("10:75")),
            ("1.5", Value::Float(1.5)),
            ("-1.5", Value::Float(-1.5)),
            ("1.", Value::Float(1.0)),
            (".5", Value::Float(0.5)),
            ("1.5e+3", Value::Float(1500.0)),
            ("1e3", string("1e3")),
            ("1.5e3", string("1.5e3")),
            ("10.0.0.1", string("10.0.0.1")),
            (".", string(".")),
            ("-", string("-")),
            ("-.inf", Value::Float(f64::NEG_INFINITY)),
            ("99999999999999999999", string("99999999999999999999")),
            ("2026-01-31", string("2026-01-31")),
        ] {
            assert_eq!(plain(text), value, "{text}");
        }
    }
}
