//! The PostgreSQL modules against a real server.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod postgres;

use postgres::task::{bind, live};
use postgres::{PASSWORD, Server};
use serde_json::json;
use std::process::Command;
use trueup::modules::TaskResult;

/// One life of a task at `server`.
async fn task(server: &Server, module: &str, params: &str) -> TaskResult {
    tried(server, module, params).await.unwrap()
}

async fn tried(server: &Server, module: &str, params: &str) -> Result<TaskResult, String> {
    let socket = format!("login_unix_socket: {}\n", server.socket());
    let socket = if params.contains("login_host") {
        String::new()
    } else {
        socket
    };
    live(
        module,
        &format!("{params}\n{socket}port: {}\n", server.port),
    )
    .await
}

#[tokio::test]
async fn ping_tells_the_version_or_why_not() {
    let mut server = Server::primary();
    let result = task(&server, "postgresql_ping", "").await;
    assert_eq!(result.values["is_available"], true);
    assert!(result.values["server_version"]["major"].as_u64().unwrap() >= 15);
    server.stop();
    let result = task(&server, "community.postgresql.postgresql_ping", "").await;
    assert_eq!(result.values["is_available"], false);
    assert!(
        result.values["conn_err_msg"]
            .as_str()
            .unwrap()
            .contains("connection to server")
    );
}

#[tokio::test]
async fn a_role_is_made_altered_and_removed() {
    let server = Server::primary();
    server.sql("ALTER SYSTEM SET log_statement = 'all'");
    server.sql("SELECT pg_reload_conf()");
    let app = "name: 'the \"app\"'\npassword: plain text it's \\ü\nrole_attr_flags: CREATEDB\ngroups: [pg_monitor]\ncomment: it's ours\nconn_limit: 7";
    let made = task(&server, "postgresql_user", app).await;
    assert!(made.changed, "{made:?}");
    assert!(!task(&server, "postgresql_user", app).await.changed);
    let stored = server.sql("SELECT rolpassword FROM pg_authid WHERE rolname = 'the \"app\"'");
    assert!(stored.starts_with("SCRAM-SHA-256$4096:"), "{stored}");
    assert!(!server.logged().contains("plain text"));
    assert!(!format!("{:?}", made.values).contains("SCRAM"));

    let login = Command::new("psql")
        .args([
            "-XAtq",
            "-h",
            "127.0.0.1",
            "-p",
            &server.port.to_string(),
            "-U",
            "the \"app\"",
            "-c",
            "SELECT 1",
            "postgres",
        ])
        .env("PGPASSWORD", "plain text it's \\ü")
        .output()
        .unwrap();
    assert!(
        login.status.success(),
        "{}",
        String::from_utf8_lossy(&login.stderr)
    );

    let other = app
        .replace("plain text", "another")
        .replace("CREATEDB", "NOCREATEDB,NOLOGIN")
        .replace('7', "-1");
    assert!(task(&server, "postgresql_user", &other).await.changed);
    assert_eq!(
        server.sql(
            "SELECT rolcreatedb, rolcanlogin, rolconnlimit FROM pg_roles WHERE rolname LIKE 'the%'"
        ),
        "f|f|-1"
    );
    assert!(
        task(
            &server,
            "postgresql_user",
            &format!("{app}\nexpires: 2030-01-02")
        )
        .await
        .changed
    );
    assert!(
        !task(
            &server,
            "postgresql_user",
            &format!("{app}\nexpires: 'Jan 2 2030'")
        )
        .await
        .changed
    );
    // A password that is hashed already is stored as it is.
    let hashed = "name: 'the \"app\"'\npassword: ".to_owned() + &stored;
    assert!(task(&server, "postgresql_user", &hashed).await.changed);
    assert!(!task(&server, "postgresql_user", app).await.changed);
    assert!(
        task(
            &server,
            "postgresql_user",
            "name: 'the \"app\"'\nstate: absent"
        )
        .await
        .changed
    );
    assert!(
        !task(
            &server,
            "postgresql_user",
            "name: 'the \"app\"'\nstate: absent"
        )
        .await
        .changed
    );
}

#[tokio::test]
async fn a_role_that_owns_something_stays_and_the_task_says_why() {
    let server = Server::primary();
    task(&server, "postgresql_user", "name: owner").await;
    task(&server, "postgresql_db", "name: shop\nowner: owner").await;
    let failed = task(&server, "postgresql_user", "name: owner\nstate: absent").await;
    assert!(failed.failed.unwrap().contains("database shop"));
    let kept = task(
        &server,
        "postgresql_user",
        "name: owner\nstate: absent\nfail_on_user: false",
    )
    .await;
    assert_eq!(
        (kept.changed, kept.failed, &kept.values["user_removed"]),
        (false, None, &json!(false))
    );
}

#[tokio::test]
async fn a_database_is_made_altered_and_removed() {
    let server = Server::primary();
    task(&server, "postgresql_user", "name: app").await;
    let shop = "name: 'the shop'\nencoding: UTF-8\ntemplate: template0\ncomment: first";
    assert!(task(&server, "postgresql_db", shop).await.changed);
    assert!(!task(&server, "postgresql_db", shop).await.changed);
    let owned = "name: 'the shop'\nowner: app\nconn_limit: 5\ncomment: ''";
    let altered = task(&server, "postgresql_db", owned).await;
    assert_eq!(
        altered.values["executed_commands"][0],
        "ALTER DATABASE \"the shop\" OWNER TO \"app\""
    );
    assert!(!task(&server, "postgresql_db", owned).await.changed);
    let refused = tried(
        &server,
        "postgresql_db",
        "name: 'the shop'\nencoding: LATIN1",
    )
    .await
    .unwrap_err();
    assert!(refused.contains("can't be changed to LATIN1"), "{refused}");
    assert!(
        task(
            &server,
            "postgresql_db",
            "name: 'the shop'\nstate: absent\nforce: yes"
        )
        .await
        .changed
    );
    assert!(
        !task(&server, "postgresql_db", "name: 'the shop'\nstate: absent")
            .await
            .changed
    );
}

#[tokio::test]
async fn a_parameter_is_set_loaded_and_taken_back() {
    let server = Server::primary();
    let set = |name: &str, value: &str| format!("name: {name}\nvalue: '{value}'");
    let memory = task(&server, "postgresql_set", &set("work_mem", "64mb")).await;
    assert!(memory.changed);
    assert_eq!(memory.values["prev_val_pretty"], "4MB");
    assert_eq!(memory.values["restart_required"], false);
    assert_eq!(server.sql("SHOW work_mem"), "64MB");
    assert!(
        !task(&server, "postgresql_set", &set("work_mem", "65536kB"))
            .await
            .changed
    );
    let restart = task(&server, "postgresql_set", &set("max_connections", "50")).await;
    assert_eq!(
        (restart.changed, &restart.values["restart_required"]),
        (true, &json!(true))
    );
    let again = task(&server, "postgresql_set", &set("max_connections", "50")).await;
    assert_eq!(
        (again.changed, &again.values["restart_required"]),
        (false, &json!(true))
    );
    assert!(
        task(
            &server,
            "postgresql_set",
            &set("synchronous_standby_names", "FIRST 1 (b, \"c-d\")")
        )
        .await
        .changed
    );
    assert_eq!(
        server.sql("SHOW synchronous_standby_names"),
        "FIRST 1 (b, \"c-d\")"
    );
    assert!(
        task(
            &server,
            "postgresql_set",
            &set("search_path", "app, public")
        )
        .await
        .changed
    );
    assert_eq!(server.sql("SHOW search_path"), "app, public");
    assert!(
        task(&server, "postgresql_set", &set("work_mem", "default"))
            .await
            .changed
    );
    assert_eq!(server.sql("SHOW work_mem"), "4MB");
    assert!(
        task(
            &server,
            "postgresql_set",
            "name: synchronous_standby_names\nreset: yes"
        )
        .await
        .changed
    );
    assert!(
        !task(
            &server,
            "postgresql_set",
            "name: synchronous_standby_names\nreset: yes"
        )
        .await
        .changed
    );
    let unknown = tried(&server, "postgresql_set", &set("work_men", "1MB"))
        .await
        .unwrap_err();
    assert!(unknown.contains("no parameter work_men"));
    let wrong = task(&server, "postgresql_set", &set("work_mem", "much")).await;
    assert!(
        wrong
            .failed
            .unwrap()
            .contains("invalid value for parameter")
    );
}

#[tokio::test]
async fn slots_come_and_go() {
    let server = Server::primary();
    let slot = "name: pg_b\nimmediately_reserve: yes";
    assert!(task(&server, "postgresql_slot", slot).await.changed);
    assert!(!task(&server, "postgresql_slot", slot).await.changed);
    let other = tried(&server, "postgresql_slot", "name: pg_b\nslot_type: logical")
        .await
        .unwrap_err();
    assert!(other.contains("but physical"), "{other}");
    assert!(
        task(&server, "postgresql_slot", "name: pg_b\nstate: absent")
            .await
            .changed
    );
    assert!(
        !task(&server, "postgresql_slot", "name: pg_b\nstate: absent")
            .await
            .changed
    );
    let name = tried(&server, "postgresql_slot", "name: pg-b")
        .await
        .unwrap_err();
    assert!(name.contains("can't be a slot's name"), "{name}");
}

#[tokio::test]
async fn queries_return_typed_rows() {
    let server = Server::primary();
    let select = "query: |\n  SELECT 1 AS n, 2.5::numeric AS d, true AS b, NULL::text AS nothing, 'a,\"b\"' AS s,\n  '{\"k\": [1]}'::jsonb AS j, %s AS given; -- the end\npositional_args: [\"it's \\\\ :x\"]";
    let result = task(&server, "postgresql_query", select).await;
    assert_eq!(result.failed, None);
    assert_eq!(
        result.values["query_result"],
        json!([{"n": 1, "d": 2.5, "b": true, "nothing": null, "s": "a,\"b\"", "j": {"k": [1]}, "given": "it's \\ :x"}])
    );
    assert_eq!(
        (result.changed, &result.values["statusmessage"]),
        (false, &json!("SELECT 1"))
    );

    let write = "query: CREATE TABLE t (id int, w text); INSERT INTO t VALUES (%(a)s, 'x'), (2, 'y') RETURNING id\nnamed_args: {a: -1}";
    let result = task(&server, "postgresql_query", write).await;
    assert_eq!(
        result.values["query_result"],
        json!([{"id": -1}, {"id": 2}]),
        "{result:?}"
    );
    assert_eq!(
        (result.changed, &result.values["statusmessage"]),
        (true, &json!("INSERT 0 2"))
    );
    assert_eq!(result.values["rowcount"], 2);
    let none = task(
        &server,
        "postgresql_query",
        "query: UPDATE t SET w = 'z' WHERE id = 9",
    )
    .await;
    assert_eq!(
        (none.changed, &none.values["statusmessage"]),
        (false, &json!("UPDATE 0"))
    );
    assert_eq!(none.values["query_result"], json!([]));
    let empty = task(
        &server,
        "postgresql_query",
        "query: SELECT id FROM t WHERE false",
    )
    .await;
    assert_eq!(
        (&empty.values["query_result"], &empty.values["rowcount"]),
        (&json!([]), &json!(0))
    );
    let show = task(
        &server,
        "postgresql_query",
        "query: SHOW server_version_num",
    )
    .await;
    assert_eq!(
        (&show.values["statusmessage"], &show.values["rowcount"]),
        (&json!("SHOW"), &json!(1))
    );
    let vacuum = task(
        &server,
        "postgresql_query",
        "query: VACUUM t\nautocommit: yes",
    )
    .await;
    assert_eq!(
        (vacuum.failed, &vacuum.values["statusmessage"]),
        (None, &json!("VACUUM"))
    );
}

#[tokio::test]
async fn a_query_that_fails_changes_nothing_and_says_why() {
    let server = Server::primary();
    let result = task(
        &server,
        "postgresql_query",
        "query: CREATE TABLE u (id int); SELECT nothing_there",
    )
    .await;
    assert!(
        result
            .failed
            .as_ref()
            .unwrap()
            .starts_with("ERROR:  column \"nothing_there\""),
        "{result:?}"
    );
    assert_eq!(server.sql("SELECT to_regclass('u') IS NULL"), "t");
}

#[tokio::test]
async fn a_password_logs_in_over_tcp_and_a_wrong_one_is_refused() {
    let server = Server::primary();
    let query = |password: &str| {
        format!(
            "query: SELECT current_user AS me\nlogin_host: 127.0.0.1\nlogin_password: {password}\nsession_role: pg_monitor"
        )
    };
    let result = task(&server, "postgresql_query", &query(PASSWORD)).await;
    assert_eq!(
        result.values["query_result"],
        json!([{"me": "pg_monitor"}]),
        "{result:?}"
    );
    let refused = task(&server, "postgresql_query", &query("wrong")).await;
    assert!(
        refused
            .failed
            .unwrap()
            .contains("password authentication failed")
    );
}

#[test]
fn parameters_that_ansible_has_and_trueup_has_not_are_told() {
    let refused = |module: &str, params: &str| bind(module, params).err();
    let told = refused("postgresql_db", "name: a\nstate: dump").unwrap();
    assert!(told.contains("does not support"), "{told}");
    assert!(
        refused("postgresql_user", "name: a\npriv: ALL")
            .unwrap()
            .contains("`priv`")
    );
    assert!(refused("postgresql_user", "name: a\nnonsense: 1").is_some());
    assert!(refused("postgresql_query", "query: SELECT %s").is_none());
}
