use super::*;
use crate::modules::trial::{Shell, planned, ready};
use crate::step::Access;
use crate::step::Action;
use serde_json::{Value, json};

const ROOT: &str = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n";

/// The steps of a task where these are mounted, and the fstab holds this.
fn steps(args: Value, mounts: &str, fstab: &str) -> Result<Vec<String>, String> {
    let mounts = format!("{ROOT}{mounts}");
    let fstab = format!("bytes\n{fstab}");
    let answers = [
        ("mountinfo", &*mounts),
        ("p=/etc/fstab\nif [ -f", &fstab),
        ("p=/etc/fstab", ""),
        ("p=/srv/data\nwhile", "/srv\n"),
        ("/srv/data", ""),
    ];
    let plan = planned::<Mount>(args, &answers)?;
    Ok(plan.steps().iter().map(|step| step.what.clone()).collect())
}

fn args(state: &str) -> Value {
    json!({ "path": "/srv/data/", "src": "tmpfs", "fstype": "tmpfs", "opts": "noexec", "state": state })
}

const LINE: &str = "tmpfs /srv/data tmpfs noexec 0 0\n";
const THERE: &str = "30 22 0:40 / /srv/data rw,noexec - tmpfs tmpfs rw\n";

#[test]
fn what_stands_in_the_fstab_and_is_mounted_is_left_alone() {
    for state in ["mounted", "present", "ephemeral"] {
        assert_eq!(steps(args(state), THERE, LINE).unwrap(), [""; 0], "{state}");
    }
}

#[test]
fn it_is_mounted_before_the_fstab_says_so() {
    assert_eq!(
        steps(args("mounted"), "", "").unwrap(),
        ["make /srv/data/", "mount /srv/data", "write /etc/fstab"]
    );
    assert_eq!(
        steps(args("present"), "", "").unwrap(),
        ["write /etc/fstab"]
    );
    assert_eq!(
        steps(args("ephemeral"), "", "").unwrap(),
        ["make /srv/data/", "mount /srv/data"]
    );
}

#[test]
fn other_options_are_a_remount() {
    let mut other = args("mounted");
    other["opts"] = "nosuid".into();
    let remounts = ["write /etc/fstab", "remount /srv/data"];
    assert_eq!(steps(other.clone(), THERE, LINE).unwrap(), remounts);
    other["state"] = "ephemeral".into();
    assert_eq!(
        steps(other.clone(), THERE, LINE).unwrap(),
        ["remount /srv/data"]
    );
    other["src"] = "other".into();
    let refused = steps(other, THERE, LINE).unwrap_err();
    assert!(refused.contains("something else is mounted"), "{refused}");
}

#[test]
fn what_goes_goes_whole() {
    assert_eq!(
        steps(args("unmounted"), THERE, LINE).unwrap(),
        ["unmount /srv/data"]
    );
    let absent = ["write /etc/fstab", "unmount /srv/data", "remove /srv/data/"];
    assert_eq!(steps(args("absent"), THERE, LINE).unwrap(), absent);
    assert_eq!(
        steps(args("absent_mount"), THERE, LINE).unwrap(),
        absent[..2]
    );
    assert_eq!(
        steps(args("absent_from_fstab"), THERE, LINE).unwrap(),
        absent[..1]
    );
    let twice = format!("{THERE}{THERE}");
    let both = ["unmount /srv/data"; 2];
    assert_eq!(steps(args("unmounted"), &twice, "").unwrap(), both);
}

#[test]
fn a_folder_is_known_by_where_it_is_seen() {
    let mut bind = args("mounted");
    (bind["src"], bind["fstype"], bind["opts"]) = ("/var/d".into(), "none".into(), "bind".into());
    let line = "/var/d /srv/data none bind 0 0\n";
    let there = "30 22 8:1 /var/d /srv/data rw - ext4 /dev/sda1 rw\n";
    assert_eq!(steps(bind.clone(), there, line).unwrap(), [""; 0]);
    let other = there.replace("/var/d ", "/var/e ");
    assert_eq!(steps(bind, &other, line).unwrap(), ["mount /srv/data"]);
}

#[test]
fn what_it_leaves_is_told() {
    let mut wanted = args("ephemeral");
    wanted["opts"] = "mode=0750,uid=33".into();
    let wanted = ready::<Mount>("/".as_ref(), wanted).unwrap();
    let effects = wanted.mount("/srv/data").effects();
    let access = Access {
        owner: Some("33".into()),
        group: Some("0".into()),
        mode: Some(0o750),
    };
    assert!(effects.contains(&Effect::Path("/srv/data".into(), Place::Folder(access))));
    assert!(effects.contains(&wanted.makes("/srv/data")));
}

#[test]
fn it_is_mounted_at_the_folder_itself() {
    let wanted = ready::<Mount>("/".as_ref(), args("ephemeral")).unwrap();
    let home = tempfile::tempdir().unwrap();
    let path = home.path().canonicalize().unwrap().join("here");
    std::fs::create_dir(&path).unwrap();
    let step = wanted.mount(path.to_str().unwrap());
    let Action::Run(mut script) = step.action else {
        panic!("a script mounts");
    };
    let tool = "mount() { case $1 in --help) echo '-c, --no-canonicalize' ;; *) pwd; echo \"$@\" ;; esac; }\n";
    script.text = format!("{tool}{}", script.text);
    for shell in Shell::all() {
        let output = shell.run(&script);
        let told = format!("{}\n-c -t tmpfs -o noexec tmpfs .\n", path.display());
        assert_eq!(output.out(), told, "{shell:?}: {output:?}");
    }
}

#[test]
fn what_is_mounted_must_be_said() {
    for state in ["mounted", "present", "ephemeral"] {
        let args = json!({ "path": "/srv/data", "state": state });
        assert!(ready::<Mount>("/".as_ref(), args).is_err(), "{state}");
    }
}
