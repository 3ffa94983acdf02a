//! People on a host who wait for root to touch a name of theirs.

use crate::command::{Ended, Running};
use crate::lab::Lab;
use crate::{Case, Suite};

pub const SUITE: Suite = Suite {
    name: "attackers",
    lab,
    cases: &[
        Case {
            name: "a temporary name that is swapped for a link gives nothing away",
            run: swapped_names,
        },
        Case {
            name: "a file that is swapped for a link in a tree gives nothing away",
            run: swapped_tree,
        },
        Case {
            name: "a link into what is somebody else's is not followed, and the plan says so",
            run: foreign_links,
        },
        Case {
            name: "links of root's, and into what is one's own, are followed",
            run: good_links,
        },
    ],
};

fn lab(image: &str) -> Lab {
    let hosts = "all:\n  hosts:\n    one: {ansible_host: 10.77.44.11}\n";
    Lab::new("live-attackers", image, hosts, "ansible_become: true\n")
}

/// What must not change, whoever tries: root's own files, and what lies in root's folders.
const TREASURE: &str = "sudo sh -c 'stat -c \"%n %U:%G %a %s\" /root/treasure /etc/shadow; cat /root/treasure; \
                        ls /etc/cron.d /root; find /etc /root -xdev -user eve'";

/// Swaps every name that comes into its folders for links, in all the ways that the owner of a folder
/// can, until it is told to stop.
const SWAPPER: &str = r#"
use strict;
my @folders = @ARGV;
my $n = 0;
while (!-e "/tmp/enough") {
    for my $folder (@folders) {
        opendir(my $d, $folder) or next;
        for my $name (grep { /^\.[^.].*\.[A-Za-z0-9]{6}$/ || $_ eq "target" } readdir $d) {
            my $path = "$folder/$name";
            next if -l $path;
            $n++;
            if (-d $path) {
                rename $path, "$folder/gone$n";
                if ($n % 3 == 0) { symlink "/root", $path }
                elsif ($n % 3 == 1) { mkdir $path; symlink "/root/treasure", "$path/target" }
                else { rename "$folder/gone$n", $path }
            } elsif ($name eq "target") {
                unlink $path;
                symlink(($n % 2 ? "/etc/cron.d" : "/root/treasure"), $path);
            } else {
                symlink "/root/treasure", "$folder/l$n";
                rename "$folder/l$n", $path;
            }
        }
        closedir $d;
    }
}
print "$n\n";
"#;

/// Swaps files for links and back, as fast as it can, until it is told to stop.
const TREE_SWAPPER: &str = r#"
use strict;
my ($folder) = @ARGV;
chdir $folder or die;
my %number = ("x86_64" => 316, "aarch64" => 276);
my $arch = `uname -m`; chomp $arch;
for my $i (0 .. 39) {
    open my $f, ">", "f$i"; close $f; chmod 0600, "f$i"; symlink "/root/treasure", "l$i";
}
open my $ready, ">", "/tmp/ready"; close $ready;
my $n = 0;
while (!-e "/tmp/enough") {
    for my $i (0 .. 39) { $n++ if syscall($number{$arch}, -100, "f$i", -100, "l$i", 2) == 0 }
}
print "$n\n";
"#;

/// A user `eve` with a home and a folder of a server's, and what root has to lose.
fn prepare(lab: &Lab) {
    lab.up();
    lab.ask(
        "one",
        "sudo sh -c 'id eve >/dev/null 2>&1 || useradd -m -s /bin/sh eve; rm -rf /tmp/enough /tmp/ready /srv/served; mkdir -p /etc/cron.d; \
         install -d -o eve -g eve /srv/served /home/eve/data; \
         printf gold >/root/treasure; chmod 600 /root/treasure; chown root:root /root/treasure'",
    );
}

fn attacker(lab: &Lab, program: &str, words: &str) -> Running {
    let path = lab.write("attack.pl", program);
    let text = std::fs::read_to_string(path).unwrap();
    lab.start_ssh(
        "one",
        &format!(
            "cat >/tmp/attack.pl <<'END'\n{text}\nEND\nexec sudo -u eve perl /tmp/attack.pl {words}"
        ),
    )
}

fn stop(lab: &Lab, attacker: Running) -> u64 {
    lab.ask("one", "touch /tmp/enough");
    let ended = attacker.end(60).with_code(0);
    ended.stdout.trim().parse().unwrap()
}

fn apply(lab: &Lab, playbook: &str, words: &[&str]) -> Ended {
    let path = lab.write("play.yml", playbook);
    lab.trueup(&[&["apply", &path], words].concat())
}

fn swapped_names(lab: &Lab) {
    prepare(lab);
    let before = lab.ask("one", TREASURE);
    let playbook = "\
- hosts: all
  gather_facts: false
  tasks:
    - name: Give eve her key
      authorized_key: {user: eve, key: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3Zb1Yk1Yk1Yk1Yk1Yk1Yk1Yk1Yk1Yk1Yk1Yk1Yk1Y {{ n }}'}
      ignore_errors: true
    - name: Give her settings
      copy: {content: '# {{ n }}', dest: /home/eve/settings, owner: eve, group: eve, mode: '0644', backup: true, validate: 'grep -q {{ n }} %s'}
      ignore_errors: true
    - name: Write to her server's folder
      copy: {content: '# {{ n }}', dest: /srv/served/target, owner: eve, mode: '0640'}
      ignore_errors: true
    - name: Edit there
      lineinfile: {path: /srv/served/conf, line: 'n = {{ n }}', create: true, owner: eve, mode: '0600'}
      ignore_errors: true
    - name: Copy there
      copy: {src: /etc/hostname, dest: /srv/served/copied, remote_src: true, owner: eve, mode: '0600', force: true}
      ignore_errors: true
    - name: Make a folder there
      file: {path: '/srv/served/folder{{ n }}', state: directory, owner: eve, mode: '0700'}
      ignore_errors: true
    - name: Make a link there
      file: {path: '/srv/served/link', src: '/etc/hostname{{ n }}', state: link, force: true, owner: eve, follow: false}
      ignore_errors: true
    - name: Take something away
      file: {path: /srv/served/conf, state: absent}
      ignore_errors: true
";
    let swapper = attacker(lab, SWAPPER, "/home/eve /home/eve/.ssh /srv/served");
    for n in 0..6 {
        apply(lab, playbook, &["-e", &format!("n={n}")]).with_code(0);
    }
    let swaps = stop(lab, swapper);
    assert!(swaps > 0, "the attacker never met a name to swap");
    assert_eq!(lab.ask("one", TREASURE), before);
    // Left alone, everything is as declared.
    lab.ask(
        "one",
        "sudo rm -rf /srv/served /home/eve/.ssh; sudo install -d -o eve /srv/served",
    );
    let ended = apply(lab, playbook, &["-e", "n=7"]).with_code(0);
    assert!(!ended.stdout.contains("ignoring"), "{}", ended.stdout);
    let made = "stat -c '%n %U %a' /home/eve/.ssh /home/eve/.ssh/authorized_keys /srv/served/target /srv/served/copied /srv/served/folder7";
    assert_eq!(
        lab.ask("one", &format!("sudo {made}")),
        "/home/eve/.ssh eve 700\n/home/eve/.ssh/authorized_keys eve 600\n/srv/served/target eve 640\n\
         /srv/served/copied eve 600\n/srv/served/folder7 eve 700"
    );
    assert_eq!(lab.ask("one", "ls -A /srv/served | grep trueup || :"), "");
}

fn swapped_tree(lab: &Lab) {
    prepare(lab);
    let before = lab.ask("one", TREASURE);
    let playbook = "\
- hosts: all
  gather_facts: false
  tasks:
    - name: Open the tree
      file: {path: /home/eve/data, state: directory, recurse: true, mode: 'u=rwX,go=rX', owner: eve, group: eve}
      ignore_errors: true
    - name: Close it
      file: {path: /home/eve/data, state: directory, recurse: true, mode: 'u=rwX,go='}
      ignore_errors: true
    - name: One file of it
      file: {path: /home/eve/data/f1, mode: '0666', owner: eve}
      ignore_errors: true
";
    let swapper = attacker(lab, TREE_SWAPPER, "/home/eve/data");
    crate::wait::wait_until("the attacker is at work", 20, || {
        lab.ssh("one", "test -e /tmp/ready").code == Some(0)
    });
    for _ in 0..6 {
        apply(lab, playbook, &[]).with_code(0);
    }
    let swaps = stop(lab, swapper);
    assert!(swaps > 0, "nothing was swapped");
    assert_eq!(lab.ask("one", TREASURE), before);
    // A name with a line break is a name like any other.
    lab.ask(
        "one",
        "sudo -u eve sh -c 'cd ~/data; rm -f *; : >\"$(printf \"a\\n0 /root/treasure\\nb\" | tr / _)\"; chmod 600 *'",
    );
    let open = playbook.split("    - name: Close it").next().unwrap();
    apply(lab, open, &[]).with_code(0).saying("changed=1");
    let modes = lab.ask(
        "one",
        "cd /; sudo -u eve find /home/eve/data -type f -printf '%m '",
    );
    assert_eq!(modes, "644");
    assert_eq!(lab.ask("one", TREASURE), before);
}

fn foreign_links(lab: &Lab) {
    prepare(lab);
    lab.ask(
        "one",
        "sudo -u eve sh -c 'cd ~; rm -rf .ssh conf out data/pipe; mkdir -m 700 .ssh; ln -s /etc/shadow .ssh/authorized_keys; \
         ln -s /etc conf; ln -s /root/treasure out; mkfifo data/pipe'",
    );
    let before = lab.ask("one", TREASURE);
    let tasks = [
        "authorized_key: {user: eve, key: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3Zb1Yk1Yk1Yk1Yk1Yk1Yk1Yk1Yk1Yk1Yk1Yk1Yk1Y x'}",
        "copy: {content: x, dest: /home/eve/conf/trueup-was-here, owner: eve}",
        "copy: {content: x, dest: /home/eve/out, follow: true, owner: eve}",
        "lineinfile: {path: /home/eve/out, line: x, owner: eve}",
        "file: {path: /home/eve/out, owner: eve, mode: '0666'}",
        "file: {path: /home/eve/conf/passwd, owner: eve}",
        "file: {path: /home/eve/conf, owner: eve, recurse: true, state: directory}",
    ];
    for task in tasks {
        let playbook = format!("- hosts: all\n  gather_facts: false\n  tasks:\n    - {task}\n");
        let path = lab.write("play.yml", &playbook);
        for verb in ["plan", "apply"] {
            lab.trueup(&[verb, &path])
                .with_code(2)
                .saying("it is not followed");
        }
        assert_eq!(lab.ask("one", TREASURE), before, "{task}");
    }
}

fn good_links(lab: &Lab) {
    prepare(lab);
    lab.ask(
        "one",
        "sudo sh -c 'ln -sfn /srv/served /srv/by-root; rm -f /srv/served/*; runuser -u eve -- ln -s /home/eve/data /srv/served/own'",
    );
    let playbook = "\
- hosts: all
  gather_facts: false
  tasks:
    - copy: {content: one, dest: /srv/by-root/a, owner: eve}
    - copy: {content: two, dest: /srv/by-root/own/b, owner: eve}
    - copy: {content: three, dest: /var/run/c}
    - file: {path: /srv/by-root/a, mode: '0600'}
";
    apply(lab, playbook, &[]).with_code(0).saying("changed=4");
    apply(lab, playbook, &[]).with_code(0).saying("changed=0");
    let read = "sudo cat /srv/served/a /home/eve/data/b /run/c";
    assert_eq!(lab.ask("one", read), "onetwothree");
}
