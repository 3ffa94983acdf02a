//! A real PostgreSQL server of a test's own: in a temporary folder, gone when the test ends.

#![allow(dead_code)] // Each test uses its part.
#![allow(clippy::unwrap_used, clippy::expect_used)] // A test that can't set up its server fails.

pub mod here;
pub mod pgpool;
pub mod task;

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The superuser's password, over TCP; the socket trusts everybody.
pub const PASSWORD: &str = "super secret";

/// A running server.
pub struct Server {
    folder: TempDir,
    bin: PathBuf,
    /// The port on 127.0.0.1 and of the socket.
    pub port: u16,
    running: bool,
}

impl Server {
    /// A primary that can be replicated from.
    pub fn primary() -> Self {
        let server = Self::empty();
        let password = server.folder.path().join("password");
        std::fs::write(&password, PASSWORD).unwrap();
        give(&password);
        server.run(
            "initdb",
            &[
                "-D",
                &server.data(),
                "-U",
                "postgres",
                "-A",
                "trust",
                "--auth-host=scram-sha-256",
                "--pwfile",
                password.to_str().unwrap(),
                "-E",
                "UTF8",
                "--no-sync",
            ],
        );
        server.configure("max_replication_slots = 10\nmax_wal_senders = 10\nfsync = off\n");
        server.started()
    }

    /// A standby of `primary` that calls itself `name` and streams from the slot `slot`.
    pub fn standby(primary: &Self, name: &str, slot: &str, settings: &str) -> Self {
        primary.sql(&format!(
            "SELECT pg_create_physical_replication_slot('{slot}')"
        ));
        let server = Self::empty();
        let source = format!(
            "host={} port={} user=postgres",
            primary.socket(),
            primary.port
        );
        server.run(
            "pg_basebackup",
            &[
                "-D",
                &server.data(),
                "-X",
                "stream",
                "-c",
                "fast",
                "-d",
                &source,
            ],
        );
        std::fs::write(server.folder.path().join("data/standby.signal"), "").unwrap();
        server.configure(&format!(
            "primary_conninfo = '{source} application_name={name}'\nprimary_slot_name = '{slot}'\n{settings}"
        ));
        server.started()
    }

    fn empty() -> Self {
        let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
            .expect("this test needs a PostgreSQL server: apt-get install postgresql")
            .map(|entry| entry.unwrap().path().join("bin"))
            .filter(|bin| bin.join("initdb").exists())
            .collect();
        versions.sort();
        let bin = versions
            .pop()
            .expect("this test needs a PostgreSQL server: apt-get install postgresql");
        let folder = tempfile::Builder::new()
            .prefix("trueup-pg")
            .tempdir_in("/tmp")
            .unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let server = Self {
            folder,
            bin,
            port,
            running: false,
        };
        give(server.folder.path());
        server
    }

    fn configure(&self, settings: &str) {
        let path = self.folder.path().join("data/postgresql.conf");
        let mut text = std::fs::read_to_string(&path).unwrap();
        text.push_str(&format!(
            "\nlisten_addresses = '127.0.0.1'\nport = {}\nunix_socket_directories = '{}'\n{settings}\n",
            self.port,
            self.socket()
        ));
        std::fs::write(&path, text).unwrap();
        let data = self.folder.path().join("data");
        for entry in [data.join("postgresql.conf"), data.join("standby.signal")] {
            if entry.exists() {
                give(&entry);
            }
        }
    }

    fn started(mut self) -> Self {
        self.start();
        self
    }

    /// Lets clients come by TLS too; standbys that are made from now on have the same certificate.
    pub fn certified(self, certificate: &str, key: &str) -> Self {
        for (name, text) in [("server.crt", certificate), ("server.key", key)] {
            let path = self.folder.path().join("data").join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
            give(&path);
        }
        self.set("ssl", "on");
        self.until("show ssl", "on");
        self
    }

    /// Sets a parameter that needs no restart.
    pub fn set(&self, name: &str, value: &str) {
        self.sql(&format!("alter system set {name} = '{value}'"));
        self.sql("select pg_reload_conf()");
    }

    /// Starts it and waits until it takes connections.
    pub fn start(&mut self) {
        let log = self.log();
        self.run(
            "pg_ctl",
            &["-D", &self.data(), "-l", &log, "-w", "-t", "60", "start"],
        );
        self.running = true;
    }

    /// Stops it at once.
    pub fn stop(&mut self) {
        self.run("pg_ctl", &["-D", &self.data(), "-m", "fast", "-w", "stop"]);
        self.running = false;
    }

    /// Promotes a standby.
    pub fn promote(&self) {
        self.run("pg_ctl", &["-D", &self.data(), "-w", "promote"]);
    }

    /// What the server logged.
    pub fn logged(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// The folder of its socket.
    pub fn socket(&self) -> String {
        self.folder.path().to_str().unwrap().to_owned()
    }

    fn data(&self) -> String {
        self.folder.path().join("data").to_str().unwrap().to_owned()
    }

    fn log(&self) -> String {
        self.folder.path().join("log").to_str().unwrap().to_owned()
    }

    /// What a query prints.
    pub fn sql(&self, sql: &str) -> String {
        let port = self.port.to_string();
        let socket = self.socket();
        let args = [
            "-XAtq",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            &socket,
            "-p",
            &port,
            "-U",
            "postgres",
            "-c",
            sql,
            "postgres",
        ];
        let output = Command::new("psql").args(args).output().unwrap();
        assert!(
            output.status.success(),
            "{sql}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Waits until the query prints `wanted`.
    pub fn until(&self, sql: &str, wanted: &str) {
        let started = std::time::Instant::now();
        loop {
            let is = self.sql(sql);
            if is == wanted {
                return;
            }
            assert!(
                started.elapsed().as_secs() < 30,
                "{sql}: {is:?} instead of {wanted:?}\n{}",
                self.logged()
            );
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    fn run(&self, program: &str, args: &[&str]) {
        let program = self.bin.join(program);
        let mut command = unprivileged(&program);
        let said = self.folder.path().join("said");
        let file = std::fs::File::create(&said).unwrap();
        let status = command
            .args(args)
            .current_dir(self.folder.path())
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .status()
            .unwrap();
        assert!(
            status.success(),
            "{}: {}\n{}",
            program.display(),
            std::fs::read_to_string(said).unwrap(),
            self.logged()
        );
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.running {
            self.run(
                "pg_ctl",
                &["-D", &self.data(), "-m", "immediate", "-w", "stop"],
            );
        }
    }
}

/// Gives a path to the user as whom servers run, since they refuse to run as root.
pub fn give(path: &Path) {
    if root() {
        let status = Command::new("chown")
            .args(["-R", "nobody"])
            .arg(path)
            .status()
            .unwrap();
        assert!(status.success());
    }
}

/// A program as a user that is not root.
pub fn unprivileged(program: &Path) -> Command {
    if !root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"])
        .arg(program);
    command
}

fn root() -> bool {
    rustix::process::geteuid().is_root()
}
