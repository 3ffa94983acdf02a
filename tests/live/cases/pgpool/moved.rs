//! Apply when the hosts are not what the inventory believes: it refuses, and touches nothing.

use super::build::built;
use super::cluster::{PLAYBOOK, apply, pool_uses, record, wait_until_whole};
use crate::cluster::{is_primary, kept, playbook, poweron, sql, try_sql};
use crate::lab::Lab;
use crate::wait::wait_until;

/// The command that mends it, as it is printed.
fn restore(lab: &Lab) -> String {
    format!(
        "trueup apply playbooks/restore-primary.yml -i {} -e node=pg-a",
        lab.inventory.display()
    )
}

/// Applies, and fails unless it refused, named the command, and left the cluster alone.
#[track_caller]
fn refused(lab: &Lab, reason: &str) {
    let before = sql(
        lab,
        "pg-b",
        "select pg_postmaster_start_time(), pg_is_in_recovery()",
    );
    apply(lab).with_code(2).saying(reason).saying(&restore(lab));
    lab.trueup(&["plan", &playbook(PLAYBOOK)])
        .with_code(2)
        .saying(reason);
    let after = sql(
        lab,
        "pg-b",
        "select pg_postmaster_start_time(), pg_is_in_recovery()",
    );
    assert_eq!(before, after);
    assert!(is_primary(lab, "pg-b") && !is_primary(lab, "pg-a") && !is_primary(lab, "pg-c"));
    assert!(pool_uses(lab, &["pg-b", "pg-c"]));
    assert_eq!(record(lab), ("pg-b".into(), "pg-c".into()));
}

pub fn unreachable(lab: &Lab) {
    refused(
        lab,
        "The layout has moved: pg-b is the primary, and pg-a (declared primary) cannot be reached.",
    );
}

pub fn powered_on_again(lab: &Lab) {
    poweron(lab, &["pg-a"]);
    wait_until("the guard's word", 60, || {
        lab.ssh("pg-a", "sudo journalctl -b -u pg-guard --no-pager")
            .stdout
            .contains("pg-a does not start: pg-b is a primary")
    });
    assert_ne!(try_sql(lab, "pg-a", "select 1").code, Some(0));
    refused(
        lab,
        "The layout has moved: pg-b is the primary, and pg-a (declared primary) is an earlier primary that is stopped.",
    );
}

pub fn emptied(lab: &Lab) {
    let aside = "cd /var/lib/postgresql/*/ && sudo mv main main.before-the-case";
    lab.ask("pg-a", aside);
    refused(
        lab,
        "The layout has moved: pg-b is the primary, and pg-a (declared primary) holds no database.",
    );
    lab.ask(
        "pg-a",
        "cd /var/lib/postgresql/*/ && sudo test ! -e main && sudo mv main.before-the-case main",
    );
}

pub fn foreign(lab: &Lab) {
    built(lab);
    let started = sql(lab, "pg-a", "select pg_postmaster_start_time()");
    std::fs::remove_file(kept(lab).join("system-identifier")).unwrap();
    let identifier = sql(
        lab,
        "pg-a",
        "select system_identifier from pg_control_system()",
    );
    apply(lab)
        .with_code(2)
        .saying("this controller did not make it. It is not initialised over.")
        .saying(&format!("pg_system_identifier: '{identifier}'"));
    let declared = format!("pg_system_identifier={identifier}");
    crate::cluster::apply(lab, PLAYBOOK, &["-e", &declared]).with_code(0);
    wait_until_whole(lab, "pg-a", "pg-b");
    assert_eq!(
        sql(lab, "pg-a", "select pg_postmaster_start_time()"),
        started
    );
}
