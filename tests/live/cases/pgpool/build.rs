//! From bare hosts to a cluster that stays as it is.

use super::cluster::{apply, playbook, pool_uses, sql, through_pool, wait_until_whole};
use crate::command::Ended;
use crate::lab::Lab;
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
    lab.up();
    // A plan on bare hosts is no error: what rests on something pending is unknown.
    lab.trueup(&["plan", &playbook(), "--detailed-exitcode"])
        .with_code(5)
        .saying("unknown until");
    apply(lab).with_code(0);
    assert!(pool_uses(lab, &["pg-a", "pg-b", "pg-c"]));
    through_pool(
        lab,
        30,
        "create table orders (id int primary key); create table parts (id int primary key)",
    )
    .with_code(0);
    for (table, rows) in [("orders", "1, 5"), ("parts", "1, 3")] {
        let insert = format!("insert into {table} select generate_series({rows})");
        through_pool(lab, 30, &insert).with_code(0);
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

/// Fails unless no host was changed.
#[track_caller]
fn changed_nothing(ended: &Ended) {
    let recap: Vec<&str> = ended
        .stdout
        .lines()
        .filter(|line| line.contains("unreachable="))
        .collect();
    assert!(
        recap.len() >= 5 && recap.iter().all(|line| line.contains("changed=0 ")),
        "{}",
        ended.stdout
    );
}

pub fn second_run(lab: &Lab) {
    built(lab);
    changed_nothing(&apply(lab).with_code(0));
    lab.trueup(&["plan", &playbook(), "--detailed-exitcode"])
        .with_code(0);
}

pub fn changed_by_hand(lab: &Lab) {
    built(lab);
    lab.ask(
        "pg-b",
        &format!("sudo sh -c \"sed -i 's/^wal_log_hints = on/wal_log_hints = off/' {SETTINGS}\""),
    );
    lab.trueup(&["plan", &playbook(), "--detailed-exitcode"])
        .with_code(5)
        .saying("-wal_log_hints = off")
        .saying("+wal_log_hints = on");
    apply(lab).with_code(0);
    lab.ask(
        "pg-b",
        &format!("sudo sh -c \"grep -q '^wal_log_hints = on' {SETTINGS}\""),
    );
    lab.trueup(&["plan", &playbook(), "--detailed-exitcode"])
        .with_code(0);
}

pub fn ports(lab: &Lab) {
    built(lab);
    for (host, port) in [
        ("pg-a", 5432),
        ("pg-b", 5432),
        ("pg-c", 5432),
        ("pgpool", 9999),
        ("pgpool", 9898),
    ] {
        let listening = lab.ask(
            host,
            &format!("ss -Hltn 'sport = :{port}' | awk '{{ print $4 }}'"),
        );
        assert!(
            !listening.is_empty(),
            "nobody listens on port {port} of {host}"
        );
        for address in listening.lines() {
            assert!(
                ["127.0.0.1:", "[::1]:", "10.77.10."]
                    .iter()
                    .any(|narrow| address.starts_with(narrow)),
                "{host} listens on {address}"
            );
        }
    }
}

pub fn passwords(lab: &Lab) {
    built(lab);
    let state = std::env::var("XDG_STATE_HOME")
        .unwrap_or_else(|_| format!("{}/.local/state", std::env::var("HOME").unwrap()));
    let mut patterns = Vec::new();
    for name in ["replicator", "pgpool", "monitor", "rewind", "app", "pcp"] {
        let path = format!("{state}/trueup/live-pgpool/passwords/{name}");
        let metadata = std::fs::metadata(&path).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions());
        assert_eq!(mode & 0o077, 0, "{path}");
        let kept = std::fs::read_to_string(&path).unwrap();
        let password = kept.split_whitespace().next().unwrap();
        // The words of the search itself are no find: the brackets keep them apart.
        patterns.push(format!("[{}]{}", &password[..1], &password[1..]));
    }
    let pattern = patterns.join("|");
    for host in ["pg-a", "pgpool"] {
        // What every user may read, every process's words, and the journal without sudo's own line
        // about this search.
        let found = lab.ssh(
            host,
            &format!(
                "cat /proc/[0-9]*/cmdline 2> /dev/null | tr '\\0' ' ' | grep -cE '{pattern}'; \
                 sudo journalctl -b --no-pager | grep -v ' COMMAND=' | grep -cE '{pattern}'; \
                 grep -rlsE '{pattern}' /etc /var/lib/pg-cluster /var/lib/postgresql /var/log /usr/local"
            ),
        );
        assert_eq!(found.stdout.trim(), "0\n0", "a password is found on {host}");
    }
    let rules = sql(
        lab,
        "pg-a",
        "select string_agg(distinct auth_method, ' ' order by auth_method) from pg_hba_file_rules",
    );
    assert_eq!(rules, "peer scram-sha-256");
}
