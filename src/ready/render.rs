//! A survey of hosts and its verdict as people read them.

use super::judge::Verdict;
use super::status::{Clock, Host, Port, Reached, Sudo, Survey};
use crate::cluster::{findings, table};

const HEADER: [&str; 9] = [
    "HOST",
    "REACHED",
    "AS",
    "ROOT",
    "SYSTEM",
    "CLOCK",
    "FREE DISK",
    "MEMORY",
    "PORTS",
];

/// The table, what is wrong, and what mends it.
pub fn render(survey: &Survey, verdict: &Verdict) -> String {
    let header = HEADER.map(str::to_owned).to_vec();
    let rows: Vec<Vec<String>> = std::iter::once(header)
        .chain(survey.hosts.iter().map(row))
        .collect();
    let mut text = table(&rows);
    text.push_str(&format!("\n{}\n", verdict.summary));
    text.push_str(&findings(&verdict.findings));
    text
}

fn row(host: &Host) -> Vec<String> {
    let Some(reached) = host.reached() else {
        return vec![host.name.clone(), "no".to_owned()];
    };
    let none = || "?".to_owned();
    let system = reached.system.as_ref();
    vec![
        host.name.clone(),
        took(reached.milliseconds),
        reached.user.clone().unwrap_or_else(none),
        root(reached.sudo.as_ref()).to_owned(),
        system.map_or_else(none, |system| {
            let words = [&system.distribution, &system.version, &system.architecture];
            let inside = system.inside.iter();
            let words: Vec<&str> = words
                .into_iter()
                .chain(inside)
                .map(String::as_str)
                .collect();
            words.join(" ")
        }),
        reached.clock.map_or_else(none, clock),
        disks(reached),
        system.map_or_else(none, |system| size(system.memory_mib)),
        ports(&reached.ports),
    ]
}

fn took(milliseconds: u64) -> String {
    if milliseconds < 1000 {
        format!("{milliseconds} ms")
    } else {
        format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100)
    }
}

fn root(sudo: Option<&Sudo>) -> &'static str {
    match sudo {
        None => "?",
        Some(Sudo::Root) => "is root",
        Some(Sudo::Free) => "sudo",
        Some(Sudo::PasswordTaken) => "sudo, password",
        Some(Sudo::PasswordWanted { .. }) => "no: password",
        Some(Sudo::Missing) => "no: no sudo",
        Some(Sudo::Refused { .. }) => "no",
    }
}

/// `+0.002 s chrony`
fn clock(clock: Clock) -> String {
    let offset = clock.offset_seconds;
    let offset = if offset.abs() <= clock.error_seconds {
        format!("±{:.3} s", clock.error_seconds)
    } else if offset.abs() < 100.0 {
        format!("{offset:+.3} s")
    } else {
        format!("{offset:+.0} s")
    };
    match clock.kept_by {
        Some(keeper) => format!("{offset} {keeper}"),
        None => offset,
    }
}

/// Each file system once.
fn disks(reached: &Reached) -> String {
    let mut seen: Vec<&str> = Vec::new();
    let mut words = Vec::new();
    for disk in &reached.disks {
        if !seen.contains(&disk.mount.as_str()) {
            seen.push(&disk.mount);
            words.push(format!("{} {}", disk.mount, size(disk.free_mib)));
        }
    }
    words.join(", ")
}

#[allow(clippy::cast_precision_loss)] // One digit after the point is shown.
fn size(mib: u64) -> String {
    if mib < 1024 {
        format!("{mib} MiB")
    } else {
        format!("{:.1} GiB", mib as f64 / 1024.0)
    }
}

fn ports(ports: &[Port]) -> String {
    let one = |port: &Port| match (&port.taken_by, port.rightly) {
        (None, _) => format!("{} free", port.port),
        (Some(_), true) => format!("{} up", port.port),
        (Some(by), false) => format!("{} {by}", port.port),
    };
    ports.iter().map(one).collect::<Vec<_>>().join(", ")
}
