//! Reading files of the controller as sources and as variables.

use crate::diag::{Diag, Source, read_text};
use crate::secret::vault;
use crate::yaml::{self, Mapping, Node, Value};
use std::path::{Path, PathBuf};

/// The text of a file, known by its path as the user would type it.
pub(crate) fn read_source(path: &Path) -> Result<Source, Diag> {
    let shown = path
        .strip_prefix("./")
        .unwrap_or(path)
        .display()
        .to_string();
    match read_text(path) {
        Ok(text) if vault::is_sealed(text.as_bytes()) => {
            let plain = vault::opened(&text).map_err(|error| {
                Diag::error(format!("{shown}: {error}"))
                    .help("give the password with --vault-password-file, --vault-id or -J")
            })?;
            let plain = std::str::from_utf8(&plain)
                .map_err(|_| Diag::error(format!("{shown} holds no text in UTF-8")))?;
            let source = Source::new(shown, plain);
            // No error quotes its lines.
            source.whole().veil();
            Ok(source)
        }
        Ok(text) => Ok(Source::new(shown, text)),
        Err(error) => Err(match error.kind() {
            std::io::ErrorKind::NotFound => Diag::error(format!("there is no file {shown}")),
            std::io::ErrorKind::InvalidData => Diag::error(format!("{shown} is not text in UTF-8")),
            _ => Diag::error(format!("{shown} can't be read: {error}")),
        }),
    }
}

/// The variables of a file (`vars_files`, `include_vars`, `group_vars`, a role's `vars`): a
/// mapping in YAML or JSON; an empty file holds none.
pub fn read_vars(path: &Path) -> Result<Mapping, Vec<Diag>> {
    let source = read_source(path).map_err(|diag| vec![diag])?;
    let node = yaml::parse(&source).map_err(|diag| vec![diag])?;
    as_vars(node).map_err(|diag| vec![diag])
}

/// The variables that a file's document holds.
pub(crate) fn as_vars(node: Node) -> Result<Mapping, Diag> {
    match node.value {
        Value::Map(map) => Ok(map),
        Value::Null => Ok(Mapping::new()),
        _ => Err(Diag::error(format!(
            "a file of variables holds a mapping, not {}",
            node.kind()
        ))
        .at(&node.span, "")
        .help("write `name: value` lines")),
    }
}

/// The files that `name` stands for in a folder of variables (`group_vars/web`, without or with
/// an ending; a folder of that name stands for all files in it).
pub(crate) fn vars_files(folder: &Path, name: &str) -> Vec<PathBuf> {
    let candidates =
        ["", ".yml", ".yaml", ".json"].map(|ending| folder.join(format!("{name}{ending}")));
    match candidates.into_iter().find(|path| path.exists()) {
        Some(path) if path.is_dir() => files_in(&path),
        Some(path) => vec![path],
        None => Vec::new(),
    }
}

/// All files of variables in a folder and the folders in it, by name.
pub(crate) fn files_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        if name.starts_with('.') || name.ends_with('~') {
            continue;
        }
        let ending = path
            .extension()
            .map(|ending| ending.to_string_lossy().into_owned());
        if path.is_dir() {
            // A link to a folder above it would be found in itself for ever.
            let above =
                |target: PathBuf| folder.canonicalize().is_ok_and(|f| f.starts_with(target));
            if !path.canonicalize().is_ok_and(above) {
                files.extend(files_in(&path));
            }
        } else if matches!(ending.as_deref(), None | Some("yml" | "yaml" | "json")) {
            files.push(path);
        }
    }
    files
}
