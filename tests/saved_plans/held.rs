//! What is promised is held to while it is done, and what a plan can't promise is said.

use crate::ground::Ground;
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[test]
fn what_moves_while_the_plan_is_carried_out_stops_its_host() {
    // The first task does more than its author says.
    let ground = Ground::new(
        "
- hosts: a
  gather_facts: false
  tasks:
    - {name: Lies, shell: 'echo moved > HERE/file', predicts: []}
    - block:
        - {name: Behind it, copy: {content: declared, dest: HERE/file, mode: '0644'}, ignore_errors: true}
      rescue:
        - {name: Way out, shell: 'echo rescued >> HERE/runs'}
    - {name: After it, shell: 'echo after >> HERE/runs', ignore_errors: true}
    - {name: Tries, shell: 'echo tried >> HERE/runs', register: tried, until: tried.rc == 0, failed_when: false}
    - {name: Asks, shell: 'echo asked', check_mode: false, changed_when: false, when: not ansible_check_mode}
",
    );
    ground.write("file", "declared");
    fs::set_permissions(ground.path("file"), fs::Permissions::from_mode(0o644)).unwrap();
    ground.plan();
    let said = ground.apply().with(2);
    assert!(
        said.contains("moved since the plan: then as declared, now ~ "),
        "{said}"
    );
    assert!(said.contains("nothing more is done there"), "{said}");
    assert_eq!(ground.read("file"), "moved\n");
    assert_eq!(ground.read("runs"), "");
}

#[test]
fn what_is_so_already_is_not_done_again() {
    let ground = Ground::new(
        "
- hosts: a
  gather_facts: false
  tasks:
    - {name: File, copy: {content: declared, dest: HERE/file, mode: '0644'}}
    - {name: Other, copy: {content: declared, dest: HERE/other, mode: '0644'}}
",
    );
    ground.plan();
    ground.write("file", "declared");
    fs::set_permissions(ground.path("file"), fs::Permissions::from_mode(0o644)).unwrap();
    let said = ground.apply().with(0);
    assert!(said.contains("changed=1"), "{said}");
    assert_eq!(ground.read("other"), "declared");
}

#[test]
fn a_rescue_and_an_include_that_were_not_foreseen_are_done_as_they_come() {
    let ground = Ground::new(
        "
- hosts: a
  gather_facts: false
  tasks:
    - {name: Ask, command: echo yes, register: asked}
    - {include_tasks: more.yml, when: asked.stdout == 'yes'}
    - block:
        - {name: Fails, shell: 'exit 3'}
      rescue:
        - {name: Way out, copy: {content: rescued, dest: HERE/rescued, mode: '0644'}}
",
    );
    ground.write(
        "more.yml",
        "- copy: {content: included, dest: HERE/included, mode: '0644'}\n",
    );
    ground.plan();
    ground.apply().with(0);
    assert_eq!(ground.read("included"), "included");
    assert_eq!(ground.read("rescued"), "rescued");
}

#[test]
fn the_command_is_the_plan_s_and_what_is_typed_beside_it_is_refused() {
    let ground = Ground::new(
        "
- hosts: a
  gather_facts: false
  tasks:
    - {name: One, copy: {content: '{{ word }}{{ other }}', dest: HERE/one, mode: '0644'}, tags: one}
    - {name: Two, copy: {content: two, dest: HERE/two, mode: '0644'}, tags: two}
",
    );
    ground.write("vars.yml", "other: 1\n");
    let plan = "plan site.yml -i hosts -t one -e word=geheimW1 -e @vars.yml --out plan";
    let said = ground.run(plan).with(0);
    assert!(
        said.contains("Next: trueup apply --plan plan -e ... -e @vars.yml"),
        "{said}"
    );
    let mode = ground.path("plan").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    for (words, why) in [
        ("apply --plan plan -i hosts", "cannot be used with"),
        ("apply --plan plan site.yml", "cannot be used with"),
        ("apply --plan plan -b", "cannot be used with"),
        ("apply", "required"),
        (
            "apply --plan plan",
            "say as for the plan: -e 'word=...' -e @vars.yml",
        ),
        ("apply --plan plan -e word=geheimW1", "say as for the plan"),
        ("apply --plan hosts", "is no plan of this trueup"),
        ("apply --plan nowhere", "can't read nowhere"),
    ] {
        let said = ground.run(words).with(4);
        assert!(said.contains(why), "{words}: {said}");
    }
    // Another value is seen by what it does.
    let other = ground.run("apply --plan plan -e word=another -e @vars.yml");
    assert!(other.with(6).contains("1 thing moved"));
    let well = "apply --plan plan -e word=geheimW1 -e @vars.yml";
    assert!(
        ground
            .run(&format!("{well} --check"))
            .with(0)
            .contains("The plan holds.")
    );
    assert_eq!(ground.read("one"), "");
    ground.run(well).with(0);
    assert_eq!(ground.read("one"), "geheimW11");
    assert_eq!(ground.read("two"), "");
}

#[test]
fn no_plan_is_saved_where_a_host_failed() {
    let ground = Ground::new("- {hosts: a, gather_facts: false, tasks: [{fail: {msg: no}}]}\n");
    let said = ground.run("plan site.yml -i hosts --out plan").with(2);
    assert!(
        said.contains("No plan is saved in plan: a host failed."),
        "{said}"
    );
    assert!(!ground.path("plan").exists());
}

#[test]
fn a_plan_of_another_version_is_refused() {
    let ground = Ground::new("- {hosts: a, gather_facts: false, tasks: [{command: 'true'}]}\n");
    ground.plan();
    let plan = ground.read("plan");
    let own = format!("\"trueup\": \"{}\"", env!("CARGO_PKG_VERSION"));
    for (from, to, why) in [
        ("\"v\": 1,", "\"v\": 2,", "its format is of version 2"),
        (&*own, "\"trueup\": \"0.0.1\"", "made by trueup 0.0.1"),
    ] {
        ground.write("plan", &plan.replace(from, to));
        let said = ground.apply().with(4);
        assert!(said.contains(why) && said.contains("--out FILE"), "{said}");
    }
}

#[test]
fn what_is_made_anew_is_made_by_the_apply() {
    let ground = Ground::new(
        "
- hosts: a
  gather_facts: false
  vars: {db_password: \"{{ lookup('password', 'HERE/kept/pw length=20') }}\"}
  tasks:
    - {name: File, copy: {content: \"user=x\\npw={{ db_password }}\\n\", dest: HERE/secret, mode: '0600'}}
    - {name: Line, lineinfile: {path: HERE/line, line: 'pw={{ db_password }}', create: true, mode: '0600'}}
    - {name: Hidden, copy: {content: '{{ db_password }}', dest: HERE/hidden, mode: '0600'}, no_log: true}
    - {name: Run, shell: 'echo {{ db_password | quote }} >> HERE/run'}
",
    );
    let told = ground.plan();
    assert!(told.contains("(a new password for pw)"), "{told}");
    assert!(!ground.path("kept/pw").exists());
    ground.apply().with(0);
    let password = ground.read("kept/pw");
    assert!(
        password.trim().len() == 20 && ground.read("run") == password,
        "{password}"
    );
    assert!(ground.read("secret").contains(password.trim()));
    assert!(!ground.read("plan").contains(password.trim()));
    assert!(ground.apply().with(0).contains("nothing is left of it"));
}
