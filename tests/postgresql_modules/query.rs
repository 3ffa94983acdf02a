//! Queries.

use super::postgres::{PASSWORD, Server};
use super::task;
use serde_json::json;

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

#[tokio::test]
async fn a_list_of_queries_gives_the_result_of_each() {
    let server = Server::primary();
    let list = "query:\n  - CREATE TABLE t (n int); INSERT INTO t VALUES (1), (2)\n  - SELECT n FROM t ORDER BY n\n  - DELETE FROM t WHERE n = 9";
    let result = task(&server, "postgresql_query", list).await;
    assert_eq!(result.failed, None);
    assert_eq!(
        result.values["query_all_results"],
        json!([[], [{"n": 1}, {"n": 2}], []])
    );
    assert_eq!(
        (result.changed, &result.values["rowcount"]),
        (true, &json!(4))
    );
    assert_eq!(result.values["statusmessage"], "DELETE 0");
    assert_eq!(result.values["query_list"][1], "SELECT n FROM t ORDER BY n");
}
