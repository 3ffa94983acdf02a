//! From bare hosts to a cluster that stays as it is.

use super::cluster::{NODES, PLAYBOOK, apply, pool_uses, wait_until_whole};
use crate::cluster::{self, Exposure, plan, plan_says_nothing, sql, through_entry};
use crate::lab::Lab;
use crate::truth::PGPOOL;
use crate::wait::wait_until;

const SETTINGS: &str = "/etc/postgresql/*/main/conf.d/10-cluster.conf";

/// Builds the cluster where an earlier case did not.
#[track_caller]
pub fn built(lab: &Lab) {
    lab.up();
    apply(lab).with_code(0);
    wait_until_whole(lab, "pg-a", "pg-b");
}

pub fn from_bare_hosts(lab: &Lab) {
    PGPOOL.bare(lab);
    assert!(pool_uses(lab, &["pg-a", "pg-b", "pg-c"]));
    through_entry(
        lab,
        30,
        "create table orders (id int primary key); create table parts (id int primary key)",
    )
    .with_code(0);
    for (table, rows) in [("orders", "1, 5"), ("parts", "1, 3")] {
        let insert = format!("insert into {table} select generate_series({rows})");
        through_entry(lab, 30, &insert).with_code(0);
    }
    let question = "select (select count(*) from orders) || ' ' || (select count(*) from parts)";
    let rows = |node: &str| {
        lab.ssh(
            node,
            &format!("sudo -u postgres psql -XAtq -d app -c \"{question}\""),
        )
        .stdout
        .trim()
        .to_owned()
    };
    assert_eq!(rows("pg-a"), "5 3");
    wait_until("the rows on B", 5, || rows("pg-b") == "5 3");
    assert_ne!(rows("pg-c"), "5 3", "C is declared to be 10 s behind");
    wait_until("the rows on C", 30, || rows("pg-c") == "5 3");
}

pub fn second_run(lab: &Lab) {
    built(lab);
    cluster::second_run(lab, PLAYBOOK);
}

pub fn in_russian(lab: &Lab) {
    built(lab);
    for node in NODES {
        lab.ask(
            node,
            "sudo sh -c 'apt-get -qq -o DPkg::Lock::Timeout=60 install -y --no-install-recommends locales \
             && localedef --no-archive -i ru_RU -f UTF-8 ru_RU.UTF-8'",
        );
    }
    lab.group_vars("databases", "pg_settings: {lc_messages: ru_RU.UTF-8}\n");
    apply(lab).with_code(0);
    for node in NODES {
        let refused = cluster::try_sql(lab, node, "select nothing");
        assert!(refused.stderr.contains("ОШИБКА"), "{refused:?}");
    }
}

pub fn changed_by_hand(lab: &Lab) {
    built(lab);
    lab.ask(
        "pg-b",
        &format!("sudo sh -c \"sed -i 's/^wal_log_hints = on/wal_log_hints = off/' {SETTINGS}\""),
    );
    plan(lab, PLAYBOOK, &[])
        .with_code(5)
        .saying("-wal_log_hints = off")
        .saying("+wal_log_hints = on");
    apply(lab).with_code(0);
    lab.ask(
        "pg-b",
        &format!("sudo sh -c \"grep -q '^wal_log_hints = on' {SETTINGS}\""),
    );
    plan_says_nothing(lab, PLAYBOOK);
}

pub fn harmed(lab: &Lab) {
    built(lab);
    PGPOOL.drifted(lab);
}

const EXPOSURE: Exposure = Exposure {
    network: "10.77.10.",
    listeners: &[
        ("pg-a", 5432),
        ("pg-b", 5432),
        ("pg-c", 5432),
        ("pgpool", 9999),
        ("pgpool", 9898),
    ],
    searched: &["pg-a", "pgpool"],
    folders: "/etc /var/lib/pg-cluster /var/lib/postgresql /var/log /usr/local",
};

pub fn ports(lab: &Lab) {
    built(lab);
    cluster::ports(lab, &EXPOSURE);
}

pub fn passwords(lab: &Lab) {
    built(lab);
    cluster::passwords(lab, &EXPOSURE);
    let rules = sql(
        lab,
        "pg-a",
        "select string_agg(distinct auth_method, ' ' order by auth_method) from pg_hba_file_rules",
    );
    assert_eq!(rules, "peer scram-sha-256");
}
