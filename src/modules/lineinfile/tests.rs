use super::*;
use crate::modules::trial::{Shell, live, ready, settled};
use serde_json::{Value, json};

fn edited(text: &str, mut args: Value) -> String {
    args["path"] = "/x".into();
    ready::<LineInFile>("/".as_ref(), args)
        .unwrap()
        .edit(text)
        .text
}

#[test]
fn the_line_goes_where_ansible_puts_it() {
    let add = |text: &str, more: Value| {
        let mut args = json!({ "line": "new" });
        args.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        edited(text, args)
    };
    assert_eq!(add("a\nb", json!({})), "a\nb\nnew\n");
    assert_eq!(add("a\nnew\nb\n", json!({})), "a\nnew\nb\n");
    assert_eq!(
        add("a1\na2\nb\n", json!({ "insertafter": "^a" })),
        "a1\na2\nnew\nb\n"
    );
    assert_eq!(
        add(
            "a1\na2\nb\n",
            json!({ "insertafter": "^a", "firstmatch": true })
        ),
        "a1\nnew\na2\nb\n"
    );
    assert_eq!(
        add("a\nb\n", json!({ "insertbefore": "^b$" })),
        "a\nnew\nb\n"
    );
    assert_eq!(add("a\n", json!({ "insertbefore": "BOF" })), "new\na\n");
    assert_eq!(
        add("a\nb\n", json!({ "insertafter": "nowhere" })),
        "a\nb\nnew\n"
    );
    assert_eq!(
        add("x=1\ny\nx=2\n", json!({ "regexp": "^x=" })),
        "x=1\ny\nnew\n"
    );
    assert_eq!(
        add(
            "x=1\nx=2\n",
            json!({ "search_string": "x=", "firstmatch": true })
        ),
        "new\nx=2\n"
    );
}

#[test]
fn groups_are_put_into_the_line_only_where_it_matches() {
    let args = json!({ "regexp": r"^(\s*)port = (\d+)", "line": r"\1port = 5433 # \g<2>", "backrefs": true });
    assert_eq!(
        edited("  port = 5432\n", args.clone()),
        "  port = 5433 # 5432\n"
    );
    assert_eq!(edited("nothing\n", args), "nothing\n");
}

#[test]
fn absent_takes_all_that_match() {
    let args = json!({ "regexp": "^#", "state": "absent" });
    assert_eq!(edited("# a\nb\n# c\n", args), "b\n");
    assert_eq!(
        edited("a\nb\n", json!({ "line": "b", "state": "absent" })),
        "a\n"
    );
}

#[test]
fn the_file_is_edited_once() {
    for shell in Shell::all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/f");
        let args = json!({ "path": path, "line": "a = 'b'", "regexp": "^a", "create": true, "mode": "0600" });
        let first = live::<LineInFile>(&shell, folder.path(), args.clone());
        assert_eq!(first.values["msg"], "line added");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "a = 'b'\n");
        settled::<LineInFile>(&shell, folder.path(), args);
    }
}
