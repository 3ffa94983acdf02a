//! Roles.

use super::postgres::Server;
use super::task;
use serde_json::json;
use std::process::Command;

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
