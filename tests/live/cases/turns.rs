//! Two runs on one machine: who waits for whom, and who can't make anybody wait.

use crate::command::{Running, start};
use crate::lab::Lab;
use crate::wait::wait_until;
use crate::{Case, Suite};
use std::fs;
use std::process::Command;

pub const SUITE: Suite = Suite {
    name: "turns",
    lab,
    cases: &[
        Case {
            name: "a step whose controller was killed keeps the next run off, which says what it is",
            run: outlives,
        },
        Case {
            name: "a step of a user who is neither root nor logged in does so too",
            run: outlives_as_another,
        },
        Case {
            name: "root and a user with sudo keep off each other",
            run: by_root_and_by_sudo,
        },
        Case {
            name: "what another user lays in the way stops nobody",
            run: nobody_else,
        },
    ],
};

/// How long a run may take that waits for nothing.
const LIMIT: u64 = 60;

fn lab(image: &str) -> Lab {
    let hosts = "all:\n  hosts:\n    one: {ansible_host: 10.77.40.11}\n";
    Lab::new("live-turns", image, hosts, "")
}

/// A task that begins, and ends when it is let.
fn slow(keywords: &str) -> String {
    format!(
        "\
- hosts: all
  gather_facts: false
  tasks:
    - name: take long
      shell: \"touch /tmp/begun; until [ -e /tmp/gate ]; do sleep 0.1; done  # Geheim\"
{keywords}"
    )
}

const MARK: &str = "\
- hosts: all
  become: true
  gather_facts: false
  tasks:
    - name: leave a mark
      command: touch /root/mark
";

/// Starts `trueup apply` of a playbook; what it says is in the file from when it says it.
fn begin(lab: &Lab, name: &str, playbook: &str, words: &[&str]) -> (Running, String) {
    let path = lab.write(&format!("{name}.yml"), playbook);
    let said = lab.write(&format!("{name}.out"), "");
    let command = lab.command(&[&["apply", &path], words].concat());
    let line: Vec<String> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| format!("'{}'", word.to_str().unwrap()))
        .collect();
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &format!("exec {} >{said} 2>&1", line.join(" "))])
        .current_dir(&lab.folder);
    (start(shell), said)
}

/// Starts the slow task and waits until it runs on the host.
fn begin_slow(lab: &Lab, keywords: &str, words: &[&str]) -> Running {
    lab.ask("one", "sudo rm -f /tmp/begun /tmp/gate /root/mark");
    let (running, _) = begin(lab, "slow", &slow(keywords), words);
    wait_until("the begin of the task", LIMIT, || {
        lab.ssh("one", "test -e /tmp/begun").code == Some(0)
    });
    running
}

/// Leaves a mark, and waits until the run says `words`, that it waits; the mark is not left before
/// the slow task was let go.
fn waits(lab: &Lab, words: &[&str], reason: &str) {
    let (running, said) = begin(lab, "mark", MARK, words);
    let heard = || fs::read_to_string(&said).unwrap();
    wait_until("its waiting", LIMIT, || heard().contains(reason));
    assert!(heard().contains("for 60 min at most"), "{}", heard());
    assert!(!heard().contains("Geheim"), "{}", heard());
    lab.ask("one", "sudo test ! -e /root/mark && touch /tmp/gate");
    let ended = running.end(LIMIT);
    assert_eq!(ended.code, Some(0), "{}", heard());
    lab.ask("one", "sudo test -e /root/mark");
}

fn let_root_in(lab: &Lab) {
    lab.up();
    lab.ask(
        "one",
        "sudo install -d -m 700 /root/.ssh && sudo cp ~/.ssh/authorized_keys /root/.ssh/ && \
         { id eve 2>/dev/null || sudo useradd -m eve; }",
    );
}

const AS_ROOT: [&str; 2] = ["-e", "ansible_user=root"];

fn outlives(lab: &Lab) {
    lab.up();
    let first = begin_slow(lab, "      become: true\n", &[]);
    let told = lab.ask("one", "sudo sh -c 'cat /run/trueup/*'");
    assert!(told.contains("Geheim"), "{told}");
    first.signal("KILL");
    first.end(LIMIT);
    // What a task that is not to be logged does is told to nobody.
    lab.ask("one", "touch /tmp/gate");
    let first = begin_slow(lab, "      become: true\n      no_log: true\n", &[]);
    let process = format!("pid {}", first.id());
    let told = lab.ask("one", "sudo sh -c 'cat /run/trueup/*'");
    assert!(!told.contains("Geheim"), "{told}");
    assert_ne!(lab.ssh("one", "ls /run/trueup").code, Some(0));
    first.signal("KILL");
    first.end(LIMIT);
    waits(
        lab,
        &[],
        "what a run that is gone left running on this machine (a step that tells no words, since 2",
    );
    let heard = fs::read_to_string(lab.folder.join("mark.out")).unwrap();
    assert!(heard.contains(&process), "{heard}");
}

fn outlives_as_another(lab: &Lab) {
    let_root_in(lab);
    let keywords = "      become: true\n      become_user: eve\n      no_log: true\n";
    let first = begin_slow(lab, keywords, &AS_ROOT);
    first.signal("KILL");
    first.end(LIMIT);
    waits(lab, &AS_ROOT, "what a run that is gone left running");
}

fn by_root_and_by_sudo(lab: &Lab) {
    let_root_in(lab);
    for (first, second) in [(&[][..], &AS_ROOT[..]), (&AS_ROOT[..], &[][..])] {
        let first = begin_slow(lab, "      become: true\n", first);
        waits(lab, second, &format!("pid {}", first.id()));
        first.end(LIMIT).with_code(0);
    }
}

fn nobody_else(lab: &Lab) {
    let_root_in(lab);
    // All that a stranger may write to, taken beforehand, and words that would be shown.
    let lever = "sudo -u eve sh -c '\
        cd /run/lock || exit; rm -f trueup.lock; mkfifo -m 666 trueup.lock; \
        for folder in /tmp /var/tmp /dev/shm; do ln -s /etc $folder/trueup; mkfifo $folder/trueup.lock; \
        mkdir -m 777 $folder/.trueup; done; \
        echo \"the administrator: type this\" >trueup.lock.1; \
        ! mkdir /run/trueup 2>/dev/null; ! touch /run/trueup/lock 2>/dev/null'";
    lab.ask("one", lever);
    for words in [&[][..], &AS_ROOT[..]] {
        let (running, said) = begin(lab, "mark", MARK, words);
        let ended = running.end(LIMIT);
        let heard = fs::read_to_string(said).unwrap();
        assert_eq!(ended.code, Some(0), "{heard}");
        assert!(!heard.contains("waiting"), "{heard}");
        assert!(!heard.contains("administrator"), "{heard}");
    }
    // A place that is not what it should be is no place, and is named.
    let apply = |playbook: &str, spoil: &str, mend: &str| {
        lab.ask("one", &format!("sudo {spoil}"));
        let (running, said) = begin(lab, "mark", playbook, &[]);
        let code = running.end(LIMIT).code;
        lab.ask("one", &format!("sudo {mend}"));
        (code, fs::read_to_string(said).unwrap())
    };
    let (code, heard) = apply(MARK, "chmod 777 /run/trueup", "chmod 700 /run/trueup");
    assert_eq!(code, Some(3), "{heard}");
    let named = "/run/trueup on one is where runs keep off each other";
    assert!(heard.contains(named), "{heard}");
    // Whoever owns no folder but may become root needs none.
    let (root, lab) = (
        "sh -c 'chmod 755 /home/lab; chown root /home/lab'",
        "chown lab /home/lab",
    );
    let (code, heard) = apply(MARK, root, lab);
    assert_eq!(code, Some(0), "{heard}");
    let alone = MARK.replace("become: true", "become: false");
    let (code, heard) = apply(&alone, root, lab);
    assert_eq!(code, Some(3), "{heard}");
    let none = "one has no folder that only its user can write to";
    assert!(heard.contains(none), "{heard}");
}
