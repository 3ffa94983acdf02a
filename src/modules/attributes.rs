//! Permissions and owner of a file: the parameters that all file modules share, and how they are made so.

use super::mode::{Mode, octal};
use super::{Change, Detail, Sign};
use crate::facts::{File, Kind};
use crate::step::quote;
use serde_json::{Map, Value};
use std::fmt::Write;

/// The permissions and owner that a task wants.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// `mode`
    pub mode: Option<&'a Mode>,
    /// `owner`: a name or a number.
    pub owner: Option<&'a str>,
    /// `group`: a name or a number.
    pub group: Option<&'a str>,
}

/// Declares a module's `Params` with the parameters that Ansible's file modules share.
macro_rules! file_params {
    ($(#[$meta:meta])* pub struct Params { $($(#[$attr:meta])* pub $field:ident: $ty:ty,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        // What is not supported is only named, so that it is refused.
        #[allow(dead_code)]
        pub struct Params {
            $($(#[$attr])* pub $field: $ty,)*
            /// The permissions: octal digits in quotes (`'0644'`), or clauses (`u=rw,g=r,o=`).
            #[serde(default)]
            pub mode: Option<$crate::modules::mode::Mode>,
            /// The owner, a name or a number.
            #[serde(default)]
            pub owner: Option<String>,
            /// The group, a name or a number.
            #[serde(default)]
            pub group: Option<String>,
            #[serde(default, rename = "attributes")]
            #[doc = "Not supported: chattr's flags."]
            pub chattr: $crate::modules::unsupported::Unsupported,
            #[serde(default)]
            #[doc = "Not supported: `SELinux`."]
            pub seuser: $crate::modules::unsupported::Unsupported,
            #[serde(default)]
            #[doc = "Not supported: `SELinux`."]
            pub serole: $crate::modules::unsupported::Unsupported,
            #[serde(default)]
            #[doc = "Not supported: `SELinux`."]
            pub setype: $crate::modules::unsupported::Unsupported,
            #[serde(default)]
            #[doc = "Not supported: `SELinux`."]
            pub selevel: $crate::modules::unsupported::Unsupported,
            #[serde(default)]
            #[doc = "Not supported: files are always put in place whole."]
            pub unsafe_writes: $crate::modules::unsupported::Unsupported,
        }

        impl Params {
            /// The permissions and owner that are wanted.
            pub fn wanted(&self) -> $crate::modules::attributes::Wanted<'_> {
                $crate::modules::attributes::Wanted {
                    mode: self.mode.as_ref(),
                    owner: self.owner.as_deref(),
                    group: self.group.as_deref(),
                }
            }
        }
    };
}
pub(super) use file_params;

fn same_account(wanted: &str, name: &str, number: u32) -> bool {
    wanted == name || wanted.parse() == Ok(number)
}

impl Wanted<'_> {
    /// The bits for something that is not there yet.
    pub fn new_bits(&self, directory: bool) -> Option<u32> {
        let base = if directory { 0o755 } else { 0o644 };
        self.mode.map(|mode| mode.bits(base, directory))
    }

    /// The bits wanted where they differ from what is there. A link has none of its own.
    fn other_bits(&self, file: &File) -> Option<u32> {
        let bits = self.mode?.bits(file.mode, file.kind == Kind::Directory);
        (bits != file.mode && file.kind != Kind::Link).then_some(bits)
    }

    fn other_owner(&self, file: &File) -> Option<&str> {
        self.owner
            .filter(|owner| !same_account(owner, &file.owner, file.uid))
    }

    fn other_group(&self, file: &File) -> Option<&str> {
        self.group
            .filter(|group| !same_account(group, &file.group, file.gid))
    }

    /// What differs from what is there.
    pub fn changes(&self, path: &str, file: &File) -> Vec<Change> {
        let change = |name: &str, from: &str, to: String| {
            Change::attribute(path, name, Some(from.to_owned()), Some(to))
        };
        let mut changes = Vec::new();
        if let Some(owner) = self.other_owner(file) {
            changes.push(change("owner", &file.owner, owner.to_owned()));
        }
        if let Some(group) = self.other_group(file) {
            changes.push(change("group", &file.group, group.to_owned()));
        }
        if let Some(bits) = self.other_bits(file) {
            changes.push(change("mode", &octal(file.mode), octal(bits)));
        }
        changes
    }

    /// What something that is not there yet will have.
    pub fn additions(&self, path: &str, directory: bool) -> Vec<Change> {
        let wanted = [
            ("owner", self.owner.map(str::to_owned)),
            ("group", self.group.map(str::to_owned)),
            ("mode", self.new_bits(directory).map(octal)),
        ];
        wanted
            .into_iter()
            .filter(|(_, to)| to.is_some())
            .map(|(name, to)| Change {
                sign: Sign::Add,
                what: path.to_owned(),
                detail: Detail::Attribute {
                    name: name.to_owned(),
                    from: None,
                    to,
                },
            })
            .collect()
    }

    /// Shell lines that make them so for what is there; empty when nothing differs.
    /// The owner comes first, since chown takes setuid and setgid away.
    pub fn script(&self, path: &str, file: &File) -> String {
        let mut text = String::new();
        let owner = self.other_owner(file);
        let group = self.other_group(file);
        let is_link = file.kind == Kind::Link;
        owner_line(&mut text, path, owner, group, is_link);
        let special = file.mode & 0o6000 != 0 && !text.is_empty() && !is_link;
        let bits = self
            .other_bits(file)
            .or_else(|| special.then_some(file.mode));
        if let Some(bits) = bits {
            let _ = writeln!(text, "chmod {} {} || exit", octal(bits), quote(path));
        }
        text
    }

    /// Shell lines that make them so for something just made.
    pub fn new_script(&self, path: &str, directory: bool) -> String {
        let mut text = String::new();
        owner_line(&mut text, path, self.owner, self.group, false);
        if let Some(bits) = self.new_bits(directory) {
            let _ = writeln!(text, "chmod {} {} || exit", octal(bits), quote(path));
        }
        text
    }
}

fn owner_line(text: &mut String, path: &str, owner: Option<&str>, group: Option<&str>, link: bool) {
    let flag = if link { "-h " } else { "" };
    let whom = match (owner, group) {
        (None, None) => return,
        (Some(owner), None) => owner.to_owned(),
        (owner, Some(group)) => format!("{}:{group}", owner.unwrap_or_default()),
    };
    let _ = writeln!(text, "chown {flag}{} {} || exit", quote(&whom), quote(path));
}

/// The return values that every file module has: `mode`, `owner`, `group`, `uid`, `gid`, `size`, `state`.
pub fn values(file: &File) -> Map<String, Value> {
    let mut values = Map::new();
    values.insert("mode".into(), octal(file.mode).into());
    values.insert("owner".into(), file.owner.clone().into());
    values.insert("group".into(), file.group.clone().into());
    values.insert("uid".into(), file.uid.into());
    values.insert("gid".into(), file.gid.into());
    values.insert("size".into(), file.size.into());
    values.insert("state".into(), file.kind.word().into());
    values
}
