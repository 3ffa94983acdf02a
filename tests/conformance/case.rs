//! One case: a folder with a playbook and what ansible-core made of it.

use crate::command::{self, Ended};
use crate::host::{CASE, Host};
use crate::record::{self, Record};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How long one playbook may take, in seconds.
const LIMIT: u64 = 300;

/// A folder of `cases`.
pub struct Case {
    /// Its name.
    pub name: String,
    folder: PathBuf,
}

/// All of them, in the order of their names.
pub fn all() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/cases");
    let mut cases: Vec<Case> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("site.yml").exists())
        .map(|folder| Case {
            name: folder.file_name().unwrap().to_str().unwrap().to_owned(),
            folder,
        })
        .collect();
    cases.sort_by(|one, other| one.name.cmp(&other.name));
    cases
}

impl Case {
    /// Whether it says that what trueup does is not what ansible-core does, and why.
    pub fn differs(&self) -> bool {
        self.folder.join("differs").exists()
    }

    fn record_file(&self) -> PathBuf {
        self.folder.join("record.json")
    }

    /// Writes down what ansible-core does.
    pub fn record(&self, host: &Host, venv: &Path) -> Result<(), String> {
        let mut ansible = Command::new(venv.join("bin/ansible-playbook"));
        let callback = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/truth/callback");
        let ssh = format!(
            "-F {}/ssh_config -o ControlMaster=auto -o ControlPersist=60s",
            host.lab_folder().display()
        );
        ansible
            .envs([
                ("ANSIBLE_NOCOLOR", "1"),
                ("ANSIBLE_STDOUT_CALLBACK", "events"),
                ("ANSIBLE_REMOTE_USER", "lab"),
                ("ANSIBLE_PIPELINING", "1"),
                ("ANSIBLE_LOCALHOST_WARNING", "false"),
                ("ANSIBLE_SSH_ARGS", &ssh),
            ])
            .env("ANSIBLE_CALLBACK_PLUGINS", callback)
            .arg("-i")
            .arg(host.inventory());
        let made = self.run(host, ansible)?;
        fs::write(self.record_file(), made.text()).unwrap();
        println!("conformance {} ... recorded", self.name);
        Ok(())
    }

    /// Holds what trueup does against the record.
    pub fn compare(&self, host: &Host) -> Result<(), String> {
        let wanted = fs::read_to_string(self.record_file())
            .map_err(|_| "it has no record: `make conformance` makes it".to_owned())?;
        let trueup = host.trueup(&["apply", "--output", "json"]);
        let made = self.run(host, trueup)?;
        match (made.text() == wanted, self.differs()) {
            (true, false) | (false, true) => {
                println!("conformance {} ... ok", self.name);
                Ok(())
            }
            (true, true) => Err("it does not differ any more: remove its file `differs`".into()),
            (false, false) => Err(format!(
                "{}{}",
                record::difference(&wanted, &made.text()),
                made.said
            )),
        }
    }

    /// Runs the playbook on a clean host.
    fn run(&self, host: &Host, mut command: Command) -> Result<Record, String> {
        let local = host.scratch();
        let lab = host.lab_folder();
        command
            .arg("-e")
            .arg(format!("trueup_lab={}", lab.display()))
            .arg("-e")
            .arg(format!("local={} case={CASE}", local.display()));
        let own = self.folder.join("hosts.yml");
        if own.exists() {
            command.arg("-i").arg(own);
        }
        if let Ok(options) = fs::read_to_string(self.folder.join("options")) {
            command.args(options.split_whitespace());
        }
        command.arg("site.yml").current_dir(&self.folder);
        let ended: Ended = command::run(command, LIMIT);
        let state = host.state();
        host.clean(&state);
        Record::of(&ended, &state, &local)
    }
}
