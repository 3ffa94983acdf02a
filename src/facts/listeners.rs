//! Which TCP ports are taken, and by whom.

use super::{Ask, Foreseen, ProbeError, Question};
use crate::step::Output;
use std::collections::BTreeMap;

/// Asks on which TCP ports something listens. Whoever is not root is told the users of the others'
/// ports, but not their programs.
#[derive(Clone, Copy, Debug)]
pub struct Listeners;

/// Something that listens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listener {
    /// On which port, at any address.
    pub port: u16,
    /// The user whose it is.
    pub uid: u32,
    /// The name of a program that holds it, where that may be known.
    pub program: Option<String>,
}

/// The kernel's own tables, since no tool stands everywhere. Of all that processes have open only
/// the sockets that listen are told.
const QUESTION: &str = r#"[ -r /proc/net/tcp ] || exit 1
listening=$(grep -h ' 0A ' /proc/net/tcp /proc/net/tcp6 2>/dev/null)
sockets=$(printf '%s\n' "$listening" | while read -r a b c d e f g h i inode rest; do printf '|%s' "$inode"; done)
echo listening:; printf '%s\n' "$listening"
echo open:; ls -l /proc/[0-9]*/fd 2>/dev/null | grep -E "^/proc/|socket:\[(${sockets#|})\]"
echo names:; grep . /proc/[0-9]*/comm /dev/null 2>/dev/null
:"#;

impl Question for Listeners {
    type Answer = Vec<Listener>;

    fn ask(&self) -> Ask {
        Ask::live(QUESTION)
    }

    fn read(&self, output: &Output) -> Result<Vec<Listener>, ProbeError> {
        if !output.ok() {
            return Err(ProbeError::answer("ask which ports are taken", output));
        }
        let text = output.out();
        let (listening, rest) = text.split_once("open:\n").unwrap_or((&text, ""));
        let (open, names) = rest.split_once("names:\n").unwrap_or((rest, ""));
        let programs = programs(open, names);
        let mut found: Vec<Listener> = listening
            .lines()
            .filter_map(|line| {
                let words: Vec<&str> = line.split_whitespace().collect();
                let (_, port) = words.get(1)?.rsplit_once(':')?;
                Some(Listener {
                    port: u16::from_str_radix(port, 16).ok()?,
                    uid: words.get(7)?.parse().ok()?,
                    program: programs.get(words.get(9)?).map(|name| (*name).to_owned()),
                })
            })
            .collect();
        found.sort();
        found.dedup();
        Ok(found)
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        _: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        now
    }
}

/// The program that holds each socket. Where several do it is the one that had it first: children
/// inherit it.
fn programs<'a>(open: &'a str, names: &'a str) -> BTreeMap<&'a str, &'a str> {
    let names: BTreeMap<&str, &str> = names
        .lines()
        .filter_map(|line| line.strip_prefix("/proc/")?.split_once("/comm:"))
        .collect();
    let mut holders: BTreeMap<&str, (u32, &str)> = BTreeMap::new();
    let mut process = "";
    for line in open.lines() {
        if let Some(folder) = line.strip_prefix("/proc/") {
            process = folder.split('/').next().unwrap_or_default();
            continue;
        }
        let socket = line
            .split_once("socket:[")
            .and_then(|(_, rest)| rest.split_once(']'));
        if let (Some((socket, _)), Some(name), Ok(id)) =
            (socket, names.get(process), process.parse())
        {
            let holder = holders.entry(socket).or_insert((id, name));
            if id < holder.0 {
                *holder = (id, name);
            }
        }
    }
    holders
        .into_iter()
        .map(|(socket, (_, name))| (socket, name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parent_is_named_and_what_may_not_be_seen_is_not() {
        let text = "\
listening:
   0: 00000000:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000   106        0 4711 1 0
   1: 00000000000000000000000000000000:1538 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000   106        0 4712 1 0
   2: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000    33        0 4713 1 0
open:
/proc/31/fd:
lrwx------ 1 postgres postgres 64 Nov 29 12:00 6 -> socket:[4711]
/proc/4/fd:
lrwx------ 1 postgres postgres 64 Nov 29 12:00 6 -> socket:[4711]
lrwx------ 1 postgres postgres 64 Nov 29 12:00 7 -> 'socket:[4712]'
names:
/proc/31/comm:postgres: worker
/proc/4/comm:postgres
";
        let output = Output {
            stdout: text.into(),
            ..Output::default()
        };
        let found = Listeners.read(&output).unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|listener| (listener.port, listener.uid, listener.program.as_deref()))
            .collect();
        assert_eq!(found, [(5432, 106, Some("postgres")), (8000, 33, None)]);
    }
}
