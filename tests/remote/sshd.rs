//! An sshd of the test's own: its port, keys and `known_hosts` in a temporary folder.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use trueup::remote::{Remote, Target, connect};

pub struct Sshd {
    pub folder: tempfile::TempDir,
    pub port: u16,
    pub server: Child,
    bin: Option<PathBuf>,
}

impl Sshd {
    pub fn start() -> Self {
        Self::with("")
    }

    /// Starts it with further lines of configuration.
    pub fn with(lines: &str) -> Self {
        Self::as_is(&format!("MaxStartups 100\n{lines}"))
    }

    /// Starts it with further lines of configuration, and as many connections as it takes itself.
    pub fn as_is(lines: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let at = |name: &str| folder.path().join(name);
        for name in ["host", "user"] {
            keygen(&["-q", "-t", "ed25519", "-N", "", "-f"], &at(name));
        }
        std::fs::copy(at("user.pub"), at("authorized_keys")).expect("a public key");
        let here = folder.path().display();
        std::fs::create_dir_all("/run/sshd").ok();
        // Between the choice of a free port and sshd's taking it, somebody else may.
        let (port, server) = loop {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
            let port = listener.local_addr().expect("an address").port();
            drop(listener);
            let config = format!(
                "Port {port}\nListenAddress 127.0.0.1\nHostKey {here}/host\n\
                 AuthorizedKeysFile {here}/authorized_keys\nPidFile none\nStrictModes no\n\
                 UsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
                 PermitRootLogin yes\n{lines}"
            );
            std::fs::write(at("config"), config).expect("a configuration");
            if let Ok(server) = serve(&folder) {
                break (port, server);
            }
        };
        let sshd = Self {
            folder,
            port,
            server,
            bin: None,
        };
        sshd.know("host");
        sshd
    }

    /// Starts it with further host keys, named `host_KIND`.
    pub fn with_keys(kinds: &[&str]) -> Self {
        let mut sshd = Self::start();
        let mut lines = String::new();
        for kind in kinds {
            let key = sshd.path(&format!("host_{kind}"));
            keygen(&["-q", "-t", kind, "-N", "", "-f"], &key);
            lines.push_str(&format!("HostKey {}\n", key.display()));
        }
        sshd.restart_with(&lines);
        sshd
    }

    /// Starts it anew with further lines of configuration, which go before those that it has;
    /// `{F}` is its folder.
    pub fn restart_with(&mut self, lines: &str) {
        let config = std::fs::read_to_string(self.path("config")).expect("a configuration");
        let lines = lines.replace("{F}", &self.folder.path().display().to_string());
        std::fs::write(self.path("config"), lines + &config).expect("a configuration");
        self.stop();
        self.server = serve(&self.folder).expect("its own port again");
    }

    pub fn stop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }

    /// Starts it with this machine's `sh`, found by PATH, being another shell. `busybox` has its
    /// own tools and no others.
    pub fn with_shell(shell: &str) -> Self {
        let bin = tempfile::tempdir().expect("a folder").keep();
        let rest = match shell {
            "busybox" => {
                let done = Command::new("busybox")
                    .args(["--install", "-s"])
                    .arg(&bin)
                    .status();
                assert!(done.expect("busybox").success());
                String::new()
            }
            _ => {
                std::os::unix::fs::symlink(format!("/bin/{shell}"), bin.join("sh"))
                    .expect("a link");
                ":/usr/bin:/bin".to_owned()
            }
        };
        let mut sshd = Self::with(&format!("SetEnv PATH={}{rest}\n", bin.display()));
        sshd.bin = Some(bin);
        sshd
    }

    /// Puts a script before this machine's own command of that name, where it was started with a
    /// shell.
    pub fn shim(&self, name: &str, script: &str) {
        let path = self.bin.as_ref().expect("a folder").join(name);
        std::fs::write(&path, script).expect("a script");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).expect("a mode");
    }

    /// Writes the public key `name` down as that of this host.
    pub fn know(&self, name: &str) {
        let key = std::fs::read_to_string(self.path(&format!("{name}.pub"))).expect("a key");
        let line = format!("[127.0.0.1]:{} {key}", self.port);
        std::fs::write(self.path("known_hosts"), line).expect("known_hosts");
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn log(&self) -> String {
        log_of(&self.folder)
    }

    pub fn target(&self) -> Target {
        let text = |name: &str| self.path(name).display().to_string();
        Target {
            name: "here".to_owned(),
            address: Some("127.0.0.1".to_owned()),
            port: Some(self.port),
            user: Some(own_name()),
            private_key: Some(text("user")),
            known_hosts: vec![text("known_hosts")],
            ..Target::default()
        }
    }
}

/// Hosts with each of the shells that a target may have, and this machine over child processes.
pub async fn everywhere() -> Vec<(&'static str, Sshd, Box<dyn Remote>)> {
    let mut hosts = Vec::new();
    for shell in ["dash", "bash", "busybox", "mksh", "ksh93"] {
        let sshd = Sshd::with_shell(shell);
        let remote = connect(&sshd.target())
            .await
            .unwrap_or_else(|e| panic!("{e}\n{}", sshd.log()));
        hosts.push((shell, sshd, remote));
    }
    let local = Target {
        name: "localhost".into(),
        local: true,
        ..Target::default()
    };
    hosts.push((
        "local",
        Sshd::start(),
        connect(&local).await.expect("this machine"),
    ));
    hosts
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.stop();
        if let Some(bin) = &self.bin {
            let _ = std::fs::remove_dir_all(bin);
        }
    }
}

/// Starts sshd and waits until it listens; an error when another has its port.
fn serve(folder: &tempfile::TempDir) -> Result<Child, ()> {
    let log = std::fs::File::create(folder.path().join("log")).expect("a log");
    let mut server = Command::new("/usr/sbin/sshd")
        .args(["-D", "-e", "-f"])
        .arg(folder.path().join("config"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("sshd (apt-get install openssh-server)");
    let begun = Instant::now();
    while !log_of(folder).contains("Server listening on") {
        let ended = server.try_wait().expect("sshd").is_some();
        if ended && log_of(folder).contains("Address already in use") {
            return Err(());
        }
        let waited = begun.elapsed() > Duration::from_secs(20);
        assert!(!ended && !waited, "{}", log_of(folder));
        std::thread::yield_now();
    }
    Ok(server)
}

fn log_of(folder: &tempfile::TempDir) -> String {
    std::fs::read_to_string(folder.path().join("log")).unwrap_or_default()
}

pub fn keygen(words: &[&str], file: &Path) {
    let done = Command::new("ssh-keygen")
        .args(words)
        .arg(file)
        .output()
        .expect("ssh-keygen");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
}

pub fn own_name() -> String {
    let id = Command::new("id").arg("-un").output().expect("id");
    String::from_utf8_lossy(&id.stdout).trim().to_owned()
}
