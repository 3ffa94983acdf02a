//! A lab host that is as good as new before every case.

use crate::command::run;
use crate::lab::Lab;
use crate::state::State;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the host in which cases do what they do; what else they change has the host made anew.
pub const CASE: &str = "/srv/case";

/// Labs that may be up at once on this machine: each is a network of its own.
const LABS: [&str; 12] = [
    "conformance-1",
    "conformance-2",
    "conformance-3",
    "conformance-4",
    "conformance-5",
    "conformance-6",
    "conformance-7",
    "conformance-8",
    "conformance-9",
    "conformance-10",
    "conformance-11",
    "conformance-12",
];

/// What ansible-core needs of a host.
const PYTHON: &str = "sudo apt-get -qq update && \
     sudo DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends python3 python3-apt";

/// A host, and the lab that it stands in alone.
pub struct Host {
    lab: Lab,
    /// No other run on this machine takes this lab.
    _turn: File,
}

/// The folder of the pinned ansible-core.
pub fn ansible() -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("dev/ansible");
    let ended = run(Command::new(script), 600).with_code(0);
    ended.stdout.trim().into()
}

impl Host {
    /// Boots one, with Python where that is wanted.
    pub fn boot(python: bool) -> Self {
        let (number, turn) = turn();
        let hosts = format!(
            "all: {{hosts: {{host: {{ansible_host: 10.77.{}.11}}}}}}\n",
            201 + number
        );
        let vars = "ansible_become: true\n";
        let lab = Lab::new(LABS[number], "debian-13", &hosts, vars);
        lab.begin(false);
        lab.up();
        if python {
            lab.ask("host", PYTHON);
        }
        lab.ask("host", &format!("sudo mkdir -p {CASE}"));
        let host = Self { lab, _turn: turn };
        host.keep();
        host
    }

    /// The folder that the lab is made in.
    pub fn lab_folder(&self) -> PathBuf {
        Path::new("/var/lib/trueup/labs").join(self.lab.name)
    }

    fn folder(&self) -> PathBuf {
        self.lab_folder().join("hosts/host")
    }

    /// The folder of the inventory.
    pub fn inventory(&self) -> &Path {
        &self.lab.inventory
    }

    /// The command `trueup WORDS` with that inventory.
    pub fn trueup(&self, words: &[&str]) -> Command {
        self.lab.command(words)
    }

    /// An empty folder on this machine, for what a case has on the controller.
    pub fn scratch(&self) -> PathBuf {
        let local = self.lab.folder.join("local");
        let _not_there = fs::remove_dir_all(&local);
        fs::create_dir_all(&local).unwrap();
        local
    }

    /// Keeps what the host is like now.
    fn keep(&self) {
        self.lab.lab(&["poweroff", "host"]);
        let folder = self.folder();
        copy(&folder.join("upper"), &folder.join("clean"));
        self.lab.lab(&["poweron", "host"]);
    }

    /// What is other than it was kept.
    pub fn state(&self) -> State {
        let folder = self.folder();
        let image = fs::read_to_string(folder.join("image")).unwrap();
        State::of(
            &folder.join("root"),
            &folder.join("upper"),
            &[folder.join("clean"), image.into()],
        )
    }

    /// Makes the host again what was kept.
    pub fn clean(&self, state: &State) {
        let folder = self.folder();
        if !state.beyond {
            let emptied = format!(
                "sudo find {CASE} -mindepth 1 -delete; sudo chmod 755 {CASE}; sudo chown 0:0 {CASE}"
            );
            let ended = self.lab.ssh("host", &emptied);
            if ended.code == Some(0) {
                return;
            }
        }
        self.lab.lab(&["poweroff", "host"]);
        for name in ["upper", "work"] {
            fs::remove_dir_all(folder.join(name)).unwrap();
        }
        copy(&folder.join("clean"), &folder.join("upper"));
        self.lab.lab(&["poweron", "host"]);
    }
}

fn copy(from: &Path, to: &Path) {
    let mut copy = Command::new("cp");
    copy.arg("-a").arg(from).arg(to);
    run(copy, 120).with_code(0);
}

/// The number of a lab that no other run on this machine has.
fn turn() -> (usize, File) {
    for (number, name) in LABS.iter().enumerate() {
        let path = std::env::temp_dir().join(format!("trueup-{name}.lock"));
        let file = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .unwrap();
        if file.try_lock().is_ok() {
            return (number, file);
        }
    }
    panic!("{} runs of this kind are on this machine", LABS.len());
}
