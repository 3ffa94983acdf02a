use super::*;
use crate::modules::trial::{Shell, live, planned, settled};
use serde_json::json;
use std::os::unix::fs::PermissionsExt;

fn mode(path: &std::path::Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn content_is_put_once() {
    for shell in Shell::all() {
        let folder = tempfile::tempdir().unwrap();
        let dest = folder.path().join("it's here");
        let args = json!({ "content": "a\nb\n", "dest": dest, "mode": "0640" });
        let first = live::<Copy>(&shell, folder.path(), args.clone());
        assert_eq!((first.changed, mode(&dest)), (true, 0o640));
        assert_eq!(
            first.values["checksum"],
            "05dec960e24d918b8a73a1c53bcbbaac2ee5c2e0"
        );
        settled::<Copy>(&shell, folder.path(), args);
    }
}

#[test]
fn only_the_mode_is_mended_when_only_it_differs() {
    for shell in Shell::all() {
        let folder = tempfile::tempdir().unwrap();
        let dest = folder.path().join("x");
        std::fs::write(&dest, "same").unwrap();
        let args = json!({ "content": "same", "dest": dest, "mode": "u=rw,go=" });
        assert!(live::<Copy>(&shell, folder.path(), args).changed);
        assert_eq!(mode(&dest), 0o600);
    }
}

#[test]
fn a_folder_goes_with_all_that_is_in_it() {
    for shell in Shell::all() {
        let folder = tempfile::tempdir().unwrap();
        let from = folder.path().join("from/deep/er");
        std::fs::create_dir_all(&from).unwrap();
        std::fs::write(from.join("b"), "b").unwrap();
        std::fs::write(folder.path().join("from/a"), [0, 159, 146]).unwrap();
        let to = folder.path().join("to");
        let args = json!({ "src": "from", "dest": to, "directory_mode": "0750" });
        assert!(live::<Copy>(&shell, folder.path(), args.clone()).changed);
        assert_eq!(std::fs::read(to.join("from/a")).unwrap(), [0, 159, 146]);
        assert_eq!(mode(&to.join("from/deep/er")), 0o750);
        settled::<Copy>(&shell, folder.path(), args);
        let to = folder.path().join("new/to");
        let args = json!({ "src": "from/", "dest": to, "directory_mode": "0750" });
        assert!(live::<Copy>(&shell, folder.path(), args.clone()).changed);
        assert!(to.join("a").exists() && to.join("deep/er/b").exists());
        assert_eq!(mode(&to), 0o750);
        settled::<Copy>(&shell, folder.path(), args);
    }
}

#[test]
fn a_file_goes_into_a_folder_under_its_own_name() {
    for shell in Shell::all() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.conf"), "a").unwrap();
        std::fs::create_dir(folder.path().join("d")).unwrap();
        std::os::unix::fs::symlink("d", folder.path().join("l")).unwrap();
        for dest in ["d", "d/", "l", "new/deep/"] {
            let args =
                json!({ "src": "a.conf", "dest": format!("{}/{dest}", folder.path().display()) });
            live::<Copy>(&shell, folder.path(), args.clone());
            settled::<Copy>(&shell, folder.path(), args);
        }
        assert!(folder.path().join("d/a.conf").exists());
        assert!(folder.path().join("new/deep/a.conf").exists());
    }
}

#[test]
fn a_file_of_the_host_is_copied_there() {
    for shell in Shell::all() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("from"), "x\n").unwrap();
        let args = json!({
            "src": folder.path().join("from"), "dest": folder.path().join("to"), "remote_src": true, "mode": "0600",
        });
        assert!(live::<Copy>(&shell, folder.path(), args.clone()).changed);
        assert_eq!(mode(&folder.path().join("to")), 0o600);
        settled::<Copy>(&shell, folder.path(), args);
    }
}

#[test]
fn without_force_what_is_there_stays() {
    let folder = tempfile::tempdir().unwrap();
    let dest = folder.path().join("x");
    std::fs::write(&dest, "mine").unwrap();
    let args = json!({ "content": "yours", "dest": dest, "force": false });
    settled::<Copy>(&Shell::dash(), folder.path(), args);
    assert_eq!(std::fs::read_to_string(&dest).unwrap(), "mine");
}

#[test]
fn a_link_is_replaced_or_written_through() {
    for (follow, stays) in [(false, false), (true, true)] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("real"), "old").unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("real", &link).unwrap();
        let args = json!({ "content": "new", "dest": link, "follow": follow });
        assert!(live::<Copy>(&Shell::dash(), folder.path(), args).changed);
        assert_eq!(link.symlink_metadata().unwrap().is_symlink(), stays);
        assert_eq!(std::fs::read_to_string(&link).unwrap(), "new");
    }
}

#[test]
fn a_context_is_refused_only_where_there_are_contexts() {
    let args = json!({ "content": "x", "dest": "/x", "setype": "etc_t" });
    let there = "81a4 0 0 root root 0 1 2 3 77 5 1\n";
    let told = |selinux: &str| {
        let answers = [("/sys/fs/selinux", selinux), ("p=/x", ""), ("/x", "")];
        planned::<Copy>(args.clone(), &answers)
    };
    assert!(told("").unwrap().is_change());
    assert!(told(there).unwrap_err().contains("SELinux"));
}
