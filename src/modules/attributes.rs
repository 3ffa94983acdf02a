//! Permissions and owner of a file: the parameters that all file modules share, and how they are made so.

use super::mode::{Mode, octal};
use super::{Change, Detail, Sign, TaskResult};
use crate::facts::{File, FileAt, Kind, Look, ProbeError};
use crate::step::pinned::{self, Lines, Seen};
use indexmap::IndexMap;
use serde_json::{Map, Value};

/// The permissions and owner that a task wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
            #[doc = "The user of its `SELinux` context: without effect where the host has no `SELinux`, refused where it has."]
            pub seuser: Option<String>,
            #[serde(default)]
            #[doc = "The role of its context: the same."]
            pub serole: Option<String>,
            #[serde(default)]
            #[doc = "The type of its context: the same."]
            pub setype: Option<String>,
            #[serde(default)]
            #[doc = "The level of its context: the same."]
            pub selevel: Option<String>,
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

            /// Refuses a context where the host has any.
            pub async fn no_context(
                &self,
                look: &$crate::facts::Look,
            ) -> Result<(), $crate::facts::ProbeError> {
                let given = [
                    ("seuser", &self.seuser),
                    ("serole", &self.serole),
                    ("setype", &self.setype),
                    ("selevel", &self.selevel),
                ];
                $crate::modules::attributes::no_context(look, &given).await
            }
        }
    };
}
pub(super) use file_params;

/// Refuses parameters of a context where the host has any; where it has none they say nothing, as in
/// Ansible.
pub async fn no_context(look: &Look, given: &[(&str, &Option<String>)]) -> Result<(), ProbeError> {
    let first = given
        .iter()
        .find(|(_, value)| value.as_ref().is_some_and(|value| !value.is_empty()));
    let Some((name, _)) = first else {
        return Ok(());
    };
    let at = FileAt {
        path: "/sys/fs/selinux/enforce".to_owned(),
        follow: true,
        hash: false,
    };
    match look.fact(at).await? {
        None => Ok(()),
        Some(_) => Err(ProbeError::Failed(format!(
            "`{name}`: this host has SELinux, and trueup sets no contexts by this parameter: take it out, and set the context by `semanage fcontext` and `restorecon`"
        ))),
    }
}

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

    /// Owner and group as chown takes them, and the mode, of something just made; empty leaves them.
    pub fn new_words(&self, directory: bool) -> (String, String) {
        let mode = self.new_bits(directory).map(octal).unwrap_or_default();
        (whom(self.owner, self.group), mode)
    }

    /// The same for what is there; `None` where nothing differs. chown takes setuid and setgid away,
    /// so they are set anew behind it.
    fn words(&self, file: &File) -> Option<(String, String)> {
        let whom = whom(self.other_owner(file), self.other_group(file));
        let special = file.mode & 0o6000 != 0 && !whom.is_empty() && file.kind != Kind::Link;
        let bits = self
            .other_bits(file)
            .or_else(|| special.then_some(file.mode));
        let mode = bits.map(octal).unwrap_or_default();
        (!whom.is_empty() || !mode.is_empty()).then_some((whom, mode))
    }

    /// Lines of [`pinned`] that make them so for what is there; empty when nothing differs.
    pub fn lines(&self, path: &str, file: &File) -> Lines {
        self.lines_of([(path, file)])
    }

    /// The same for many at once: those that stand in one folder and shall become the same go together.
    pub fn lines_of<'f>(&self, files: impl IntoIterator<Item = (&'f str, &'f File)>) -> Lines {
        /// How many names a command gets at once.
        const MOST: usize = 200;
        /// By folder, owner and mode.
        type Groups<'f> = IndexMap<(&'f str, String, String), Vec<(&'f str, Seen)>>;
        let mut lines = Lines::default();
        let mut groups = Groups::new();
        for (path, file) in files {
            let Some((whom, mode)) = self.words(file) else {
                continue;
            };
            if file.kind == Kind::Directory {
                lines += pinned::folder_is(path, file.seen(), &whom, &mode);
            } else {
                let (folder, name) = parted(path);
                let group = groups.entry((folder, whom, mode)).or_default();
                group.push((name, file.seen()));
            }
        }
        for ((folder, whom, mode), files) in &groups {
            for files in files.chunks(MOST) {
                lines += pinned::files_are(folder, files, whom, mode);
            }
        }
        lines
    }
}

/// The folder of a path, and the name there.
pub fn parted(path: &str) -> (&str, &str) {
    match path.rsplit_once('/') {
        Some(("", name)) => ("/", name),
        Some((folder, name)) => (folder, name),
        None => (".", path),
    }
}

fn whom(owner: Option<&str>, group: Option<&str>) -> String {
    match (owner, group) {
        (Some(owner), None) => owner.to_owned(),
        (None, None) => String::new(),
        (owner, Some(group)) => format!("{}:{group}", owner.unwrap_or_default()),
    }
}

/// Tells of a file in a result, as far as that is known.
pub fn tell(result: &mut TaskResult, file: &File) {
    let mut told = values(file);
    result.unsure = file.known(&mut told).or(result.unsure.take());
    result.values.extend(told);
}

/// The return values that every file module has: `mode`, `owner`, `group`, `uid`, `gid`, `size`, `state`.
fn values(file: &File) -> Map<String, Value> {
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
