//! A file system on a device.
//!
//! ```yaml
//! - filesystem: { dev: /dev/vdb, fstype: xfs }
//! ```
//!
//! What holds something already is refused unless `force` says that it may go.

use super::tool::{says, work};
use super::unsupported::Unsupported;
use super::{Change, Controller, Module, Plan, Sign};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError, Says};
use crate::modules::presence::Presence;
use crate::step::{Effect, quote};
use serde::Deserialize;

/// `filesystem`
pub struct Filesystem;

/// The parameters of `filesystem`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)] // What is not supported is only named, so that it is refused.
pub struct Params {
    /// The device, or a file.
    pub dev: String,
    /// The kind: `ext4`, `xfs`, `btrfs`, `vfat`, `swap`, `lvm` (a physical volume), and others.
    #[serde(default)]
    pub fstype: Option<Type>,
    /// Whether it is there; with `absent` the device holds nothing that `blkid` knows.
    #[serde(default)]
    pub state: Presence,
    /// Make it where another one is.
    #[serde(default)]
    pub force: bool,
    /// Let it grow to the device's size: ext2 to ext4, and `lvm`; xfs and btrfs where it is mounted.
    #[serde(default)]
    pub resizefs: bool,
    /// Options of the command that makes it.
    #[serde(default)]
    pub opts: Option<String>,
    /// Not supported: it is set anew each time.
    #[serde(default)]
    pub uuid: Unsupported,
    /// Not supported: give it by `opts`.
    #[serde(default)]
    pub label: Unsupported,
}

/// The kind of a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    /// btrfs
    Btrfs,
    /// ext2
    Ext2,
    /// ext3
    Ext3,
    /// ext4
    Ext4,
    /// f2fs
    F2fs,
    /// A physical volume of LVM.
    Lvm,
    /// ocfs2
    Ocfs2,
    /// reiserfs
    Reiserfs,
    /// xfs
    Xfs,
    /// FAT
    Vfat,
    /// Swap space.
    Swap,
}

impl Type {
    /// What `blkid` calls it, its command with what makes that ask nothing, and the package that brings it.
    fn made(self) -> (&'static str, &'static str, &'static str, &'static str) {
        match self {
            Self::Btrfs => ("btrfs", "mkfs.btrfs", "-f", "btrfs-progs"),
            Self::Ext2 => ("ext2", "mkfs.ext2", "-F", "e2fsprogs"),
            Self::Ext3 => ("ext3", "mkfs.ext3", "-F", "e2fsprogs"),
            Self::Ext4 => ("ext4", "mkfs.ext4", "-F", "e2fsprogs"),
            Self::F2fs => ("f2fs", "mkfs.f2fs", "-f", "f2fs-tools"),
            Self::Lvm => ("LVM2_member", "pvcreate", "-f", "lvm2"),
            Self::Ocfs2 => ("ocfs2", "mkfs.ocfs2", "-Fx", "ocfs2-tools"),
            Self::Reiserfs => ("reiserfs", "mkfs.reiserfs", "-q", "reiserfsprogs"),
            Self::Xfs => ("xfs", "mkfs.xfs", "-f", "xfsprogs"),
            Self::Vfat => ("vfat", "mkfs.vfat", "", "dosfstools"),
            Self::Swap => ("swap", "mkswap", "-f", "util-linux"),
        }
    }

    /// Asks how many bytes it fills, in `s`; where it can grow at all.
    fn size(self) -> Option<&'static str> {
        match self {
            Self::Ext2 | Self::Ext3 | Self::Ext4 => Some(
                "s=$(tune2fs -l \"$d\" | { c=0; b=0; while IFS=: read -r n v; do case $n in 'Block count') c=$((v));; 'Block size') b=$((v));; esac; done; echo $((c * b)); })",
            ),
            Self::Xfs => Some(
                "s=$(xfs_info \"$m\" | sed -n 's/^data .*bsize=\\([0-9]*\\) *blocks=\\([0-9]*\\).*/\\1 \\2/p'); s=$((${s% *} * ${s#* }))",
            ),
            Self::Btrfs => {
                Some("s=$(btrfs filesystem usage -b \"$m\" | sed -n 's/^ *Device size: *//p')")
            }
            Self::Lvm => {
                Some("s=$(pvs --noheadings --nosuffix --units b -o pv_size \"$d\"); s=$((s))")
            }
            _ => None,
        }
    }

    /// Lets it grow.
    fn grow(self, dev: &str) -> String {
        let dev = quote(dev);
        let mounted = format!("m=$(findmnt -n -o TARGET --source {dev} | head -n 1); ");
        match self {
            Self::Xfs => format!("{mounted}xfs_growfs \"$m\" >/dev/null"),
            Self::Btrfs => format!("{mounted}btrfs filesystem resize max \"$m\" >/dev/null"),
            Self::Lvm => format!("pvresize {dev} >/dev/null"),
            _ => format!("resize2fs {dev} >/dev/null 2>&1"),
        }
    }

    /// How much less than the device is still all of it.
    fn slack(self) -> u64 {
        match self {
            Self::Xfs => 64 * 4096,
            // What the head of a physical volume takes, and what is less than an extent.
            Self::Lvm => 8 << 20,
            _ => 4096,
        }
    }
}

/// What is so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The device is there.
    there: bool,
    /// What `blkid` knows on it; empty for nothing.
    kind: String,
    /// The bytes of the device and of what is on it, where they were asked for.
    sizes: Option<(u64, u64)>,
}

impl State {
    /// `KIND` or nothing, then the sizes; `absent` where there is no device.
    fn read(text: &str) -> Self {
        let mut lines = text.lines();
        let kind = lines.next().unwrap_or_default().trim().to_owned();
        let mut sizes = lines.next().unwrap_or_default().split(' ').map(str::parse);
        Self {
            there: kind != "absent",
            sizes: match (sizes.next(), sizes.next()) {
                (Some(Ok(device)), Some(Ok(own))) => Some((device, own)),
                _ => None,
            },
            kind: if kind == "absent" {
                String::new()
            } else {
                kind
            },
        }
    }
}

impl Params {
    fn of(&self) -> String {
        format!("file system {}", self.dev)
    }
}

impl Module for Filesystem {
    const NAME: &'static str = "filesystem";
    const COLLECTION: &'static str = "community.general";
    const ALIASES: &'static [(&'static str, &'static str)] =
        &[("device", "dev"), ("type", "fstype")];
    type Params = Params;
    type Ready = Params;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        if params.state == Presence::Present && params.fstype.is_none() {
            return Err(Diag::error(
                "`fstype` is missing: which file system is made",
            ));
        }
        if let Some(kind) = params
            .fstype
            .filter(|kind| params.resizefs && kind.size().is_none())
        {
            let (name, ..) = kind.made();
            return Err(Diag::error(format!(
                "`resizefs` is not supported for {name}"
            )));
        }
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<State, ProbeError> {
        let size = params
            .fstype
            .filter(|_| params.resizefs)
            .and_then(Type::size);
        let size = size.map(|size| {
            format!(
                "m=$(findmnt -n -o TARGET --source \"$d\" | head -n 1)\n\
                 [ -z \"$t\" ] || {{ {size} && a=$(blockdev --getsize64 \"$d\" 2>/dev/null || stat -L -c %s \"$d\") && echo \"$a $s\"; }}"
            )
        });
        let asked = Says {
            of: params.of(),
            program: "blkid",
            package: "util-linux",
            script: format!(
                "d={}\nif [ ! -e \"$d\" ]; then echo absent; exit 0; fi\nt=$(blkid -c /dev/null -o value -s TYPE \"$d\")\n\
                 s=$?; [ $s = 0 ] || [ $s = 2 ] || exit $s\necho \"$t\"\n{}",
                quote(&params.dev),
                size.unwrap_or_default()
            ),
        };
        Ok(State::read(&look.fact(asked).await?))
    }

    fn plan(params: &Params, state: &State) -> Result<Plan, String> {
        let (dev, of) = (&params.dev, params.of());
        let word = quote(dev);
        if params.state == Presence::Absent {
            if state.kind.is_empty() {
                return Ok(Plan::nothing());
            }
            let step = work(
                format!("wipe {dev}"),
                &format!("wipefs --all {word} >/dev/null"),
            );
            return Ok(Plan::Converge {
                changes: vec![Change::new(
                    Sign::Remove,
                    format!("{} on {dev}", state.kind),
                )],
                steps: vec![step.making([Effect::Says(of, None)])],
            });
        }
        let Some(kind) = params.fstype else {
            return Ok(Plan::nothing());
        };
        if !state.there {
            return Err(format!("there is no {dev} on the host"));
        }
        let (name, program, quiet, package) = kind.made();
        if state.kind == name {
            let Some((device, own)) = state
                .sizes
                .filter(|(device, own)| own + kind.slack() < *device)
            else {
                return Ok(Plan::nothing());
            };
            let change = Change::attribute(
                of.clone(),
                "bytes",
                Some(own.to_string()),
                Some(device.to_string()),
            );
            let step = work(format!("let {name} on {dev} grow"), &kind.grow(dev));
            return Ok(Plan::Converge {
                changes: vec![change],
                steps: vec![step.making(says(&of, format!("{name}\n{device} {device}\n")))],
            });
        }
        if !state.kind.is_empty() && !params.force {
            return Err(format!(
                "{dev} holds {} already: `force: true` makes {name} of it, and what it holds is lost",
                state.kind
            ));
        }
        let opts = params.opts.as_deref().unwrap_or_default();
        let words = shlex::split(opts)
            .ok_or_else(|| format!("`opts: {opts}` has a quote that is never closed"))?;
        let words: String = words
            .iter()
            .map(|word| format!(" {}", quote(word)))
            .collect();
        let text = format!(
            "command -v {program} >/dev/null || {{ echo '{program} is not there: install {package} first' >&2; exit 127; }}\n\
             {program} {quiet}{words} {word} >/dev/null"
        );
        let sign = if state.kind.is_empty() {
            Sign::Add
        } else {
            Sign::Modify
        };
        let change = match sign {
            Sign::Modify => Change::attribute(
                of.clone(),
                "kind",
                Some(state.kind.clone()),
                Some(name.to_owned()),
            ),
            sign => Change::new(sign, format!("{name} on {dev}")),
        };
        let step = work(format!("make {name} on {dev}"), &text);
        Ok(Plan::Converge {
            changes: vec![change],
            steps: vec![step.making(says(&of, format!("{name}\n")))],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{left, planned, ready};
    use crate::step::Action;
    use serde_json::{Value, json};

    fn run(args: Value, said: &str) -> Result<String, String> {
        let answers = [("blkid", said)];
        let plan = planned::<Filesystem>(args.clone(), &answers)?;
        assert!(!left::<Filesystem>(args, &answers)?.is_change());
        let text = plan.steps().first().map(|step| match &step.action {
            Action::Run(script) => script.text.lines().last().unwrap_or_default().to_owned(),
            other => panic!("{other:?}"),
        });
        Ok(text.unwrap_or_default())
    }

    #[test]
    fn a_file_system_is_made_where_nothing_is() {
        let args = |force: bool| json!({ "dev": "/dev/vdb", "fstype": "ext4", "opts": "-L 'a b'", "force": force });
        assert_eq!(
            run(args(false), "\n").unwrap(),
            "mkfs.ext4 -F -L 'a b' /dev/vdb >/dev/null"
        );
        assert_eq!(run(args(false), "ext4\n").unwrap(), "");
        assert!(run(args(false), "xfs\n").unwrap_err().contains("is lost"));
        assert!(run(args(true), "xfs\n").unwrap().contains("mkfs.ext4"));
        assert!(
            run(args(false), "absent\n")
                .unwrap_err()
                .contains("no /dev/vdb")
        );
    }

    #[test]
    fn it_grows_and_goes() {
        let args = json!({ "dev": "/dev/vdb", "fstype": "ext4", "resizefs": true });
        assert_eq!(
            run(args.clone(), "ext4\n20971520 10485760\n").unwrap(),
            "resize2fs /dev/vdb >/dev/null 2>&1"
        );
        assert_eq!(run(args, "ext4\n20971520 20971520\n").unwrap(), "");
        let gone = json!({ "dev": "/dev/vdb", "state": "absent" });
        assert_eq!(
            run(gone.clone(), "ext4\n").unwrap(),
            "wipefs --all /dev/vdb >/dev/null"
        );
        assert_eq!(run(gone.clone(), "absent\n").unwrap(), "");
        assert_eq!(run(gone, "\n").unwrap(), "");
    }

    #[test]
    fn a_kind_is_needed_and_not_all_can_grow() {
        let refused = |args: Value| ready::<Filesystem>("/".as_ref(), args).is_err();
        assert!(refused(json!({ "dev": "/dev/vdb" })));
        assert!(refused(
            json!({ "dev": "/dev/vdb", "fstype": "swap", "resizefs": true })
        ));
    }
}
