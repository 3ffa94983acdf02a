//! Bad weather: hosts that don't answer, disks that are full, connections that die, people who press Ctrl-C.

use crate::command::{Ended, start};
use crate::lab::Lab;
use crate::proxy::{Fault, Proxy};
use crate::wait::wait_until;
use crate::{Case, Suite};
use std::fs;
use std::net::Ipv4Addr;
use std::process::Command;
use std::time::Duration;

const ONE: Ipv4Addr = Ipv4Addr::new(10, 77, 8, 11);

pub const SUITE: Suite = Suite {
    name: "weather",
    lab,
    cases: &[
        Case {
            name: "a refused connection is unreachable, and says where",
            run: refused,
        },
        Case {
            name: "a host that is off is unreachable, and the others go on",
            run: one_is_off,
        },
        Case {
            name: "a key that is not let in is unreachable, and says which",
            run: wrong_key,
        },
        Case {
            name: "an unknown host key is never accepted",
            run: unknown_host_key,
        },
        Case {
            name: "a changed host key is never accepted",
            run: changed_host_key,
        },
        Case {
            name: "sudo that wants a password gets it or says so",
            run: sudo_password,
        },
        Case {
            name: "a full disk leaves the old file",
            run: full_disk,
        },
        Case {
            name: "a connection that dies in an upload leaves the old file",
            run: upload_cut,
        },
        Case {
            name: "a connection that falls silent in an upload is no hang",
            run: upload_silent,
        },
        Case {
            name: "a host that dies under a command is no hang",
            run: dies_under_command,
        },
        Case {
            name: "Ctrl-C lets what runs end, and starts nothing new",
            run: interrupted_once,
        },
        Case {
            name: "Ctrl-C twice ends what runs",
            run: interrupted_twice,
        },
        Case {
            name: "a second apply waits for the first, and says who that is",
            run: second_waits,
        },
    ],
};

fn lab(image: &str) -> Lab {
    let hosts = "\
all:
  hosts:
    one: {ansible_host: 10.77.8.11, lab_disk_limit: {path: /srv/small, mib: 16}}
    two: {ansible_host: 10.77.8.12}
";
    Lab::new("live-weather", image, hosts, "")
}

const TOUCH: &str = "\
- hosts: all
  gather_facts: false
  tasks:
    - name: leave a mark
      copy: {content: \"mark\\n\", dest: /tmp/mark}
";

/// Applies a playbook to `one`, with more words after it.
fn apply(lab: &Lab, playbook: &str, words: &[&str]) -> Ended {
    let path = lab.write("play.yml", playbook);
    lab.trueup(&[&["apply", &path, "-l", "one"], words].concat())
}

fn refused(lab: &Lab) {
    lab.up();
    apply(lab, TOUCH, &["-e", "ansible_port=1"])
        .with_code(3)
        .saying("10.77.8.11:1")
        .saying("unreachable=1");
}

fn one_is_off(lab: &Lab) {
    lab.up();
    lab.lab(&["poweroff", "one"]);
    let path = lab.write("play.yml", TOUCH);
    let ended = lab.trueup(&["apply", &path, "-T", "3"]).with_code(3);
    lab.lab(&["poweron", "one"]);
    let ended = ended
        .saying("fatal: [one]: UNREACHABLE!")
        .saying("10.77.8.11:22");
    assert!(
        ended.took < Duration::from_secs(20),
        "it took {:?}",
        ended.took
    );
    assert_eq!(lab.ask("two", "cat /tmp/mark"), "mark");
}

fn wrong_key(lab: &Lab) {
    lab.up();
    let key = lab.write("stranger", "");
    fs::remove_file(&key).unwrap();
    assert!(
        Command::new("ssh-keygen")
            .args(["-qt", "ed25519", "-N", "", "-f", &key])
            .status()
            .unwrap()
            .success()
    );
    let variable = format!("ansible_ssh_private_key_file={key}");
    apply(lab, TOUCH, &["-e", &variable])
        .with_code(3)
        .saying("does not let lab in")
        .saying(&key);
}

fn unknown_host_key(lab: &Lab) {
    lab.up();
    let known = lab.write("known_nobody", "");
    let variable = format!("ansible_ssh_known_hosts_file={known}");
    apply(lab, TOUCH, &["-e", &variable])
        .with_code(3)
        .saying("host key")
        .saying("not known")
        .saying("SHA256:");
    assert_eq!(
        fs::read_to_string(known).unwrap(),
        "",
        "the key was written down"
    );
}

fn changed_host_key(lab: &Lab) {
    lab.up();
    let known = fs::read_to_string("/var/lib/trueup/labs/live-weather/known_hosts").unwrap();
    let swapped = known
        .replace("one,10.77.8.11", "x")
        .replace("two,10.77.8.12", "one,10.77.8.11");
    let path = lab.write("swapped_known_hosts", &swapped);
    let variable = format!("ansible_ssh_known_hosts_file={path}");
    apply(lab, TOUCH, &["-e", &variable])
        .with_code(3)
        .saying("host key")
        .saying("SHA256:")
        .saying(&path);
}

fn sudo_password(lab: &Lab) {
    const PASSWORD: &str = "Sesam-offne-dich";
    lab.up();
    let asks = format!(
        "echo 'lab:{PASSWORD}' | sudo chpasswd; echo 'lab ALL=(ALL:ALL) ALL' | sudo tee /etc/sudoers.d/lab; sudo -k"
    );
    lab.ask("one", &asks);
    let playbook = "\
- hosts: all
  become: true
  gather_facts: false
  tasks:
    - name: leave root's mark
      copy: {content: \"mark\\n\", dest: /root/mark}
";
    let without = apply(lab, playbook, &[]);
    let wrong = apply(lab, playbook, &["-e", "ansible_become_password=wrong"]);
    let vars = lab.write(
        "vars.yml",
        &format!("ansible_become_password: {PASSWORD}\n"),
    );
    let right = apply(lab, playbook, &["-vvv", "-e", &format!("@{vars}")]);
    let undo = format!(
        "echo {PASSWORD} | sudo -S sh -c \"echo 'lab ALL=(ALL:ALL) NOPASSWD: ALL' > /etc/sudoers.d/lab\""
    );
    lab.ask("one", &undo);
    without.with_code(2).saying("sudo").saying("password");
    wrong.with_code(2).saying("sudo").saying("password");
    let right = right.with_code(0).saying("changed=1");
    assert!(
        !right.stdout.contains(PASSWORD) && !right.stderr.contains(PASSWORD),
        "the password was printed"
    );
    assert_eq!(lab.ask("one", "sudo cat /root/mark"), "mark");
}

const BIG: &str = "\
- hosts: all
  become: true
  gather_facts: false
  tasks:
    - name: a big file
      copy: {src: big, dest: /srv/small/file}
";

/// 24 MiB that no compression makes small, beside the playbook.
fn write_big(lab: &Lab) {
    let mut state: u32 = 1;
    let bytes: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(24 << 20)
    .collect();
    fs::write(lab.folder.join("big"), bytes).unwrap();
}

/// A file that must outlive what goes wrong with its successor.
fn old_file(lab: &Lab, folder: &str) {
    lab.ask(
        "one",
        &format!("sudo sh -c 'rm -rf {folder}/* && echo old > {folder}/file'"),
    );
}

#[track_caller]
fn old_file_is_whole(lab: &Lab, folder: &str) {
    wait_until("the end of what was half done", 30, || {
        !lab.ask("one", &format!("sudo ls -A {folder}")).is_empty()
    });
    assert_eq!(lab.ask("one", &format!("sudo cat {folder}/file")), "old");
}

fn full_disk(lab: &Lab) {
    lab.up();
    write_big(lab);
    old_file(lab, "/srv/small");
    let ended = apply(lab, BIG, &[])
        .with_code(2)
        .saying("No space left on device")
        .saying("failed=1");
    old_file_is_whole(lab, "/srv/small");
    assert_eq!(
        lab.ask("one", "sudo ls -A /srv/small | grep -v lost+found"),
        "file",
        "something was left behind"
    );
    drop(ended);
}

/// The words that lead to `one` through the proxy.
fn through(lab: &Lab, proxy: &Proxy) -> Vec<String> {
    let known = fs::read_to_string("/var/lib/trueup/labs/live-weather/known_hosts").unwrap();
    let line = known.lines().find(|line| line.starts_with("one,")).unwrap();
    let line = line.replace("one,10.77.8.11", &format!("[127.0.0.1]:{}", proxy.port));
    let path = lab.write("proxy_known_hosts", &(line + "\n"));
    vec![
        "-e".into(),
        format!(
            "ansible_host=127.0.0.1 ansible_port={} ansible_ssh_known_hosts_file={path}",
            proxy.port
        ),
    ]
}

fn upload(lab: &Lab, fault: Fault) -> Ended {
    lab.up();
    write_big(lab);
    lab.ask("one", "sudo mkdir -p /srv/wide");
    old_file(lab, "/srv/wide");
    let proxy = Proxy::before(ONE, 8 << 20, fault);
    let words = through(lab, &proxy);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let playbook = BIG.replace("/srv/small", "/srv/wide");
    let ended = apply(lab, &playbook, &words);
    assert!(
        proxy.passed() > 7 << 20,
        "it did not get to the middle: {} bytes",
        proxy.passed()
    );
    old_file_is_whole(lab, "/srv/wide");
    apply(lab, &playbook, &[]).with_code(0).saying("changed=1");
    assert_eq!(
        lab.ask("one", "sudo stat -c %s /srv/wide/file"),
        (24 << 20).to_string()
    );
    ended
}

fn upload_cut(lab: &Lab) {
    upload(lab, Fault::Close)
        .with_code(3)
        .saying("lost the connection");
}

fn upload_silent(lab: &Lab) {
    let ended = upload(lab, Fault::Silence)
        .with_code(3)
        .saying("lost the connection");
    assert!(
        ended.took < Duration::from_secs(120),
        "it took {:?}",
        ended.took
    );
}

fn dies_under_command(lab: &Lab) {
    lab.up();
    let running = start_slow(lab, 600);
    lab.lab(&["poweroff", "one"]);
    let ended = running.end(120);
    lab.lab(&["poweron", "one"]);
    ended
        .with_code(3)
        .saying("lost the connection")
        .saying("unreachable=1");
}

/// A task that takes `seconds` and one after it; returns when the first runs on the host.
fn start_slow(lab: &Lab, seconds: u32) -> crate::command::Running {
    let playbook = format!(
        "\
- hosts: all
  gather_facts: false
  tasks:
    - name: slow
      shell: echo $$ > /tmp/slow; sleep {seconds}; echo ended > /tmp/slow
    - name: next
      command: touch /tmp/next
"
    );
    lab.ask("one", "rm -f /tmp/slow /tmp/next");
    let path = lab.write("slow.yml", &playbook);
    let running = start(lab.command(&["apply", &path, "-l", "one"]));
    wait_until("the slow task", 30, || {
        lab.ssh("one", "test -s /tmp/slow").code == Some(0)
    });
    running
}

fn interrupted_once(lab: &Lab) {
    lab.up();
    let running = start_slow(lab, 4);
    running.signal("INT");
    running.end(60).with_code(130);
    assert_eq!(
        lab.ask("one", "cat /tmp/slow; ls /tmp/next 2>/dev/null || true"),
        "ended"
    );
}

fn interrupted_twice(lab: &Lab) {
    lab.up();
    let running = start_slow(lab, 600);
    let shell = lab.ask("one", "cat /tmp/slow");
    running.signal("INT");
    // Two signals that come at once are one.
    wait_until("the word about the first", 30, || {
        running.complained("Ctrl-C again ends it")
    });
    running.signal("INT");
    let ended = running.end(60).with_code(130);
    assert!(
        ended.took < Duration::from_secs(45),
        "it took {:?}",
        ended.took
    );
    let gone = format!("! test -d /proc/{shell} && ! test -e /tmp/next");
    wait_until("the end of the task on the host", 30, || {
        lab.ssh("one", &gone).code == Some(0)
    });
}

fn second_waits(lab: &Lab) {
    lab.up();
    let mut first = start_slow(lab, 6);
    let second = apply(lab, TOUCH, &[]).with_code(0);
    assert!(!first.runs(), "the second did not wait for the first");
    let process = format!("pid {}", first.id());
    second
        .saying("the other run that works on this machine")
        .saying(&process);
    first.end(60).with_code(0);
}
