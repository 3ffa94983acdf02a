//! The parameters of `find`.

use crate::modules::defaults::yes;
use crate::modules::mode::Mode;
use crate::modules::stat::Algorithm;
use crate::modules::unsupported::Unsupported;
use serde::Deserialize;

/// What is looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Wanted {
    /// All of them.
    Any,
    /// Folders.
    Directory,
    /// Regular files.
    #[default]
    File,
    /// Symbolic links.
    Link,
}

/// Which time an age is counted from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Stamp {
    /// The last access.
    Atime,
    /// The last change of the inode.
    Ctime,
    /// The last change of the content.
    #[default]
    Mtime,
}

/// The parameters of `find`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools)] // They are Ansible's.
pub struct Params {
    /// The folders to look in.
    pub paths: Vec<String>,
    /// Globs, one of which the name must match; with `use_regex` regular expressions.
    #[serde(default)]
    pub patterns: Vec<String>,
    /// Those that it must not match.
    #[serde(default)]
    pub excludes: Vec<String>,
    /// A regular expression that must match the beginning of a line of the file.
    #[serde(default)]
    pub contains: Option<String>,
    /// Look for `contains` anywhere in the file.
    #[serde(default)]
    pub read_whole_file: bool,
    /// What is looked for.
    #[serde(default)]
    pub file_type: Wanted,
    /// At least this old, or with a minus at most: seconds, or a number with `s`, `m`, `h`, `d` or `w`.
    #[serde(default)]
    pub age: Option<String>,
    /// From which time the age is counted.
    #[serde(default)]
    pub age_stamp: Stamp,
    /// At least this large, or with a minus at most: bytes, or a number with `b`, `k`, `m`, `g` or `t`.
    #[serde(default)]
    pub size: Option<String>,
    /// Look in the folders of a folder too.
    #[serde(default)]
    pub recurse: bool,
    /// How many levels deep to look; without it all.
    #[serde(default)]
    pub depth: Option<u32>,
    /// Tell those whose name begins with a dot too.
    #[serde(default)]
    pub hidden: bool,
    /// Look in folders that a link leads to.
    #[serde(default)]
    pub follow: bool,
    /// Tell the checksum of each file.
    #[serde(default)]
    pub get_checksum: bool,
    /// How the checksum is made.
    #[serde(default)]
    pub checksum_algorithm: Algorithm,
    /// The patterns are regular expressions.
    #[serde(default)]
    pub use_regex: bool,
    /// Only those with these permissions.
    #[serde(default)]
    pub mode: Option<Mode>,
    /// With exactly these permissions; otherwise one of them is enough.
    #[serde(default = "yes")]
    pub exact_mode: bool,
    /// Tell no more than so many.
    #[serde(default)]
    pub limit: Option<usize>,
    /// Not supported: texts are UTF-8.
    #[serde(default)]
    #[allow(dead_code)] // Only named, so that it is refused.
    pub encoding: Unsupported,
}
