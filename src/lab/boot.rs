//! One host from the plug to its sshd, and back.

use std::ffi::OsString;
use std::fs::{self, File};
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::command::command;
use super::error::Trying;
use super::folders::{HostFolder, LabFolder};
use super::{HostSpec, LabError, LabSpec, cgroup, mounts, network, process, reach, wait};

const BOOT: Duration = Duration::from_secs(90);
const SHUTDOWN: Duration = Duration::from_secs(100);
/// What a host wrote goes to this machine's disk before its mounts are gone, and the disk may be busy.
const DEATH: Duration = Duration::from_secs(120);

/// How soon the container's process must be seen after it was started.
const SEEN: Duration = Duration::from_secs(10);

/// Enters the cgroups named before `--`, then becomes the command after it.
const ENTER: &str =
    r#"while [ "$1" != -- ]; do echo $$ > "$1" || exit; shift; done; shift; exec "$@""#;

/// Starts the container; its root is mounted.
pub(super) fn start(folder: &HostFolder, lab: &LabSpec, host: &HostSpec) -> Result<(), LabError> {
    let machine = host.machine();
    let mut words: Vec<OsString> = ["setsid", "--fork", "sh", "-c", ENTER, "trueup-lab"]
        .map(OsString::from)
        .into();
    let systemd_outside = cgroup::systemd_outside();
    if !systemd_outside {
        words.extend(cgroup::make(&machine)?.into_iter().map(OsString::from));
    }
    words.extend(
        [
            "--",
            "systemd-nspawn",
            "--quiet",
            "--boot",
            "--settings=no",
            "--link-journal=no",
        ]
        .map(OsString::from),
    );
    if !systemd_outside {
        words.extend(["--register=no", "--keep-unit"].map(OsString::from));
    }
    words.extend(["--console=pipe", "--resolv-conf=off", "--timezone=off"].map(OsString::from));
    words.push(format!("--directory={}", folder.root().display()).into());
    words.push(format!("--machine={machine}").into());
    words.push(format!("--hostname={}", host.name).into());
    words.push(format!("--network-bridge={}", lab.subnet.bridge()).into());
    for link in host.further_links()? {
        words.push(format!("--network-veth-extra={}:{}", link.outside, link.inside).into());
    }
    if let Some(limit) = &host.disk_limit {
        words.push(
            format!(
                "--bind={}:{}",
                folder.disk().display(),
                limit.path.display()
            )
            .into(),
        );
    }
    let console = File::create(folder.console())
        .trying(|| format!("write {}", folder.console().display()))?;
    let errors = console
        .try_clone()
        .trying(|| "share the console's file".into())?;
    // systemd since 256 refuses the old cgroups, whatever this machine itself uses.
    command(words)
        .env("SYSTEMD_NSPAWN_UNIFIED_HIERARCHY", "1")
        .stdout(Stdio::from(console))
        .stderr(Stdio::from(errors))
        .status()
        .trying(|| format!("boot `{}`", host.name))?;
    Ok(())
}

/// Joins the host's cables into further networks to their bridges: systemd-nspawn does so with the
/// first alone.
pub(super) fn join_networks(folder: &HostFolder, host: &HostSpec) -> Result<(), LabError> {
    for link in host.further_links()? {
        wait::until(
            &format!("the link {} of `{}`", link.outside, host.name),
            SEEN,
            || format!("its console is {}", folder.console().display()),
            || network::join(&link.outside, link.network),
        )?;
    }
    Ok(())
}

/// Waits until the host lets us in.
pub(super) fn wait_for_ssh(lab_folder: &LabFolder, host: &HostSpec) -> Result<(), LabError> {
    let console = lab_folder.host(&host.name).console();
    let last_words = || {
        let text = fs::read_to_string(&console).unwrap_or_default();
        let lines: Vec<&str> = text.lines().rev().take(5).collect();
        format!(
            "its console is {} and ends:\n{}",
            console.display(),
            lines.into_iter().rev().collect::<Vec<_>>().join("\n")
        )
    };
    let begun = Instant::now();
    wait::until(
        &format!("the boot of `{}`", host.name),
        BOOT,
        last_words,
        || {
            if begun.elapsed() > SEEN && !is_on(host) {
                return Err(LabError::Spec(format!(
                    "`{}` died while it booted: {}",
                    host.name,
                    last_words()
                )));
            }
            Ok(reach::ssh_answers(host))
        },
    )?;
    reach::wait_for_login(lab_folder, host, BOOT, last_words)
}

/// Whether the container runs.
pub(super) fn is_on(host: &HostSpec) -> bool {
    process::nspawn(&host.machine()).is_some()
}

/// Pulls the plug. The links go first: a peer that sees connections closed by a dying host would
/// learn at once what a pulled plug never tells.
pub(super) fn pull_plug(folder: &HostFolder, host: &HostSpec) -> Result<(), LabError> {
    for link in host.links() {
        network::set_link(&link, false)?;
    }
    if let Some(nspawn) = process::nspawn(&host.machine()) {
        for init in process::children(nspawn) {
            process::kill(init, Signal::KILL);
        }
    }
    bury(folder, host, DEATH)
}

/// Shuts the host down in order; one that does not obey loses its plug.
pub(super) fn shut_down(folder: &HostFolder, host: &HostSpec) -> Result<(), LabError> {
    if let Some(nspawn) = process::nspawn(&host.machine()) {
        process::kill(nspawn, Signal::TERM);
    }
    bury(folder, host, SHUTDOWN).or_else(|error| match error {
        LabError::Timeout { .. } => pull_plug(folder, host),
        other => Err(other),
    })
}

/// Waits until nothing of the host is alive, then takes its mounts and its links away.
fn bury(folder: &HostFolder, host: &HostSpec, limit: Duration) -> Result<(), LabError> {
    let what = format!("the end of `{}`", host.name);
    let help = || {
        format!(
            "look for `--machine={}` among the processes",
            host.machine()
        )
    };
    wait::until(&what, limit, help, || Ok(!is_on(host)))?;
    for link in host.links() {
        network::remove_link(&link)?;
    }
    mounts::unmount(folder)?;
    if !cgroup::systemd_outside() {
        let emptied = || "processes of the host are still there".into();
        wait::until(&what, DEATH, emptied, || {
            Ok(cgroup::remove(&host.machine()).is_ok())
        })?;
    }
    Ok(())
}
