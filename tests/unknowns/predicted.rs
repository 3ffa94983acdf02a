//! What authors say of their commands: `creates`, `removes`, `predicts`, `validate`.

use super::*;

#[test]
fn creates_and_removes_are_predictions() {
    let folder = fresh();
    std::fs::write(folder.path().join("old"), "").expect("a file");
    let tasks = "
    - {name: Make it, shell: 'touch {{ here }}/new', args: {creates: '{{ here }}/new'}}
    - {name: Once more, shell: 'touch {{ here }}/new', args: {creates: '{{ here }}/new'}}
    - {name: Take it away, shell: 'rm {{ here }}/old', args: {removes: '{{ here }}/old'}}
    - {name: It is gone, shell: 'rm {{ here }}/old', args: {removes: '{{ here }}/old'}}
    - {name: What it holds, copy: {content: x, dest: '{{ here }}/new'}}
";
    insta::assert_snapshot!(output_of("plan", &folder, tasks), @"
    PLAY [all]

    TASK [Make it]
    > [a] touch new

    TASK [Take it away]
    > [a] rm old

    TASK [What it holds]
    ? [a] unknown until Make it: what it will be is not known

    Plan: 1 host: 2 to change (2 runs), 1 unknown, 2 as declared.
    Next: trueup apply site.yml -i hosts.yml -l a
    ");
}

#[test]
fn what_follows_rests_on_what_the_author_predicts() {
    let tasks = "
    - name: Make the file
      shell: printf x >{{ here }}/made; mkdir -p {{ here }}/deep/er
      register: p
      predicts:
        - {path: '{{ here }}/made', content: x, mode: '0644'}
        - {path: '{{ here }}/deep/er', state: directory}
    - {name: It changed something, debug: {msg: changed}, when: p is changed and p is succeeded}
    - {name: As it is, copy: {content: x, dest: '{{ here }}/made'}}
    - {name: Otherwise, copy: {content: y, dest: '{{ here }}/made'}}
    - {name: In it, copy: {content: x, dest: '{{ here }}/deep/er/file'}}
    - name: As ansible-core takes it
      command: echo
      vars: {trueup_predicts: []}
      register: q
    - {name: That did not fail, debug: {msg: fine}, when: q is succeeded}
";
    let folder = fresh();
    insta::assert_snapshot!(output_of("plan", &folder, tasks), @r#"
    PLAY [all]

    TASK [Make the file]
    > [a] printf x >made; mkdir -p deep/er

    TASK [It changed something]
    ok: [a] => changed

    TASK [Otherwise]
    ~ [a] made
        @@ -1 +1 @@
        -x
        \ No newline at end of file
        +y
        \ No newline at end of file

    TASK [In it]
    + [a] deep/er/file
        @@ -0,0 +1 @@
        +x
        \ No newline at end of file

    TASK [As ansible-core takes it]
    > [a] echo

    TASK [That did not fail]
    ok: [a] => fine

    Plan: 1 host: 4 to change (2 runs, 2 files), 3 as declared.
    Next: trueup apply site.yml -i hosts.yml -l a
    "#);
    insta::assert_snapshot!(output_of("apply", &folder, tasks), @"
    PLAY [all]

    TASK [Make the file]
    changed: [a]

    TASK [It changed something]
    ok: [a] => changed

    TASK [As it is]
    ok: [a]

    TASK [Otherwise]
    changed: [a]

    TASK [In it]
    changed: [a]

    TASK [As ansible-core takes it]
    changed: [a]

    TASK [That did not fail]
    ok: [a] => fine

    PLAY RECAP
    a                          : ok=7    changed=4    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0

    Done: 4 changes on 1 host, in TIME.
    ");
}

#[test]
fn what_a_command_makes_anew_is_told_by_words() {
    let tasks = "
    - name: Make a key
      shell: head -c 9 /dev/urandom | base64 >{{ here }}/key; echo 9
      args: {creates: '{{ here }}/key'}
      register: made
      predicts: [{path: '{{ here }}/key', fresh: key}, {stdout: '9'}]
    - {name: How long it is, debug: {msg: '{{ made.stdout }}'}, when: made.stdout | int > 8}
    - {name: Read it, slurp: {src: '{{ here }}/key'}, register: key}
    - {name: Know it, lineinfile: {path: '{{ here }}/hosts.yml', line: '# {{ key.content | b64decode | trim }} of a'}}
    - name: Draw a number
      shell: od -An -N4 -tu4 /dev/urandom
      register: drawn
      changed_when: false
      predicts: [{fresh: number}]
    - {name: Keep it, copy: {content: '{{ drawn.stdout }}', dest: '{{ here }}/drawn'}, when: drawn.stdout != ''}
";
    let folder = fresh();
    insta::assert_snapshot!(output_of("plan", &folder, tasks), @r#"
    PLAY [all]

    TASK [Make a key]
    > [a] head -c 9 /dev/urandom | base64 >key; echo 9

    TASK [How long it is]
    ok: [a] => 9

    TASK [Know it]
    ~ [a] hosts.yml (with a new key)
        @@ -2,3 +2,4 @@
         all:
           vars: {ansible_connection: local, here: '{{ playbook_dir }}'}
           hosts: {a: {}, b: {}}
        +# (a new key) of a

    TASK [Keep it]
    + [a] drawn (with a new number)
        @@ -0,0 +1 @@
        +(a new number)
        \ No newline at end of file

    Plan: 1 host: 3 to change (2 files, 1 run), 3 as declared.
    Next: trueup apply site.yml -i hosts.yml -l a
    "#);
    let applied = output_of("apply", &folder, tasks);
    assert!(applied.contains("changed=3"), "{applied}");
}

#[test]
fn what_is_no_prediction_is_found_before_anything_runs() {
    let tasks = "
    - name: Make the file
      command: echo
      predicts: [{path: made, stat: file}]
";
    insta::assert_snapshot!(output_of("check", &fresh(), tasks), @"
    error: `predicts`: unknown key `stat`
     --> site.yml:7:31
      |
    7 |       predicts: [{path: made, stat: file}]
      |                               ^^^^
      |
      = help: did you mean `state`?
    ");
}

#[test]
fn validate_is_named_as_still_to_come() {
    let tasks = "
    - {name: Checked, copy: {content: a, dest: '{{ here }}/x', mode: '0600', validate: grep a %s}}
    - {name: Line, lineinfile: {path: '{{ here }}/hosts.yml', line: '# b', validate: grep b %s}}
    - {name: Mode, file: {path: '{{ here }}/hosts.yml', mode: '0600'}}
";
    insta::assert_snapshot!(output_of("plan", &fresh(), tasks), @r#"
    PLAY [all]

    TASK [Checked]
    + [a] x  mode: 0600 (validated by grep a %s)
        @@ -0,0 +1 @@
        +a
        \ No newline at end of file

    TASK [Line]
    ~ [a] hosts.yml (validated by grep b %s)
        @@ -2,3 +2,4 @@
         all:
           vars: {ansible_connection: local, here: '{{ playbook_dir }}'}
           hosts: {a: {}, b: {}}
        +# b

    TASK [Mode]
    ~ [a] hosts.yml  mode: 0644 -> 0600

    Plan: 1 host: 3 to change (3 files).
    Next: trueup apply site.yml -i hosts.yml -l a
    "#);
}

#[test]
fn what_is_made_fresh_is_told_by_words() {
    let tasks = "
    - name: Key and certificate
      copy: {content: '{{ lookup(\"certificate\", \"pg-a\", state=here + \"/pki\").cert }}', dest: '{{ here }}/pg-a.pem'}
      register: pem
    - name: With a password in it
      copy: {content: 'pw={{ lookup(\"password\", here + \"/kept/admin\") }}', dest: '{{ here }}/conf'}
    - {name: Its sum, debug: {msg: '{{ pem.checksum }}'}}
    - {name: Where it is, debug: {msg: '{{ pem.dest }}'}}
";
    let folder = fresh();
    let playbook = format!("- hosts: all\n  gather_facts: false\n  tasks:\n{tasks}");
    insta::assert_snapshot!(run(&folder, &playbook, &["plan", "--diff", "-l", "a"]).1, @r#"
    PLAY [all]

    TASK [Key and certificate]
    + [a] pg-a.pem (with a new certificate for pg-a)
        @@ -0,0 +1 @@
        +(a new certificate for pg-a)

    TASK [With a password in it]
    + [a] conf (with a new password for admin)
        @@ -0,0 +1 @@
        +pw=(a new password for admin)
        \ No newline at end of file

    TASK [Its sum]
    ? [a] unknown until Key and certificate: it is made from what that task decides

    TASK [Where it is]
    ok: [a] => pg-a.pem

    Plan: 1 host: 2 to change (2 files), 1 unknown, 1 as declared.
    Next: trueup apply site.yml -i hosts.yml -l a
    "#);
    let told = run(&folder, &playbook, &["apply", "-l", "a"]).1;
    assert!(told.contains("changed=2"), "{told}");
    let again = run(&folder, &playbook, &["plan", "-l", "a"]).1;
    assert!(again.contains("nothing to change"), "{again}");
}

#[test]
fn a_file_that_an_earlier_task_makes_on_the_controller_is_unknown_until_it() {
    let folder = fresh();
    std::fs::write(folder.path().join("there.txt"), "old").expect("a file");
    let tasks = "
    - name: Made here by an earlier task
      copy: {content: x, dest: '{{ playbook_dir }}/made.txt'}
      delegate_to: localhost
      run_once: true
      register: out
    - {name: And copied on, copy: {src: made.txt, dest: '{{ here }}/copied'}}
    - {name: By its result, copy: {src: '{{ out.dest }}', dest: '{{ here }}/again'}}
    - name: Changed here
      lineinfile: {path: '{{ playbook_dir }}/there.txt', line: new}
      delegate_to: localhost
    - {name: What it holds then, template: {src: there.txt, dest: '{{ here }}/then'}}
";
    assert!(!output_of("check", &folder, tasks).contains("error"));
    insta::assert_snapshot!(output_of("plan", &folder, tasks), @r#"
    PLAY [all]

    TASK [Made here by an earlier task]
    + [a -> localhost] made.txt
        @@ -0,0 +1 @@
        +x
        \ No newline at end of file

    TASK [And copied on]
    ? [a] unknown until Made here by an earlier task: it is made from what that task decides

    TASK [By its result]
    ? [a] unknown until Made here by an earlier task: it is made from what that task decides

    TASK [Changed here]
    ~ [a -> localhost] there.txt
        @@ -1 +1,2 @@
        -old
        \ No newline at end of file
        +old
        +new

    TASK [What it holds then]
    ? [a] unknown until Changed here: it is made from what that task decides

    Plan: 1 host: 2 to change (2 files), 3 unknown.
    Next: trueup apply site.yml -i hosts.yml -l a
    "#);
    let applied = output_of("apply", &folder, tasks);
    assert!(applied.contains("changed=5"), "{applied}");
    let missing =
        "\n    - {name: Nobody makes it, copy: {src: lost.txt, dest: '{{ here }}/lost'}}\n";
    assert!(output_of("check", &folder, missing).contains("`lost.txt` is not there"));
}

#[test]
fn what_never_acts_leaves_nothing_behind() {
    let folder = fresh();
    let tasks = "
    - {name: See, copy: {content: x, dest: '{{ here }}/made'}, check_mode: true, register: seen}
    - {name: Make it, copy: {content: x, dest: '{{ here }}/made'}, when: seen is changed}
    - {name: There it is, copy: {content: x, dest: '{{ here }}/made'}}
";
    insta::assert_snapshot!(output_of("plan", &folder, tasks), @r"
    PLAY [all]

    TASK [See]
    + [a] made
        @@ -0,0 +1 @@
        +x
        \ No newline at end of file

    TASK [Make it]
    + [a] made
        @@ -0,0 +1 @@
        +x
        \ No newline at end of file

    Plan: 1 host: 2 to change (2 files), 1 as declared.
    Next: trueup apply site.yml -i hosts.yml -l a
    ");
}
