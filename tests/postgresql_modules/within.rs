//! What is within a database.

use super::postgres::Server;
use super::{task, tried};
use serde_json::json;

/// The task changes something, then nothing any more.
pub async fn settles(server: &Server, module: &str, params: &str) -> trueup::modules::TaskResult {
    let first = task(server, module, params).await;
    assert_eq!(first.failed, None, "{module} {params}");
    assert!(first.changed, "{module} {params}: {first:?}");
    let again = task(server, module, params).await;
    assert!(!again.changed, "{module} {params}: {again:?}");
    first
}

#[tokio::test]
async fn schemas_come_and_go() {
    let server = Server::primary();
    task(&server, "postgresql_user", "name: app").await;
    let made = settles(
        &server,
        "postgresql_schema",
        "name: 'a \"b'\nowner: app\ncomment: it's ours",
    )
    .await;
    assert_eq!(
        made.values["queries"][0],
        "CREATE SCHEMA \"a \"\"b\" AUTHORIZATION \"app\""
    );
    assert_eq!(made.values["schema"], "a \"b");
    settles(
        &server,
        "postgresql_schema",
        "schema: 'a \"b'\nowner: postgres\ncomment: ''",
    )
    .await;
    server.sql("CREATE TABLE \"a \"\"b\".t ()");
    let full = task(&server, "postgresql_schema", "name: 'a \"b'\nstate: absent").await;
    assert!(full.failed.unwrap().contains("cannot drop schema"));
    settles(
        &server,
        "postgresql_schema",
        "name: 'a \"b'\nstate: absent\ncascade_drop: yes",
    )
    .await;
}

#[tokio::test]
async fn extensions_come_and_go() {
    let server = Server::primary();
    task(&server, "postgresql_schema", "name: tools").await;
    let made = settles(
        &server,
        "postgresql_ext",
        "name: hstore\ndb: postgres\nschema: tools\nversion: '1.4'",
    )
    .await;
    assert_eq!(
        (&made.values["prev_version"], &made.values["version"]),
        (&json!(""), &json!("1.4"))
    );
    let updated = settles(
        &server,
        "postgresql_ext",
        "ext: hstore\nlogin_db: postgres\nversion: latest\ncomment: mine",
    )
    .await;
    assert_eq!(updated.values["prev_version"], "1.4");
    assert_eq!(
        server.sql("SELECT extversion = default_version FROM pg_extension, pg_available_extensions WHERE extname = 'hstore' AND name = 'hstore'"),
        "t"
    );
    assert!(
        !task(&server, "postgresql_ext", "name: hstore\ndb: postgres")
            .await
            .changed
    );
    let unknown = tried(
        &server,
        "postgresql_ext",
        "name: nothing_such\ndb: postgres",
    )
    .await
    .unwrap_err();
    assert!(unknown.contains("install the package"), "{unknown}");
    let back = tried(
        &server,
        "postgresql_ext",
        "name: hstore\ndb: postgres\nversion: '1.4'",
    )
    .await
    .unwrap_err();
    assert!(back.contains("no path leads"), "{back}");
    settles(
        &server,
        "postgresql_ext",
        "name: hstore\ndb: postgres\nstate: absent",
    )
    .await;
    let needs = "name: earthdistance\ndb: postgres\ncascade: true";
    settles(&server, "postgresql_ext", needs).await;
    assert_eq!(
        server.sql("SELECT count(*) FROM pg_extension WHERE extname = 'cube'"),
        "1"
    );
}

#[tokio::test]
async fn memberships_are_granted_revoked_and_exact() {
    let server = Server::primary();
    for role in ["a", "b", "readers", "writers"] {
        task(&server, "postgresql_user", &format!("name: {role}")).await;
    }
    let made = settles(
        &server,
        "postgresql_membership",
        "group: readers,writers\ntarget_roles: [a, b]",
    )
    .await;
    assert_eq!(
        made.values["granted"],
        json!({"readers": ["a", "b"], "writers": ["a", "b"]})
    );
    let exact = settles(
        &server,
        "postgresql_membership",
        "groups: [readers, pg_monitor]\nuser: a\nstate: exact",
    )
    .await;
    assert_eq!(exact.values["granted"], json!({"pg_monitor": ["a"]}));
    assert_eq!(exact.values["revoked"], json!({"writers": ["a"]}));
    settles(
        &server,
        "postgresql_membership",
        "groups: readers\ntarget_role: b\nstate: absent",
    )
    .await;
    let refused = tried(&server, "postgresql_membership", "groups: ghost\nuser: b")
        .await
        .unwrap_err();
    assert!(refused.contains("there is no role ghost"), "{refused}");
    let passed = task(
        &server,
        "postgresql_membership",
        "groups: ghost\nuser: b\nfail_on_role: false",
    )
    .await;
    assert_eq!(
        (passed.changed, &passed.values["groups"]),
        (false, &json!([]))
    );
    assert!(passed.values.contains_key("warnings"));
}

#[tokio::test]
async fn tables_and_indexes_come_change_and_go() {
    let server = Server::primary();
    task(&server, "postgresql_user", "name: app").await;
    task(&server, "postgresql_schema", "name: s").await;
    let table = "name: s.orders\ncolumns: [id bigint primary key, who text]\nowner: app\nstorage_params: ['fillfactor = 80']\nunlogged: yes";
    let made = settles(&server, "postgresql_table", table).await;
    assert_eq!(
        (&made.values["owner"], &made.values["state"]),
        (&json!("app"), &json!("present"))
    );
    settles(
        &server,
        "postgresql_table",
        "table: s.orders\nowner: postgres\nstorage_params: [fillfactor=70]",
    )
    .await;
    settles(
        &server,
        "postgresql_table",
        "name: copy\nlike: s.orders\nincluding: DEFAULTS, CONSTRAINTS",
    )
    .await;
    settles(&server, "postgresql_table", "name: copy\nrename: other").await;
    server.sql("INSERT INTO s.orders VALUES (1, 'x')");
    assert!(
        task(&server, "postgresql_table", "name: s.orders\ntruncate: yes")
            .await
            .changed
    );
    assert_eq!(server.sql("SELECT count(*) FROM s.orders"), "0");

    let index = "name: by_who\nschema: s\ntable: orders\ncolumns: [who, id DESC]\ncond: id > 5\nstorage_params: [fillfactor=90]";
    let made = settles(&server, "postgresql_idx", index).await;
    assert_eq!(
        (&made.values["valid"], &made.values["tblname"]),
        (&json!(true), &json!("orders"))
    );
    assert!(
        made.values["query"]
            .as_str()
            .unwrap()
            .starts_with("CREATE INDEX CONCURRENTLY \"by_who\"")
    );
    settles(
        &server,
        "postgresql_idx",
        "idxname: by_who\nschema: s\nstate: absent\nconcurrent: no\ncascade: yes",
    )
    .await;
    let refused = tried(
        &server,
        "postgresql_idx",
        "name: u\ntable: t\ncolumn: a\nunique: yes\ntype: gin",
    )
    .await;
    assert!(refused.unwrap_err().contains("only a btree"));
    settles(
        &server,
        "postgresql_table",
        "name: s.orders\nstate: absent\ncascade: yes",
    )
    .await;
}
