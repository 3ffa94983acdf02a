use super::*;
use crate::facts::Foreseen;
use crate::modules::trial::{foretold, planned, ready};
use crate::step::{self, Access, Action, Holds, Place};
use serde_json::json;

const RUNS: &str = "LoadState=loaded\nActiveState=active\nUnitFileState=enabled\nNeedDaemonReload=no\nType=notify\n";
const STANDS: &str = "LoadState=loaded\nActiveState=inactive\nUnitFileState=disabled\nNeedDaemonReload=no\nType=oneshot\nRemainAfterExit=no\n";

fn plan(mut args: Value, said: &str) -> Plan {
    args["name"] = "x".into();
    planned::<SystemdService>(args, &[("systemctl", said)]).unwrap()
}

fn script(plan: &Plan) -> String {
    match plan.steps() {
        [
            Step {
                action: Action::Run(script),
                ..
            },
        ] => script.text.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_runs_and_is_enabled_is_left_alone() {
    let plan = plan(
        json!({ "state": "started", "enabled": true, "masked": false, "daemon_reload": true }),
        RUNS,
    );
    assert!(!plan.is_change() && plan.steps().is_empty());
}

#[test]
fn what_stands_is_enabled_and_started_after_the_files_were_read() {
    let said = STANDS.replace("oneshot", "notify");
    let plan = plan(
        json!({ "state": "started", "enabled": true, "daemon_reload": true }),
        &said,
    );
    assert!(matches!(plan, Plan::Converge { .. }));
    assert_eq!(
        script(&plan),
        "systemctl daemon-reload || exit\nsystemctl enable -- x || exit\nsystemctl start -- x || exit\n"
    );
    assert_eq!(plan.changes().len(), 2);
}

#[test]
fn a_restart_and_a_unit_that_runs_once_are_acts() {
    assert!(matches!(
        plan(json!({ "state": "restarted" }), RUNS),
        Plan::Act { .. }
    ));
    assert!(matches!(
        plan(json!({ "state": "started" }), STANDS),
        Plan::Act { .. }
    ));
    let stopped = RUNS.replace("ActiveState=active", "ActiveState=inactive");
    assert!(matches!(
        plan(json!({ "state": "restarted" }), &stopped),
        Plan::Act { .. }
    ));
    let reload = plan(json!({ "state": "reloaded" }), RUNS);
    assert_eq!(
        reload.changes()[0],
        Change::new(Sign::Run, "reload service x")
    );
}

#[test]
fn changed_unit_files_are_read_where_that_is_asked_for() {
    let said = RUNS.replace("NeedDaemonReload=no", "NeedDaemonReload=yes");
    let plan = plan(json!({ "state": "started", "daemon_reload": true }), &said);
    assert_eq!(script(&plan), "systemctl daemon-reload || exit\n");
}

#[test]
fn systemd_reads_its_files_always_where_no_unit_is_named() {
    let plan = planned::<SystemdService>(json!({ "daemon_reload": true }), &[]).unwrap();
    assert!(matches!(plan, Plan::Act { .. }) && plan.is_change());
}

#[test]
fn a_unit_that_is_not_there_is_an_error() {
    let said = "LoadState=not-found\nActiveState=inactive\n";
    let args = json!({ "name": "x", "state": "started" });
    let error = planned::<SystemdService>(args, &[("systemctl", said)]).unwrap_err();
    assert!(error.contains("no unit x"), "{error}");
    let masked = plan(json!({ "masked": true }), said);
    assert_eq!(script(&masked), "systemctl mask -- x || exit\n");
}

#[test]
fn a_task_that_asks_for_nothing_is_refused() {
    assert!(ready::<SystemdService>("/".as_ref(), json!({ "name": "x" })).is_err());
    assert!(ready::<SystemdService>("/".as_ref(), json!({ "state": "started" })).is_err());
}

/// What is told of tasks in turn about the unit `x`, of which the host says this.
fn in_turn(
    tasks: &[Value],
    said: &'static str,
    foreseen: &mut Foreseen,
) -> Vec<Result<Vec<Change>, String>> {
    let mut tell = |args: &Value| {
        let mut args = args.clone();
        if args.get("name").is_none() {
            args["name"] = "x".into();
        }
        let (plan, _) = foretold::<SystemdService>(args, &[("systemctl", said)], foreseen)?;
        Ok(plan.changes().to_vec())
    };
    tasks.iter().map(&mut tell).collect()
}

fn counts(told: Vec<Result<Vec<Change>, String>>) -> Vec<usize> {
    told.into_iter()
        .map(|changes| changes.unwrap().len())
        .collect()
}

fn put(foreseen: &mut Foreseen, path: &str, text: Option<&str>) {
    let place = match text {
        Some(text) => Place::File(Holds::Bytes(text.as_bytes().into()), Access::default()),
        None => Place::Nothing,
    };
    foreseen.add("a unit", "root", [Effect::Path(path.to_owned(), place)]);
}

const MISSING: &str = "LoadState=not-found\nActiveState=inactive\nUnitFileState=\n";
const FILE: &str = "/etc/systemd/system/x.service";
const TEXT: &str = "[Service]\nExecStart=/bin/x\n[Install]\nWantedBy=multi-user.target\n";

#[test]
fn a_unit_whose_file_is_pending_is_enabled_started_and_restarted_once() {
    let mut foreseen = Foreseen::default();
    put(&mut foreseen, FILE, Some(TEXT));
    let run = json!({ "state": "started", "enabled": true, "daemon_reload": true });
    let restart = json!({ "state": "restarted" });
    let tasks = [
        run.clone(),
        run.clone(),
        restart,
        json!({ "state": "stopped" }),
        run,
    ];
    let all = in_turn(&tasks, MISSING, &mut foreseen);
    let restarted = all[2].as_ref().unwrap();
    assert_eq!(restarted[0], Change::new(Sign::Run, "restart service x"));
    assert_eq!(counts(all), [2, 0, 1, 1, 1]);
    put(&mut foreseen, FILE, None);
    let still = in_turn(&[json!({ "state": "started" })], MISSING, &mut foreseen);
    assert_eq!(counts(still), [0]);
    let gone = in_turn(
        &[json!({ "state": "stopped" }), json!({ "state": "started" })],
        MISSING,
        &mut foreseen,
    );
    assert!(gone[0].is_ok());
}

#[test]
fn what_a_unit_file_says_of_itself_is_read() {
    let mut foreseen = Foreseen::default();
    put(
        &mut foreseen,
        FILE,
        Some("[Service]\nType=oneshot\nExecStart=/bin/x\n"),
    );
    // It is static, and down again after each start.
    let all = in_turn(
        &[
            json!({ "enabled": true }),
            json!({ "state": "started" }),
            json!({ "state": "started" }),
        ],
        MISSING,
        &mut foreseen,
    );
    assert_eq!(counts(all), [0, 1, 1]);
    put(&mut foreseen, "/etc/systemd/system/y@.service", Some(TEXT));
    let of_template = json!({ "name": "y@1", "enabled": true });
    assert_eq!(
        counts(in_turn(
            &[of_template.clone(), of_template],
            MISSING,
            &mut foreseen
        )),
        [1, 0]
    );
}

#[test]
fn an_alias_is_another_name_of_what_is_enabled() {
    let mut foreseen = Foreseen::default();
    put(
        &mut foreseen,
        FILE,
        Some("[Service]\nExecStart=/x\n[Install]\nAlias=z.service\n"),
    );
    let z = || json!({ "name": "z", "state": "started" });
    assert!(in_turn(&[z()], MISSING, &mut foreseen)[0].is_err());
    let tasks = [json!({ "enabled": true, "state": "started" }), z()];
    assert_eq!(counts(in_turn(&tasks, MISSING, &mut foreseen)), [2, 0]);
}

#[test]
fn a_pending_drop_in_has_to_be_read() {
    let mut foreseen = Foreseen::default();
    put(
        &mut foreseen,
        "/etc/systemd/system/x.service.d/a.conf",
        Some("[Service]\nNice=5\n"),
    );
    let run = json!({ "state": "started", "daemon_reload": true });
    assert_eq!(
        counts(in_turn(&[run.clone(), run], RUNS, &mut foreseen)),
        [1, 0]
    );
}

#[test]
fn what_is_masked_stays_so_and_what_is_under_a_mask_is_not_known() {
    let mut foreseen = Foreseen::default();
    let (on, off) = (json!({ "masked": true }), json!({ "masked": false }));
    let all = in_turn(&[on.clone(), on.clone(), off.clone()], RUNS, &mut foreseen);
    assert_eq!(counts(all), [1, 0, 1]);
    let hidden = "LoadState=masked\nActiveState=inactive\nUnitFileState=masked\n";
    let mut foreseen = Foreseen::default();
    let unmask = step::Unit {
        masked: Some(false),
        ..step::Unit::default()
    };
    foreseen.add(
        "unmask",
        "root",
        [Effect::Unit("x".into(), UnitScope::System, unmask)],
    );
    let all = in_turn(&[json!({ "state": "started" })], hidden, &mut foreseen);
    assert!(
        all[0]
            .as_ref()
            .unwrap_err()
            .contains("unknown until unmask"),
        "{all:?}"
    );
}

#[test]
fn a_unit_that_a_new_package_may_bring_is_not_known() {
    let mut foreseen = Foreseen::default();
    let there = |new| step::Package::There {
        version: None,
        architecture: String::new(),
        new,
    };
    let start = [json!({ "name": "haproxy", "state": "started" })];
    foreseen.add(
        "install",
        "root",
        [Effect::Package("haproxy".into(), there(true))],
    );
    let error = in_turn(&start, MISSING, &mut foreseen)
        .remove(0)
        .unwrap_err();
    assert!(error.contains("unknown until install"), "{error}");
    // What its author says of it is known.
    let runs = step::Unit {
        enabled: Some(true),
        active: Some(true),
        masked: None,
    };
    foreseen.add(
        "install",
        "root",
        [Effect::Unit("haproxy".into(), UnitScope::System, runs)],
    );
    assert_eq!(counts(in_turn(&start, MISSING, &mut foreseen)), [0]);
}

#[test]
fn what_comes_under_a_mask_is_what_it_is_once_that_is_off() {
    let mut foreseen = Foreseen::default();
    let mask = |on: bool| json!({ "masked": on });
    assert_eq!(counts(in_turn(&[mask(true)], MISSING, &mut foreseen)), [1]);
    let comes = step::Unit {
        enabled: Some(false),
        active: Some(false),
        masked: None,
    };
    foreseen.add(
        "install",
        "root",
        [Effect::Unit("x".into(), UnitScope::System, comes)],
    );
    let all = [mask(true), mask(false), json!({ "enabled": false })];
    assert_eq!(counts(in_turn(&all, MISSING, &mut foreseen)), [0, 1, 0]);
}
