//! What a host is: its files and answers from which the facts of `setup` are read, in one
//! question with few processes.

use super::{Ask, Foreseen, Freshness, ProbeError, Question};
use crate::step::{Output, Script};
use std::collections::BTreeMap;

/// Asks what the host is.
#[derive(Clone, Copy, Debug)]
pub struct System {
    /// Whether its names and addresses are asked for as well. That may take its time: a name server
    /// is asked for the host's own name.
    pub network: bool,
}

/// What the host said: texts by name (`uname`, `id`, ...), and files by path.
#[derive(Clone, Debug, Default)]
pub struct Said {
    texts: BTreeMap<String, String>,
    files: BTreeMap<String, String>,
    /// The environment of the task's user.
    pub env: BTreeMap<String, String>,
}

impl Said {
    /// The answer to a part of the question; empty when there was none.
    pub fn text(&self, name: &str) -> &str {
        self.texts.get(name).map(String::as_str).unwrap_or_default()
    }

    /// The content of a file; `None` where it is not there or must not be read.
    pub fn file(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// The files that were read, by path.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }
}

const MARK: &str = "=#= ";

/// One process reads all files: `head` writes a header before each.
const QUESTION: &str = r#"say() { echo "=#= $1"; }
say env; env -0 2>/dev/null || env
LC_ALL=C; export LC_ALL
say uname; uname -srvmn
say id; id
say user; u=$(id -u)
while IFS= read -r l; do case $l in *:*:"$u":*) printf '%s\n' "$l"; break;; esac; done 2>/dev/null </etc/passwd
say date; date '+%Y|%m|%A|%w|%W|%d|%H|%M|%S|%s|%Z|%z'
say cpu; grep -E '^(processor|vendor_id|model name|physical id|cpu cores|siblings|flags|Processor)[[:space:]]*:' /proc/cpuinfo 2>/dev/null
say nproc; nproc 2>/dev/null
say exists
for p in /run/systemd/system /.dockerenv /run/.containerenv /proc/vz /proc/xen /usr/bin/apt-get /usr/bin/dnf5 /usr/bin/dnf /usr/bin/yum /usr/bin/zypper /sbin/apk /usr/sbin/apk /usr/bin/pacman /usr/bin/xbps-install /sys/module/apparmor /sys/fs/selinux/enforce; do [ -e "$p" ] && echo "$p"; done
say mounts
set --
while read -r d m t o r; do case $d in /*) case $m in *\\*) ;; *) set -- "$@" "$m"; echo "$d $m $t $o $r";; esac;; esac; done 2>/dev/null </proc/mounts
say sizes; [ $# = 0 ] || stat -f -c '%S %b %a %c %d %n' "$@" 2>/dev/null
say files
head -n 4000 /etc/os-release /etc/debian_version /etc/redhat-release /etc/alpine-release /etc/machine-id /etc/resolv.conf /proc/meminfo /proc/uptime /proc/loadavg /proc/cmdline /proc/1/comm /proc/sys/crypto/fips_enabled /run/systemd/container /sys/class/dmi/id/product_name /sys/class/dmi/id/product_version /sys/class/dmi/id/product_serial /sys/class/dmi/id/product_uuid /sys/class/dmi/id/sys_vendor /sys/class/dmi/id/bios_vendor /sys/class/dmi/id/bios_version /sys/class/dmi/id/bios_date /sys/class/dmi/id/board_name /sys/class/dmi/id/board_vendor /etc/ssh/ssh_host_*_key.pub /etc/lsb-release 2>/dev/null; :"#;

/// What is asked of the network besides.
const NETWORK: &str = r#"
n=$(uname -n)
say hosts; if command -v getent >/dev/null; then getent hosts "$n"; else hostname -f 2>/dev/null; fi
say link; ip -o link show 2>/dev/null
say addr; ip -o addr show 2>/dev/null
say route4; ip -4 route get 8.8.8.8 2>/dev/null
say route6; ip -6 route get 2404:6800:400a:800::1012 2>/dev/null; :"#;

impl Question for System {
    type Answer = Said;

    fn ask(&self) -> Ask {
        let network = if self.network { NETWORK } else { "" };
        Ask::Shell {
            script: Script::new(format!("{QUESTION}{network}")),
            freshness: Freshness::Live,
            slow: self.network,
        }
    }

    fn read(&self, output: &Output) -> Result<Said, ProbeError> {
        let text = output.out();
        let mut said = Said::default();
        for part in text.split(MARK).skip(1) {
            let (name, body) = part.split_once('\n').unwrap_or((part, ""));
            match name {
                "env" => said.env = environment(body),
                "files" => said.files = files(body),
                _ => {
                    said.texts.insert(name.to_owned(), body.to_owned());
                }
            }
        }
        if said.text("uname").is_empty() {
            Err(ProbeError::answer("gather facts", output))
        } else {
            Ok(said)
        }
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        _: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        now
    }
}

/// What `head` wrote: a header line before each file.
fn files(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut path: Option<&str> = None;
    let mut content = String::new();
    for line in text.lines() {
        if let Some(next) = line
            .strip_prefix("==> ")
            .and_then(|line| line.strip_suffix(" <=="))
        {
            if let Some(path) = path.replace(next) {
                found.insert(path.to_owned(), std::mem::take(&mut content));
            }
        } else {
            content.push_str(line);
            content.push('\n');
        }
    }
    if let Some(path) = path {
        found.insert(path.to_owned(), content);
    }
    found
}

fn environment(text: &str) -> BTreeMap<String, String> {
    let separator = if text.contains('\0') { '\0' } else { '\n' };
    text.split(separator)
        .filter_map(|entry| entry.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_files_and_environment_are_told_apart() {
        let stdout = "=#= uname\nLinux a 6.1 #1 x86_64\n=#= files\n==> /etc/os-release <==\nID=debian\n\n\
                      ==> /proc/1/comm <==\nsystemd\n\n=#= env\nA=1\n2\0B=x=y\0";
        let said = System { network: true }
            .read(&Output {
                stdout: stdout.into(),
                ..Output::default()
            })
            .unwrap();
        assert_eq!(said.text("uname"), "Linux a 6.1 #1 x86_64\n");
        assert_eq!(said.file("/proc/1/comm").map(str::trim), Some("systemd"));
        assert_eq!(
            (said.env["A"].as_str(), said.env["B"].as_str()),
            ("1\n2", "x=y")
        );
    }
}
