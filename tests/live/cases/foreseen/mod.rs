//! A plan on a host where each task changes what another one finds: users and what is theirs, units,
//! packages, settings. What it tells is what apply then does, word for word.

mod chance;

use crate::lab::Lab;
use crate::{Case, Suite};
use chance::by_chance;
use serde_json::Value;

pub const SUITE: Suite = Suite {
    name: "foreseen",
    lab,
    cases: &[
        Case {
            name: "users, groups and what is theirs come as they are told",
            run: accounts,
        },
        Case {
            name: "units come, run and go as they are told",
            run: units,
        },
        Case {
            name: "packages and settings come and go as they are told",
            run: packages,
        },
        Case {
            name: "what a package brings is told where the host has it, else why it can't be",
            run: brought,
        },
        Case {
            name: "cron's jobs and mounts come and go as they are told",
            run: jobs_and_mounts,
        },
        Case {
            name: "a plan tells what the check of a file says, and changes nothing for it",
            run: checked,
        },
        Case {
            name: CHANCE,
            run: |lab| by_chance(lab, 1),
        },
    ],
};

/// The same with as many sequences as there is time for: `--truth`.
pub const TRUTH: Suite = Suite {
    name: "foreseen",
    lab,
    cases: &[Case {
        name: CHANCE,
        run: |lab| by_chance(lab, 20),
    }],
};

const CHANCE: &str = "tasks by chance on files, users and groups come as they are told";

fn lab(image: &str) -> Lab {
    let hosts = "all: {hosts: {one: {ansible_host: 10.77.64.10}}}\n";
    Lab::new("live-foreseen", image, hosts, "ansible_become: true\n")
}

/// What ended, in order: the task's name and its outcome.
fn outcomes(lab: &Lab, verb: &str, playbook: &str) -> Vec<(String, Value)> {
    let ended = lab.trueup(&[verb, playbook, "--output", "json"]);
    let events: Vec<Value> = ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let name = |id: &Value| {
        let mut tasks = events.iter().map(|event| &event["task"]);
        let task = tasks.rfind(|task| task["id"] == *id);
        task.map_or_else(String::new, |task| task["name"].to_string())
    };
    let finished = events
        .iter()
        .filter(|event| event["event"] == "host_finished");
    finished
        .map(|event| (name(&event["task"]), event["outcome"].clone()))
        .collect()
}

/// Plans, applies, compares, and finds nothing to do afterwards where nothing acts anew.
fn as_told(lab: &Lab, name: &str, tasks: &str, anew: bool) -> usize {
    lab.up();
    let text = format!("- hosts: all\n  gather_facts: false\n{tasks}");
    let playbook = lab.write(name, &text);
    let plan = outcomes(lab, "plan", &playbook);
    let apply = outcomes(lab, "apply", &playbook);
    assert_eq!(plan.len(), apply.len(), "{plan:#?}\n{apply:#?}");
    for (told, made) in plan.iter().zip(&apply) {
        assert_eq!(told, made);
    }
    if anew {
        for (task, outcome) in outcomes(lab, "plan", &playbook) {
            assert_ne!(outcome["status"], "unknown", "{task}: {outcome}");
        }
    }
    let changed = |(_, outcome): &&(String, Value)| outcome["status"] == "changed";
    apply.iter().filter(changed).count()
}

fn accounts(lab: &Lab) {
    let tasks = r#"
  tasks:
    - group: { name: crew, gid: 3000 }
    - group: { name: crew, gid: 3000 }
    - user: &kim { name: kim, group: crew, groups: [adm], shell: /bin/bash }
    - user: *kim
      register: kim
    - file: { path: "{{ kim.home }}/notes", state: directory, mode: '0700', owner: kim, group: crew }
    - copy: { dest: ~kim/notes/one, content: "one\n" }
      become_user: kim
    - copy: { dest: ~/notes/two, content: "two\n" }
      become_user: kim
    - lineinfile: { path: ~/notes/two, line: three }
      become_user: kim
    - authorized_key: &key
        user: kim
        key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGQm8nJhMWdhbqV0bXHn7j6Xk3b3q3mD8l1B8mJr3q5x kim
    - authorized_key: *key
    - user: { name: kim, groups: [adm, sudo], append: true, comment: Kim }
    - user: { name: kim, groups: [sudo] }
    - user: { name: lee }
    - file: { path: /home/lee, state: directory, mode: '0750' }
    - group: { name: lee }
    - user: &gone { name: lee, state: absent, remove: true }
    - user: *gone
    - group: { name: lee, state: absent }
    - file: { path: /home/lee, state: absent }
    - group: { name: mia }
    - user: { name: mia, create_home: false }
    - user: { name: mia, state: absent }
    - group: { name: mia, state: absent }
    - group: { name: mia, state: absent }
"#;
    let changed = as_told(lab, "accounts.yml", tasks, true);
    assert_eq!(changed, 16);
}

fn units(lab: &Lab) {
    let tasks = r#"
  tasks:
    - copy: &unit
        dest: /etc/systemd/system/watch.service
        content: |
          [Service]
          ExecStart=/bin/sleep infinity
          [Install]
          WantedBy=multi-user.target
      notify: Restart it
    - systemd_service: &run { name: watch, state: started, enabled: true, daemon_reload: true }
    - systemd_service: *run
    - meta: flush_handlers
    - copy: { dest: /etc/systemd/system/once.service, content: "[Service]\nType=oneshot\nExecStart=/bin/true\n" }
    - systemd_service: { name: once, state: started }
    - systemd_service: { name: once.service, state: stopped, enabled: true }
    - copy: { dest: '/etc/systemd/system/many@.service', content: "[Service]\nExecStart=/bin/sleep 1000\n" }
    - systemd_service: { name: many@a, state: started }
    - systemd_service: { name: many@a, state: restarted }
    - systemd_service: { name: many@b, state: stopped }
    - file: { path: /etc/systemd/system/watch.service.d, state: directory, mode: '0755' }
    - copy: { dest: /etc/systemd/system/watch.service.d/more.conf, content: "[Service]\nNice=5\n" }
    - systemd_service: *run
    - systemd_service: { name: watch, state: stopped, enabled: false }
    - systemd_service: { name: watch, state: stopped, enabled: false }
    - systemd_service: { name: other, masked: true }
    - systemd_service: { name: other, masked: true }
    - systemd_service: { name: many@a, state: stopped }
    - file: { path: '/etc/systemd/system/many@.service', state: absent }
    - file: { path: /etc/systemd/system/watch.service, state: absent }
    - copy: *unit
    - systemd_service: *run
  handlers:
    - name: Restart it
      systemd_service: { name: watch, state: restarted }
"#;
    as_told(lab, "units.yml", tasks, false);
}

fn packages(lab: &Lab) {
    lab.up();
    lab.ask("one", "sudo apt-get -q update >/dev/null && echo done");
    let tasks = r"
  tasks:
    - apt: { name: [xxd], install_recommends: false }
    - apt: { name: xxd, install_recommends: false }
    - apt: { name: xxd, state: absent }
    - apt: { name: xxd, state: absent }
    - apt: { name: xxd, install_recommends: false }
    - sysctl: &hops { name: net.ipv4.ip_default_ttl, value: '63', sysctl_set: true, sysctl_file: /etc/sysctl.d/60-lab.conf }
    - sysctl: *hops
    - sysctl: { name: net.ipv4.ip_nonlocal_bind, value: '1', sysctl_set: true, sysctl_file: /etc/sysctl.d/60-lab.conf }
    - hostname: { name: crew-one }
    - hostname: { name: crew-one }
    - file: { path: /etc/hostname, mode: '0644' }
";
    let changed = as_told(lab, "packages.yml", tasks, true);
    assert_eq!(changed, 6);
}

/// A package of a configuration file, folders, programs, a unit, and scripts.
fn brought(lab: &Lab) {
    lab.up();
    let tasks = r"
  tasks:
    - apt: { name: haproxy, install_recommends: false }
    - lineinfile: { path: /etc/haproxy/haproxy.cfg, line: '# ours' }
    - file: { path: /usr/sbin/haproxy, mode: '0750' }
    - file: { path: /etc/haproxy/errors/400.http, state: absent }
    - file: { path: /etc/haproxy/errors, mode: '0750' }
    - systemd_service: { name: haproxy, state: stopped }
";
    let text = format!("- hosts: all\n  gather_facts: false\n{tasks}");
    let playbook = lab.write("brought.yml", &text);
    lab.ask(
        "one",
        "sudo apt-get -q update >/dev/null && sudo apt-get clean",
    );
    let why = |told: &(String, Value)| {
        assert_eq!(told.1["status"], "unknown", "{told:?}");
        told.1["why"].to_string()
    };
    let plan = outcomes(lab, "plan", &playbook);
    let said = why(&plan[1]);
    assert!(
        said.contains("not in the host's cache: say with `predicts`"),
        "{said}"
    );
    lab.ask(
        "one",
        "sudo apt-get -q -y --no-install-recommends --download-only install haproxy >/dev/null",
    );
    let plan = outcomes(lab, "plan", &playbook);
    let apply = outcomes(lab, "apply", &playbook);
    assert_eq!(plan.len(), apply.len(), "{plan:#?}\n{apply:#?}");
    let (service, known) = plan.split_last().unwrap();
    for (told, made) in known.iter().zip(&apply) {
        assert_eq!(told, made);
    }
    let said = why(service);
    assert!(said.contains("is up to its scripts"), "{said}");
    lab.ask("one", "sudo apt-get -q -y purge haproxy >/dev/null");
}

fn jobs_and_mounts(lab: &Lab) {
    lab.up();
    lab.ask(
        "one",
        "sudo apt-get -q update >/dev/null && sudo apt-get -q -y --no-install-recommends install cron >/dev/null",
    );
    let tasks = r#"
  tasks:
    - user: { name: job }
    - cron: &night { name: nightly, hour: '3', minute: '15', job: /bin/true }
    - cron: *night
    - cron: { name: nightly, special_time: daily, job: /bin/true }
    - cron: { name: PATH, env: true, job: '/usr/bin:/bin' }
    - cron: { name: LANG, env: true, job: C, insertafter: PATH }
    - cron: { name: theirs, user: job, job: /bin/false, disabled: true, backup: true }
    - cron: { name: theirs, job: /bin/false, disabled: true }
      become_user: job
    - cron: { name: filed, user: root, cron_file: lab-jobs, job: /bin/true }
    - file: { path: /etc/cron.d/lab-jobs, mode: '0644', owner: root }
    - cron: { name: filed, cron_file: lab-jobs, state: absent }
    - file: { path: /etc/cron.d/lab-jobs, state: absent }
    - cron: { name: nightly, state: absent }
    - mount: &space { path: /srv/space, src: tmpfs, fstype: tmpfs, opts: 'size=1m,mode=0750', state: mounted }
    - mount: *space
    - file: { path: /srv/space, state: directory, mode: '0750', owner: root }
    - copy: { dest: /srv/space/note, content: "x\n" }
    - mount: { path: /srv/space, src: tmpfs, fstype: tmpfs, opts: 'size=1m,mode=0750,noexec', state: mounted }
    - mount: &seen { path: /srv/seen, src: /srv/space, fstype: none, opts: bind, state: ephemeral }
    - mount: *seen
    - mount: { path: /srv/seen, state: unmounted }
    - mount: { path: /srv/seen, state: unmounted }
    - mount: &later { path: /srv/later, src: /dev/sdz1, fstype: ext4, boot: false, state: present }
    - mount: *later
    - mount: { path: /srv/later, state: absent_from_fstab }
    - mount: &gone { path: /srv/space, state: absent }
    - mount: *gone
"#;
    let changed = as_told(lab, "jobs.yml", tasks, true);
    assert_eq!(changed, 17);
    let left = lab.ask(
        "one",
        "sudo crontab -l; grep srv /etc/fstab /proc/mounts; ls /srv",
    );
    assert_eq!(
        left.lines().next(),
        Some("PATH=\"/usr/bin:/bin\""),
        "{left}"
    );
    assert!(
        !left.contains("space") && !left.contains("#Ansible"),
        "{left}"
    );
}

/// Files with a check that accepts one and refuses the other.
fn checked(lab: &Lab) {
    lab.up();
    let tasks = r#"
  tasks:
    - copy: { dest: /etc/sudoers.d/ops, content: "ops ALL=(ALL) NOPASSWD: /bin/true\n", mode: '0440', validate: visudo -cf %s }
    - copy: { dest: /etc/sudoers.d/bad, content: "ops ALL=(\n", mode: '0440', validate: visudo -cf %s }
      ignore_errors: true
    - copy: { dest: /etc/ssh/lab_config, content: "PermitRootLogin no\n", validate: sshd -t -f %s }
    - copy: { dest: /etc/ssh/bad_config, content: "Nonsense yes\n", validate: sshd -t -f %s }
      ignore_errors: true
"#;
    let text = format!(
        "- hosts: all
  gather_facts: false
{tasks}"
    );
    let playbook = lab.write("checked.yml", &text);
    let all = "sudo find /etc/sudoers.d /etc/ssh -printf '%p %s %m %T@ %C@\\n' | sort";
    let before = lab.ask("one", all);
    let plan = outcomes(lab, "plan", &playbook);
    assert_eq!(lab.ask("one", all), before);
    for (at, accepted) in [true, false, true, false].into_iter().enumerate() {
        let (task, outcome) = &plan[at];
        let said = outcome.to_string();
        assert_eq!(
            said.contains(", which accepts it"),
            accepted,
            "{task}: {said}"
        );
        assert_eq!(
            said.contains("it ended with status"),
            !accepted,
            "{task}: {said}"
        );
    }
    let statuses: Vec<Value> = outcomes(lab, "apply", &playbook)
        .into_iter()
        .map(|(_, outcome)| outcome["status"].clone())
        .collect();
    assert_eq!(statuses, ["changed", "failed", "changed", "failed"]);
    let there = lab.ask("one", "sudo ls /etc/sudoers.d /etc/ssh");
    assert!(there.contains("ops") && there.contains("lab_config") && !there.contains("bad"));
}
