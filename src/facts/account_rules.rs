//! What the host's own tools would do about a user: where a home goes, what is put into it.

use super::account::line;
use super::{Ask, Foreseen, Number, ProbeError, Question};
use crate::step::{Output, quote};
use std::collections::BTreeMap;

/// Asks what making or removing a user would bring with it.
#[derive(Clone, Debug, Default)]
pub struct AccountRules {
    /// The login name.
    pub name: String,
    /// The home folder, where it is not the usual one.
    pub home: Option<String>,
    /// The primary group, a name or a number, where it is not the usual one.
    pub group: Option<String>,
    /// What a home folder is filled with, where that is not the usual.
    pub skeleton: Option<String>,
}

/// The answer to [`AccountRules`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// The home folder; `None` where there is no `useradd` to say so.
    pub home: Option<String>,
    /// Whether something stands there.
    pub has_home: bool,
    /// The login shell.
    pub shell: String,
    /// The group of the user's name.
    pub own_group: Option<OwnGroup>,
    /// The name and number of the group that was asked for, or of that which users get who get none
    /// of their own.
    pub group: Option<(String, Number)>,
    /// Whether a user gets a group of their own, which goes with them.
    pub groups_of_users: bool,
    /// What a home folder allows, where that does not follow from a umask.
    pub home_mode: Option<u32>,
    /// The umask that a home folder is made with.
    pub umask: u32,
    /// Least and most days between two changes of a password, and days of warning.
    pub ages: [Option<i64>; 3],
    /// What a home folder is filled with.
    pub skeleton: Vec<Skeleton>,
}

/// The group of a user's name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnGroup {
    /// Who else is in it.
    pub members: Vec<String>,
}

/// What a home folder is filled with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skeleton {
    /// The path under the home folder.
    pub path: String,
    /// The permission bits.
    pub mode: u32,
    /// The size and the SHA-256 in hex of a file; `None` for a folder.
    pub file: Option<(u64, String)>,
}

impl Question for AccountRules {
    type Answer = Rules;

    fn ask(&self) -> Ask {
        let given = |value: &Option<String>| quote(value.as_deref().unwrap_or_default());
        Ask::settled(format!(
            "LC_ALL=C; export LC_ALL; PATH=$PATH:/usr/sbin:/sbin\nu={} h={} g={} s={}\n\
             d=$(useradd -D 2>/dev/null)\n[ -z \"$d\" ] || printf '%s\\n' \"$d\"\n\
             of() {{ printf '%s\\n' \"$d\" | sed -n \"s/^$1=//p\"; }}\n\
             sed -n 's/^[ \t]*\\([A-Z_]*\\)[ \t][ \t]*\\([^ \t]*\\).*/def \\1=\\2/p' /etc/login.defs 2>/dev/null\n\
             [ -n \"$h\" ] || h=$(of HOME)/$u\n[ -n \"$g\" ] || g=$(of GROUP)\n[ -n \"$s\" ] || s=$(of SKEL)\n\
             echo \"home $h\"\nif [ -e \"$h\" ]; then echo there; fi\n\
             echo \"own $({})\"\necho \"group $(if command -v getent >/dev/null; then getent group \"$g\"; else grep -e \"^$g:\" -e \"^[^:]*:[^:]*:$g:\" /etc/group; fi 2>/dev/null)\"\n\
             cd \"$s\" 2>/dev/null || exit 0\n\
             find . ! -name . -type d -exec stat -c 'folder %a %s %n' {{}} +\n\
             find . -type f -exec stat -c 'file %a %s %n' {{}} +\nfind . -type f -exec sha256sum {{}} + | sed 's/^/sum /'",
            quote(&self.name),
            given(&self.home),
            given(&self.group),
            given(&self.skeleton),
            line("group", "\"$u\""),
        ))
    }

    fn read(&self, output: &Output) -> Result<Rules, ProbeError> {
        let text = output.out();
        let part = |word: &str| text.lines().find_map(|line| line.strip_prefix(word));
        let def = |word: &str| part(&format!("def {word}="));
        let octal = |word: &str| u32::from_str_radix(def(word)?, 8).ok();
        let days = |word: &str| def(word)?.parse().ok();
        let fields =
            |word: &str| -> Vec<&str> { part(word).unwrap_or_default().split(':').collect() };
        let (own, group) = (fields("own "), fields("group "));
        let sums: BTreeMap<&str, &str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("sum ")?.split_once("  "))
            .map(|(sum, path)| (path, sum))
            .collect();
        let skeleton = |line: &str| {
            let mut words = line.splitn(4, ' ');
            let is_file = match words.next()? {
                "folder" => false,
                "file" => true,
                _ => return None,
            };
            let mode = u32::from_str_radix(words.next()?, 8).ok()?;
            let (size, path) = (words.next()?.parse().ok()?, words.next()?);
            let file = if is_file {
                Some((size, (*sums.get(path)?).to_owned()))
            } else {
                None
            };
            let path = path.trim_start_matches("./").to_owned();
            Some(Skeleton { path, mode, file })
        };
        Ok(Rules {
            home: part("SHELL=").and(part("home ")).map(str::to_owned),
            has_home: text.lines().any(|line| line == "there"),
            shell: part("SHELL=").unwrap_or_default().to_owned(),
            own_group: (own.len() > 3).then(|| OwnGroup {
                members: own[3]
                    .split(',')
                    .filter(|name| !name.is_empty())
                    .map(str::to_owned)
                    .collect(),
            }),
            group: match group[..] {
                [name, _, gid, _] => gid
                    .parse()
                    .ok()
                    .map(|gid| (name.to_owned(), Number::Is(gid))),
                _ => None,
            },
            groups_of_users: def("USERGROUPS_ENAB")
                .is_some_and(|word| word.eq_ignore_ascii_case("yes")),
            home_mode: octal("HOME_MODE"),
            umask: octal("UMASK").unwrap_or(0o022),
            ages: ["PASS_MIN_DAYS", "PASS_MAX_DAYS", "PASS_WARN_AGE"].map(days),
            skeleton: text.lines().filter_map(skeleton).collect(),
        })
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        pending.rules(self, now?)
    }
}
