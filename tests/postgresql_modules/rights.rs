//! Who may do what, and whose things are.

use super::postgres::Server;
use super::within::settles;
use super::{task, tried};
use serde_json::json;

#[tokio::test]
async fn privileges_on_all_kinds_are_granted_and_revoked() {
    let server = Server::primary();
    for role in ["reader", "maker"] {
        task(&server, "postgresql_user", &format!("name: {role}")).await;
    }
    server
        .sql("CREATE TABLE books (id int); CREATE VIEW shelf AS SELECT 1; CREATE SEQUENCE counter");
    server.sql("CREATE SCHEMA math");
    server.sql("CREATE FUNCTION math.add(int, int) RETURNS int LANGUAGE sql AS 'SELECT $1 + $2'");
    server.sql("CREATE PROCEDURE math.run() LANGUAGE sql AS 'SELECT 1'");
    server.sql("CREATE TYPE mood AS ENUM ('good'); CREATE EXTENSION postgres_fdw");
    server.sql("CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw");
    let on =
        |privs: &str, more: &str| format!("db: postgres\nroles: reader\nprivs: {privs}\n{more}");
    let kinds = [
        ("SELECT,insert", "objs: books,shelf"),
        ("ALL", "objs: ALL_IN_SCHEMA"),
        ("ALL", "objs: counter\ntype: sequence"),
        (
            "USAGE",
            "objs: ALL_IN_SCHEMA\ntype: sequence\nroles: reader,maker",
        ),
        (
            "EXECUTE",
            "objs: add(int:int)\nschema: math\ntype: function",
        ),
        ("ALL", "objs: ALL_IN_SCHEMA\nschema: math\ntype: procedure"),
        ("ALL", "type: database"),
        ("CREATE", "objs: math,public\ntype: schema"),
        ("USAGE", "objs: plpgsql\ntype: language"),
        ("CREATE", "objs: pg_default\ntype: tablespace"),
        ("USAGE", "objs: postgres_fdw\ntype: foreign_data_wrapper"),
        ("USAGE", "objs: far\ntype: foreign_server"),
        ("ALL", "objs: mood\ntype: type"),
        (
            "SET,ALTER_SYSTEM",
            "objs: work_mem,log_statement\ntype: parameter",
        ),
        ("SELECT", "objs: TABLES,SEQUENCES\ntype: default_privs"),
        (
            "ALL",
            "objs: ALL_DEFAULT\ntype: default_privs\nschema: math\ntarget_roles: maker",
        ),
        ("USAGE", "objs: SCHEMAS\ntype: default_privs"),
    ];
    for (privs, more) in kinds {
        let roles = if more.contains("roles:") {
            on(privs, more).replacen("roles: reader\n", "", 1)
        } else {
            on(privs, more)
        };
        let params = if more.contains("target_roles") {
            on(privs, more)
        } else {
            roles
        };
        if more == "objs: plpgsql\ntype: language" {
            server.sql("REVOKE ALL ON LANGUAGE plpgsql FROM PUBLIC");
        }
        settles(&server, "postgresql_privs", &params).await;
    }
    assert_eq!(
        server.sql("SELECT has_parameter_privilege('reader', 'work_mem', 'ALTER SYSTEM')"),
        "t"
    );
    for (privs, more) in kinds {
        let params = on(privs, more);
        let params = if more.contains("\nroles:") {
            params.replacen("roles: reader\n", "", 1)
        } else {
            params
        };
        let gone = task(
            &server,
            "postgresql_privs",
            &format!("{params}\nstate: absent"),
        )
        .await;
        assert_eq!(gone.failed, None, "{params}");
    }
    assert_eq!(
        server.sql("SELECT has_table_privilege('reader', 'books', 'SELECT') OR has_schema_privilege('reader', 'math', 'CREATE')"),
        "f"
    );
}

#[tokio::test]
async fn who_may_grant_on_is_told_apart() {
    let server = Server::primary();
    task(&server, "postgresql_user", "name: 'the \"reader'").await;
    server.sql("CREATE TABLE books (id int)");
    let on = |more: &str| {
        format!("db: postgres\nprivs: SELECT\nobjs: books\nrole: 'the \"reader'\n{more}")
    };
    let made = settles(&server, "postgresql_privs", &on("grant_option: true")).await;
    assert_eq!(
        made.values["queries"],
        json!([
            "GRANT SELECT ON TABLE \"public\".\"books\" TO \"the \"\"reader\" WITH GRANT OPTION;"
        ])
    );
    assert!(!task(&server, "postgresql_privs", &on("")).await.changed);
    settles(&server, "postgresql_privs", &on("grant_option: false")).await;
    let group = "db: postgres\ntype: group\nobjs: pg_monitor\nroles: 'the \"reader'";
    settles(&server, "postgresql_privs", group).await;
    settles(
        &server,
        "postgresql_privs",
        &format!("{group}\nadmin_option: yes"),
    )
    .await;
    settles(
        &server,
        "postgresql_privs",
        &format!("{group}\nstate: absent"),
    )
    .await;
    let ghost = "db: postgres\nprivs: ALL\nobjs: books\nroles: ghost";
    assert!(
        tried(&server, "postgresql_privs", ghost)
            .await
            .unwrap_err()
            .contains("no role ghost")
    );
    let passed = task(
        &server,
        "postgresql_privs",
        &format!("{ghost}\nfail_on_role: no"),
    )
    .await;
    assert!(
        !passed.changed && passed.values.contains_key("warnings"),
        "{passed:?}"
    );
    let missing = "db: postgres\nprivs: ALL\nobjs: papers\nroles: PUBLIC";
    assert!(
        tried(&server, "postgresql_privs", missing)
            .await
            .unwrap_err()
            .contains("no table papers")
    );
    settles(
        &server,
        "postgresql_privs",
        &missing.replace("papers", "books"),
    )
    .await;
}

#[tokio::test]
async fn owners_of_all_kinds_change() {
    let server = Server::primary();
    task(
        &server,
        "postgresql_user",
        "name: app\nrole_attr_flags: SUPERUSER",
    )
    .await;
    server.sql("CREATE SCHEMA s; CREATE TABLE s.t (id int); CREATE VIEW v AS SELECT 1");
    server.sql("CREATE MATERIALIZED VIEW m AS SELECT 1; CREATE SEQUENCE q; CREATE TYPE mood AS ENUM ('good')");
    server.sql("CREATE DOMAIN d AS int; CREATE FUNCTION add(int, int) RETURNS int LANGUAGE sql AS 'SELECT 1'");
    server.sql("CREATE PROCEDURE run() LANGUAGE sql AS 'SELECT 1'; CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int)");
    server
        .sql("CREATE EXTENSION postgres_fdw; CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw");
    server.sql("CREATE FOREIGN TABLE f (id int) SERVER far; CREATE PUBLICATION p; CREATE COLLATION c FROM \"C\"");
    server.sql("CREATE STATISTICS st ON (id + 1) FROM s.t; CREATE CONVERSION cv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8");
    server.sql("CREATE TEXT SEARCH CONFIGURATION tc (COPY = simple); CREATE TEXT SEARCH DICTIONARY td (TEMPLATE = simple)");
    server.sql("SELECT lo_create(4711)");
    server.sql("CREATE FUNCTION ev() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'");
    server.sql("CREATE EVENT TRIGGER et ON sql_drop EXECUTE FUNCTION ev()");
    task(&server, "postgresql_db", "name: shop").await;
    let all = [
        ("schema", "s"),
        ("table", "s.t"),
        ("view", "v"),
        ("matview", "m"),
        ("sequence", "q"),
        ("type", "mood"),
        ("domain", "d"),
        ("function", "add(int, int)"),
        ("function", "ev"),
        ("procedure", "run"),
        ("aggregate", "total(int)"),
        ("foreign_data_wrapper", "postgres_fdw"),
        ("server", "far"),
        ("foreign_table", "f"),
        ("publication", "p"),
        ("collation", "public.c"),
        ("statistics", "st"),
        ("conversion", "cv"),
        ("text_search_configuration", "tc"),
        ("text_search_dictionary", "public.td"),
        ("large_object", "'4711'"),
        ("event_trigger", "et"),
        ("database", "shop"),
        ("language", "plpgsql"),
        ("tablespace", "pg_default"),
    ];
    for (kind, name) in all {
        let params = format!("obj_type: {kind}\nobj_name: {name}\nnew_owner: app");
        settles(&server, "postgresql_owner", &params).await;
    }
    let gone = tried(
        &server,
        "postgresql_owner",
        "type: table\nobj_name: nowhere\nnew_owner: app",
    )
    .await;
    assert!(gone.unwrap_err().contains("there is no table nowhere"));
    task(
        &server,
        "postgresql_user",
        "name: heir\nrole_attr_flags: SUPERUSER",
    )
    .await;
    let all = task(
        &server,
        "postgresql_owner",
        "reassign_owned_by: [app, ghost]\nnew_owner: heir\nfail_on_role: no",
    )
    .await;
    assert!(
        all.changed && all.values.contains_key("warnings"),
        "{all:?}"
    );
    assert_eq!(
        server.sql("SELECT tableowner FROM pg_tables WHERE tablename = 't'"),
        "heir"
    );
}
