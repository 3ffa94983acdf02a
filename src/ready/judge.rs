//! Whether hosts are ready, and if not, in plain words why and which command mends it. Pure: what
//! was declared and what the hosts answered in, findings out.

use super::HostSpec;
use super::status::{Clock, DiskRoom, Host, Reached, Seen, Sudo, Survey, Why};
use crate::cluster::judge::{Finding, Level};
use crate::remote::Address;
use crate::step::quote;
use serde::Serialize;
use std::collections::BTreeMap;

/// By how much a clock may be off before somebody should look, and before certificates that were
/// just made are not valid yet.
const OFF: f64 = 1.0;
const FAR_OFF: f64 = 30.0;
/// How much room a disk should have, and without how much no packages can be installed.
const ROOM_MIB: u64 = 2048;
const LEAST_ROOM_MIB: u64 = 512;
/// How much memory a server should have.
const MEMORY_MIB: u64 = 512;

/// What a survey means.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// Whether nothing stands in the way on any host.
    pub ready: bool,
    /// In one sentence.
    pub summary: String,
    /// What there is to say, the worst first.
    pub findings: Vec<Finding>,
    /// Whether something stands in the way on a host that was reached.
    #[serde(skip)]
    pub refused: bool,
}

/// Holds `survey` against what is declared. `arguments` are the words after the verb in commands
/// that are told: `-i inventories/x`.
pub fn judge(specs: &[HostSpec], survey: &Survey, arguments: &str) -> Verdict {
    let mut unreachable = Vec::new();
    let mut found = Vec::new();
    for host in &survey.hosts {
        let spec = specs.iter().find(|spec| spec.name == host.name);
        match &host.seen {
            Seen::Unreachable { kind, why } => {
                let mend = mend_way(*kind, host, spec, arguments);
                unreachable.push(finding(Level::Fault, format!("{}: {why}", host.name), mend));
            }
            Seen::Reached(reached) => {
                let name = &host.name;
                root(name, reached, arguments, &mut found);
                system(name, reached, &mut found);
                ports(name, reached, &mut found);
                let unread = reached.unread.iter();
                found.extend(
                    unread.map(|why| finding(Level::Note, format!("{name}: {why}"), vec![])),
                );
            }
        }
    }
    clocks(survey, &mut found);
    same(survey, &mut found);
    let refused = found.iter().any(|found| found.level == Level::Fault);
    let silent = unreachable.len();
    found.splice(..0, unreachable);
    found.sort_by_key(|finding| finding.level);
    Verdict {
        ready: !refused && silent == 0,
        summary: summary(survey, silent, &found),
        findings: found,
        refused,
    }
}

fn finding(level: Level, says: String, mend: Vec<String>) -> Finding {
    Finding { level, says, mend }
}

fn summary(survey: &Survey, silent: usize, found: &[Finding]) -> String {
    let all = match survey.hosts.len() {
        1 => "1 host".to_owned(),
        several => format!("{several} hosts"),
    };
    let count = |level| found.iter().filter(|found| found.level == level).count();
    let faults = count(Level::Fault) - silent;
    let mut words = vec![if silent == 0 {
        format!("{all} reached")
    } else {
        format!("{} of {all} reached", survey.hosts.len() - silent)
    }];
    match (faults, count(Level::Warning)) {
        (0, 0) if silent == 0 => words.push("ready".to_owned()),
        (0, 0) => {}
        (0, warnings) => words.push(plural(warnings, "warning")),
        (faults, 0) => words.push(plural(faults, "fault")),
        (faults, warnings) => {
            words.push(plural(faults, "fault"));
            words.push(plural(warnings, "warning"));
        }
    }
    words.join(", ")
}

fn plural(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// What to do about a host that can't be reached. What to do about a host key is in the words.
fn mend_way(kind: Why, host: &Host, spec: Option<&HostSpec>, arguments: &str) -> Vec<String> {
    let Some(address) = &host.address else {
        return vec![];
    };
    match kind {
        Why::NoConnection if spec.is_some_and(|spec| spec.lab) => {
            vec![format!("trueup lab up {arguments}")]
        }
        Why::NoConnection if address.over.is_none() => vec![
            format!("ping -c 3 {}", quote(&address.host)),
            format!("on {}: sudo systemctl enable --now ssh", host.name),
        ],
        Why::Login => {
            let key = spec.and_then(|spec| spec.target.private_key.as_deref());
            vec![copy_id(address, key)]
        }
        Why::NoConnection | Why::HostKey | Why::Lost => vec![],
    }
}

fn copy_id(address: &Address, key: Option<&str>) -> String {
    let mut words = vec!["ssh-copy-id".to_owned()];
    if let Some(key) = key {
        words.extend(["-i".to_owned(), quote(&format!("{key}.pub"))]);
    }
    if address.port != 22 {
        words.extend(["-p".to_owned(), address.port.to_string()]);
    }
    if let Some(over) = address.over.as_ref().filter(|over| !over.contains(' ')) {
        words.extend(["-o".to_owned(), quote(&format!("ProxyJump={over}"))]);
    }
    words.push(quote(&format!("{}@{}", address.user, address.host)));
    words.join(" ")
}

fn root(name: &str, reached: &Reached, arguments: &str, found: &mut Vec<Finding>) {
    let user = reached.user.as_deref().unwrap_or("the login user");
    let allow = format!(
        "on {name}, as root: echo '{user} ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/{user}"
    );
    let (says, mend) = match &reached.sudo {
        None | Some(Sudo::Root | Sudo::Free | Sudo::PasswordTaken) => return,
        Some(Sudo::PasswordWanted { usual_group }) => {
            let doubt = if *usual_group {
                ""
            } else {
                ", and may refuse after it: that user is in none of the groups sudo, wheel and admin"
            };
            (
                format!("{name}: sudo asks {user} for a password{doubt}"),
                vec![format!("trueup ping {arguments} -K"), allow],
            )
        }
        Some(Sudo::Missing) => (
            format!(
                "{name}: {user} is not root, and there is no sudo: log in as root, or install it there"
            ),
            vec![format!("trueup ping {arguments} -u root"), allow],
        ),
        Some(Sudo::Refused { why }) => (format!("{name}: {why}"), vec![allow]),
    };
    found.push(finding(Level::Fault, says, mend));
}

fn system(name: &str, reached: &Reached, found: &mut Vec<Finding>) {
    let mut seen: Vec<&str> = Vec::new();
    for DiskRoom {
        mount, free_mib, ..
    } in &reached.disks
    {
        if *free_mib >= ROOM_MIB || seen.contains(&mount.as_str()) {
            continue;
        }
        seen.push(mount);
        let level = if *free_mib < LEAST_ROOM_MIB {
            Level::Fault
        } else {
            Level::Warning
        };
        let says = format!("{name}: only {free_mib} MiB are free on {mount}");
        let look = format!("on {name}: sudo du -xhd1 {} | sort -h", quote(mount));
        found.push(finding(level, says, vec![look]));
    }
    if let Some(system) = &reached.system
        && (1..MEMORY_MIB).contains(&system.memory_mib)
    {
        let says = format!(
            "{name}: {} MiB of memory are little for a database server",
            system.memory_mib
        );
        found.push(finding(Level::Warning, says, vec![]));
    }
}

fn ports(name: &str, reached: &Reached, found: &mut Vec<Finding>) {
    let mut run: Vec<String> = Vec::new();
    for port in &reached.ports {
        let Some(by) = &port.taken_by else { continue };
        let whose = port.whose.join(" and ");
        if port.rightly {
            run.push(format!("{whose} ({})", port.port));
        } else if by.starts_with("uid ") {
            // Who that is only root is told, and without root there is a fault already.
            let says = format!(
                "{name}: port {}, needed by {whose}, is taken by {by}",
                port.port
            );
            found.push(finding(Level::Warning, says, vec![]));
        } else {
            let says = format!(
                "{name}: port {}, needed by {whose}, is taken by {by}",
                port.port
            );
            let look = format!("on {name}: sudo ss -ltnp 'sport = :{}'", port.port);
            found.push(finding(Level::Fault, says, vec![look]));
        }
    }
    if !run.is_empty() {
        let says = format!("{name}: already runs {}", run.join(", "));
        found.push(finding(Level::Note, says, vec![]));
    }
}

fn clocks(survey: &Survey, found: &mut Vec<Finding>) {
    let clocks: Vec<(&str, &Reached, Clock)> = survey
        .hosts
        .iter()
        .filter_map(|host| {
            let reached = host.reached()?;
            Some((host.name.as_str(), reached, reached.clock?))
        })
        .collect();
    let off = |clock: &Clock| {
        let least = clock.offset_seconds.abs() - clock.error_seconds;
        (least > OFF).then_some(least > FAR_OFF)
    };
    let level = |far| if far { Level::Fault } else { Level::Warning };
    let offsets = clocks.iter().map(|(_, _, clock)| clock.offset_seconds);
    let (first, last) = offsets.fold((f64::MAX, f64::MIN), |(first, last), offset| {
        (first.min(offset), last.max(offset))
    });
    let all_off = clocks.len() > 1 && clocks.iter().all(|(_, _, clock)| off(clock).is_some());
    if all_off && last - first < OFF {
        let far = clocks.iter().any(|(_, _, clock)| off(clock) == Some(true));
        let says = format!(
            "this machine's clock is {}: all hosts agree on another time",
            aside(-first)
        );
        let mend = vec!["sudo timedatectl set-ntp true".to_owned()];
        found.push(finding(level(far), says, mend));
        return;
    }
    for (name, reached, clock) in clocks {
        let mend = vec![format!("on {name}: sudo timedatectl set-ntp true")];
        let container = reached
            .system
            .as_ref()
            .is_some_and(|system| system.container);
        if let Some(far) = off(&clock) {
            let what = if far {
                "; certificates are not valid yet, or not any more, where clocks differ so much"
            } else {
                ""
            };
            let says = format!(
                "{name}: its clock is {} of this machine's{what}",
                aside(clock.offset_seconds)
            );
            found.push(finding(level(far), says, mend));
        } else if container {
            // Its clock is its machine's.
        } else if let (Some(keeper), Some(false)) = (clock.kept_by, clock.synchronised) {
            let look = match keeper {
                "chrony" => format!("on {name}: chronyc sources"),
                "timesyncd" => format!("on {name}: timedatectl timesync-status"),
                _ => format!("on {name}: ntpq -p"),
            };
            let says =
                format!("{name}: {keeper} keeps the clock, but has the time from nowhere yet");
            found.push(finding(Level::Warning, says, vec![look]));
        } else if clock.kept_by.is_none() && clock.synchronised != Some(true) {
            let says = format!("{name}: nothing keeps its clock right");
            found.push(finding(Level::Warning, says, mend));
        }
    }
}

/// `2.5 s ahead`
fn aside(offset: f64) -> String {
    let way = if offset < 0.0 { "behind" } else { "ahead" };
    let size = offset.abs();
    if size < 120.0 {
        format!("{size:.1} s {way}")
    } else if size < 7200.0 {
        format!("{:.0} min {way}", size / 60.0)
    } else {
        format!("{:.0} h {way}", size / 3600.0)
    }
}

/// Names that are one machine, and machines that one image was copied to.
fn same(survey: &Survey, found: &mut Vec<Finding>) {
    let reached = || {
        let hosts = survey.hosts.iter();
        hosts.filter_map(|host| Some((host.name.as_str(), host.reached()?)))
    };
    let mut one: Vec<Vec<&str>> = Vec::new();
    let machines = reached().map(|(name, reached)| (name, Some(reached.machine.as_str())));
    for names in shared(machines) {
        let says = format!(
            "{} are one machine: keep one of the names, and put that into several groups",
            list(&names)
        );
        found.push(finding(Level::Fault, says, vec![]));
        one.push(names);
    }
    // What is one machine shares all that it has.
    let copies = |names: Vec<&str>| {
        let told = one
            .iter()
            .any(|one| names.iter().all(|name| one.contains(name)));
        (!told).then(|| list(&names))
    };
    let systems = || reached().map(|(name, reached)| (name, reached.system.as_ref()));
    let ids =
        systems().map(|(name, system)| (name, system.and_then(|it| it.machine_id.as_deref())));
    for names in shared(ids).into_iter().filter_map(copies) {
        let says = format!(
            "{names} have the same machine-id, as copies of one disk do: their logs and DHCP leases are taken for one machine's"
        );
        let mend = "on all but one: sudo rm -f /etc/machine-id /var/lib/dbus/machine-id && sudo systemd-machine-id-setup && sudo reboot";
        found.push(finding(Level::Warning, says, vec![mend.to_owned()]));
    }
    let keys = systems().map(|(name, system)| (name, system.and_then(|it| it.host_key.as_deref())));
    for names in shared(keys).into_iter().filter_map(copies) {
        let says = format!(
            "{names} have the same ssh host key, as copies of one disk do: each can pass for the others"
        );
        let mend = "on all but one: sudo rm /etc/ssh/ssh_host_*_key* && sudo ssh-keygen -A && sudo systemctl restart ssh";
        found.push(finding(Level::Warning, says, vec![mend.to_owned()]));
    }
}

/// The names that have something in common, where several do.
fn shared<'a>(all: impl Iterator<Item = (&'a str, Option<&'a str>)>) -> Vec<Vec<&'a str>> {
    let mut by: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, what) in all {
        if let Some(what) = what.filter(|what| !what.is_empty()) {
            by.entry(what).or_default().push(name);
        }
    }
    by.into_values().filter(|names| names.len() > 1).collect()
}

fn list(names: &[&str]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        names => names.concat(),
    }
}
