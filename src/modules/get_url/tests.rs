use super::*;
use crate::modules::trial::{Shell, live, settled};
use serde_json::json;
use std::fs;

#[test]
fn names_and_digests_are_read_as_they_come() {
    assert_eq!(name_in("https://a/b/c.tar.gz?x=/y"), "c.tar.gz");
    assert_eq!(name_in("https://a/b/"), "index.html");
    assert_eq!(listed("ABC\n", "x"), Some("ABC"));
    assert_eq!(listed("a  x.gz\nb *./y.gz\n", "y.gz"), Some("b"));
    assert_eq!(listed("a  x.gz\n", "y.gz"), None);
    let given = |value: &str| {
        let headers = vec![("content-disposition".to_owned(), value.to_owned())];
        name_given(&Response {
            headers,
            ..Response::default()
        })
        .map(str::to_owned)
    };
    assert_eq!(given("attachment; filename=\"../x y\""), Some("x y".into()));
    assert_eq!(given("attachment; filename=.."), None);
    assert!(Checksum::read("sha256:x y").is_err() && Checksum::read("crc:ab").is_err());
    assert_eq!(Checksum::read("sha1: AB\u{200b}cd").unwrap().of, "abcd");
}

#[test]
fn a_file_comes_once() {
    for shell in Shell::all() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::write(&from, "x\n").unwrap();
        let mut args =
            json!({ "url": format!("file://{}", from.display()), "dest": to, "mode": "0600" });
        let result = live::<GetUrl>(&shell, folder.path(), args.clone());
        assert_eq!(
            (result.changed, &result.values["status_code"]),
            (true, &json!(200))
        );
        assert_eq!(fs::read_to_string(&to).unwrap(), "x\n", "{shell:?}");
        settled::<GetUrl>(&shell, folder.path(), args.clone());
        args["checksum"] = json!("md5:401b30e3b8b5d629635a5c613cdb7919");
        fs::remove_file(&from).unwrap();
        settled::<GetUrl>(&shell, folder.path(), args.clone());
        args["checksum"] = json!(null);
        let result = live::<GetUrl>(&shell, folder.path(), args);
        assert_eq!(result.failed.as_deref(), Some("Request failed"));
    }
}
