//! What stands where a file is to be put, from the playbook to the disk.

#![allow(clippy::expect_used)] // A test may panic: that is how it fails.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

#[test]
fn a_link_is_replaced_or_written_through_as_the_task_says() {
    for module in ["copy", "template"] {
        for (follow, stays) in [("false", false), ("true", true)] {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path();
            fs::write(path.join("hosts"), "here ansible_connection=local\n").expect("hosts");
            fs::write(path.join("new"), "new\n").expect("a source");
            fs::write(path.join("real"), "old\n").expect("a file");
            symlink("real", path.join("link")).expect("a link");
            let playbook = format!(
                "- hosts: here\n  gather_facts: false\n  tasks:\n    - {module}: {{src: new, dest: '{}/link', follow: {follow}}}\n",
                path.display()
            );
            fs::write(path.join("site.yml"), playbook).expect("a playbook");
            let output = Command::new(env!("CARGO_BIN_EXE_trueup"))
                .args(["apply", "site.yml", "-i", "hosts"])
                .current_dir(path)
                .output()
                .expect("trueup");
            let told = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{module} {follow}: {told}");
            assert_eq!(path.join("link").is_symlink(), stays, "{module} {follow}");
            let read = |name| fs::read_to_string(path.join(name)).expect("a file");
            assert_eq!(read("link"), "new\n", "{module} {follow}");
            let real = if stays { "new\n" } else { "old\n" };
            assert_eq!(read("real"), real, "{module} {follow}");
        }
    }
}
