use super::*;
use crate::facts::pg_privileges::{Granted, Holder};
use serde_json::json;

fn ready(mut params: serde_json::Value) -> Result<Ready, String> {
    params["login_db"] = "shop".into();
    let params: Params = serde_json::from_value(params).map_err(|error| error.to_string())?;
    Ready::read(params).map_err(|error| error.to_string())
}

fn granted(to: &str, privilege: &str, grantable: bool) -> Granted {
    Granted {
        to: to.into(),
        privilege: privilege.into(),
        grantable,
    }
}

fn books(held: Vec<Granted>) -> Held {
    Held {
        me: "postgres".into(),
        session: "postgres".into(),
        roles: vec!["reader".into()],
        all: vec!["SELECT".into(), "INSERT".into()],
        schema: true,
        objects: vec![Holder {
            name: "books".into(),
            owner: "postgres".into(),
            held,
        }],
    }
}

fn told(params: serde_json::Value, held: &Held) -> String {
    let ready = ready(params).unwrap();
    let work = ready.work(held);
    let changes = work
        .changes
        .iter()
        .map(|change| format!("{:?} {}", change.sign, change.what));
    changes
        .chain(work.statements)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn what_is_held_already_is_left_alone() {
    let held = books(vec![granted("reader", "SELECT", false)]);
    let select = |more: serde_json::Value| {
        let mut params = json!({"privs": "SELECT", "objs": "books", "roles": "reader"});
        params
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        told(params, &held)
    };
    assert_eq!(select(json!({})), "");
    insta::assert_snapshot!(select(json!({"grant_option": true})), @r#"
    Modify grant to reader on table public.books
    GRANT SELECT ON TABLE "public"."books" TO "reader" WITH GRANT OPTION
    "#);
    insta::assert_snapshot!(select(json!({"state": "absent"})), @r#"
    Remove grant to reader on table public.books
    REVOKE SELECT ON TABLE "public"."books" FROM "reader"
    "#);
    insta::assert_snapshot!(select(json!({"privs": "ALL", "roles": "reader,public"})), @r#"
    Modify grant to reader on table public.books
    Add grant to PUBLIC on table public.books
    GRANT ALL ON TABLE "public"."books" TO "reader",PUBLIC
    "#);
    let may = books(vec![granted("reader", "SELECT", true)]);
    let params =
        json!({"privs": "SELECT", "objs": "books", "roles": "reader", "grant_option": false});
    insta::assert_snapshot!(told(params, &may), @r#"
    Modify grant to reader on table public.books
    GRANT SELECT ON TABLE "public"."books" TO "reader"
    REVOKE GRANT OPTION FOR SELECT ON TABLE "public"."books" FROM "reader"
    "#);
}

#[test]
fn default_privileges_are_set_to_what_is_said() {
    let mut held = books(vec![granted("reader", "INSERT", false)]);
    held.objects[0].name = "TABLES".into();
    let params =
        json!({"type": "default_privs", "privs": "select", "objs": "tables", "roles": "reader"});
    insta::assert_snapshot!(told(params, &held), @r#"
    Modify grant to reader on future TABLES in public
    ALTER DEFAULT PRIVILEGES IN SCHEMA "public" REVOKE ALL ON TABLES FROM "reader"
    ALTER DEFAULT PRIVILEGES IN SCHEMA "public" GRANT SELECT ON TABLES TO "reader"
    "#);
}

#[test]
fn what_can_t_be_is_refused() {
    for (params, why) in [
        (
            json!({"privs": "SELEKT", "objs": "a", "roles": "r"}),
            "did you mean `SELECT`",
        ),
        (
            json!({"privs": "ALL", "type": "function", "objs": "add", "roles": "r"}),
            "`add` does not say the types of its arguments",
        ),
        (
            json!({"privs": "ALL", "type": "function", "objs": "add(int) to x;--)", "roles": "r"}),
            "does not say the types of its arguments",
        ),
        (
            json!({"privs": "EXECUTE", "type": "default_privs", "objs": "TABLES", "roles": "r"}),
            "no default privilege EXECUTE on TABLES",
        ),
        (
            json!({"privs": "ALL", "type": "schema", "objs": "a", "schema": "b", "roles": "r"}),
            "a schema is in no schema",
        ),
        (
            json!({"type": "group", "privs": "ALL", "objs": "a", "roles": "r"}),
            "`privs` says nothing of a group",
        ),
    ] {
        let told = ready(params).err().unwrap();
        assert!(told.contains(why), "{told}");
    }
    for (params, why) in [
        (
            json!({"privs": "ALL", "objs": "books", "roles": "ghost"}),
            "there is no role ghost",
        ),
        (
            json!({"privs": "ALL", "objs": "papers", "roles": "reader"}),
            "there is no table papers in the schema public in the database shop",
        ),
    ] {
        let told = ready(params).unwrap().refused(&books(vec![])).unwrap_err();
        assert!(told.contains(why), "{told}");
    }
}
