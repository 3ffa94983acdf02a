use super::*;
use crate::facts::{FileAt, Foreseen, Kind, Question};
use crate::modules::trial::{foretold, planned, ready};
use crate::step::{Action, Effect, Output, Place};
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
    let refused = |args| ready::<Apt>("/".as_ref(), args).unwrap_err().to_string();
    assert!(refused(json!({ "deb": "/tmp/x.deb" })).contains("does not support"));
    assert!(refused(json!({ "name": ["a"], "state": "build-dep" })).contains("does not support"));
    assert!(refused(json!({ "name": ["a*"] })).contains("state: absent"));
    assert!(refused(json!({})).contains("nothing"));
}

/// What is told of tasks in turn on a host without any of the packages.
fn in_turn(
    tasks: &[serde_json::Value],
    age: (&'static str, &'static str),
    foreseen: &mut Foreseen,
) -> Vec<Result<usize, String>> {
    let answers = [
        NONE_PROVIDES,
        ("dpkg-query", ""),
        (
            "apt-cache",
            "a:\n  Candidate: 1\nb:\n  Candidate: 2\ndep:\n  Candidate: 3\n",
        ),
        (
            "apt-get -s",
            "Inst dep (3 D [amd64])\nInst a (1 D [amd64])\n",
        ),
        age,
    ];
    let mut tell = |args: &serde_json::Value| {
        let (plan, _) = foretold::<Apt>(args.clone(), &answers, foreseen)?;
        Ok(plan.changes().len())
    };
    tasks.iter().map(&mut tell).collect()
}

fn names(name: &str, state: &str) -> serde_json::Value {
    json!({ "name": [name], "state": state })
}

#[test]
fn a_package_that_is_pending_is_there_with_what_it_needs() {
    let mut foreseen = Foreseen::default();
    let tasks = [
        names("a", "present"),
        names("a", "present"),
        names("dep", "present"),
        names("a=1", "present"),
        names("a", "latest"),
        names("a", "absent"),
        names("a", "absent"),
        names("a", "present"),
    ];
    let counts: Vec<usize> = in_turn(&tasks, FRESH, &mut foreseen)
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(counts, [1, 0, 0, 0, 0, 1, 0, 1]);
}

#[test]
fn a_version_that_lists_decide_which_are_read_before_is_not_known() {
    let mut foreseen = Foreseen::default();
    let tasks = [
        names("a", "present"),
        names("a", "latest"),
        names("a=1", "present"),
    ];
    let all = in_turn(&tasks, STALE, &mut foreseen);
    assert_eq!((&all[0], &all[1]), (&Ok(1), &Ok(0)));
    assert!(
        all[2].as_ref().unwrap_err().contains("unknown until this"),
        "{all:?}"
    );
}

#[test]
fn behind_a_new_source_of_packages_no_version_is_told() {
    let mut foreseen = Foreseen::default();
    let source = Effect::Path("/etc/apt/sources.list.d/x.sources".into(), Place::Something);
    foreseen.add("source", "root", [source]);
    let refresh = json!({ "update_cache": true, "cache_valid_time": 3600 });
    assert_eq!(in_turn(&[refresh], FRESH, &mut foreseen), [Ok(1)]);
    let error = in_turn(&[names("a", "latest")], FRESH, &mut foreseen)
        .remove(0)
        .unwrap_err();
    assert!(error.contains("unknown until source"), "{error}");
    assert_eq!(
        in_turn(&[names("a", "present")], FRESH, &mut foreseen),
        [Ok(1)]
    );
}

#[test]
fn what_a_new_package_may_put_somewhere_is_not_known_there() {
    let mut foreseen = Foreseen::default();
    in_turn(
        &[names("a", "present"), names("dep", "present")],
        FRESH,
        &mut foreseen,
    );
    let new = crate::step::Package::There {
        version: None,
        architecture: String::new(),
        new: true,
    };
    foreseen.add(
        "install",
        "root",
        [Effect::Package("postgresql-17".into(), new)],
    );
    let stands = |path: &str, said: &str| {
        let at = FileAt {
            path: path.to_owned(),
            follow: false,
            hash: false,
        };
        let output = Output {
            stdout: said.as_bytes().to_vec(),
            ..Output::default()
        };
        at.foresee(at.read(&output), &foreseen)
    };
    assert!(stands("/etc/postgresql/17/main/pg_hba.conf", "").is_err());
    assert!(stands("/etc/app/postgresql.conf", "").is_err());
    assert!(stands("/etc/app/app.conf", "").unwrap().is_none());
    assert!(stands("/opt/postgresql/x", "").unwrap().is_none());
    // What is there is kept.
    let there = "81a4 0 0 root root 3 1 1 1 7 1 1\n";
    let kept = stands("/etc/postgresql/17/main/pg_hba.conf", there).unwrap();
    assert_eq!(kept.unwrap().kind, Kind::File);
}
