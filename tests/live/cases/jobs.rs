//! Jobs that go on on a host while the play does, and when the controller is gone.

use crate::lab::Lab;
use crate::{Case, Suite};

pub const SUITE: Suite = Suite {
    name: "jobs",
    lab,
    cases: &[
        Case {
            name: "jobs go on beside the play, and it reads what became of them",
            run: beside,
        },
        Case {
            name: "a job outlives its run, and another run reads it and forgets it",
            run: outlives,
        },
        Case {
            name: "a job has an end, whether it is waited for or not",
            run: bounded,
        },
    ],
};

fn lab(image: &str) -> Lab {
    let hosts = "all:\n  hosts:\n    one: {ansible_host: 10.77.66.11}\n";
    Lab::new("live-jobs", image, hosts, "ansible_become: true\n")
}

fn play(tasks: &str) -> String {
    format!("- hosts: all\n  gather_facts: false\n  tasks:\n{tasks}")
}

fn beside(lab: &Lab) {
    lab.up();
    let path = lab.write(
        "beside.yml",
        &play(
            "    - name: start
      shell: \"touch /run/began-{{ item }}; until [ -e /run/let-{{ item }} ]; do sleep 0.1; done; echo {{ item }} is done; exit {{ item }}\"
      async: 120
      poll: 0
      loop: [0, 3]
      register: started
    - name: both run at once
      shell: until [ -e /run/began-0 ] && [ -e /run/began-3 ]; do sleep 0.1; done; touch /run/let-0 /run/let-3
    - name: read
      async_status: {jid: '{{ item.ansible_job_id }}'}
      loop: '{{ started.results }}'
      loop_control: {label: '{{ item.ansible_job_id }}'}
      register: job
      until: job is finished
      retries: 100
      delay: 1
      failed_when: job.rc is defined and job.rc not in [0, 3]
    - assert:
        that:
          - job.results | map(attribute='stdout') | list == ['0 is done', '3 is done']
          - job.results | map(attribute='rc') | list == [0, 3]
          - job.results[0].changed and job.results[0].finished and job.results[0].started
          - job.results[0].cmd is search('let-0')
          - started.results[0].results_file is match('/root/.ansible_async/j')
    - name: what is done at once has a job too
      copy: {content: a, dest: /run/at-once}
      async: 60
      poll: 0
      register: copied
    - async_status: {jid: '{{ copied.ansible_job_id }}'}
      register: job
      until: job.finished
      retries: 5
    - assert: {that: [job.dest == '/run/at-once', job.changed]}
",
        ),
    );
    lab.trueup(&["plan", &path]).with_code(2).saying("start");
    lab.trueup(&["apply", &path]).with_code(0);
}

fn outlives(lab: &Lab) {
    let path = lab.write(
        "outlives.yml",
        &play(
            "    - shell: until [ -e /run/go ]; do sleep 0.1; done; id -un; umask; pwd
      async: 300
      poll: 0
      register: job
    - copy: {content: '{{ job.ansible_job_id }}', dest: /run/jid}
",
        ),
    );
    lab.trueup(&["apply", &path]).with_code(0);
    let jid = lab.ask("one", "sudo cat /run/jid");
    let status = lab.write(
        "status.yml",
        &play(
            "    - async_status: {jid: '{{ jid }}'}
      register: job
    - debug: {msg: 'finished {{ job.finished }} {{ job.stdout_lines | default([]) }}'}
    - file: {path: /run/go, state: touch}
    - async_status: {jid: '{{ jid }}'}
      register: job
      until: job is finished
      retries: 60
      delay: 1
    - debug: {msg: 'finished {{ job.finished }} {{ job.stdout_lines }}'}
    - async_status: {jid: '{{ jid }}', mode: cleanup}
    - async_status: {jid: '{{ jid }}'}
      register: gone
      failed_when: gone.msg != 'could not find job'
",
        ),
    );
    let given = format!("jid={jid}");
    let read = lab.trueup(&["apply", &status, "-e", &given]).with_code(0);
    let read = read.saying("finished False []");
    read.saying("finished True ['root', '0022', '/root']");
    assert_eq!(
        lab.ask("one", "sudo ls -A /root/.ansible_async | grep -c . || :"),
        "3"
    );
}

fn bounded(lab: &Lab) {
    let path = lab.write(
        "bounded.yml",
        &play(
            "    - command: sleep 4711
      async: 1
      poll: 1
      register: waited
      ignore_errors: true
    - command: sleep 4712
      async: 1
      poll: 0
      register: job
    - async_status: {jid: '{{ job.ansible_job_id }}'}
      register: ended
      until: ended is finished
      retries: 60
      delay: 1
      ignore_errors: true
    - assert:
        that:
          - waited is failed and waited.msg is search('did not complete within the requested time - 1s')
          - ended is failed and ended.msg == 'Timeout exceeded'
    - command: echo short
      async: 60
      register: short
    - assert: {that: [short.stdout == 'short', short.finished, short.ansible_job_id is defined]}
    - file: {path: /root/.ansible_async, mode: '0777', state: directory}
    - command: id
      async: 60
      poll: 0
      register: refused
      failed_when: refused is success
    - assert: {that: \"refused.msg is search('written to by others')\"}
",
        ),
    );
    lab.trueup(&["apply", &path]).with_code(0);
    assert_eq!(
        lab.ask(
            "one",
            "cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -c 'sleep 471[12]' || :"
        ),
        "0"
    );
}
