//! A lab of the tests' own, described by an inventory that is written for it.

use crate::command::{Ended, Running, run, start};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// The labs that must not outlive this process.
static BOOTED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Whether the run was stopped from outside.
static STOPPED: AtomicBool = AtomicBool::new(false);

/// How long a lab may take to boot, the base image included.
const UP: u64 = 1500;

/// How long anything else may take.
const LIMIT: u64 = 900;

/// A lab and its inventory.
pub struct Lab {
    /// Its name.
    pub name: &'static str,
    /// The folder of its inventory.
    pub inventory: PathBuf,
    /// A folder for the playbooks and files of cases.
    pub folder: PathBuf,
    /// What cases choose by chance follows from it.
    pub seed: u64,
}

impl Lab {
    /// Writes the inventory: `hosts` is its `hosts.yml`, `vars` is added to `group_vars/all.yml`.
    pub fn new(name: &'static str, image: &str, hosts: &str, vars: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("live")
            .join(name);
        let _not_there = fs::remove_dir_all(&folder);
        let inventory = folder.join(name);
        fs::create_dir_all(inventory.join("group_vars")).unwrap();
        fs::write(inventory.join("hosts.yml"), hosts).unwrap();
        let all = format!(
            "lab_image: {image}\nansible_user: lab\n\
             ansible_ssh_private_key_file: '{{{{ trueup_lab }}}}/key'\n\
             ansible_ssh_known_hosts_file: '{{{{ trueup_lab }}}}/known_hosts'\n{vars}"
        );
        fs::write(inventory.join("group_vars/all.yml"), all).unwrap();
        Self {
            name,
            inventory,
            folder,
            seed: 1,
        }
    }

    /// Declares variables of a group, in place of those that were declared so before.
    pub fn group_vars(&self, group: &str, vars: &str) {
        fs::write(self.inventory.join(format!("group_vars/{group}.yml")), vars).unwrap();
    }

    /// From here on the lab is removed at the end, whatever the end is.
    pub fn begin(&self, keep: bool) {
        destroy(&self.inventory);
        if !keep {
            BOOTED.lock().unwrap().push(self.inventory.clone());
        }
    }

    /// Boots what isn't up.
    #[track_caller]
    pub fn up(&self) -> Ended {
        while STOPPED.load(Ordering::SeqCst) {
            // The labs are being removed; this process ends when they are.
            std::thread::park();
        }
        run(lab_command(&self.inventory, &["up"]), UP).with_code(0)
    }

    /// `trueup lab WORDS`, which must succeed.
    #[track_caller]
    pub fn lab(&self, words: &[&str]) -> Ended {
        run(lab_command(&self.inventory, words), LIMIT).with_code(0)
    }

    /// The command `trueup WORDS -i INVENTORY`.
    pub fn command(&self, words: &[&str]) -> Command {
        self.command_of(&self.inventory, words)
    }

    /// The same with another inventory.
    pub fn command_of(&self, inventory: &Path, words: &[&str]) -> Command {
        let mut command = self.command_alone(words);
        command.arg("-i").arg(inventory);
        command
    }

    /// The command `trueup WORDS`, where they say all.
    fn command_alone(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
        command
            .args(words)
            .current_dir(&self.folder)
            // What this user keeps of clusters of his own is none of the tests' business.
            .env(
                "XDG_STATE_HOME",
                Path::new(env!("CARGO_TARGET_TMPDIR")).join("live/state"),
            )
            .env("NO_COLOR", "1");
        command
    }

    /// Runs `trueup WORDS -i INVENTORY`.
    #[track_caller]
    pub fn trueup(&self, words: &[&str]) -> Ended {
        run(self.command(words), LIMIT)
    }

    /// Runs `trueup WORDS`, which know the inventory: `apply --plan FILE`.
    #[track_caller]
    pub fn trueup_alone(&self, words: &[&str]) -> Ended {
        run(self.command_alone(words), LIMIT)
    }

    /// Runs `trueup WORDS -i INVENTORY` at a terminal of 80 columns; what it showed is in `stdout`.
    #[track_caller]
    pub fn at_terminal(&self, words: &[&str]) -> Ended {
        run(in_terminal(&self.command(words), "/dev/null"), LIMIT)
    }

    /// Writes a playbook (or any file) and returns its path.
    pub fn write(&self, name: &str, text: &str) -> String {
        let path = self.folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Starts ssh to a host with a shell command.
    pub fn start_ssh(&self, host: &str, script: &str) -> Running {
        let config = format!("/var/lib/trueup/labs/{}/ssh_config", self.name);
        let mut ssh = Command::new("ssh");
        ssh.args(["-F", &config, "-o", "BatchMode=yes", host, "--", script]);
        start(ssh)
    }

    /// Runs a shell command on a host, whatever its status.
    #[track_caller]
    pub fn ssh(&self, host: &str, script: &str) -> Ended {
        self.start_ssh(host, script).end(120)
    }

    /// What a shell command on a host prints; it must succeed.
    #[track_caller]
    pub fn ask(&self, host: &str, script: &str) -> String {
        self.ssh(host, script).with_code(0).stdout.trim().to_owned()
    }

    /// The state of the lab's hosts, as `lab status --json` tells it.
    #[track_caller]
    pub fn status(&self) -> Vec<serde_json::Value> {
        serde_json::from_str(&self.lab(&["status", "--json"]).stdout).unwrap()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let mut booted = BOOTED
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(at) = booted
            .iter()
            .position(|inventory| *inventory == self.inventory)
        {
            destroy(&booted.remove(at));
        }
    }
}

/// The same command at a terminal of 80 columns; what it shows goes into the file `seen` too.
pub fn in_terminal(command: &Command, seen: &str) -> Command {
    let environment = command
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
    let words: Vec<String> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| format!("'{}'", word.to_str().unwrap()))
        .collect();
    let line = format!("stty rows 24 cols 80; exec {}", words.join(" "));
    let mut script = Command::new("script");
    script
        .args(["--quiet", "--return", "--flush", "--command", &line, seen])
        .envs(environment)
        .env("TERM", "xterm");
    if let Some(folder) = command.get_current_dir() {
        script.current_dir(folder);
    }
    script
}

/// The same command; what it prints goes into the file `out`.
pub fn into_file(command: &Command, out: &Path) -> Command {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "out=$1; shift; exec \"$@\" > \"$out\"", "sh"])
        .arg(out)
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        shell.env(name, value.unwrap_or_default());
    }
    if let Some(folder) = command.get_current_dir() {
        shell.current_dir(folder);
    }
    shell
}

/// A command that needs root, by sudo where this process isn't root.
pub fn as_root(program: &str) -> Command {
    if rustix::process::geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.arg(program);
    command
}

fn lab_command(inventory: &Path, words: &[&str]) -> Command {
    let mut command = as_root(env!("CARGO_BIN_EXE_trueup"));
    command
        .args(["lab", "-i"])
        .arg(inventory)
        .args(words)
        .env("NO_COLOR", "1");
    command
}

fn destroy(inventory: &Path) {
    let ended = run(lab_command(inventory, &["destroy"]), LIMIT);
    if ended.code != Some(0) {
        eprintln!(
            "live: can't destroy the lab of {}: {}",
            inventory.display(),
            ended.stderr
        );
    }
}

/// Removes the labs when the run is stopped from outside.
pub fn destroy_at_signals() {
    at_signals(|| {
        STOPPED.store(true, Ordering::SeqCst);
        eprintln!("live: stopped; removing the labs");
        let labs = std::mem::take(
            &mut *BOOTED
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner),
        );
        for inventory in &labs {
            destroy(inventory);
        }
    });
}

/// Does `last` when the run is stopped from outside, and ends it then.
pub fn at_signals(last: impl FnOnce() + Send + 'static) {
    use tokio::signal::unix::{SignalKind, signal};
    std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut interrupt = signal(SignalKind::interrupt()).unwrap();
            let mut terminate = signal(SignalKind::terminate()).unwrap();
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        });
        last();
        std::process::exit(130);
    });
}
