use super::*;
use crate::modules::trial::{params, planned};
use crate::step::Action;
use serde_json::json;

const FRESH: (&str, &str) = ("/var/lib/apt/lists", "1000 1010\n");
const STALE: (&str, &str) = ("/var/lib/apt/lists", "0 1700000000\n");
const NONE_PROVIDES: (&str, &str) = ("Provides", "");

fn script(step: &Step) -> String {
    match &step.action {
        Action::Run(script) => {
            assert_eq!((script.lock, script.unkillable), (Some("apt"), true));
            script.text.clone()
        }
        other => panic!("no script: {other:?}"),
    }
}

#[test]
fn all_installed_is_nothing_to_do_however_old_the_lists_are() {
    let args = json!({ "name": ["a", "b"], "update_cache": true });
    let plan = planned::<Apt>(
        args,
        &[("dpkg-query", "a\tamd64\t1\tii \nb\tall\t2\thi \n"), STALE],
    )
    .unwrap();
    assert!(plan.steps().is_empty() && !plan.is_change());
}

#[test]
fn what_is_missing_comes_in_one_step_with_its_version_in_the_diff() {
    let args = json!({ "name": ["a", "b", "c"], "install_recommends": false });
    let answers = [
        NONE_PROVIDES,
        ("dpkg-query", "a\tamd64\t1\tii \nc\tall\t2\trc \n"),
        ("apt-cache", "b:\n  Candidate: 4.6\nc:\n  Candidate: 2.1\n"),
        FRESH,
    ];
    let plan = planned::<Apt>(args, &answers).unwrap();
    let [step] = plan.steps() else {
        panic!("{plan:?}")
    };
    assert_eq!(step.what, "install b, c");
    let text = script(step);
    assert!(text.contains("DEBIAN_FRONTEND=noninteractive"), "{text}");
    assert!(text.ends_with("-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o APT::Install-Recommends=no install -- b c"), "{text}");
    assert_eq!(
        plan.changes()[0],
        version("b", None, Some(&"4.6".to_owned()))
    );
}

#[test]
fn stale_lists_are_read_before_something_is_installed() {
    let args = json!({ "name": "a".split(',').collect::<Vec<_>>(), "cache_valid_time": 3600 });
    let answers = [NONE_PROVIDES, ("dpkg-query", ""), ("apt-cache", ""), STALE];
    let plan = planned::<Apt>(args, &answers).unwrap();
    let whats: Vec<&str> = plan.steps().iter().map(|step| step.what.as_str()).collect();
    assert_eq!(whats, ["read the lists of packages", "install a"]);
}

#[test]
fn what_another_package_provides_is_there() {
    let args = json!({ "name": ["mail-transport-agent"] });
    let answers = [
        ("Provides", "ii \texim4\tmail-transport-agent\n"),
        ("dpkg-query", ""),
        ("apt-cache", ""),
        FRESH,
    ];
    assert!(!planned::<Apt>(args, &answers).unwrap().is_change());
}

#[test]
fn a_version_is_a_pattern() {
    let plan = |version: &str| {
        let args = json!({ "name": [format!("a={version}")] });
        planned::<Apt>(args, &[("dpkg-query", "a\tamd64\t17.5-1\tii \n"), FRESH]).unwrap()
    };
    assert!(!plan("17.*").is_change());
    assert_eq!(plan("18.*").steps()[0].what, "install a=18.*");
}

#[test]
fn latest_upgrades_and_leaves_held_packages() {
    let args = json!({ "name": ["a", "b"], "state": "latest" });
    let answers = [
        ("dpkg-query", "a\tamd64\t1\tii \nb\tall\t1\thi \n"),
        ("apt-cache", "a:\n  Candidate: 2\nb:\n  Candidate: 2\n"),
        FRESH,
    ];
    let plan = planned::<Apt>(args, &answers).unwrap();
    assert_eq!(plan.steps()[0].what, "install a");
    assert_eq!(plan.changes()[0].sign, Sign::Modify);
}

#[test]
fn absent_purges_what_was_left_over() {
    let left = [("dpkg-query", "a\tamd64\t1\trc \n"), FRESH];
    assert!(
        !planned::<Apt>(json!({ "name": ["a"], "state": "absent" }), &left)
            .unwrap()
            .is_change()
    );
    let plan = planned::<Apt>(
        json!({ "name": ["a"], "state": "absent", "purge": true }),
        &left,
    )
    .unwrap();
    assert!(script(&plan.steps()[0]).ends_with("--purge remove -- a:amd64"));
}

#[test]
fn the_lists_alone_are_an_act_unless_they_are_fresh_enough() {
    let act = planned::<Apt>(json!({ "update_cache": true }), &[FRESH]).unwrap();
    assert!(matches!(act, Plan::Act { .. }) && act.is_change());
    let args = json!({ "update_cache": true, "cache_valid_time": 3600 });
    assert!(!planned::<Apt>(args.clone(), &[FRESH]).unwrap().is_change());
    assert!(planned::<Apt>(args, &[STALE]).unwrap().is_change());
}

#[test]
fn an_upgrade_shows_what_apt_would_do() {
    let answers = [
        ("dist-upgrade", "Inst a [1] (2 Debian:12 [amd64])\n"),
        FRESH,
    ];
    let plan = planned::<Apt>(json!({ "upgrade": "dist" }), &answers).unwrap();
    assert_eq!(
        plan.changes()[0],
        version("a", Some(&"1".to_owned()), Some(&"2".to_owned()))
    );
}

#[test]
fn what_is_not_supported_is_refused() {
    let refused = |args| params::<Apt>("/".as_ref(), args).unwrap_err().to_string();
    assert!(refused(json!({ "deb": "/tmp/x.deb" })).contains("does not support"));
    assert!(refused(json!({ "name": ["a"], "state": "build-dep" })).contains("does not support"));
    assert!(refused(json!({ "name": ["a*"] })).contains("state: absent"));
    assert!(refused(json!({})).contains("nothing"));
}
