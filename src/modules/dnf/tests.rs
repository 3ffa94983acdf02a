use super::*;
use crate::facts::Foreseen;
use crate::modules::StepOutput;
use crate::modules::trial::{foretold, planned, ready};
use crate::step::{Action, Step};
use serde_json::{Value, json};

const NONE_PROVIDES: (&str, &str) = ("--whatprovides", "=\n=\n");
const FRESH: (&str, &str) = ("/var/cache/dnf", "1000 1010\n");
const STALE: (&str, &str) = ("/var/cache/dnf", "1000 1700000000\n");
const TOOL_1: (&str, &str) = ("rpm -q ", "tool\t0\t1.0\t1.el9\tnoarch\n");
const BOTH: (&str, &str) = (
    "repoquery",
    "tool\t0\t1.0\t1.el9\tnoarch\n\ntool\t0\t2.0\t1.el9\tnoarch\n",
);

fn script(step: &Step) -> String {
    match &step.action {
        Action::Run(script) => {
            assert_eq!((script.lock, script.unkillable), (Some("dnf"), true));
            script.text.clone()
        }
        other => panic!("no script: {other:?}"),
    }
}

/// The steps' names and the changes of versions.
fn steps_and_versions(args: Value, answers: &[(&'static str, &str)]) -> Vec<String> {
    let plan = planned::<Dnf>(args, answers).unwrap();
    let steps = plan.steps().iter().map(|step| step.what.clone());
    let changes = plan.changes().iter().map(|change| match &change.detail {
        super::super::Detail::Attribute { from, to, .. } => format!(
            "{} {} -> {}",
            change.what,
            from.as_deref().unwrap_or("none"),
            to.as_deref().unwrap_or("none")
        ),
        _ => change.what.clone(),
    });
    steps.chain(changes).collect()
}

#[test]
fn all_installed_is_nothing_to_do_and_dnf_is_not_asked() {
    let args = json!({ "name": ["tool", "tool-1.0", "tool >= 0.9"], "update_cache": true });
    assert_eq!(steps_and_versions(args, &[TOOL_1]), [""; 0]);
}

#[test]
fn what_is_missing_comes_in_one_step_with_its_version_in_the_diff() {
    let args =
        json!({ "name": ["tool", "unheard"], "install_weak_deps": false, "enablerepo": ["crb"] });
    let answers = [NONE_PROVIDES, ("rpm -q ", ""), BOTH];
    let plan = planned::<Dnf>(args.clone(), &answers).unwrap();
    let text = script(&plan.steps()[0]);
    assert!(
        text.contains("dnf -y --setopt=exit_on_lock=1 --enablerepo=crb --setopt=install_weak_deps=0 --setopt=localpkg_gpgcheck=1 install tool unheard\n"),
        "{text}"
    );
    assert_eq!(
        steps_and_versions(args, &answers),
        [
            "install tool, unheard",
            "package tool none -> 2.0-1.el9",
            "package unheard"
        ]
    );
}

#[test]
fn what_another_package_provides_is_there() {
    let args = json!({ "name": ["mta", "/usr/bin/x"] });
    let provided = "=\npostfix\t0\t3\t1\tnoarch\n=\nx\t0\t1\t1\tnoarch\n";
    let answers = [("--whatprovides", provided), ("rpm -q ", "")];
    assert_eq!(steps_and_versions(args, &answers), [""; 0]);
}

#[test]
fn another_version_comes_in_its_place_but_an_older_one_only_when_that_is_allowed() {
    let newer = json!({ "name": ["tool-2.*"] });
    let answers = [NONE_PROVIDES, TOOL_1, BOTH];
    assert_eq!(
        steps_and_versions(newer, &answers),
        ["install tool-2.*", "package tool 1.0-1.el9 -> 2.0-1.el9"]
    );

    // Of a version that dnf does not offer, what is wanted is told.
    let unheard = json!({ "name": ["tool >= 3"] });
    assert_eq!(
        steps_and_versions(unheard, &answers),
        ["install tool >= 3", "package tool 1.0-1.el9 -> tool >= 3"]
    );
    let answers = [
        NONE_PROVIDES,
        ("rpm -q ", "tool\t0\t2.0\t1.el9\tnoarch\n"),
        BOTH,
    ];
    let mut older = json!({ "name": ["tool-1.0"] });
    let refused = planned::<Dnf>(older.clone(), &answers).unwrap_err();
    assert_eq!(
        refused,
        "`tool-1.0` is older than tool 2.0-1.el9, which is installed: `allow_downgrade: true` goes back"
    );
    older["allow_downgrade"] = true.into();
    assert_eq!(
        steps_and_versions(older, &answers),
        ["install tool-1.0", "package tool 2.0-1.el9 -> 1.0-1.el9"]
    );
}

#[test]
fn latest_upgrades_what_is_there_and_installs_what_is_not() {
    let mut args = json!({ "name": ["tool", "new"], "state": "latest" });
    let answers = [NONE_PROVIDES, TOOL_1, BOTH, FRESH];
    assert_eq!(
        steps_and_versions(args.clone(), &answers),
        [
            "upgrade tool",
            "install new",
            "package tool 1.0-1.el9 -> 2.0-1.el9",
            "package new"
        ]
    );
    args["update_only"] = true.into();
    assert_eq!(steps_and_versions(args.clone(), &answers).len(), 2);
    let newest = ("rpm -q ", "tool\t0\t2.0\t1.el9\tnoarch\n");
    assert_eq!(
        steps_and_versions(args.clone(), &[NONE_PROVIDES, newest, BOTH, FRESH]),
        [""; 0]
    );
    let refresh = "ask the repositories for news";
    let stale = [NONE_PROVIDES, newest, BOTH, STALE];
    assert_eq!(steps_and_versions(args.clone(), &stale), [refresh, refresh]);
    args["cacheonly"] = true.into();
    assert_eq!(steps_and_versions(args, &stale), [""; 0]);
}

#[test]
fn all_packages_are_upgraded_as_far_as_dnf_can() {
    let args = json!({ "name": ["*"], "state": "latest" });
    let answers = [
        TOOL_1,
        ("--upgrades", "tool\t0\t2.0\t1.el9\tnoarch\n"),
        FRESH,
    ];
    let plan = planned::<Dnf>(args.clone(), &answers).unwrap();
    assert!(matches!(plan, Plan::Act { .. }));
    assert_eq!(
        steps_and_versions(args.clone(), &answers),
        [
            "upgrade all packages",
            "package tool 1.0-1.el9 -> 2.0-1.el9"
        ]
    );
    assert_eq!(
        steps_and_versions(args, &[("--upgrades", ""), FRESH]),
        [""; 0]
    );
}

#[test]
fn a_package_in_a_file_is_compared_with_what_is_installed() {
    let args = json!({ "name": ["/srv/tool.rpm"] });
    let file = ("rpm -qp", "=\ntool\t0\t1.5\t1.el9\tnoarch\n");
    assert_eq!(
        steps_and_versions(args.clone(), &[file, TOOL_1]),
        [
            "install /srv/tool.rpm",
            "package tool 1.0-1.el9 -> 1.5-1.el9"
        ]
    );
    let newer = ("rpm -q ", "tool\t0\t2.0\t1.el9\tnoarch\n");
    assert_eq!(steps_and_versions(args, &[file, newer]), [""; 0]);
}

#[test]
fn absent_names_what_goes() {
    let args = json!({ "name": ["tool*", "/usr/bin/x"], "state": "absent" });
    let holder = ("--whatprovides", "=\nx\t0\t1\t1\tnoarch\n");
    let answers = [holder, ("rpm -qa ", "tool\t0\t1.0\t1.el9\tnoarch\n")];
    let plan = planned::<Dnf>(args.clone(), &answers).unwrap();
    let text = script(&plan.steps()[0]);
    assert!(
        text.contains(
            "--setopt=clean_requirements_on_remove=0 remove tool-1.0-1.el9.noarch x-1-1.noarch\n"
        ),
        "{text}"
    );
    assert_eq!(
        steps_and_versions(args, &answers),
        [
            "remove tool, x",
            "package tool 1.0-1.el9 -> none",
            "package x 1-1 -> none"
        ]
    );
    let alone = json!({ "autoremove": true });
    let unneeded = [("--unneeded", "dep\t0\t1\t1\tnoarch\n"), ("rpm -q", "")];
    assert_eq!(
        steps_and_versions(alone, &unneeded),
        [
            "remove packages that nothing needs",
            "package dep 1-1 -> none"
        ]
    );
}

#[test]
fn news_of_the_repositories_alone_change_nothing() {
    let plan = planned::<Dnf>(json!({ "update_cache": true }), &[]).unwrap();
    assert!(script(&plan.steps()[0]).contains("--refresh makecache\n"));
    let ready = ready::<Dnf>("/".as_ref(), json!({ "update_cache": true })).unwrap();
    let ran = StepOutput {
        output: crate::step::Output::default(),
        elapsed: std::time::Duration::ZERO,
    };
    let state = State::default();
    assert!(
        Dnf::result(Course {
            ready: &ready,
            before: &state,
            after: None,
            plan: &plan,
            ran: &[]
        })
        .changed
    );
    assert!(
        !Dnf::result(Course {
            ready: &ready,
            before: &state,
            after: None,
            plan: &plan,
            ran: &[ran]
        })
        .changed
    );
}

#[test]
fn what_is_not_supported_is_refused() {
    let refused = |args| ready::<Dnf>("/".as_ref(), args).unwrap_err().to_string();
    assert!(refused(json!({ "name": ["a"], "security": true })).contains("does not support"));
    assert!(refused(json!({ "name": ["@tools"] })).contains("is a group"));
    assert!(refused(json!({ "name": ["a*"] })).contains("state: absent"));
    assert!(refused(json!({ "name": ["*"] })).contains("state: latest"));
    assert!(refused(json!({ "name": ["/a.rpm"], "state": "absent" })).contains("is a file"));
    assert!(refused(json!({ "name": ["a"], "installroot": "/mnt" })).contains("installroot"));
    assert!(refused(json!({ "name": ["a"], "autoremove": true })).contains("absent"));
    assert!(refused(json!({})).contains("nothing"));
}

#[test]
fn a_package_that_is_pending_is_there_and_goes_once() {
    let answers = [NONE_PROVIDES, ("rpm -q ", ""), BOTH, FRESH];
    let mut foreseen = Foreseen::default();
    let mut count = |name: &str, state: &str| {
        let args = json!({ "name": [name], "state": state });
        let (plan, _) = foretold::<Dnf>(args, &answers, &mut foreseen).unwrap();
        plan.changes().len()
    };
    let counts = [
        count("tool", "present"),
        count("tool", "latest"),
        count("tool-2.0", "present"),
        count("tool", "absent"),
        count("tool", "absent"),
        count("tool", "present"),
    ];
    assert_eq!(counts, [1, 0, 0, 1, 0, 1]);
}
