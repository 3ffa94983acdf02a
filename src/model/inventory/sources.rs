//! The sources of the inventory: files, folders, lists of hosts.

use super::builder::Builder;
use super::{Inventory, ini, range, yaml};
use crate::diag::{Diag, Source};
use crate::model::read_source;
use crate::yaml as text;
use std::path::{Path, PathBuf};

/// Endings that are never read in a folder of sources, as in Ansible.
const IGNORED: [&str; 12] = [
    ".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".cfg", ".retry",
];

impl Inventory {
    /// Reads all sources (`-i`): files, folders of files, and lists of hosts (`a,b,`).
    /// All errors at once, or the inventory and warnings.
    pub fn load(paths: &[PathBuf]) -> Result<(Self, Vec<Diag>), Vec<Diag>> {
        let mut builder = Builder::new();
        let mut folders: Vec<PathBuf> = Vec::new();
        let (mut name, mut place) = (None, None);
        for path in paths {
            let words = path.to_string_lossy();
            if words.contains(',') && !path.exists() {
                host_list(&mut builder, &words);
                continue;
            }
            let folder = if path.is_dir() {
                path.clone()
            } else {
                parent(path)
            };
            name.get_or_insert_with(|| name_of(path));
            place.get_or_insert_with(|| place_of(path).display().to_string());
            if path.is_dir() {
                read_folder(&mut builder, path, path);
            } else {
                read_file(&mut builder, path);
            }
            if !folders.contains(&folder) {
                folders.push(folder);
            }
        }
        if builder.hosts.is_empty() && builder.errors.is_empty() {
            let diag = Diag::warning("the inventory has no hosts: only localhost can be reached");
            builder
                .warnings
                .push(diag.help("name an inventory with `-i`"));
        }
        let place = place.unwrap_or_else(|| {
            let words = paths.iter().map(|path| path.to_string_lossy());
            let said = words.collect::<Vec<_>>().join(",");
            let here = std::env::current_dir().unwrap_or_default();
            format!("{said} in {}", here.display())
        });
        builder.finish(
            name.unwrap_or_else(|| "inventory".to_owned()),
            place,
            folders,
        )
    }
}

fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// A folder's name, or a file's without its ending; `hosts` says nothing, so its folder's name then.
fn name_of(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let named = if whole.is_dir() {
        whole.file_name()
    } else if says_nothing(&whole) {
        whole
            .parent()
            .and_then(Path::file_name)
            .or(whole.file_stem())
    } else {
        whole.file_stem()
    };
    named
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// The real path; of a file whose name says nothing its folder, unless that has two of them.
fn place_of(path: &Path) -> PathBuf {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let (false, true, Some(folder)) = (whole.is_dir(), says_nothing(&whole), whole.parent()) else {
        return whole;
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut others = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|other| *other != whole && other.is_file());
    if others.any(|other| says_nothing(&other)) {
        whole
    } else {
        folder.to_owned()
    }
}

fn says_nothing(file: &Path) -> bool {
    let stem = file.file_stem().unwrap_or_default();
    stem == "hosts" || stem == "inventory"
}

fn host_list(builder: &mut Builder, words: &str) {
    let source = Source::new("--inventory", words);
    for word in words
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
    {
        match range::expand(word) {
            Ok((names, port)) => {
                for name in names {
                    let entry = builder.host(&name, "ungrouped");
                    if let Some(port) = port {
                        let key = text::Node::new(
                            text::Value::Str("ansible_port".to_owned()),
                            source.whole(),
                        );
                        entry.vars.insert(
                            key,
                            text::Node::new(text::Value::Int(port.into()), source.whole()),
                        );
                    }
                }
            }
            Err(why) => builder
                .errors
                .push(Diag::error(why).at(&source.whole(), "")),
        }
    }
}

fn read_folder(builder: &mut Builder, folder: &Path, top: &Path) {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            let message = format!("the inventory {} can't be read: {error}", folder.display());
            builder.errors.push(Diag::error(message));
            return;
        }
    };
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    paths.sort();
    for path in paths {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let of_variables = ["group_vars", "host_vars", "vars_plugins"].contains(&name.as_str());
        if of_variables
            || name.starts_with('.')
            || IGNORED.iter().any(|ending| name.ends_with(ending))
        {
            continue;
        }
        // As in Ansible, where the ending is taken for a plugin's configuration.
        if path.extension().is_some_and(|ending| ending == "ini") {
            let diag = Diag::warning(format!("{} is not read", path.display()));
            builder
                .warnings
                .push(diag.help("in a folder of inventories Ansible skips `.ini` too: rename it"));
        } else if path.is_dir() {
            if leads_up(&path, top) {
                let what = format!(
                    "{} leads back to the folder that it stands in",
                    path.display()
                );
                let diag = Diag::error(what).help("remove the link");
                builder.errors.push(diag);
            } else {
                read_folder(builder, &path, top);
            }
        } else if path.exists() && !path.is_file() {
            let diag = Diag::error(format!("{} is no file and no folder", path.display()));
            builder
                .errors
                .push(diag.help("remove it from the inventory"));
        } else {
            read_file(builder, &path);
        }
    }
}

/// Whether a link leads to a folder above it, in which it would be found again for ever.
fn leads_up(path: &Path, top: &Path) -> bool {
    let (Ok(target), Ok(link), Ok(top)) = (
        path.canonicalize(),
        path.parent().unwrap_or(path).canonicalize(),
        top.canonicalize(),
    ) else {
        return false;
    };
    link.starts_with(&target) || top.starts_with(&target)
}

fn read_file(builder: &mut Builder, path: &Path) {
    let source = match read_source(path) {
        Ok(source) => source,
        Err(diag) => {
            builder
                .errors
                .push(diag.help("name a file or a folder of the inventory with `-i`"));
            return;
        }
    };
    builder.source = Some(path.to_owned());
    if source.text().starts_with("#!") {
        let diag = Diag::error("inventory scripts are not supported").at(&source.span(0, 2), "");
        builder.errors.push(diag.help("write down what it prints"));
        return;
    }
    let ending = path
        .extension()
        .map(|ending| ending.to_string_lossy().into_owned());
    match ending.as_deref() {
        Some("yml" | "yaml" | "json") => match text::parse(&source) {
            Ok(root) => yaml::read(builder, &root),
            Err(diag) => builder.errors.push(diag),
        },
        Some("toml") => {
            let diag = Diag::error("TOML inventories are not supported").at(&source.span(0, 0), "");
            builder.errors.push(diag.help("write it in YAML"));
        }
        // Without an ending it is YAML when it reads as a mapping.
        None => match text::parse(&source) {
            Ok(root) if root.as_map().is_some() => yaml::read(builder, &root),
            _ => ini::read(builder, &source),
        },
        Some(_) => ini::read(builder, &source),
    }
    builder.source = None;
}
