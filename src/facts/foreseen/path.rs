//! Names of paths, as text.

/// The path without what says nothing: `//`, `/` at its end.
pub(super) fn bare(path: &str) -> String {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    if !path.starts_with('/') {
        return path.trim_end_matches('/').to_owned();
    }
    let first = parts.next().unwrap_or_default();
    parts.fold(format!("/{first}"), |path, part| format!("{path}/{part}"))
}

pub(super) fn is_under(path: &str, folder: &str) -> bool {
    match path.strip_prefix(folder) {
        Some(rest) => folder == "/" || rest.starts_with('/'),
        None => false,
    }
}

pub(super) fn parent(path: &str) -> Option<&str> {
    match path.rsplit_once('/')? {
        ("", "") => None,
        ("", _) => Some("/"),
        (folder, _) => Some(folder),
    }
}

/// Where a link at `path` leads.
pub(in crate::facts) fn absolute(path: &str, target: &str) -> String {
    if target.starts_with('/') {
        return bare(target);
    }
    let mut at: Vec<&str> = parent(path).unwrap_or("/").split('/').collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                at.pop();
            }
            part => at.push(part),
        }
    }
    bare(&format!("/{}", at.join("/")))
}
