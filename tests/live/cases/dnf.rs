//! Hosts with dnf: a Debian with Debian's dnf and rpm that says of itself that it is a Fedora, and
//! packages that the first case builds, signs and lays out as a repository on it.

use crate::command::Ended;
use crate::lab::Lab;
use crate::wait::wait_until;
use crate::{Case, Suite};
use std::collections::BTreeSet;

pub const SUITE: Suite = Suite {
    name: "dnf",
    lab,
    cases: &[
        Case {
            name: "a key, a repository and a package of it come, and stay",
            run: comes,
        },
        Case {
            name: "a plan tells the versions that apply then brings",
            run: versions,
        },
        Case {
            name: "an older version comes only where that is allowed",
            run: older,
        },
        Case {
            name: "what nobody signed comes only where that is allowed",
            run: unsigned,
        },
        Case {
            name: "another dnf is waited for",
            run: waits,
        },
        Case {
            name: "what is provided is there, and what is not wanted goes",
            run: goes,
        },
        Case {
            name: "one task serves hosts of both kinds",
            run: both_kinds,
        },
        Case {
            name: "a key and a repository go",
            run: repository_goes,
        },
    ],
};

fn lab(image: &str) -> Lab {
    let hosts = "\
all:
  hosts:
    red: {ansible_host: 10.77.54.11}
    deb: {ansible_host: 10.77.54.12}
";
    Lab::new("live-dnf", image, hosts, "")
}

/// What every case finds: dnf, a key, and a repository in /srv/lab of packages that say their
/// version in a file. `publish NAME VERSION` adds one, `publish NAME VERSION unsigned` as it is.
const GROUND: &str = r#"
set -e
[ ! -e /srv/lab/key.asc ] || exit 0
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
apt-get -q update
apt-get -y -q --no-install-recommends install dnf rpm createrepo-c gpg gpg-agent
rm /etc/os-release
printf 'NAME="Fedora Linux"\nVERSION="42 (Server Edition)"\nID=fedora\nVERSION_ID=42\nVERSION_CODENAME=""\n' >/etc/os-release
mkdir -p -m 700 /root/gpg /srv/lab /etc/yum.repos.d
chmod 755 /srv/lab /etc/yum.repos.d
cat >/root/key <<K
%no-protection
Key-Type: RSA
Key-Length: 2048
Name-Real: Lab
Name-Email: lab@example.org
%commit
K
export GNUPGHOME=/root/gpg
gpg --batch --quiet --gen-key /root/key
gpg --armor --export >/srv/lab/key.asc
cat >/usr/local/sbin/publish <<'P'
#!/bin/sh
set -e
export GNUPGHOME=/root/gpg LC_ALL=C.UTF-8
cat >/root/$1.spec <<S
Name: $1
Version: $2
Release: 1
Summary: for the lab
License: MIT
BuildArch: noarch
Provides: $1-service
%description
For the lab.
%install
mkdir -p %{buildroot}/usr/share/lab
echo $2 >%{buildroot}/usr/share/lab/$1
%files
/usr/share/lab/$1
S
rpmbuild --quiet -bb --define '_topdir /root/build' --define '_rpmdir /srv/lab' /root/$1.spec 2>&1
[ "$3" = unsigned ] || rpmsign --define '_gpg_name lab@example.org' --addsign /srv/lab/noarch/$1-$2-1.noarch.rpm
createrepo_c --quiet /srv/lab
P
chmod 755 /usr/local/sbin/publish
publish lab-tool 1.0
publish lab-tool 2.0
"#;

/// How long that may take: dnf is a lot of Python.
const GROUND_LIMIT: u64 = 600;

/// Statuses of a plan that tells of changes, and of a run in which a task failed.
const DIFFERS: i32 = 5;
const FAILED: i32 = 2;

/// Runs a playbook of one task on `red`.
fn task(lab: &Lab, verb: &str, task: &str) -> Ended {
    let playbook = format!(
        "- hosts: red\n  become: true\n  gather_facts: false\n  tasks:\n    - name: the task\n      {task}\n"
    );
    let path = lab.write("task.yml", &playbook);
    let words: &[&str] = match verb {
        "plan" => &["plan", "--detailed-exitcode", &path],
        verb => &[verb, &path],
    };
    lab.trueup(words)
}

/// What is told is done, and then nothing is left to do.
fn done(lab: &Lab, one: &str, told: &str) {
    task(lab, "plan", one).with_code(DIFFERS).saying(told);
    task(lab, "apply", one).with_code(0).saying("changed=1");
    task(lab, "apply", one).with_code(0).saying("changed=0");
    task(lab, "plan", one).with_code(0);
}

/// Which version of a package is installed.
fn version(lab: &Lab, package: &str) -> String {
    let ask = format!("rpm -q --qf '%{{VERSION}}' {package} || :");
    lab.ask("red", &ask)
}

fn publish(lab: &Lab, words: &str) {
    lab.ask("red", &format!("sudo publish {words}"));
}

fn comes(lab: &Lab) {
    lab.up();
    let ground = format!("sudo sh -c '{}'", GROUND.replace('\'', r"'\''"));
    lab.start_ssh("red", &ground).end(GROUND_LIMIT).with_code(0);
    let print = "sudo gpg --homedir /root/gpg --list-keys --with-colons 2>/dev/null | sed -n '/^fpr/{s/[fpr:]//g;p;q}'";
    let print = lab.ask("red", print);
    let playbook = |print: &str| {
        let playbook = format!(
            "\
- hosts: red
  become: true
  tasks:
    - assert: {{ that: [ ansible_facts.pkg_mgr == 'dnf', ansible_facts.os_family == 'RedHat' ] }}
    - rpm_key: {{ key: /srv/lab/key.asc, fingerprint: '{print}' }}
    - yum_repository:
        name: lab
        description: The lab's own
        baseurl: file:///srv/lab
        gpgcheck: true
        priority: 10
        username: lab
        password: geheim-4711
    - dnf: {{ name: lab-tool-1.0 }}
"
        );
        lab.write("site.yml", &playbook)
    };
    let wrong = playbook(&"0".repeat(40));
    lab.trueup(&["apply", &wrong])
        .with_code(FAILED)
        .saying("it is not imported");
    let site = playbook(&print);
    let plan = lab.trueup(&["plan", &site]).with_code(0);
    let plan = plan
        .saying(&format!("rpm key {print}"))
        .saying("package lab-tool-1.0");
    assert!(!plan.stdout.contains("geheim"), "{}", plan.stdout);
    let apply = lab
        .trueup(&["apply", &site])
        .with_code(0)
        .saying("changed=3");
    assert!(!apply.stdout.contains("geheim"), "{}", apply.stdout);
    lab.trueup(&["apply", &site])
        .with_code(0)
        .saying("changed=0");
    let plan = lab.trueup(&["plan", "--detailed-exitcode", &site]);
    plan.with_code(0);
    assert_eq!(version(lab, "lab-tool"), "1.0");
    assert_eq!(
        lab.ask(
            "red",
            "stat -c '%a %U' /etc/yum.repos.d/lab.repo; sudo cat /etc/yum.repos.d/lab.repo"
        ),
        "600 root\n[lab]\nbaseurl = file:///srv/lab\ngpgcheck = 1\nname = The lab's own\npassword = geheim-4711\npriority = 10\nusername = lab"
    );
}

fn versions(lab: &Lab) {
    let latest = "dnf: { name: lab-tool, state: latest }";
    task(lab, "apply", "yum: { name: lab-tool }")
        .with_code(0)
        .saying("changed=0");
    done(lab, latest, "1.0-1 -> 2.0-1");
    assert_eq!(version(lab, "lab-tool"), "2.0");
    // What dnf heard long ago is heard anew first, in the same run.
    publish(lab, "lab-tool 3.0");
    task(lab, "apply", latest).with_code(0).saying("changed=0");
    lab.ask(
        "red",
        "sudo touch -d '3 days ago' /var/cache/dnf/*/repodata/* /etc/yum.repos.d/*",
    );
    done(lab, latest, "ask the repositories for news");
    assert_eq!(version(lab, "lab-tool"), "3.0");
    publish(lab, "lab-tool 4.0");
    task(lab, "apply", "dnf: { update_cache: true }")
        .with_code(0)
        .saying("changed=0");
    done(lab, "dnf: { name: '*', state: latest }", "3.0-1 -> 4.0-1");
    assert_eq!(version(lab, "lab-tool"), "4.0");
}

fn older(lab: &Lab) {
    let one = "dnf: { name: lab-tool-1.0 }";
    for verb in ["plan", "apply"] {
        task(lab, verb, one).saying("`lab-tool-1.0` is older than lab-tool 4.0-1");
    }
    assert_eq!(version(lab, "lab-tool"), "4.0");
    let back = "dnf: { name: 'lab-tool < 2.0', allow_downgrade: true }";
    done(lab, back, "4.0-1 -> 1.0-1");
    assert_eq!(version(lab, "lab-tool"), "1.0");
    done(lab, "dnf: { name: 'lab-tool >= 2.0' }", "1.0-1 -> 4.0-1");
}

fn unsigned(lab: &Lab) {
    publish(lab, "lab-plain 1.0 unsigned");
    let file = "name: /srv/lab/noarch/lab-plain-1.0-1.noarch.rpm";
    let checked = format!("dnf: {{ {file} }}");
    let failed = task(lab, "apply", &checked).with_code(FAILED);
    failed.saying("is not signed");
    assert_eq!(
        version(lab, "lab-plain"),
        "package lab-plain is not installed"
    );
    let unchecked = format!("dnf: {{ {file}, disable_gpg_check: true }}");
    done(lab, &unchecked, "1.0-1");
    assert_eq!(version(lab, "lab-plain"), "1.0");
}

/// The process of dnf that is at work on `red`.
fn dnf_at_work(lab: &Lab) -> Option<String> {
    let found = lab.ssh(
        "red",
        "grep -l 'exit_on[_]lock' /proc/[0-9]*/cmdline 2>/dev/null",
    );
    found.stdout.lines().next_back().map(str::to_owned)
}

fn waits(lab: &Lab) {
    let locks = "/var/lib/dnf/rpmdb_lock.pid /var/cache/dnf/metadata_lock.pid";
    // As dnf 4 tells others that it is at work: the id of its process.
    lab.ask(
        "red",
        &format!("sudo sh -c 'sleep 600 >/dev/null 2>&1 & echo $! | tee {locks}'"),
    );
    let task = "dnf: { name: lab-plain, state: absent }";
    let playbook =
        format!("- hosts: red\n  become: true\n  gather_facts: false\n  tasks:\n    - {task}\n");
    let path = lab.write("wait.yml", &playbook);
    let running = crate::command::start(lab.command(&["apply", &path]));
    let mut seen = BTreeSet::new();
    wait_until("a dnf that is tried again", 60, || {
        seen.extend(dnf_at_work(lab));
        seen.len() > 1
    });
    assert_eq!(version(lab, "lab-plain"), "1.0");
    lab.ask("red", &format!("sudo sh -c 'kill $(sort -u {locks})'"));
    running.end(60).with_code(0).saying("changed=1");
    assert!(version(lab, "lab-plain").contains("not installed"));
}

fn goes(lab: &Lab) {
    for name in ["lab-tool-service", "/usr/share/lab/lab-tool"] {
        task(lab, "apply", &format!("dnf: {{ name: {name} }}"))
            .with_code(0)
            .saying("changed=0");
    }
    task(lab, "apply", "dnf: { name: nothing-of-this-name }")
        .with_code(FAILED)
        .saying("nothing-of-this-name");
    done(lab, "dnf: { name: 'lab-t*', state: absent }", "4.0-1");
    assert!(version(lab, "lab-tool").contains("not installed"));
    done(
        lab,
        "dnf: { name: lab-tool-service }",
        "package lab-tool-service",
    );
    assert_eq!(version(lab, "lab-tool"), "4.0");
}

fn both_kinds(lab: &Lab) {
    publish(lab, "hello 1.0");
    lab.ask("deb", "sudo apt-get -q update");
    let site = lab.write(
        "both.yml",
        "\
- hosts: all
  become: true
  gather_facts: false
  tasks:
    - package: { name: hello, update_cache: true }
",
    );
    lab.trueup(&["apply", &site])
        .with_code(0)
        .saying("changed=1");
    let again = lab.trueup(&["apply", &site]).with_code(0);
    assert!(!again.stdout.contains("changed=1"), "{}", again.stdout);
    assert_eq!(version(lab, "hello"), "1.0");
    lab.ask("deb", "dpkg-query -W hello");
}

fn repository_goes(lab: &Lab) {
    done(
        lab,
        "rpm_key: { key: /srv/lab/key.asc, state: absent }",
        "rpm key",
    );
    done(
        lab,
        "yum_repository: { name: lab, state: absent }",
        "/etc/yum.repos.d/lab.repo",
    );
    lab.ask("red", "test ! -e /etc/yum.repos.d/lab.repo");
}
