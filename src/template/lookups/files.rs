//! Lookups of files on the controller.

use super::super::FileOptions;
use super::super::file::Prepared;
use super::{Call, wrong};
use crate::diag::{Source, read_text};
use crate::secret::vault;
use minijinja::value::ValueKind;
use minijinja::{Error, Value};
use std::path::{Path, PathBuf};

/// Where a file may be, best first: below the folder for its kind, and in the folder itself.
fn candidates(call: &Call, kind: &str, name: &str) -> Vec<PathBuf> {
    let name = expanded(name);
    if name.is_absolute() {
        return vec![name];
    }
    let search = &call.session.lookups.search;
    let found = search
        .iter()
        .flat_map(|folder| [folder.join(kind).join(&name), folder.join(&name)]);
    let mut all: Vec<PathBuf> = found.collect();
    if search.is_empty() {
        all.push(name);
    }
    all
}

/// A path with the home of the one who runs this for `~`.
pub(crate) fn expanded(path: &str) -> PathBuf {
    match (path.strip_prefix('~'), std::env::var_os("HOME")) {
        (Some(""), Some(home)) => PathBuf::from(home),
        (Some(rest), Some(home)) if rest.starts_with('/') => PathBuf::from(home).join(&rest[1..]),
        _ => PathBuf::from(path),
    }
}

pub(super) fn find(call: &Call, kind: &str, name: &str) -> Result<PathBuf, Error> {
    let all = candidates(call, kind, name);
    all.iter()
        .find(|path| path.is_file())
        .cloned()
        .ok_or_else(|| {
            let tried: Vec<String> = all.iter().map(|path| path.display().to_string()).collect();
            wrong(format!(
                "there is no file `{name}`; looked for {}",
                tried.join(", ")
            ))
        })
}

/// The text of a file; one that `ansible-vault` encrypted is opened.
pub(super) fn read(path: &Path) -> Result<String, Error> {
    let text = read_text(path)
        .map_err(|error| wrong(format!("can't read {}: {error}", path.display())))?;
    if !vault::is_sealed(text.as_bytes()) {
        return Ok(text);
    }
    let plain =
        vault::opened_text(&text).map_err(|error| wrong(format!("{}: {error}", path.display())))?;
    Ok(plain.reveal().to_owned())
}

fn name<'a>(term: &'a Value, lookup: &str) -> Result<&'a str, Error> {
    term.as_str()
        .ok_or_else(|| wrong(format!("`{lookup}` needs paths, not {}", term.kind())))
}

/// What files hold.
pub(super) fn file(call: &Call) -> Result<Vec<Value>, Error> {
    let rstrip = call.options.get::<Option<bool>>("rstrip")?.unwrap_or(true);
    let lstrip = call.options.get::<Option<bool>>("lstrip")?.unwrap_or(false);
    let mut out = Vec::new();
    for term in &call.terms {
        let text = read(&find(call, "files", name(term, "file")?)?)?;
        let text = if rstrip { text.trim_end() } else { &text };
        out.push(Value::from(if lstrip { text.trim_start() } else { text }));
    }
    Ok(out)
}

/// What files hold, to the last byte, opened where `ansible-vault` encrypted them.
pub(super) fn unvault(call: &Call) -> Result<Vec<Value>, Error> {
    let read = |term: &Value| {
        Ok(Value::from(read(&find(
            call,
            "files",
            name(term, "unvault")?,
        )?)?))
    };
    call.terms.iter().map(read).collect()
}

/// What template files render to.
pub(super) fn template(call: &Call) -> Result<Vec<Value>, Error> {
    let options = FileOptions {
        trim_blocks: call
            .options
            .get::<Option<bool>>("trim_blocks")?
            .unwrap_or(true),
        lstrip_blocks: call
            .options
            .get::<Option<bool>>("lstrip_blocks")?
            .unwrap_or(false),
    };
    let mut out = Vec::new();
    for term in &call.terms {
        let path = find(call, "templates", name(term, "template")?)?;
        let source = Source::new(path.to_string_lossy(), read(&path)?);
        let prepared = Prepared::of(&source, &options).map_err(super::super::error::Fault::Bad)?;
        out.push(Value::from(prepared.render(&call.session, &source)?));
    }
    Ok(out)
}

/// The files whose names fit the patterns, in order.
pub(super) fn fileglob(call: &Call) -> Result<Vec<Value>, Error> {
    let mut out = Vec::new();
    for term in &call.terms {
        let pattern = expanded(name(term, "fileglob")?);
        let pattern_name = pattern
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let folder = pattern
            .parent()
            .unwrap_or(Path::new(""))
            .to_string_lossy()
            .into_owned();
        let folders = candidates(call, "files", &folder);
        let Some(folder) = folders.iter().find(|folder| folder.is_dir()) else {
            continue;
        };
        let found = fitting(folder, &pattern_name)
            .map_err(|error| wrong(format!("can't read {}: {error}", folder.display())))?;
        out.extend(found.iter().map(|path| Value::from(path.to_string_lossy())));
    }
    Ok(out)
}

/// The files of a folder whose names fit, in order.
fn fitting(folder: &Path, pattern: &str) -> std::io::Result<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_file())
        .filter(|path| {
            path.file_name()
                .is_some_and(|name| fits(pattern, &name.to_string_lossy()))
        })
        .collect();
    found.sort();
    Ok(found)
}

/// The files that a pattern with `*` and `?` in its last part means.
pub(crate) fn globbed(pattern: &str) -> Vec<PathBuf> {
    let path = expanded(pattern);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    fitting(folder.unwrap_or(Path::new(".")), &name).unwrap_or_default()
}

/// Whether a name fits a pattern of a shell with `*` and `?`.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let mut regex = String::from(r"\A");
    for c in pattern.chars() {
        match c {
            '*' => regex.push_str(".*"),
            '?' => regex.push('.'),
            other => regex.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
    }
    regex::Regex::new(&(regex + r"\z")).is_ok_and(|regex| regex.is_match(name))
}

/// The path of the first of these files that is there.
pub(super) fn first_found(call: &Call) -> Result<Vec<Value>, Error> {
    let mut skip = call.options.get::<Option<bool>>("skip")?.unwrap_or(false);
    let files: Option<Value> = call.options.get("files")?;
    let paths: Option<Value> = call.options.get("paths")?;
    let mut wanted = Vec::new();
    if let Some(files) = &files {
        below(files, paths.as_ref(), &mut wanted)?;
    }
    for term in &call.terms {
        let terms = if matches!(term.kind(), ValueKind::Seq) {
            term.try_iter()?.collect()
        } else {
            vec![term.clone()]
        };
        for term in terms {
            if term.kind() == ValueKind::Map {
                skip |= term.get_attr("skip")?.is_true();
                let inner = term.get_attr("paths")?;
                let paths = if inner.is_undefined() {
                    paths.clone()
                } else {
                    Some(inner)
                };
                below(&term.get_attr("files")?, paths.as_ref(), &mut wanted)?;
            } else {
                below(&term, paths.as_ref(), &mut wanted)?;
            }
        }
    }
    for name in &wanted {
        for kind in ["files", "templates", "vars"] {
            if let Some(path) = candidates(call, kind, name)
                .iter()
                .find(|path| path.exists())
            {
                return Ok(vec![Value::from(path.to_string_lossy())]);
            }
        }
    }
    if skip {
        return Ok(Vec::new());
    }
    Err(wrong(format!(
        "none of these files is there: {}; `skip=true` makes that nothing",
        wanted.join(", ")
    )))
}

fn texts(value: &Value) -> Result<Vec<String>, Error> {
    match value.as_str() {
        Some(text) => Ok(text
            .split([',', ';'])
            .map(|part| part.trim().to_owned())
            .collect()),
        None => Ok(value.try_iter()?.map(|item| item.to_string()).collect()),
    }
}

fn below(files: &Value, paths: Option<&Value>, into: &mut Vec<String>) -> Result<(), Error> {
    let files = texts(files)?;
    match paths {
        None => into.extend(files),
        Some(paths) => {
            for path in texts(paths)? {
                into.extend(
                    files
                        .iter()
                        .map(|file| Path::new(&path).join(file).to_string_lossy().into_owned()),
                );
            }
        }
    }
    Ok(())
}
