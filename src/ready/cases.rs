//! What hosts may answer, and what is said of it.

use super::fixtures::{clock, disk, host, reached, spec, survey, system, well};
use super::status::{Host, Seen, Sudo, Why, ports};
use super::{HostSpec, Need, judge, render};
use crate::cluster::judge::Level;
use crate::facts::Listener;

fn verdict_and_words(hosts: Vec<Host>) -> String {
    let specs: Vec<HostSpec> = hosts.iter().map(|host| spec(&host.name)).collect();
    let survey = survey(hosts);
    let verdict = judge(&specs, &survey, "-i site");
    let ended = (verdict.ready, verdict.refused);
    let table = render(&survey, &verdict);
    let (_, words) = table.split_once("\n\n").unwrap();
    format!("ready {}, refused {}\n{words}", ended.0, ended.1)
}

#[test]
fn hosts_with_which_all_is_well_are_one_line_each() {
    let needs = [
        (5432, "PostgreSQL", "postgres"),
        (8008, "Patroni", "patroni"),
    ];
    let needs = needs.map(|(port, whose, program)| Need {
        port,
        whose,
        program,
    });
    let listening = |port, program: &str| Listener {
        port,
        uid: 106,
        program: Some(program.into()),
    };
    let hosts = vec![
        reached("db1", |it| {
            it.ports = ports(&needs, &[listening(22, "sshd")]);
        }),
        reached("db2", |it| {
            it.ports = ports(
                &needs,
                &[listening(5432, "postgres"), listening(8008, "patroni")],
            );
            it.sudo = Some(Sudo::Root);
            it.milliseconds = 2345;
        }),
    ];
    let survey = survey(hosts);
    let verdict = judge(&[spec("db1"), spec("db2")], &survey, "-i site");
    insta::assert_snapshot!(render(&survey, &verdict), @r"
    HOST  REACHED  AS   ROOT     SYSTEM                          CLOCK               FREE DISK   MEMORY   PORTS
    db1   87 ms    ann  sudo     Ubuntu 24.04 x86_64 virtualbox  ±0.002 s timesyncd  / 39.1 GiB  1.9 GiB  5432 free, 8008 free
    db2   2.3 s    ann  is root  Ubuntu 24.04 x86_64 virtualbox  ±0.002 s timesyncd  / 39.1 GiB  1.9 GiB  5432 up, 8008 up

    2 hosts reached, ready

    note: db2: already runs PostgreSQL (5432), Patroni (8008).
    ");
    assert!(verdict.ready && !verdict.refused);
}

#[test]
fn a_way_that_is_closed_is_told_with_what_opens_it() {
    let closed = |name, kind, why: &str| {
        let why = why.to_owned();
        host(name, Seen::Unreachable { kind, why })
    };
    let hosts = vec![
        closed(
            "a",
            Why::NoConnection,
            "can't connect to a.example:22: it refuses",
        ),
        closed("b", Why::HostKey, "the host key of b.example is not known"),
        closed("c", Why::Login, "c.example does not let ann in"),
        reached("d", |_| ()),
    ];
    insta::assert_snapshot!(verdict_and_words(hosts), @r"
    ready false, refused false
    1 of 4 hosts reached

    fault: a: can't connect to a.example:22: it refuses:
        ping -c 3 a.example
        on a: sudo systemctl enable --now ssh

    fault: b: the host key of b.example is not known.

    fault: c: c.example does not let ann in:
        ssh-copy-id ann@c.example
    ");
}

#[test]
fn a_lab_is_made_and_a_named_key_is_copied() {
    let hosts = ["a", "b"].map(|name| {
        let kind = if name == "a" {
            Why::NoConnection
        } else {
            Why::Login
        };
        let mut host = host(
            name,
            Seen::Unreachable {
                kind,
                why: "no".into(),
            },
        );
        let address = host.address.as_mut().unwrap();
        address.port = 2222;
        address.over = Some("bastion".into());
        host
    });
    let mut specs = hosts.each_ref().map(|host| spec(&host.name));
    specs[0].lab = true;
    specs[1].target.private_key = Some("/k/one key".into());
    let verdict = judge(&specs, &survey(hosts.into()), "-i site");
    let mends: Vec<&str> = verdict
        .findings
        .iter()
        .flat_map(|it| &it.mend)
        .map(String::as_str)
        .collect();
    assert_eq!(
        mends,
        [
            "trueup lab up -i site",
            "ssh-copy-id -i '/k/one key.pub' -p 2222 -o ProxyJump=bastion ann@b.example"
        ]
    );
}

#[test]
fn each_way_not_to_become_root_has_its_remedy() {
    let sudo = |name, sudo| reached(name, |it| it.sudo = Some(sudo));
    let hosts = vec![
        sudo("a", Sudo::PasswordWanted { usual_group: true }),
        sudo("b", Sudo::PasswordWanted { usual_group: false }),
        sudo("c", Sudo::Missing),
        sudo(
            "d",
            Sudo::Refused {
                why: "sudo on d did not take the password of ann".into(),
            },
        ),
        sudo("e", Sudo::PasswordTaken),
    ];
    insta::assert_snapshot!(verdict_and_words(hosts), @r"
    ready false, refused true
    5 hosts reached, 4 faults

    fault: a: sudo asks ann for a password:
        trueup ping -i site -K
        on a, as root: echo 'ann ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/ann

    fault: b: sudo asks ann for a password, and may refuse after it: that user is in none of the groups sudo, wheel and admin:
        trueup ping -i site -K
        on b, as root: echo 'ann ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/ann

    fault: c: ann is not root, and there is no sudo: log in as root, or install it there:
        trueup ping -i site -u root
        on c, as root: echo 'ann ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/ann

    fault: d: sudo on d did not take the password of ann:
        on d, as root: echo 'ann ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/ann
    ");
}

#[test]
fn clocks_that_are_off_are_told_by_how_much() {
    let hosts = vec![
        reached("a", |_| ()),
        reached("b", clock(-2.5)),
        reached("c", clock(7200.0)),
        reached("d", |it| {
            it.clock.as_mut().unwrap().synchronised = Some(false);
        }),
        reached("e", |it| {
            let clock = it.clock.as_mut().unwrap();
            (clock.kept_by, clock.synchronised) = (None, None);
        }),
        reached("f", |it| {
            let clock = it.clock.as_mut().unwrap();
            (clock.kept_by, clock.synchronised) = (None, None);
            system(it).container = true;
        }),
    ];
    insta::assert_snapshot!(verdict_and_words(hosts), @r"
    ready false, refused true
    6 hosts reached, 1 fault, 3 warnings

    fault: c: its clock is 2 h ahead of this machine's; certificates are not valid yet, or not any more, where clocks differ so much:
        on c: sudo timedatectl set-ntp true

    warning: b: its clock is 2.5 s behind of this machine's:
        on b: sudo timedatectl set-ntp true

    warning: d: timesyncd keeps the clock, but has the time from nowhere yet:
        on d: timedatectl timesync-status

    warning: e: nothing keeps its clock right:
        on e: sudo timedatectl set-ntp true
    ");
}

#[test]
fn an_offset_within_what_it_can_be_wrong_by_is_none() {
    let slow = reached("a", |it| {
        let clock = it.clock.as_mut().unwrap();
        (clock.offset_seconds, clock.error_seconds) = (1.5, 1.0);
    });
    assert!(verdict_and_words(vec![slow]).contains("ready true"));
}

#[test]
fn where_all_clocks_agree_ours_is_the_wrong_one() {
    let hosts = vec![reached("a", clock(-40.0)), reached("b", clock(-40.2))];
    insta::assert_snapshot!(verdict_and_words(hosts), @r"
    ready false, refused true
    2 hosts reached, 1 fault

    fault: this machine's clock is 40.2 s ahead: all hosts agree on another time:
        sudo timedatectl set-ntp true
    ");
}

#[test]
fn what_is_short_is_told_once() {
    let hosts = vec![
        reached("a", |it| {
            it.disks = vec![disk("/", 1000), disk("/var/lib", 1000)];
        }),
        reached("b", |it| {
            it.disks = vec![disk("/", 100)];
            system(it).memory_mib = 480;
        }),
    ];
    insta::assert_snapshot!(verdict_and_words(hosts), @r"
    ready false, refused true
    2 hosts reached, 1 fault, 2 warnings

    fault: b: only 100 MiB are free on /:
        on b: sudo du -xhd1 / | sort -h

    warning: a: only 1000 MiB are free on /:
        on a: sudo du -xhd1 / | sort -h

    warning: b: 480 MiB of memory are little for a database server.
    ");
}

#[test]
fn a_port_is_told_from_its_stranger() {
    let need = |port, whose, program| Need {
        port,
        whose,
        program,
    };
    let listening = |port, program: Option<&str>| Listener {
        port,
        uid: 33,
        program: program.map(str::to_owned),
    };
    let needs = [
        need(5432, "PostgreSQL", "postgres"),
        need(5432, "HAProxy", "haproxy"),
        need(7000, "HAProxy's statistics", "haproxy"),
        need(8008, "Patroni", "patroni"),
    ];
    let found = [
        listening(5432, Some("postgres")),
        listening(5432, Some("haproxy")),
        listening(7000, Some("apache2")),
        listening(8008, None),
    ];
    let hosts = vec![reached("a", |it| it.ports = ports(&needs, &found))];
    insta::assert_snapshot!(verdict_and_words(hosts), @r"
    ready false, refused true
    1 host reached, 1 fault, 1 warning

    fault: a: port 7000, needed by HAProxy's statistics, is taken by apache2:
        on a: sudo ss -ltnp 'sport = :7000'

    warning: a: port 8008, needed by Patroni, is taken by uid 33.

    note: a: already runs PostgreSQL and HAProxy (5432).
    ");
}

#[test]
fn copies_of_one_disk_and_two_names_of_one_machine_are_told_apart() {
    let hosts = vec![
        reached("a", |it| {
            system(it).machine_id = Some("copied".into());
            system(it).host_key = Some("copied".into());
        }),
        reached("b", |it| {
            system(it).machine_id = Some("copied".into());
            system(it).host_key = Some("copied".into());
        }),
        reached("c", |_| ()),
        reached("d", |it| *it = well("c")),
    ];
    insta::assert_snapshot!(verdict_and_words(hosts), @r"
    ready false, refused true
    4 hosts reached, 1 fault, 2 warnings

    fault: c and d are one machine: keep one of the names, and put that into several groups.

    warning: a and b have the same machine-id, as copies of one disk do: their logs and DHCP leases are taken for one machine's:
        on all but one: sudo rm -f /etc/machine-id /var/lib/dbus/machine-id && sudo systemd-machine-id-setup && sudo reboot

    warning: a and b have the same ssh host key, as copies of one disk do: each can pass for the others:
        on all but one: sudo rm /etc/ssh/ssh_host_*_key* && sudo ssh-keygen -A && sudo systemctl restart ssh
    ");
}

#[test]
fn what_could_not_be_read_is_a_note() {
    let hosts = vec![reached("a", |it| {
        it.system = None;
        it.clock = None;
        it.unread = vec!["gather facts: exit status 124: it said nothing".into()];
    })];
    let text = verdict_and_words(hosts);
    assert!(text.contains("note: a: gather facts"), "{text}");
    let findings = judge(&[], &survey(vec![]), "").findings;
    assert!(findings.iter().all(|finding| finding.level == Level::Note));
}
