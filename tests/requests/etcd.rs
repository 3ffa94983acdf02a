//! A real etcd of a test's own: in a temporary folder, over TLS, gone when the test ends.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use trueup::remote::http::{Via, send};
use trueup::secret::{CertificateSpec, certificate};
use trueup::step::{Client, Request, Tls};

/// A cluster's folder, with the certificate that all of its members and clients show.
pub struct Etcd {
    folder: tempfile::TempDir,
    tls: Tls,
}

/// A member that runs.
pub struct Member {
    /// Its name.
    pub name: String,
    /// Where clients reach it.
    pub client: String,
    /// Where members reach it.
    pub peer: String,
    process: Option<Child>,
}

impl Etcd {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let spec = CertificateSpec {
            name: "etcd".to_owned(),
            sans: ["127.0.0.1".to_owned(), "localhost".to_owned()].into(),
            days: 10,
            server: true,
            client: true,
        };
        let issued = certificate(&folder.path().join("pki"), &spec, true).unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text);
        write("ca.crt", &issued.ca).unwrap();
        write("etcd.crt", &issued.cert).unwrap();
        write("etcd.key", issued.key.reveal()).unwrap();
        let tls = Tls {
            ca: issued.ca,
            client: Some(Client {
                certificate: issued.cert,
                key: issued.key,
            }),
            unverified: false,
        };
        Self { folder, tls }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A member that does not run yet.
    pub fn member(name: &str) -> Member {
        let url = || format!("https://127.0.0.1:{}", free());
        Member {
            name: name.to_owned(),
            client: url(),
            peer: url(),
            process: None,
        }
    }

    /// Starts a member and waits until it is healthy.
    pub async fn start(&self, member: &mut Member, initial_cluster: &str, state: &str) {
        let log = std::fs::File::create(self.path(&format!("{}.log", member.name))).unwrap();
        let file = |name: &str| self.path(name).display().to_string();
        let data = file(&member.name);
        let (ca, own, key) = (file("ca.crt"), file("etcd.crt"), file("etcd.key"));
        let process = Command::new("etcd")
            .args(["--name", &member.name, "--data-dir", &data])
            .args(["--listen-client-urls", &member.client])
            .args(["--advertise-client-urls", &member.client])
            .args(["--listen-peer-urls", &member.peer])
            .args(["--initial-advertise-peer-urls", &member.peer])
            .args(["--initial-cluster", initial_cluster])
            .args(["--initial-cluster-state", state])
            .args([
                "--trusted-ca-file",
                &ca,
                "--cert-file",
                &own,
                "--key-file",
                &key,
            ])
            .args(["--peer-trusted-ca-file", &ca, "--peer-cert-file", &own])
            .args(["--peer-key-file", &key])
            .args(["--client-cert-auth", "--peer-client-cert-auth"])
            .args(["--heartbeat-interval", "50", "--election-timeout", "500"])
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("etcd: `make test-deps` installs it");
        member.process = Some(process);
        let url = format!("{}/health", member.client);
        let asked = Request::new("GET", url, self.tls.clone(), Duration::from_secs(2));
        let begun = Instant::now();
        while !matches!(send(Via::Here, &asked).await, Ok(answer) if answer.status == 200) {
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "{} is not healthy: {}",
                member.name,
                std::fs::read_to_string(self.path(&format!("{}.log", member.name))).unwrap()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What a task says of who asks, with the names of the files.
    pub fn peer_words(&self) -> String {
        let file = |name: &str| self.path(name).display().to_string();
        format!(
            "ca_path: {}\nclient_cert: {}\nclient_key: {}\n",
            file("ca.crt"),
            file("etcd.crt"),
            file("etcd.key")
        )
    }

    /// Takes a member's data away.
    pub fn lose(&self, member: &Member) {
        std::fs::remove_dir_all(Path::new(&self.path(&member.name))).unwrap();
    }
}

impl Member {
    /// Ends it at once, as a power cut does.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.kill();
    }
}

fn free() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
