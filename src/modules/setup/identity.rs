//! Who the host is and who asks: names, kernel, user, time, environment.

use super::distribution::family;
use super::set;
use crate::facts::Said;
use serde_json::{Map, Value, json};

/// Adds them.
pub fn add(facts: &mut Map<String, Value>, said: &Said) {
    kernel(facts, said);
    user(facts, said);
    date_time(facts, said);
    let env: Map<String, Value> = said
        .env
        .iter()
        .map(|(k, v)| (k.clone(), v.clone().into()))
        .collect();
    set(facts, "env", env);
    let first = |path: &str| {
        said.file(path)
            .map(str::trim)
            .filter(|text| !text.is_empty())
    };
    set(
        facts,
        "machine_id",
        first("/etc/machine-id").map(|text| text.lines().next().unwrap_or_default().to_owned()),
    );
    set(
        facts,
        "fips",
        first("/proc/sys/crypto/fips_enabled") == Some("1"),
    );
    service_and_packages(facts, said);
    ssh_keys(facts, said);
    let line = first("/proc/cmdline").unwrap_or_default();
    let words = line
        .split_whitespace()
        .map(|word| match word.split_once('=') {
            Some((name, value)) => (name.to_owned(), value.into()),
            None => (word.to_owned(), true.into()),
        });
    let words: Map<String, Value> = words.collect();
    set(facts, "proc_cmdline", words.clone());
    set(facts, "cmdline", words);
}

/// `uname -srvmn` says system, node name, release, version (many words), machine.
fn kernel(facts: &mut Map<String, Value>, said: &Said) {
    let line = said.text("uname").trim();
    let mut words = line.splitn(4, ' ');
    let mut next = || words.next().unwrap_or_default().to_owned();
    let (system, node, release, rest) = (next(), next(), next(), next());
    let (version, machine) = rest.rsplit_once(' ').unwrap_or(("", rest.as_str()));
    let host = node.split('.').next().unwrap_or_default().to_owned();
    let fqdn = full_name(said.text("hosts"), &node);
    set(
        facts,
        "domain",
        fqdn.split_once('.')
            .map(|(_, domain)| domain.to_owned())
            .unwrap_or_default(),
    );
    set(facts, "fqdn", fqdn);
    set(facts, "hostname", host);
    set(facts, "nodename", node);
    set(facts, "system", system);
    set(facts, "kernel", release);
    set(facts, "kernel_version", version);
    set(facts, "machine", machine);
    let architecture = match machine {
        "i386" | "i486" | "i586" | "i686" => "i386",
        other => other,
    };
    set(facts, "architecture", architecture);
    set(facts, "userspace_architecture", architecture);
    let wide = ["64", "s390x", "alpha", "riscv64"]
        .iter()
        .any(|part| machine.contains(part));
    set(facts, "userspace_bits", if wide { "64" } else { "32" });
}

/// As Python's `getfqdn`: the first of the names that has a dot, else the canonical one.
fn full_name(hosts: &str, node: &str) -> String {
    let line = hosts.lines().next().unwrap_or_default();
    let mut names: Vec<&str> = line.split_whitespace().collect();
    if names
        .first()
        .is_some_and(|first| first.parse::<std::net::IpAddr>().is_ok())
    {
        names.remove(0);
    }
    let dotted = names.iter().find(|name| name.contains('.'));
    dotted
        .or(names.first())
        .map_or_else(|| node.to_owned(), |name| (*name).to_owned())
}

fn user(facts: &mut Map<String, Value>, said: &Said) {
    let numbers = |key: &str| {
        let behind = said
            .text("id")
            .split_once(&format!("{key}="))
            .map(|(_, behind)| behind)?;
        let number = behind.split(|c: char| !c.is_ascii_digit()).next()?;
        let name = behind[number.len()..]
            .strip_prefix('(')
            .and_then(|rest| rest.split(')').next());
        Some((number.parse::<u32>().ok()?, name.map(str::to_owned)))
    };
    let (uid, name) = numbers("uid").unwrap_or_default();
    let (gid, _) = numbers("gid").unwrap_or_default();
    let entry: Vec<&str> = said.text("user").trim_end().split(':').collect();
    let field = |at: usize| entry.get(at).map(|field| (*field).to_owned());
    set(
        facts,
        "user_id",
        name.or_else(|| field(0)).unwrap_or_else(|| uid.to_string()),
    );
    set(facts, "user_uid", uid);
    set(
        facts,
        "user_gid",
        field(3).and_then(|gid| gid.parse().ok()).unwrap_or(gid),
    );
    set(facts, "user_gecos", field(4).unwrap_or_default());
    set(
        facts,
        "user_dir",
        field(5)
            .or_else(|| said.env.get("HOME").cloned())
            .unwrap_or_default(),
    );
    set(
        facts,
        "user_shell",
        field(6)
            .or_else(|| said.env.get("SHELL").cloned())
            .unwrap_or_default(),
    );
    for kind in ["real", "effective"] {
        set(facts, &format!("{kind}_user_id"), uid);
        set(facts, &format!("{kind}_group_id"), gid);
    }
}

fn date_time(facts: &mut Map<String, Value>, said: &Said) {
    let fields: Vec<&str> = said.text("date").trim().split('|').collect();
    let [
        year,
        month,
        weekday,
        weekday_number,
        week,
        day,
        hour,
        minute,
        second,
        epoch,
        zone,
        offset,
    ] = fields[..]
    else {
        return;
    };
    let utc = epoch
        .parse()
        .ok()
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok())
        .unwrap_or_default();
    let utc = utc.to_zoned(jiff::tz::TimeZone::UTC);
    set(
        facts,
        "date_time",
        json!({
            "year": year, "month": month, "weekday": weekday, "weekday_number": weekday_number,
            "weeknumber": week, "day": day, "hour": hour, "minute": minute, "second": second,
            "epoch": epoch, "epoch_int": epoch,
            "date": format!("{year}-{month}-{day}"), "time": format!("{hour}:{minute}:{second}"),
            "iso8601": utc.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "iso8601_micro": utc.strftime("%Y-%m-%dT%H:%M:%S.000000Z").to_string(),
            "iso8601_basic": format!("{year}{month}{day}T{hour}{minute}{second}000000"),
            "iso8601_basic_short": format!("{year}{month}{day}T{hour}{minute}{second}"),
            "tz": zone, "tz_dst": zone, "tz_offset": offset,
        }),
    );
}

fn service_and_packages(facts: &mut Map<String, Value>, said: &Said) {
    let there = |path: &str| said.text("exists").lines().any(|line| line == path);
    let first = said.file("/proc/1/comm").map(str::trim).unwrap_or_default();
    let services = match first {
        "systemd" => "systemd",
        _ if there("/run/systemd/system") => "systemd",
        "runit-init" => "runit",
        "init" | "" => "sysvinit",
        other => other,
    };
    set(facts, "service_mgr", services);
    let family = family(said.file("/etc/os-release").unwrap_or_default());
    set(facts, "pkg_mgr", manager(there, &family));
    set(
        facts,
        "selinux",
        json!({ "status": if there("/sys/fs/selinux/enforce") { "enabled" } else { "disabled" } }),
    );
    set(
        facts,
        "apparmor",
        json!({ "status": if there("/sys/module/apparmor") { "enabled" } else { "disabled" } }),
    );
}

/// The manager of packages of a host of this family where these programs are. Others may be there
/// too, for looking into packages of another kind.
pub fn manager(there: impl Fn(&str) -> bool, family: &str) -> &'static str {
    let dnf = [
        ("/usr/bin/dnf5", "dnf5"),
        ("/usr/bin/dnf", "dnf"),
        ("/usr/bin/yum", "yum"),
    ];
    let others = [
        ("/usr/bin/apt-get", "apt"),
        ("/usr/bin/zypper", "zypper"),
        ("/sbin/apk", "apk"),
        ("/usr/sbin/apk", "apk"),
        ("/usr/bin/pacman", "pacman"),
        ("/usr/bin/xbps-install", "xbps"),
    ];
    let (first, then) = if family == "RedHat" {
        (&dnf[..], &others[..])
    } else {
        (&others[..], &dnf[..])
    };
    first
        .iter()
        .chain(then)
        .find(|(path, _)| there(path))
        .map_or("unknown", |(_, name)| name)
}

fn ssh_keys(facts: &mut Map<String, Value>, said: &Said) {
    for (path, text) in said.files() {
        let kind = path
            .strip_prefix("/etc/ssh/ssh_host_")
            .and_then(|name| name.strip_suffix("_key.pub"));
        if let (Some(kind), [keytype, key, ..]) =
            (kind, text.split_whitespace().collect::<Vec<_>>().as_slice())
        {
            set(facts, &format!("ssh_host_key_{kind}_public"), *key);
            set(
                facts,
                &format!("ssh_host_key_{kind}_public_keytype"),
                *keytype,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_full_name_is_the_first_with_a_dot() {
        assert_eq!(
            full_name("127.0.1.1       pg-a.example.org pg-a\n", "pg-a"),
            "pg-a.example.org"
        );
        assert_eq!(
            full_name("10.0.0.1 pg-a pg-a.example.org\n", "pg-a"),
            "pg-a.example.org"
        );
        assert_eq!(full_name("::1             localhost\n", "vm"), "localhost");
        assert_eq!(full_name("", "vm"), "vm");
    }
}
