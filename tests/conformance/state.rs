//! What became of a host's files: its layer over the image, held against what it was before.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs::{self, Metadata};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// What changes on any host by itself, or by how either program works, and is none of a playbook's.
const NOISE: [&str; 17] = [
    "tmp",
    "var/tmp",
    "var/log",
    "var/cache",
    "var/lib/apt/lists",
    "var/lib/apt/periodic",
    "var/lib/systemd",
    "var/lib/private",
    "var/lib/sudo",
    "root/.ansible",
    "root/.trueup",
    "home/lab/.trueup",
    "home/lab/.ansible",
    "run",
    "etc/.pwd.lock",
    "etc/ld.so.cache",
    "etc/resolv.conf",
];

/// What packages bring: told by their names.
const PACKAGED: [&str; 4] = ["usr", "var/lib/dpkg", "var/lib/apt", "etc/alternatives"];

/// A text that is longer is told by its hash.
const LONG: usize = 2000;

/// What is other than it was.
pub struct State {
    /// By path.
    pub told: Value,
    /// Whether anything beyond the cases' own folder is.
    pub beyond: bool,
}

impl State {
    /// Walks a host's layer; what lay in a place before is in the first of `before` that knows it.
    pub fn of(root: &Path, upper: &Path, before: &[PathBuf]) -> Self {
        let mut told = Map::new();
        let mut beyond = false;
        let walk = WalkDir::new(upper).min_depth(1).sort_by_file_name();
        let entries = walk.into_iter().filter_entry(|entry| {
            let path = entry.path().strip_prefix(upper).unwrap();
            !NOISE.iter().any(|noise| path == Path::new(noise))
                && entry.file_name() != "__pycache__"
        });
        for entry in entries.flatten() {
            let path = entry.path().strip_prefix(upper).unwrap();
            let Some(thing) = changed(path, root, upper, before) else {
                continue;
            };
            let own = path.starts_with("srv/case");
            beyond |= !own;
            if PACKAGED.iter().any(|part| path.starts_with(part)) || is_older_copy(path) {
                continue;
            }
            told.insert(format!("/{}", path.display()), thing);
        }
        let packages = packages(root, before);
        if !packages.is_empty() {
            told.insert("packages".into(), packages.into_iter().collect());
        }
        Self {
            told: Value::Object(told),
            beyond,
        }
    }
}

/// shadow and its like leave the version before.
fn is_older_copy(path: &Path) -> bool {
    path.parent() == Some(Path::new("etc")) && path.to_str().is_some_and(|path| path.ends_with('-'))
}

/// What a thing is now, if it is other than before.
fn changed(path: &Path, root: &Path, upper: &Path, before: &[PathBuf]) -> Option<Value> {
    let now = fs::symlink_metadata(upper.join(path)).ok()?;
    let (was_at, was) = before
        .iter()
        .find_map(|layer| {
            let at = layer.join(path);
            fs::symlink_metadata(&at).ok().map(|was| (at, was))
        })
        .filter(|(_, was)| !is_whiteout(was))
        .unzip();
    if is_whiteout(&now) {
        return was.map(|_| "gone".into());
    }
    let place = root.join(path);
    let thing = told(path, &place, &now);
    match (was_at, was) {
        // Nobody wrote to it.
        (_, Some(was)) if same(&now, &was) => None,
        (Some(at), Some(was)) if told(path, &at, &was) == thing => None,
        _ => Some(thing),
    }
}

/// The mark by which a layer hides what lies below it.
fn is_whiteout(meta: &Metadata) -> bool {
    meta.file_type().is_char_device() && meta.rdev() == 0
}

fn same(now: &Metadata, was: &Metadata) -> bool {
    let of = |m: &Metadata| {
        (
            m.mode(),
            m.uid(),
            m.gid(),
            m.size(),
            m.mtime(),
            m.mtime_nsec(),
        )
    };
    of(now) == of(was) && !now.is_dir()
}

fn told(path: &Path, place: &Path, meta: &Metadata) -> Value {
    let kind = meta.file_type();
    if kind.is_symlink() {
        let to = fs::read_link(place).unwrap_or_default();
        return json!({ "link": to });
    }
    let mut thing = json!({
        "mode": format!("{:04o}", meta.mode() & 0o7777),
        "owner": format!("{}:{}", meta.uid(), meta.gid()),
    });
    if kind.is_dir() {
        thing["type"] = "folder".into();
    } else if kind.is_file() {
        let bytes = fs::read(place).unwrap_or_default();
        let hash = || {
            Sha256::digest(&bytes)
                .iter()
                .map(|b| format!("{b:02x}"))
                .collect::<String>()
        };
        match std::str::from_utf8(&bytes) {
            Ok(text) if text.len() <= LONG => thing["text"] = steady(path, text).into(),
            _ => thing["sha256"] = hash().into(),
        }
    } else {
        thing["type"] = format!("{kind:?}").into();
    }
    thing
}

/// A password's hash has a salt of its own, shadow tells the day of its change, and crontab the time.
fn steady(path: &Path, text: &str) -> String {
    if path.starts_with("var/spool/cron") {
        let lines = text.split_inclusive('\n');
        return lines
            .filter(|line| !line.contains(" installed on "))
            .collect();
    }
    if path != Path::new("etc/shadow") {
        return text.to_owned();
    }
    let line = |line: &str| {
        let mut fields: Vec<String> = line.split(':').map(str::to_owned).collect();
        if let Some(day) = fields.get_mut(2) {
            if day.is_empty() { "" } else { "DAY" }.clone_into(day);
        }
        fields.join(":") + "\n"
    };
    text.lines().map(line).collect()
}

/// The packages that came (`+`) or went (`-`).
fn packages(root: &Path, before: &[PathBuf]) -> Vec<String> {
    let status = "var/lib/dpkg/status";
    let old = before
        .iter()
        .map(|layer| layer.join(status))
        .find(|file| file.exists());
    let (now, was) = (
        installed(&root.join(status)),
        old.map(|file| installed(&file)).unwrap_or_default(),
    );
    let came = now.difference(&was).map(|name| format!("+{name}"));
    let went = was.difference(&now).map(|name| format!("-{name}"));
    came.chain(went).collect()
}

fn installed(status: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(status).unwrap_or_default();
    let field = |block: &str, name: &str| {
        let lines = &mut block.lines();
        lines.find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned()))
    };
    text.split("\n\n")
        .filter(|block| {
            field(block, "Status:").is_some_and(|status| status == "install ok installed")
        })
        .filter_map(|block| field(block, "Package:"))
        .collect()
}
