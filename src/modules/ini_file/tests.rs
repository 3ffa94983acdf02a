use super::*;
use crate::modules::trial::{Shell, live, settled};
use serde_json::json;
use std::fs;

fn edit(text: &str, args: serde_json::Value) -> (String, &'static str) {
    let mut args = args;
    args["path"] = json!("/x");
    let params: Params = serde_json::from_value(args).unwrap();
    Edit::of(&params).done(text)
}

#[test]
fn options_are_changed_added_and_taken_away_in_their_section() {
    let text = "top = 0\n[a]\n# x = 9\ny=1\n\n[b]\ny = 2\n";
    let of = |args| edit(text, args);
    assert_eq!(
        of(json!({ "section": "a", "option": "y", "value": "3" })),
        (
            "top = 0\n[a]\n# x = 9\ny = 3\n\n[b]\ny = 2\n".into(),
            "option changed"
        )
    );
    assert_eq!(
        of(json!({ "section": "b", "option": "y", "value": "2" })),
        (text.into(), "OK")
    );
    assert_eq!(
        of(json!({ "section": "a", "option": "z", "value": "4", "no_extra_spaces": true })).0,
        "top = 0\n[a]\n# x = 9\ny=1\nz=4\n\n[b]\ny = 2\n"
    );
    assert_eq!(
        of(json!({ "section": "a", "option": "x", "value": "5" })).0,
        "top = 0\n[a]\nx = 5\ny=1\n\n[b]\ny = 2\n"
    );
    assert_eq!(
        of(json!({ "section": "a", "option": "y", "value": "1", "ignore_spaces": true })),
        (text.into(), "OK")
    );
    assert_eq!(
        of(json!({ "option": "first", "value": "1" })).0,
        "top = 0\nfirst = 1\n[a]\n# x = 9\ny=1\n\n[b]\ny = 2\n"
    );
    assert_eq!(
        of(json!({ "section": "a", "state": "absent" })),
        ("top = 0\n[b]\ny = 2\n".into(), "section removed")
    );
    assert_eq!(
        of(json!({ "section": "a", "option": "y", "state": "absent" })),
        (
            "top = 0\n[a]\n# x = 9\n\n[b]\ny = 2\n".into(),
            "option changed"
        )
    );
    assert_eq!(
        of(json!({ "section": "c", "option": "y", "value": "1" })),
        (format!("{text}[c]\ny = 1\n"), "section and option added")
    );
    assert_eq!(
        of(json!({ "section": "c", "state": "absent" })),
        (text.into(), "OK")
    );
}

#[test]
fn several_values_stand_in_several_lines() {
    let text = "[a]\nx = 1\nx = 2\nx = 3\n";
    let of = |args| edit(text, args);
    let values = |values: &[&str]| json!({ "section": "a", "option": "x", "values": values });
    assert_eq!(of(values(&["3", "4"])).0, "[a]\nx = 4\nx = 3\n");
    let mut more = values(&["3", "4"]);
    more["exclusive"] = json!(false);
    assert_eq!(of(more.clone()).0, format!("{text}x = 4\n"));
    more["state"] = json!("absent");
    assert_eq!(of(more).0, "[a]\nx = 1\nx = 2\n");
}

#[test]
fn an_option_may_have_no_value() {
    let of = |text, args| edit(text, args);
    let args = json!({ "section": "a", "option": "skip", "allow_no_value": true });
    assert_eq!(
        of("[a]\n", args.clone()),
        ("[a]\nskip\n".into(), "option added")
    );
    assert_eq!(
        of("[a]\nskip\n", args.clone()),
        ("[a]\nskip\n".into(), "OK")
    );
    assert_eq!(of("", args).0, "\n[a]\nskip\n");
}

#[test]
fn one_of_several_sections_is_known_by_what_it_holds() {
    let text = "[p]\nip = 1\nkey = a\n[p]\nip = 2\nkey = b\n";
    let args = |ip: &str| {
        json!({ "section": "p", "section_has_values": [{ "option": "ip", "value": ip }],
                "option": "key", "value": "c" })
    };
    assert_eq!(
        edit(text, args("2")).0,
        "[p]\nip = 1\nkey = a\n[p]\nip = 2\nkey = c\n"
    );
    assert_eq!(
        edit(text, args("3")).0,
        format!("{text}[p]\nip = 3\nkey = c\n")
    );
}

#[test]
fn a_file_and_its_folder_are_made_and_then_stay() {
    for shell in Shell::all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/x.ini");
        let args =
            json!({ "path": path, "section": "s", "option": "o", "value": "v", "mode": "0600" });
        assert!(live::<IniFile>(&shell, folder.path(), args.clone()).changed);
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            "\n[s]\no = v\n",
            "{shell:?}"
        );
        assert_eq!(
            settled::<IniFile>(&shell, folder.path(), args).values["msg"],
            "OK"
        );
    }
}
