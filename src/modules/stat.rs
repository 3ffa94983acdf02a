//! Tells what stands at a path.
//!
//! ```yaml
//! - stat: { path: /var/lib/postgresql/17/main/PG_VERSION }
//!   register: version
//! ```
//!
//! The type of the content (`mimetype`) and the flags (`attributes`) are told when
//! `get_mime` and `get_attributes` ask for them: each would cost a process that few tasks need.

use super::mode::octal;
use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{Detailed, Details, File, FileAt, Kind, Look, ProbeError, expand, seen};
use crate::modules::defaults::yes;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// `stat`
pub struct Stat;

/// How a checksum is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// MD5
    Md5,
    /// SHA-1
    #[default]
    Sha1,
    /// SHA-224
    Sha224,
    /// SHA-256
    Sha256,
    /// SHA-384
    Sha384,
    /// SHA-512
    Sha512,
}

impl Algorithm {
    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        let all = [
            Self::Md5,
            Self::Sha1,
            Self::Sha224,
            Self::Sha256,
            Self::Sha384,
            Self::Sha512,
        ];
        let name = name.to_ascii_lowercase();
        all.into_iter().find(|algorithm| algorithm.word() == name)
    }

    /// The name that coreutils' command has.
    pub fn word(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha224 => "sha224",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }
}

/// The parameters of `stat`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools)] // They are Ansible's.
pub struct Params {
    /// The path.
    pub path: String,
    /// Tell about what a link points to.
    #[serde(default)]
    pub follow: bool,
    /// Tell the checksum of a file.
    #[serde(default = "yes")]
    pub get_checksum: bool,
    /// How the checksum is made.
    #[serde(default)]
    pub checksum_algorithm: Algorithm,
    /// Tell the type of the content.
    #[serde(default)]
    pub get_mime: bool,
    /// Tell the flags.
    #[serde(default)]
    pub get_attributes: bool,
}

/// What was found.
pub struct State {
    path: String,
    file: Option<File>,
    details: Detailed,
}

impl Module for Stat {
    const NAME: &'static str = "stat";
    const ALIASES: &'static [(&'static str, &'static str)] = &[
        ("dest", "path"),
        ("name", "path"),
        ("mime", "get_mime"),
        ("mime_type", "get_mime"),
        ("mime-type", "get_mime"),
        ("attr", "get_attributes"),
        ("attributes", "get_attributes"),
        ("checksum", "checksum_algorithm"),
        ("checksum_algo", "checksum_algorithm"),
    ];
    const ONLY_ASKS: bool = true;
    type Params = Params;
    type Ready = Params;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<State, ProbeError> {
        let path = expand(look, &params.path).await?;
        let at = FileAt {
            path: path.clone(),
            follow: params.follow,
            hash: false,
        };
        let details = Details {
            path: path.clone(),
            follow: params.follow,
            checksum: params
                .get_checksum
                .then(|| params.checksum_algorithm.word()),
            mime: params.get_mime,
            flags: params.get_attributes,
        };
        let (file, details) = futures::try_join!(seen(look, at), look.fact(details))?;
        // Followed to nowhere.
        let file = file.filter(|file| !(params.follow && file.kind == Kind::Link));
        Ok(State {
            path,
            file,
            details,
        })
    }

    fn plan(_: &Params, _: &State) -> Result<Plan, String> {
        Ok(Plan::nothing())
    }

    fn result(
        Course {
            ready: params,
            before,
            ..
        }: Course<'_, Self>,
    ) -> TaskResult {
        let Some(file) = &before.file else {
            return TaskResult::default().with("stat", json!({ "exists": false }));
        };
        let mut stat = describe(params, before, file);
        let until = stat.as_object_mut().and_then(|told| file.known(told));
        TaskResult {
            unsure: until,
            ..TaskResult::default().with("stat", stat)
        }
    }
}

/// What `stat` and `find` tell of what stands somewhere.
#[allow(clippy::cast_precision_loss)] // Seconds since 1970 are exact in a float.
pub(super) fn of_file(file: &File) -> Map<String, Value> {
    let is = |kind: Kind| file.kind == kind;
    let has = |bits: u32| file.mode & bits != 0;
    let told = json!({
        "mode": octal(file.mode),
        "isdir": is(Kind::Directory), "ischr": is(Kind::Char), "isblk": is(Kind::Block), "isreg": is(Kind::File),
        "isfifo": is(Kind::Fifo), "islnk": is(Kind::Link), "issock": is(Kind::Socket),
        "uid": file.uid, "gid": file.gid, "size": file.size, "inode": file.inode, "dev": file.dev,
        "nlink": file.nlink, "atime": file.atime as f64, "mtime": file.mtime as f64, "ctime": file.ctime as f64,
        "rusr": has(0o400), "wusr": has(0o200), "xusr": has(0o100),
        "rgrp": has(0o040), "wgrp": has(0o020), "xgrp": has(0o010),
        "roth": has(0o004), "woth": has(0o002), "xoth": has(0o001),
        "isuid": has(0o4000), "isgid": has(0o2000),
        "pw_name": file.owner, "gr_name": file.group,
    });
    match told {
        Value::Object(told) => told,
        _ => Map::new(),
    }
}

fn describe(params: &Params, state: &State, file: &File) -> Value {
    let is = |kind: Kind| file.kind == kind;
    let mut stat = json!({
        "exists": true, "path": state.path,
        "readable": state.details.allowed[0], "writeable": state.details.allowed[1],
        "executable": state.details.allowed[2],
    });
    if let Some(told) = stat.as_object_mut() {
        told.extend(of_file(file));
    }
    let mut set = |name: &str, value: Value| stat[name] = value;
    if let Some((size, count)) = state.details.blocks {
        set("block_size", size.into());
        set("blocks", count.into());
    }
    if is(Kind::Link) {
        set("lnk_source", file.real.clone().into());
        set("lnk_target", file.target.clone().into());
    }
    if let Some(checksum) = &state.details.checksum {
        set("checksum", checksum.as_str().into());
    }
    if params.get_mime {
        let mime = state
            .details
            .mime
            .as_deref()
            .and_then(|mime| mime.split_once("; charset="));
        let (mime, charset) = mime.unwrap_or(("unknown", "unknown"));
        set("mimetype", mime.into());
        set("charset", charset.into());
    }
    if params.get_attributes {
        let mut words = state
            .details
            .flags
            .as_deref()
            .unwrap_or_default()
            .split_whitespace();
        set("version", words.next().into());
        let flags: String = words
            .next()
            .unwrap_or_default()
            .chars()
            .filter(|c| *c != '-')
            .collect();
        set(
            "attributes",
            flags
                .chars()
                .filter_map(attribute)
                .collect::<Vec<_>>()
                .into(),
        );
        set("attr_flags", flags.into());
    }
    stat
}

/// A flag's name, as Ansible has it.
fn attribute(flag: char) -> Option<&'static str> {
    Some(match flag {
        'A' => "noatime",
        'a' => "append",
        'c' => "compressed",
        'C' => "nocow",
        'd' => "nodump",
        'D' => "dirsync",
        'e' => "extents",
        'E' => "encrypted",
        'h' => "blocksize",
        'i' => "immutable",
        'I' => "indexed",
        'j' => "journalled",
        'N' => "inline",
        's' => "zero",
        'S' => "synchronous",
        't' => "notail",
        'T' => "blockroot",
        'u' => "undelete",
        'X' => "compressedraw",
        'Z' => "compresseddirty",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Shell, me, settled};

    fn stat(shell: &Shell, args: Value) -> Value {
        settled::<Stat>(shell, "/".as_ref(), args).values["stat"].clone()
    }

    #[test]
    fn a_file_is_told_with_its_checksum() {
        for shell in Shell::all() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a b");
            std::fs::write(&path, "x\n").unwrap();
            let found = stat(&shell, json!({ "path": path, "checksum_algorithm": "md5" }));
            assert_eq!(
                found["checksum"], "401b30e3b8b5d629635a5c613cdb7919",
                "{shell:?}"
            );
            assert_eq!(
                (&found["isreg"], &found["mode"], &found["size"]),
                (&json!(true), &json!("0644"), &json!(2))
            );
            assert_eq!(
                (&found["readable"], &found["executable"]),
                (&json!(true), &json!(false))
            );
            assert_eq!(
                (&found["pw_name"], &found["blocks"]),
                (&json!(me()), &json!(8))
            );
        }
    }

    #[test]
    fn links_are_told_or_followed() {
        for shell in Shell::all() {
            let folder = tempfile::tempdir().unwrap();
            let link = folder.path().join("l");
            std::os::unix::fs::symlink("nowhere", &link).unwrap();
            let found = stat(&shell, json!({ "path": link }));
            assert_eq!(
                (&found["islnk"], &found["lnk_target"]),
                (&json!(true), &json!("nowhere"))
            );
            assert_eq!(
                stat(&shell, json!({ "path": link, "follow": true })),
                json!({ "exists": false })
            );
        }
    }
}
