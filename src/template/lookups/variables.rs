//! Lookups of variables.

use super::super::convert::{invalid, settle};
use super::super::filters::regex::pattern;
use super::files::fits;
use super::{Call, wrong};
use minijinja::value::ValueKind;
use minijinja::{Error, Value};

/// The values of the variables with these names.
pub(super) fn vars(call: &Call) -> Result<Vec<Value>, Error> {
    let default: Option<Value> = call.options.get("default")?;
    let mut out = Vec::new();
    for term in &call.terms {
        let name = term
            .as_str()
            .ok_or_else(|| wrong("`vars` needs the names of variables"))?;
        match call.session.variable(name) {
            Some(value) if value.kind() == ValueKind::Invalid => return Err(invalid(&value)),
            Some(value) => out.push(settle(&value)?),
            None => match &default {
                Some(default) => out.push(default.clone()),
                None => {
                    return Err(wrong(format!(
                        "there is no variable `{name}`; `default=` says what holds then"
                    )));
                }
            },
        }
    }
    Ok(out)
}

/// Variables of the environment of the controller.
pub(super) fn env(call: &Call) -> Result<Vec<Value>, Error> {
    let default: Option<Value> = call.options.get("default")?;
    let mut out = Vec::new();
    for term in &call.terms {
        let name = term
            .as_str()
            .ok_or_else(|| wrong("`env` needs the names of environment variables"))?;
        // Python's names end at a blank too.
        let name = name.split_whitespace().next().unwrap_or_default();
        let value = if name.contains(['=', '\0']) {
            None
        } else {
            std::env::var(name).ok()
        };
        out.push(value.map_or_else(
            || default.clone().unwrap_or_else(|| Value::from("")),
            Value::from,
        ));
    }
    Ok(out)
}

/// The names of variables that fit regular expressions.
pub(super) fn varnames(call: &Call) -> Result<Vec<Value>, Error> {
    let mut names = call.session.scope.names();
    names.dedup();
    let mut out = Vec::new();
    for term in &call.terms {
        let regex = pattern(&term.to_string(), false, false)?;
        let fit = names.iter().filter(|name| regex.is_match(name));
        out.extend(fit.map(|name| Value::from(name.as_str())));
    }
    Ok(out)
}

/// The hosts that a pattern of groups and hosts means: `web:!old`, `a*`, `db:&east`.
pub(super) fn inventory_hostnames(call: &Call) -> Result<Vec<Value>, Error> {
    let groups = call.session.variable("groups").unwrap_or_default();
    let members = |group: &str| -> Result<Vec<String>, Error> {
        let hosts = groups.get_attr(group)?;
        if hosts.is_undefined() {
            return Ok(Vec::new());
        }
        Ok(settle(&hosts)?
            .try_iter()?
            .map(|host| host.to_string())
            .collect())
    };
    let all = members("all")?;
    let mut kept: Vec<String> = Vec::new();
    for term in &call.terms {
        let text = term.to_string();
        // What is taken away or held against comes last.
        let mut parts: Vec<&str> = text
            .split([':', ','])
            .filter(|part| !part.is_empty())
            .collect();
        parts.sort_by_key(|part| part.starts_with(['!', '&']));
        for part in parts {
            let name = part.trim_start_matches(['!', '&']);
            let mut meant = members(name)?;
            meant.extend(all.iter().filter(|host| fits(name, host)).cloned());
            match part.chars().next() {
                Some('!') => kept.retain(|host| !meant.contains(host)),
                Some('&') => kept.retain(|host| meant.contains(host)),
                _ => {
                    for host in meant {
                        if !kept.contains(&host) {
                            kept.push(host);
                        }
                    }
                }
            }
        }
    }
    Ok(kept.into_iter().map(Value::from).collect())
}

/// Settings of Ansible that mean the same here, with what they are where nobody sets them.
const SETTINGS: &[(&str, &str)] = &[
    ("DEFAULT_BECOME_METHOD", "sudo"),
    ("DEFAULT_BECOME_USER", "root"),
    ("DEFAULT_FORKS", "5"),
    ("DEFAULT_GATHERING", "implicit"),
    ("DEFAULT_MANAGED_STR", "Ansible managed"),
    ("DEFAULT_STRATEGY", "linear"),
    ("DEFAULT_TIMEOUT", "10"),
    ("DEFAULT_TRANSPORT", "ssh"),
];

/// Settings, as they are where neither a file nor the environment sets them.
pub(super) fn config(call: &Call) -> Result<Vec<Value>, Error> {
    let missing: Option<String> = call.options.get("on_missing")?;
    let mut out = Vec::new();
    for term in &call.terms {
        let name = term.to_string();
        match SETTINGS.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => out.push(
                value
                    .parse::<i64>()
                    .map_or_else(|_| Value::from(*value), Value::from),
            ),
            None if matches!(missing.as_deref(), Some("skip" | "warn")) => {}
            None => return Err(wrong(format!("there is no setting `{name}` here"))),
        }
    }
    Ok(out)
}
