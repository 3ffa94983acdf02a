use super::*;
use crate::modules::trial::{Shell, params, planned, settled};
use crate::step::Action;
use serde_json::json;

const LAB: &str = "user lab:x:1000:1000:Lab:/home/lab:/bin/sh\nhome\ngroups lab sudo\ngroup lab\n\
                   shadow lab:$6$old:19000:0:99999:7:::\n";

fn plan(mut args: serde_json::Value, said: &str) -> Plan {
    args["name"] = "lab".into();
    planned::<User>(args, &[("u=lab", said)]).unwrap()
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
    let error = params::<User>(
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
