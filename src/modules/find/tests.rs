use super::*;
use crate::modules::trial::{Shell, settled};
use serde_json::json;
use std::fs;

fn names(shell: &Shell, folder: &std::path::Path, mut args: Value) -> Vec<String> {
    args["paths"] = json!([folder]);
    let result = settled::<Find>(shell, folder, args);
    let files = result.values["files"].as_array().unwrap().iter();
    files
        .map(|file| {
            let path = std::path::Path::new(file["path"].as_str().unwrap());
            path.strip_prefix(folder).unwrap().display().to_string()
        })
        .collect()
}

#[test]
fn all_that_is_asked_of_a_file_must_hold() {
    for shell in Shell::all() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        fs::create_dir_all(at.join("d/e")).unwrap();
        for (name, text) in [
            ("b.log", "x\nkey=1\n"),
            ("a.log", "no key"),
            (".h", ""),
            ("d/c.log", ""),
            ("d/e/f", "12345"),
        ] {
            fs::write(at.join(name), text).unwrap();
        }
        std::os::unix::fs::symlink("d", at.join("l")).unwrap();
        let found = |args| names(&shell, at, args);
        assert_eq!(found(json!({})), ["a.log", "b.log"], "{shell:?}");
        assert_eq!(found(json!({ "hidden": true })), [".h", "a.log", "b.log"]);
        assert_eq!(
            found(json!({ "recurse": true })),
            ["a.log", "b.log", "d/c.log", "d/e/f"]
        );
        assert_eq!(
            found(json!({ "recurse": true, "depth": 2 })),
            ["a.log", "b.log", "d/c.log"]
        );
        assert_eq!(
            found(json!({ "recurse": true, "excludes": ["[bc]*"] })),
            ["a.log", "d/e/f"]
        );
        assert_eq!(found(json!({ "patterns": ["a.*", "x"] })), ["a.log"]);
        assert_eq!(
            found(json!({ "patterns": ["^b"], "use_regex": true })),
            ["b.log"]
        );
        assert_eq!(found(json!({ "contains": "key" })), ["b.log"]);
        assert_eq!(
            found(json!({ "contains": "key", "read_whole_file": true })),
            ["a.log", "b.log"]
        );
        assert_eq!(
            found(json!({ "file_type": "directory", "recurse": true })),
            ["d", "d/e"]
        );
        assert_eq!(found(json!({ "file_type": "link" })), ["l"]);
        assert_eq!(
            found(json!({ "file_type": "any", "limit": 2 })),
            ["a.log", "b.log"]
        );
        assert_eq!(
            found(json!({ "recurse": true, "size": "5b" })),
            ["a.log", "b.log", "d/e/f"]
        );
        assert_eq!(
            found(json!({ "recurse": true, "size": "-5" })),
            ["d/c.log", "d/e/f"]
        );
        assert_eq!(found(json!({ "age": "1d" })), [""; 0]);
        assert_eq!(
            found(json!({ "age": "-1d", "patterns": ["a*"] })),
            ["a.log"]
        );
        assert_eq!(
            found(json!({ "follow": true, "recurse": true, "patterns": ["c.log"] })),
            ["d/c.log", "l/c.log"]
        );
    }
}

#[test]
fn what_is_no_folder_is_told_and_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let none = folder.path().join("none");
    let result = settled::<Find>(&Shell::dash(), folder.path(), json!({ "paths": [none] }));
    assert_eq!(result.values["matched"], 0);
    assert!(result.values["skipped_paths"][none.to_str().unwrap()].is_string());
}

#[test]
fn globs_are_python_s() {
    let matches = |text, name| glob(text).unwrap().is_match(name);
    assert!(matches("*.[ch]", "a.c") && !matches("*.[!ch]", "a.c"));
    assert!(matches("[]x]", "]") && matches("a[", "a[") && matches("[^a]", "^"));
    assert!(!matches("a", "ab") && matches("?b", "äb"));
}
