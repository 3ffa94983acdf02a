//! The Vagrantfile as Vagrant itself judges it.

use super::{HERE, inventories, printed};
use std::path::Path;
use std::process::Command;

#[test]
fn vagrant_takes_the_machines_of_every_lab() {
    let mut labs = 0;
    for inventory in inventories() {
        let name = inventory.file_name().unwrap().to_string_lossy();
        if !name.starts_with("lab-") && name != "inventory.ini" {
            continue;
        }
        labs += 1;
        let state = tempfile::tempdir().unwrap();
        let mut vagrant = Command::new("vagrant");
        vagrant
            .args(["validate", "--ignore-provider"])
            .env("VAGRANT_CWD", Path::new(HERE).join("vagrant"))
            .env("VAGRANT_DOTFILE_PATH", state.path())
            .env("VAGRANT_HOME", state.path())
            .env("VAGRANT_CHECKPOINT_DISABLE", "1")
            .env("TRUEUP_INVENTORY", &inventory);
        let said = printed(&mut vagrant);
        assert!(
            said.contains("Vagrantfile validated successfully"),
            "{said}"
        );
    }
    assert!(labs >= 5, "the labs are not where they should be");
}
