use super::*;
use crate::modules::trial::{params, planned};
use crate::step::Action;
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
    assert!(params::<SystemdService>("/".as_ref(), json!({ "name": "x" })).is_err());
    assert!(params::<SystemdService>("/".as_ref(), json!({ "state": "started" })).is_err());
}
