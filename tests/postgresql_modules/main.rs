//! The PostgreSQL modules against a real server.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod foreseen;
#[path = "../postgres/mod.rs"]
mod postgres;
mod query;
mod rights;
mod role;
mod within;

use postgres::Server;
use postgres::task::{bind, live};
use serde_json::json;
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
