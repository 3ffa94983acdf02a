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

/// The name of a path of a package, by which all of its names are known on a host whose `/lib` and
/// the like are links into `/usr`, as they are since Debian 12.
pub(super) fn stored(path: &str) -> String {
    let path = bare(path.strip_prefix('.').unwrap_or(path));
    let own = |top: &str| path == top || is_under(&path, top);
    if ["/lib", "/bin", "/sbin", "/lib32", "/lib64"]
        .into_iter()
        .any(own)
    {
        return format!("/usr{path}");
    }
    match path.strip_prefix("/var/run/") {
        Some(inside) => format!("/run/{inside}"),
        None => path,
    }
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
pub(super) fn absolute(path: &str, target: &str) -> String {
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
