use super::*;
use crate::facts::{AccountRules, Foreseen, Group, Number};
use crate::modules::trial::{Shell, foretold, planned, ready, settled};
use crate::step::{Action, Effect, Place};
use serde_json::json;

const LAB: &str = "user lab:x:1000:1000:Lab:/home/lab:/bin/sh\nhome\ngroups lab sudo\ngroup lab\n\
                   shadow lab:$6$old:19000:0:99999:7:::\n";

const RULES: &str = "GROUP=100\nHOME=/home\nINACTIVE=-1\nEXPIRE=\nSHELL=/bin/sh\nSKEL=/etc/skel\n\
                     def PASS_MAX_DAYS=99999\ndef PASS_MIN_DAYS=0\ndef PASS_WARN_AGE=7\n\
                     def UMASK=022\ndef USERGROUPS_ENAB=yes\nhome /home/lab\nown \ngroup users:x:100:\n\
                     folder 755 4096 ./.config\nfile 644 3 ./.bashrc\nsum abc  ./.bashrc\n";

/// Nobody knows from which numbers the host picks.
const NOBODY: (&str, &str) = ("nsswitch", "");

fn plan(mut args: serde_json::Value, said: &str) -> Plan {
    args["name"] = "lab".into();
    let home = ("p=/home/lab", "41c0 1000 1000 lab lab 4096 1 1 1 7 1 2\n");
    planned::<User>(
        args,
        &[("useradd -D", RULES), NOBODY, ("u=lab", said), home],
    )
    .unwrap()
}

/// What is told of tasks in turn on a host that says this of the user, and what is pending then.
fn in_turn(tasks: &[serde_json::Value], said: &str) -> (Vec<(usize, TaskResult)>, Foreseen) {
    let mut foreseen = Foreseen::default();
    let tell = |args: &serde_json::Value| {
        let mut args = args.clone();
        args["name"] = "lab".into();
        let answers = [("useradd -D", RULES), NOBODY, ("u=lab", said), ("stat", "")];
        let (plan, result) = foretold::<User>(args, &answers, &mut foreseen).unwrap();
        (plan.changes().len(), result)
    };
    let told = tasks.iter().map(tell).collect();
    (told, foreseen)
}

#[test]
fn a_user_that_is_pending_is_made_once_and_removed_once() {
    let made = json!({ "groups": ["adm"], "password": "$6$x" });
    let gone = json!({ "state": "absent" });
    let (told, _) = in_turn(&[made.clone(), made, gone.clone(), gone], "");
    let counts: Vec<usize> = told.iter().map(|(count, _)| *count).collect();
    assert_eq!(counts, [2, 0, 1, 0]);
    // The host picks the number: it is not told, and who has picked it is.
    for (_, result) in &told[..2] {
        assert_eq!(result.unsure.as_deref(), Some("this"));
        assert!(!result.values.contains_key("uid"));
        assert_eq!(result.values["home"], "/home/lab");
    }
}

#[test]
fn a_pending_user_differs_in_what_another_task_says_otherwise() {
    let (told, _) = in_turn(
        &[
            json!({ "uid": 2000, "comment": "One" }),
            json!({ "uid": 2000, "shell": "/bin/bash", "groups": ["adm"], "append": true }),
            json!({ "shell": "/bin/bash", "groups": ["sudo", "adm"], "password_lock": true }),
            json!({ "comment": "One", "password_lock": false, "password_expire_max": 99999 }),
        ],
        "",
    );
    let counts: Vec<usize> = told.iter().map(|(count, _)| *count).collect();
    assert_eq!(counts, [3, 2, 1, 1]);
    assert_eq!(told[0].1.values["uid"], 2000);
}

#[test]
fn a_home_comes_with_the_user_and_what_is_put_into_it() {
    let (_, foreseen) = in_turn(&[json!({})], "");
    let there = |path: &str| foreseen.file(path, None, false, Ok(None)).unwrap();
    let home = there("/home/lab").unwrap();
    assert_eq!(
        (home.owner.as_str(), home.group.as_str(), home.mode),
        ("lab", "lab", 0o755)
    );
    assert_eq!(
        there("/home/lab/.bashrc").unwrap().sha256.as_deref(),
        Some("abc")
    );
    assert!(there("/home/lab/.config").is_some() && there("/home/lab/.ssh").is_none());
    // Whoever is not there yet can't look, and has nothing in a new folder.
    let cannot = || Err(ProbeError::Failed("unknown user lab".into()));
    assert!(
        foreseen
            .file("/home/lab/.profile", None, true, cannot())
            .unwrap()
            .is_none()
    );
    assert!(foreseen.file("/etc/hosts", None, true, cannot()).is_err());
    let nowhere = || Err(ProbeError::Failed("unknown user lab".into()));
    assert_eq!(foreseen.home("lab", nowhere()).unwrap(), "/home/lab");
    let seen = foreseen.seen_by("lab");
    assert_eq!(seen.home("", nowhere()).unwrap(), "/home/lab");
    assert_eq!(seen.makes_asker(), Some("this"));
}

#[test]
fn the_group_of_a_user_comes_and_goes_with_the_user() {
    let (_, foreseen) = in_turn(&[json!({})], "");
    let nobody = || Ok::<Option<Group>, ProbeError>(None);
    assert!(foreseen.group("lab", nobody()).unwrap().is_some());
    let (_, foreseen) = in_turn(&[json!({}), json!({ "state": "absent" })], "");
    assert!(foreseen.group("lab", nobody()).unwrap().is_none());
    // One that was there is nobody's own: the user gets the usual one, and it stays.
    let mut before = Foreseen::default();
    before.add(
        "g",
        "root",
        [Effect::Group(
            "lab".into(),
            Some(step::Group { gid: Some(7) }),
        )],
    );
    let answers = [("useradd -D", RULES), NOBODY, ("u=lab", "")];
    let (_, result) = foretold::<User>(json!({ "name": "lab" }), &answers, &mut before).unwrap();
    assert_eq!(result.values["group"], 100);
    let (_, result) = foretold::<User>(
        json!({ "name": "kim", "group": "lab" }),
        &[("useradd -D", RULES), NOBODY, ("u=kim", "")],
        &mut before,
    )
    .unwrap();
    assert_eq!(result.values["group"], 7);
}

#[test]
fn a_home_that_is_there_is_not_made_and_one_that_becomes_another_is_not_known() {
    let there: &'static str = Box::leak(format!("{RULES}there\n").into_boxed_str());
    let mut foreseen = Foreseen::default();
    let answers = [("useradd -D", there), NOBODY, ("u=lab", "")];
    let mut told = |args| {
        let told = foretold::<User>(args, &answers, &mut foreseen)?;
        Ok::<usize, String>(told.0.changes().len())
    };
    assert_eq!(told(json!({ "name": "lab" })), Ok(1));
    assert_eq!(told(json!({ "name": "lab", "comment": "Lab" })), Ok(1));
    let moved = told(json!({ "name": "lab", "home": "/srv/lab", "move_home": true }));
    assert!(moved.unwrap_err().contains("unknown until this"));
}

#[test]
fn every_shell_says_what_useradd_would_do() {
    for shell in Shell::all() {
        let asked = AccountRules {
            name: "nobody-of-this-name".into(),
            ..AccountRules::default()
        };
        let rules = futures::executor::block_on(shell.look().fact(asked)).unwrap();
        assert_eq!(
            rules.home.as_deref(),
            Some("/home/nobody-of-this-name"),
            "{shell:?}"
        );
        assert!(!rules.has_home && rules.own_group.is_none() && rules.groups_of_users);
        assert_eq!(rules.group, Some(("users".into(), Number::Is(100))));
        let bashrc = rules
            .skeleton
            .iter()
            .find(|part| part.path == ".bashrc")
            .unwrap();
        let content = std::fs::read("/etc/skel/.bashrc").unwrap();
        let sum = step::sha256(&content);
        assert_eq!(bashrc.file, Some((content.len() as u64, sum)), "{shell:?}");
    }
}

fn scripts(plan: &Plan) -> Vec<&Script> {
    plan.steps()
        .iter()
        .map(|step| match &step.action {
            Action::Run(script) => {
                assert!(script.reopens_shells);
                script
            }
            other => panic!("no script: {other:?}"),
        })
        .collect()
}

#[test]
fn a_new_user_is_made_with_the_password_over_stdin_only() {
    let args = json!({ "groups": ["sudo", "adm"], "shell": "/bin/bash", "password": "$6$secret", "system": true });
    let plan = plan(args, "");
    let scripts = scripts(&plan);
    assert!(
        scripts[0]
            .text
            .contains("-G sudo,adm -s /bin/bash -r -m lab"),
        "{}",
        scripts[0].text
    );
    assert_eq!(
        (scripts[1].text.as_str(), scripts[1].stdin.as_slice()),
        ("chpasswd -e", b"lab:$6$secret\n".as_slice())
    );
    let told = format!(
        "{:?} {:?}",
        plan.changes(),
        scripts
            .iter()
            .map(|script| &script.text)
            .collect::<Vec<_>>()
    );
    assert!(!told.contains("secret"), "{told}");
}

#[test]
fn only_what_differs_is_changed() {
    let args = json!({ "shell": "/bin/bash", "groups": ["adm"], "append": true, "comment": "Lab" });
    let plan = plan(args, LAB);
    assert_eq!(scripts(&plan)[0].text, "usermod -a -G adm -s /bin/bash lab");
    let changes: Vec<_> = plan.changes().iter().map(|change| &change.detail).collect();
    insta::assert_debug_snapshot!(changes[0], @r#"
    Attribute {
        name: "groups",
        from: Some(
            "sudo",
        ),
        to: Some(
            "adm,sudo",
        ),
    }
    "#);
}

#[test]
fn what_is_so_is_left_alone() {
    let args = json!({
        "uid": 1000, "group": "lab", "groups": ["sudo"], "home": "/home/lab", "password": "$6$old",
        "password_lock": false, "expires": -1, "password_expire_max": 99999,
    });
    let plan = plan(args, LAB);
    assert!(!plan.is_change(), "{plan:?}");
}

#[test]
fn groups_without_append_are_all_of_them() {
    let plan = plan(json!({ "groups": [] }), LAB);
    assert_eq!(scripts(&plan)[0].text, "usermod -G '' lab");
}

#[test]
fn a_password_is_mended_unless_it_is_set_on_creation_only() {
    let plan_of = |more: serde_json::Value| plan(more, LAB);
    let mended = plan_of(json!({ "password": "$6$new" }));
    assert_eq!(scripts(&mended)[0].stdin, b"lab:$6$new\n");
    assert!(!plan_of(json!({ "password": "$6$new", "update_password": "on_create" })).is_change());
}

#[test]
fn a_plain_password_is_refused_and_not_told() {
    let error = ready::<User>(
        "/".as_ref(),
        json!({ "name": "lab", "password": "hunter2" }),
    )
    .unwrap_err();
    assert!(error.to_string().contains("password_hash") && !error.to_string().contains("hunter2"));
}

#[test]
fn a_user_goes_with_the_home_where_that_is_asked_for() {
    let plan = plan(json!({ "state": "absent", "remove": true }), LAB);
    assert!(scripts(&plan)[0].text.contains("userdel -r lab"));
    let gone = Effect::Path("/home/lab".into(), Place::Nothing);
    assert!(plan.steps()[0].effects().contains(&gone));
}

#[test]
fn root_is_known_in_every_shell() {
    for shell in Shell::all() {
        let result = settled::<User>(
            &shell,
            "/".as_ref(),
            json!({ "name": "root", "uid": 0, "group": "root" }),
        );
        assert_eq!(result.values["home"], "/root", "{shell:?}");
    }
}

#[test]
fn the_number_that_is_picked_is_told_where_all_are_known() {
    let taken = "range UID_MIN 1000\nuser root 0\nuser lab 1000\nuser www 998\n\
                 group root 0\ngroup www 998\ngroup old 1002\n";
    let mut foreseen = Foreseen::default();
    let mut made = |user: &'static str, args: serde_json::Value| {
        let answers = [
            ("useradd -D", RULES),
            ("nsswitch", taken),
            (user, ""),
            ("stat", ""),
        ];
        let (_, result) = foretold::<User>(args, &answers, &mut foreseen).unwrap();
        result.values["uid"].clone()
    };
    assert_eq!(made("u=app", json!({ "name": "app" })), 1001);
    assert_eq!(made("u=next", json!({ "name": "next" })), 1002);
    assert_eq!(made("u=own", json!({ "name": "own", "system": true })), 997);
    let next = foreseen.user("next", Err(ProbeError::Failed(String::new())));
    // A group has the number 1002: the next free one is taken.
    assert_eq!(next.unwrap().unwrap().gid, Number::Is(1003));
}
