//! Which number an account gets that is made without one.

use super::{Ask, Foreseen, ProbeError, Question};
use crate::step::Output;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Asks which numbers are taken, and from which ones the host's tools pick.
#[derive(Clone, Debug)]
pub struct AccountNumbers;

/// The answer to [`AccountNumbers`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// The users' numbers by their names, of a host on which shadow's tools pick by these alone.
    pub users: Option<BTreeMap<String, u32>>,
    /// The groups'.
    pub groups: Option<BTreeMap<String, u32>>,
    /// What login.defs says of the ranges.
    ranges: BTreeMap<String, u32>,
}

impl Question for AccountNumbers {
    type Answer = Numbers;

    fn ask(&self) -> Ask {
        // Where accounts come from elsewhere too, more is taken than these files say.
        Ask::settled(
            "LC_ALL=C; export LC_ALL; PATH=$PATH:/usr/sbin:/sbin\n\
             command -v useradd >/dev/null || exit 0\n\
             ! grep -Eq '^(passwd|group):.*(ldap|sss|nis|winbind)' /etc/nsswitch.conf 2>/dev/null || exit 0\n\
             sed -n 's/^[ \t]*\\([A-Z_]*ID_M[A-Z]*\\)[ \t][ \t]*\\([0-9]*\\).*/range \\1 \\2/p' /etc/login.defs 2>/dev/null\n\
             sed -n 's/^\\([^:]*\\):[^:]*:\\([0-9]*\\):.*/user \\1 \\2/p' /etc/passwd\n\
             sed -n 's/^\\([^:]*\\):[^:]*:\\([0-9]*\\):.*/group \\1 \\2/p' /etc/group",
        )
    }

    fn read(&self, output: &Output) -> Result<Numbers, ProbeError> {
        let text = output.out();
        let all = |kind: &str| -> BTreeMap<String, u32> {
            let lines = text.lines().filter_map(|line| {
                let mut words = line.split(' ');
                let of = words.next()?;
                let (name, number) = (words.next()?, words.next()?.parse().ok()?);
                (of == kind).then(|| (name.to_owned(), number))
            });
            lines.collect()
        };
        let known = |kind| Some(all(kind)).filter(|all| !all.is_empty());
        Ok(Numbers {
            users: known("user"),
            groups: known("group"),
            ranges: all("range"),
        })
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        Ok(pending.numbers(now?))
    }
}

impl Numbers {
    /// The number of a user whom `useradd` makes; `None` where that can't be told.
    pub fn user(&self, system: bool) -> Option<u32> {
        pick(self.users.as_ref()?, &self.range("UID", system), system)
    }

    /// The number of a group that is made, by `useradd` for the user of the number `beside`.
    pub fn group(&self, system: bool, beside: Option<u32>) -> Option<u32> {
        let groups = self.groups.as_ref()?;
        let range = self.range("GID", system);
        let free =
            |number: &u32| range.contains(number) && !groups.values().any(|gid| gid == number);
        beside.filter(free).or_else(|| pick(groups, &range, system))
    }

    /// The range, with shadow's own defaults.
    fn range(&self, kind: &str, system: bool) -> RangeInclusive<u32> {
        let said = |word: String, default| self.ranges.get(&word).copied().unwrap_or(default);
        let first = said(format!("{kind}_MIN"), 1000);
        if system {
            let last = said(format!("SYS_{kind}_MAX"), first.saturating_sub(1));
            said(format!("SYS_{kind}_MIN"), 101)..=last
        } else {
            first..=said(format!("{kind}_MAX"), 60000)
        }
    }
}

/// As `find_new_uid` and `find_new_gid` of shadow do: system accounts from the top down, others from
/// the bottom up, beyond all that are there; where there is no more room, the first gap.
fn pick(taken: &BTreeMap<String, u32>, range: &RangeInclusive<u32>, system: bool) -> Option<u32> {
    let in_range = || taken.values().filter(|number| range.contains(number));
    let free = |number: &u32| !taken.values().any(|taken| taken == number);
    let beyond = if system {
        match in_range().min() {
            Some(lowest) => lowest.checked_sub(1),
            None => Some(*range.end()),
        }
    } else {
        match in_range().max() {
            Some(highest) => highest.checked_add(1),
            None => Some(*range.start()),
        }
    };
    let gap = || {
        if system {
            range.clone().rev().find(free)
        } else {
            range.clone().find(free)
        }
    };
    beyond.filter(|number| range.contains(number)).or_else(gap)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// Accounts at these numbers in a folder of their own, made known to shadow's tools.
    fn etc(numbers: &[u32]) -> (tempfile::TempDir, Numbers) {
        let home = tempfile::tempdir().unwrap();
        let etc = home.path().join("etc");
        std::fs::create_dir(&etc).unwrap();
        let lines = |tail: &str| -> String {
            let line = |number: &u32| format!("n{number}:x:{number}:{tail}\n");
            numbers.iter().map(line).collect()
        };
        std::fs::write(etc.join("passwd"), lines("0::/:/bin/sh")).unwrap();
        std::fs::write(etc.join("group"), lines("")).unwrap();
        for name in ["shadow", "gshadow", "subuid", "subgid"] {
            std::fs::write(etc.join(name), "").unwrap();
        }
        std::fs::copy("/etc/login.defs", etc.join("login.defs")).unwrap();
        let here = |text: &str| text.replace("/etc/", &format!("{}/", etc.display()));
        let Ask::Shell { script, .. } = AccountNumbers.ask() else {
            panic!("a shell is asked");
        };
        let said = Command::new("dash")
            .args(["-c", &here(&script.text)])
            .output()
            .unwrap();
        let output = Output {
            status: 0,
            stdout: said.stdout,
            ..Output::default()
        };
        let numbers = AccountNumbers.read(&output).unwrap();
        (home, numbers)
    }

    fn picked(home: &tempfile::TempDir, program: &str, words: &[&str]) -> u32 {
        let mut tool = Command::new(format!("/usr/sbin/{program}"));
        let made = tool
            .arg("--prefix")
            .arg(home.path())
            .args(words)
            .arg("new")
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "{program}: {}",
            String::from_utf8_lossy(&made.stderr)
        );
        let file = if program == "useradd" {
            "passwd"
        } else {
            "group"
        };
        let text = std::fs::read_to_string(home.path().join("etc").join(file)).unwrap();
        let line = text.lines().find(|line| line.starts_with("new:")).unwrap();
        line.split(':').nth(2).unwrap().parse().unwrap()
    }

    /// Only root is let write accounts, also in a folder of one's own.
    #[test]
    fn shadow_s_tools_pick_what_was_foretold() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let states: [&[u32]; 6] = [
            &[0],
            &[0, 65534],
            &[0, 100, 101, 998, 1000],
            &[0, 999, 998, 997, 1000, 1005],
            &[0, 500, 2000, 60000],
            &[0, 101, 999, 1001, 60000],
        ];
        for state in states {
            for system in [false, true] {
                let flag: &[&str] = if system { &["-r"] } else { &[] };
                let (home, numbers) = etc(state);
                let foretold = numbers.group(system, None);
                assert_eq!(
                    foretold,
                    Some(picked(&home, "groupadd", flag)),
                    "group {system} {state:?}"
                );
                let (home, numbers) = etc(state);
                let foretold = numbers.user(system);
                let words = [flag, &["-M", "-N", "-g", "0"]].concat();
                assert_eq!(
                    foretold,
                    Some(picked(&home, "useradd", &words)),
                    "user {system} {state:?}"
                );
            }
        }
    }
}
