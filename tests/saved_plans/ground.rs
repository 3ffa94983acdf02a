//! A controller with a playbook of its own, whose hosts are this machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A controller of its own.
pub struct Ground {
    home: tempfile::TempDir,
}

/// What a command came to.
pub struct Ended {
    /// Its exit status.
    pub status: i32,
    /// What it printed, on stdout and then on stderr.
    pub said: String,
}

impl Ended {
    /// Fails unless it ended so.
    pub fn with(self, status: i32) -> String {
        assert_eq!(self.status, status, "{}", self.said);
        self.said
    }
}

impl Ground {
    /// One with this playbook; `HERE` in it is its folder.
    pub fn new(playbook: &str) -> Self {
        let ground = Self {
            home: tempfile::tempdir().unwrap(),
        };
        ground.write("hosts", "a ansible_connection=local\n");
        ground.write("site.yml", playbook);
        ground
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let here = self.home.path().display().to_string();
        fs::write(path, text.replace("HERE", &here)).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
        command
            .args(words.split_whitespace())
            .current_dir(self.home.path())
            .env("HOME", self.home.path())
            .env("XDG_STATE_HOME", self.path("state"))
            .env("NO_COLOR", "1")
            .env_remove("TRUEUP_INVENTORY")
            .stdin(Stdio::null());
        command
    }

    /// Runs trueup.
    pub fn run(&self, words: &str) -> Ended {
        let ended = self.command(words).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ended {
            status: ended.status.code().unwrap_or(-1),
            said: text(&ended.stdout) + &text(&ended.stderr),
        }
    }

    /// Saves a plan of the playbook.
    pub fn plan(&self) -> String {
        self.run("plan site.yml -i hosts --out plan").with(0)
    }

    /// Applies it.
    pub fn apply(&self) -> Ended {
        self.run("apply --plan plan")
    }

    /// Begins to apply it, and waits until a file is there.
    pub fn apply_until(&self, file: &str) -> Child {
        let mut command = self.command("apply --plan plan");
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let begun = Instant::now();
        while !self.path(file).exists() {
            assert!(begun.elapsed() < Duration::from_secs(60), "no {file}");
            std::thread::sleep(Duration::from_millis(10));
        }
        child.unwrap()
    }
}

/// All that stands below a folder: names, kinds, modes, owners, contents.
pub fn all(folder: &Path) -> Vec<String> {
    use std::os::unix::fs::MetadataExt;
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name();
    let line = |entry: walkdir::DirEntry| {
        let meta = entry.path().symlink_metadata().unwrap();
        let holds = if meta.is_file() {
            fs::read_to_string(entry.path()).unwrap_or_default()
        } else if meta.is_symlink() {
            fs::read_link(entry.path()).unwrap().display().to_string()
        } else {
            String::new()
        };
        let (mode, owner) = (meta.mode(), meta.uid());
        format!("{} {mode:o} {owner} {holds:?}", entry.path().display())
    };
    entries
        .into_iter()
        .map(|entry| line(entry.unwrap()))
        .collect()
}
