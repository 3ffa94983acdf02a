//! When two texts are the same value of a server parameter, and how the server writes it.

use crate::facts::pg_setting::Setting;
use crate::facts::sql::ident;

/// Parameters that are lists whose elements are quoted one by one.
const QUOTED_LISTS: &[&str] = &[
    "local_preload_libraries",
    "search_path",
    "session_preload_libraries",
    "shared_preload_libraries",
    "temp_tablespaces",
    "unix_socket_directories",
];

/// Whether `a` and `b` are the same value of the parameter: `64MB` and `65536kB` are.
pub fn same(setting: &Setting, a: &str, b: &str) -> bool {
    match setting.vartype.as_str() {
        "bool" => boolean(a).is_some() && boolean(a) == boolean(b),
        "integer" | "real" => {
            let (a, b) = (number(setting, a), number(setting, b));
            matches!((a, b), (Some(a), Some(b)) if close(setting, a, b))
        }
        "enum" => switch(a) == switch(b),
        _ if is_quoted_list(&setting.name) => elements(a) == elements(b),
        _ => a == b,
    }
}

/// A value as `pg_settings` holds it, and as `SHOW` prints it.
pub fn shown(setting: &Setting, value: &str) -> (String, String) {
    let both = |text: String| (text.clone(), text);
    match setting.vartype.as_str() {
        "bool" => both(switch(
            boolean(value).map_or(value, |on| if on { "on" } else { "off" }),
        )),
        "integer" | "real" => match number(setting, value) {
            Some(count) => {
                let count = if setting.vartype == "integer" {
                    count.round()
                } else {
                    count
                };
                (count.to_string(), in_largest_unit(setting, count))
            }
            None => both(value.to_owned()),
        },
        "enum" => both(switch(value)),
        _ if is_quoted_list(&setting.name) => {
            let element = |element: &String| {
                let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
                let begins = element.starts_with(|c: char| !c.is_ascii_digit());
                if begins && element.chars().all(plain) {
                    element.clone()
                } else {
                    ident(element)
                }
            };
            let elements: Vec<String> = elements(value).iter().map(element).collect();
            both(elements.join(", "))
        }
        _ => both(value.to_owned()),
    }
}

/// A count of the parameter's own unit in the largest unit of which it is a whole number.
fn in_largest_unit(setting: &Setting, count: f64) -> String {
    let own = setting
        .unit
        .as_deref()
        .filter(|_| count > 0.0)
        .and_then(measure);
    let Some((dimension, each)) = own else {
        return count.to_string();
    };
    let units = match dimension {
        Dimension::Bytes => &["TB", "GB", "MB", "kB", "B"][..],
        Dimension::Microseconds => &["d", "h", "min", "s", "ms", "us"][..],
    };
    let fits = |unit: &&str| {
        let (_, one) = size(unit)?;
        let many = count * each / one;
        (many >= 1.0 && many.fract() == 0.0).then(|| format!("{many}{unit}"))
    };
    let whole = units.iter().find_map(fits);
    whole.unwrap_or_else(|| count.to_string())
}

/// Whether the parameter is a list whose elements are quoted one by one.
pub fn is_quoted_list(name: &str) -> bool {
    QUOTED_LISTS.contains(&name.to_ascii_lowercase().as_str())
}

/// The elements of a list, without quotes.
pub fn elements(text: &str) -> Vec<String> {
    text.split(',')
        .map(|element| element.trim().trim_matches(['"', '\'']).to_owned())
        .filter(|element| !element.is_empty())
        .collect()
}

/// A boolean as the server reads it: any beginning of a word that can only be that word.
fn boolean(text: &str) -> Option<bool> {
    let text = text.trim().to_ascii_lowercase();
    let begins = |word: &str, least: usize| text.len() >= least && word.starts_with(&text);
    if begins("true", 1) || begins("yes", 1) || begins("on", 2) || text == "1" {
        Some(true)
    } else if begins("false", 1) || begins("no", 1) || begins("off", 2) || text == "0" {
        Some(false)
    } else {
        None
    }
}

/// A word of an enumeration; many of them take these booleans for `on` and `off`, written in full.
fn switch(text: &str) -> String {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => "on".to_owned(),
        "false" | "no" | "0" => "off".to_owned(),
        word => word.to_owned(),
    }
}

fn close(setting: &Setting, a: f64, b: f64) -> bool {
    if setting.vartype == "integer" {
        (a.round() - b.round()).abs() < 0.5
    } else {
        (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
    }
}

/// The number in the parameter's own unit.
fn number(setting: &Setting, text: &str) -> Option<f64> {
    let text = text.trim();
    let end = text
        .find(|c: char| c.is_ascii_alphabetic() && c != 'e')
        .unwrap_or(text.len());
    let (digits, suffix) = text.split_at(end);
    let value: f64 = digits.trim().parse().ok()?;
    if suffix.is_empty() {
        return Some(value);
    }
    let base = measure(setting.unit.as_deref()?)?;
    let given = size(suffix).or_else(|| {
        // Ansible takes `64mb` too.
        let upper = suffix.to_ascii_uppercase();
        size(&upper.replace("KB", "kB"))
    })?;
    (base.0 == given.0).then(|| value * given.1 / base.1)
}

/// A unit as a parameter has it: `8kB`.
fn measure(unit: &str) -> Option<(Dimension, f64)> {
    let start = unit.find(|c: char| c.is_ascii_alphabetic())?;
    let (count, base) = unit.split_at(start);
    let count: f64 = if count.is_empty() {
        1.0
    } else {
        count.parse().ok()?
    };
    let (dimension, each) = size(base)?;
    Some((dimension, count * each))
}

#[derive(PartialEq)]
enum Dimension {
    Bytes,
    Microseconds,
}

fn size(unit: &str) -> Option<(Dimension, f64)> {
    use Dimension::{Bytes, Microseconds};
    Some(match unit {
        "B" => (Bytes, 1.0),
        "kB" => (Bytes, 1024.0),
        "MB" => (Bytes, 1024.0 * 1024.0),
        "GB" => (Bytes, 1024.0 * 1024.0 * 1024.0),
        "TB" => (Bytes, 1024.0 * 1024.0 * 1024.0 * 1024.0),
        "us" => (Microseconds, 1.0),
        "ms" => (Microseconds, 1e3),
        "s" => (Microseconds, 1e6),
        "min" => (Microseconds, 60e6),
        "h" => (Microseconds, 3600e6),
        "d" => (Microseconds, 86400e6),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(name: &str, vartype: &str, unit: Option<&str>) -> Setting {
        Setting {
            name: name.into(),
            setting: String::new(),
            pretty: String::new(),
            unit: unit.map(Into::into),
            vartype: vartype.into(),
            context: "sighup".into(),
            boot_val: None,
            source: "default".into(),
            pending_restart: false,
            auto: None,
        }
    }

    #[test]
    fn numbers_are_compared_in_the_parameters_unit() {
        let buffers = parameter("shared_buffers", "integer", Some("8kB"));
        assert!(same(&buffers, "16384", "128MB"));
        assert!(same(&buffers, "131072kB", "128mb"));
        assert!(!same(&buffers, "16385", "128MB"));
        assert!(!same(&buffers, "128s", "128MB"));
        let delay = parameter("recovery_min_apply_delay", "integer", Some("ms"));
        assert!(same(&delay, "300000", "5min"));
        assert!(same(&delay, "-1", "-1"));
        assert!(same(&parameter("seed", "real", None), "0.50", "5e-1"));
    }

    #[test]
    fn values_are_written_as_the_server_writes_them() {
        let shown = |setting: &Setting, value: &str| {
            let (setting, pretty) = shown(setting, value);
            format!("{setting} {pretty}")
        };
        let buffers = parameter("shared_buffers", "integer", Some("8kB"));
        assert_eq!(shown(&buffers, "131072kB"), "16384 128MB");
        assert_eq!(shown(&buffers, "128mb"), "16384 128MB");
        let memory = parameter("work_mem", "integer", Some("kB"));
        assert_eq!(shown(&memory, "1.5MB"), "1536 1536kB");
        let delay = parameter("recovery_min_apply_delay", "integer", Some("ms"));
        assert_eq!(shown(&delay, "300s"), "300000 5min");
        assert_eq!(shown(&delay, "0"), "0 0");
        assert_eq!(shown(&parameter("seed", "real", None), "0.50"), "0.5 0.5");
        assert_eq!(shown(&parameter("fsync", "bool", None), "True"), "on on");
        let list = parameter("search_path", "string", None);
        assert_eq!(shown(&list, "app,\"c-d\""), "app, \"c-d\" app, \"c-d\"");
    }

    #[test]
    fn words_and_lists_are_compared_by_meaning() {
        assert!(same(&parameter("fsync", "bool", None), "on", "True"));
        assert!(!same(&parameter("fsync", "bool", None), "on", "o"));
        assert!(same(
            &parameter("synchronous_commit", "enum", None),
            "on",
            "yes"
        ));
        let list = parameter("shared_preload_libraries", "string", None);
        assert!(same(&list, "a, \"b\"", "a,b"));
        let text = parameter("synchronous_standby_names", "string", None);
        assert!(!same(&text, "FIRST 1 (b)", "first 1 (b)"));
    }
}
