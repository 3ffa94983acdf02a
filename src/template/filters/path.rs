//! Filters over paths, which need not be there.

use super::super::registry::Registry;
use super::text::text;
use super::{items, wrong};
use minijinja::value::Kwargs;
use minijinja::{Error, Value};
use std::path::Path;

pub(super) fn register(to: &mut Registry) {
    to.filter("basename", |value: &Value| -> Result<String, Error> {
        Ok(split(&text(value)?).1.to_owned())
    });
    to.filter("dirname", |value: &Value| -> Result<String, Error> {
        Ok(split(&text(value)?).0.to_owned())
    });
    to.filter("splitext", |value: &Value| -> Result<Value, Error> {
        let path = text(value)?;
        let (root, extension) = split_extension(&path);
        Ok([root, extension].into_iter().collect())
    });
    to.filter("expanduser", |value: &Value| -> Result<String, Error> {
        Ok(super::super::lookups::expanded(&text(value)?)
            .to_string_lossy()
            .into_owned())
    });
    to.filter("expandvars", |value: &Value| -> Result<String, Error> {
        expanded(&text(value)?)
    });
    to.filter("commonpath", |list: &Value| -> Result<String, Error> {
        let paths = items(list, "commonpath")?;
        let paths = paths.iter().map(text).collect::<Result<Vec<_>, _>>()?;
        common(&paths)
    });
    to.filter("fileglob", |value: &Value| -> Result<Value, Error> {
        let found = super::super::lookups::globbed(&text(value)?);
        Ok(found
            .iter()
            .map(|path| Value::from(path.to_string_lossy()))
            .collect())
    });
    to.filter("realpath", |value: &Value| -> Result<String, Error> {
        real(&text(value)?)
    });
    to.filter("normpath", |value: &Value| -> Result<String, Error> {
        Ok(normal(&text(value)?))
    });
    to.filter("path_join", |value: &Value| -> Result<String, Error> {
        match value.as_str() {
            Some(path) => Ok(path.to_owned()),
            None => items(value, "path_join")?
                .iter()
                .try_fold(String::new(), |path, part| Ok(join(&path, &text(part)?))),
        }
    });
    to.filter(
        "relpath",
        |value: &Value, start: Option<String>, options: Kwargs| -> Result<String, Error> {
            let start = start.map_or_else(
                || options.get::<Option<String>>("start"),
                |given| Ok(Some(given)),
            )?;
            options.assert_all_used()?;
            Ok(relative(
                &absolute(&text(value)?)?,
                &absolute(start.as_deref().unwrap_or("."))?,
            ))
        },
    );
}

/// A path with the values of the environment's variables that there are.
fn expanded(path: &str) -> Result<String, Error> {
    let regex = super::regex::pattern(r"\$(?:(\w+)|\{([^}]*)\})", false, false)?;
    let with = |found: &regex::Captures| {
        let name = found
            .get(1)
            .or(found.get(2))
            .map_or("", |name| name.as_str());
        let value = (!name.is_empty())
            .then(|| std::env::var(name).ok())
            .flatten();
        value.unwrap_or_else(|| found[0].to_owned())
    };
    Ok(regex.replace_all(path, with).into_owned())
}

/// The longest path above all of them.
fn common(paths: &[String]) -> Result<String, Error> {
    let absolute = paths.iter().filter(|path| path.starts_with('/')).count();
    if paths.is_empty() || (absolute > 0 && absolute < paths.len()) {
        return Err(wrong(
            "`commonpath` needs paths that all begin at the root, or none",
        ));
    }
    let parts = |path: &String| -> Vec<String> {
        let parts = path
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".");
        parts.map(str::to_owned).collect()
    };
    let shared = paths.iter().map(parts).reduce(|a, b| {
        let same = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
        a[..same].to_vec()
    });
    let root = if absolute > 0 { "/" } else { "" };
    Ok(format!("{root}{}", shared.unwrap_or_default().join("/")))
}

/// What stands before and after the last slash.
fn split(path: &str) -> (&str, &str) {
    let Some(at) = path.rfind('/') else {
        return ("", path);
    };
    let (head, tail) = (&path[..=at], &path[at + 1..]);
    let trimmed = head.trim_end_matches('/');
    (if trimmed.is_empty() { head } else { trimmed }, tail)
}

fn split_extension(path: &str) -> (&str, &str) {
    let name = split(path).1;
    let leading = name.len() - name.trim_start_matches('.').len();
    match name[leading..].rfind('.') {
        Some(at) => path.split_at(path.len() - name.len() + leading + at),
        None => (path, ""),
    }
}

fn join(path: &str, part: &str) -> String {
    if part.starts_with('/') || path.is_empty() {
        part.to_owned()
    } else if path.ends_with('/') {
        format!("{path}{part}")
    } else {
        format!("{path}/{part}")
    }
}

/// The path without what changes nothing in it.
fn normal(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !matches!(*part, "" | ".")) {
        match (part, parts.last()) {
            ("..", Some(last)) if *last != ".." => {
                parts.pop();
            }
            ("..", None) if rooted => {}
            _ => parts.push(part),
        }
    }
    match (rooted, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}

fn absolute(path: &str) -> Result<String, Error> {
    let path = std::path::absolute(if path.is_empty() { "." } else { path });
    let path = path.map_err(|error| wrong(format!("there is no folder to start from: {error}")))?;
    Ok(normal(&path.to_string_lossy()))
}

fn relative(path: &str, start: &str) -> String {
    let parts = |path: &str| -> Vec<String> {
        path.split('/')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (path, start) = (parts(path), parts(start));
    let common = path.iter().zip(&start).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..", start.len() - common);
    let relative: Vec<&str> = up
        .chain(path[common..].iter().map(String::as_str))
        .collect();
    if relative.is_empty() {
        ".".to_owned()
    } else {
        relative.join("/")
    }
}

/// The path with the links resolved in as much of it as is there.
fn real(path: &str) -> Result<String, Error> {
    let path = absolute(path)?;
    let there = Path::new(&path).ancestors().find_map(|folder| {
        let rest = Path::new(&path).strip_prefix(folder).ok()?;
        Some(folder.canonicalize().ok()?.join(rest))
    });
    Ok(there.map_or(path, |real| {
        real.to_string_lossy().trim_end_matches('/').to_owned()
    }))
}
