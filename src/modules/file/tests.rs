use super::*;
use crate::modules::trial::{Shell, live, me, planned, ready, settled};
use serde_json::json;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_folder_is_made_with_those_above_it() {
    for shell in Shell::all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b c/d");
        let args = json!({ "path": path, "state": "directory", "mode": "0750", "owner": me(), "group": rustix::process::getegid().as_raw().to_string() });
        assert!(live::<File>(&shell, folder.path(), args.clone()).changed);
        assert_eq!(
            (mode(&path), mode(&folder.path().join("a"))),
            (0o750, 0o750)
        );
        settled::<File>(&shell, folder.path(), args);
    }
}

#[test]
fn recurse_mends_all_that_is_inside() {
    for shell in Shell::all() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
        std::fs::write(folder.path().join("a/b/c"), "").unwrap();
        let args = json!({ "path": folder.path().join("a"), "recurse": true, "mode": "u=rwX,go=" });
        assert!(live::<File>(&shell, folder.path(), args.clone()).changed);
        assert_eq!(
            (
                mode(&folder.path().join("a/b")),
                mode(&folder.path().join("a/b/c"))
            ),
            (0o700, 0o600)
        );
        settled::<File>(&shell, folder.path(), args);
    }
}

#[test]
fn recurse_follows_no_link_and_takes_every_name() {
    for shell in Shell::all() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        std::fs::write(&out, "").unwrap();
        std::fs::set_permissions(&out, std::fs::Permissions::from_mode(0o600)).unwrap();
        let tree = folder.path().join("a");
        std::fs::create_dir(&tree).unwrap();
        // Others may write there, so that names are not believed.
        std::fs::set_permissions(&tree, std::fs::Permissions::from_mode(0o777)).unwrap();
        let name = tree.join("x\n81a4 0 0 root root 0 1 2 3 4 5 1 y");
        std::fs::write(&name, "").unwrap();
        std::fs::write(tree.join("-x"), "").unwrap();
        std::os::unix::fs::symlink("../out", tree.join("l")).unwrap();
        let args = json!({ "path": tree, "recurse": true, "mode": "u=rwX,g=rwX,o=rX" });
        assert!(live::<File>(&shell, folder.path(), args.clone()).changed);
        assert_eq!((mode(&name), mode(&tree.join("-x"))), (0o664, 0o664));
        assert_eq!(mode(&out), 0o600);
        settled::<File>(&shell, folder.path(), args);
    }
}

#[test]
fn what_is_no_longer_what_was_looked_at_stays() {
    for shell in Shell::all() {
        for others in [0o755, 0o777] {
            let folder = tempfile::tempdir().unwrap();
            std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(others))
                .unwrap();
            let path = folder.path().join("x");
            std::fs::write(&path, "").unwrap();
            let look = shell.look();
            for args in [
                json!({ "path": path, "mode": "0666" }),
                json!({ "path": path, "state": "absent" }),
                json!({ "path": path, "state": "touch", "mode": "0666" }),
            ] {
                let ready = ready::<File>(folder.path(), args).unwrap();
                let state = futures::executor::block_on(File::probe(&ready, &look)).unwrap();
                let plan = File::plan(&ready, &state).unwrap();
                // The old file stays there, lest the new one get its inode.
                let _ = std::fs::remove_file(folder.path().join("old"));
                std::fs::rename(&path, folder.path().join("old")).unwrap();
                std::fs::write(&path, "").unwrap();
                std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
                let ran = shell.steps(&plan);
                let said = ran[0].output.err();
                assert!(
                    said.contains("no longer what was looked at"),
                    "{shell:?}: {said}"
                );
                assert_eq!(mode(&path), 0o600, "{shell:?}");
                let left = std::fs::read_dir(folder.path()).unwrap().count();
                assert_eq!(left, 2, "{shell:?} leaves something behind");
            }
        }
    }
}

#[test]
fn links_are_made_moved_and_left() {
    for shell in Shell::all() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        for target in ["one", "two"] {
            std::fs::create_dir(folder.path().join(target)).unwrap();
            let args = json!({ "path": link, "src": target, "state": "link", "owner": me() });
            assert!(live::<File>(&shell, folder.path(), args.clone()).changed);
            assert_eq!(std::fs::read_link(&link).unwrap(), Path::new(target));
            settled::<File>(&shell, folder.path(), args);
        }
        let args = json!({ "path": link, "src": "nowhere", "state": "link", "force": true, "mode": "0600" });
        assert!(live::<File>(&shell, folder.path(), args.clone()).changed);
        settled::<File>(&shell, folder.path(), args);
    }
}

#[test]
fn a_hard_link_is_known_by_its_inode() {
    for shell in Shell::all() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("one"), "").unwrap();
        let args = json!({ "path": folder.path().join("two"), "src": "one", "state": "hard" });
        assert!(live::<File>(&shell, folder.path(), args.clone()).changed);
        settled::<File>(&shell, folder.path(), args);
    }
}

#[test]
fn absent_takes_folders_and_links_away_and_not_what_they_lead_to() {
    for shell in Shell::all() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
        std::os::unix::fs::symlink("a", folder.path().join("l")).unwrap();
        let args = json!({ "path": folder.path().join("l"), "state": "absent" });
        assert!(live::<File>(&shell, folder.path(), args).changed);
        assert!(folder.path().join("a/b").exists());
        let args = json!({ "path": folder.path().join("a"), "state": "absent" });
        assert!(live::<File>(&shell, folder.path(), args.clone()).changed);
        settled::<File>(&shell, folder.path(), args);
    }
}

#[test]
fn touch_acts_and_preserve_spares_what_is_there() {
    for shell in Shell::all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t");
        let args = json!({ "path": path, "state": "touch", "mode": "0600" });
        for _ in 0..2 {
            assert!(live::<File>(&shell, folder.path(), args.clone()).changed);
        }
        assert_eq!(mode(&path), 0o600);
        let args = json!({
            "path": path, "state": "touch", "modification_time": "preserve", "access_time": "preserve",
        });
        settled::<File>(&shell, folder.path(), args);
    }
}

#[test]
fn a_path_that_is_not_there_is_an_error_that_says_what_to_do() {
    let error =
        planned::<File>(json!({ "path": "/x", "mode": "0600" }), &[("p=/x", "")]).unwrap_err();
    assert!(error.contains("state: touch"), "{error}");
}
