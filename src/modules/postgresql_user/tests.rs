use super::*;
use crate::modules::trial;
use crate::step::Action;
use serde_json::json;

fn ready(value: Value) -> Ready {
    Ready {
        salt: *b"0123456789abcdef",
        ..trial::ready::<PostgresqlUser>("/".as_ref(), value).unwrap()
    }
}

/// What the diff shows, and what the server is sent.
fn diff_and_sql(ready: &Ready, state: Option<&Role>) -> String {
    let plan = PostgresqlUser::plan(ready, &state.cloned()).unwrap();
    let mut text = format!("{:#?}\n", plan.changes());
    for step in plan.steps() {
        let Action::Run(script) = &step.action else {
            panic!("a script")
        };
        text.push_str(&String::from_utf8_lossy(&script.stdin));
    }
    text
}

fn role(password: &str) -> Role {
    Role {
        superuser: false,
        createrole: false,
        createdb: true,
        inherit: true,
        login: true,
        replication: false,
        bypassrls: false,
        conn_limit: -1,
        expires: None,
        expires_same: true,
        comment: None,
        groups: vec!["pg_monitor".into()],
        password: Some(Secret::new(password)),
    }
}

#[test]
fn a_new_role_is_made_with_a_verifier_and_shown_without() {
    let ready = ready(json!({"name": "app", "password": "plain", "role_attr_flags": "CREATEDB"}));
    let text = diff_and_sql(&ready, None);
    assert!(!text.contains("plain"));
    let (diff, sql) = text.split_at(text.find("BEGIN").unwrap());
    assert!(!diff.contains("SCRAM"));
    insta::assert_snapshot!(sql, @r#"
    BEGIN;
    CREATE ROLE "app" LOGIN CREATEDB PASSWORD 'SCRAM-SHA-256$4096:MDEyMzQ1Njc4OWFiY2RlZg==$gAEre2FeqP0nOArYQFX1n2dGFrn5rmgVxiqrMSVOMMU=:IIFEygm/JcRkdGOVtexrpbTVuZp4+NLNOQkLpfl/dNo=';
    COMMIT;
    "#);
    let result = PostgresqlUser::result(Course {
        ready: &ready,
        before: &None,
        after: None,
        plan: &Plan::nothing(),
        ran: &[],
    });
    assert_eq!(
        result.values["queries"],
        json!(["CREATE ROLE \"app\" LOGIN CREATEDB PASSWORD '***'"])
    );
}

#[test]
fn a_role_that_is_as_declared_stays() {
    let ready = ready(json!({
        "name": "app", "password": "plain", "role_attr_flags": "CREATEDB,NOSUPERUSER",
        "groups": ["pg_monitor"],
    }));
    let is = Some(role(&scram::verifier("plain", b"another salt")));
    assert!(!PostgresqlUser::plan(&ready, &is).unwrap().is_change());
}

#[test]
fn what_differs_is_altered_and_nothing_else() {
    let ready = ready(json!({
        "name": "app", "password": "plain", "role_attr_flags": "NOCREATEDB,LOGIN",
        "groups": ["pg_monitor", "readers"], "conn_limit": 5, "comment": "",
    }));
    insta::assert_snapshot!(diff_and_sql(&ready, Some(&role("md5old"))), @r#"
    [
        Change {
            sign: Modify,
            what: "role app",
            detail: Attribute {
                name: "createdb",
                from: Some(
                    "true",
                ),
                to: Some(
                    "false",
                ),
            },
        },
        Change {
            sign: Modify,
            what: "role app",
            detail: Attribute {
                name: "conn_limit",
                from: Some(
                    "-1",
                ),
                to: Some(
                    "5",
                ),
            },
        },
        Change {
            sign: Modify,
            what: "role app",
            detail: Attribute {
                name: "password",
                from: Some(
                    "***",
                ),
                to: Some(
                    "***",
                ),
            },
        },
        Change {
            sign: Add,
            what: "membership of role app in readers",
            detail: None,
        },
    ]
    BEGIN;
    ALTER ROLE "app" NOCREATEDB CONNECTION LIMIT 5;
    ALTER ROLE "app" PASSWORD 'SCRAM-SHA-256$4096:MDEyMzQ1Njc4OWFiY2RlZg==$gAEre2FeqP0nOArYQFX1n2dGFrn5rmgVxiqrMSVOMMU=:IIFEygm/JcRkdGOVtexrpbTVuZp4+NLNOQkLpfl/dNo=';
    GRANT "readers" TO "app";
    COMMIT;
    "#);
}

#[test]
fn a_role_that_may_stay_is_dropped_by_an_act_whatever_its_name() {
    let ready = ready(json!({"name": "o'$do$", "state": "absent", "fail_on_user": false}));
    let text = diff_and_sql(&ready, Some(&role("x")));
    insta::assert_snapshot!(&text[text.find("DO ").unwrap()..], @r#"
    DO 'BEGIN EXECUTE ''DROP ROLE "o''''$do$"''; EXCEPTION WHEN dependent_objects_still_exist THEN RAISE WARNING ''not dropped: %'', SQLERRM; END';
    "#);
}
