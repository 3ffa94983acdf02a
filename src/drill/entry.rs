//! The way that clients take into the cluster: straight TCP from here, as the application.

use super::client::{Client, Ended};
use crate::cluster::spec::{ClusterSpec, Login, ServerSpec};
use crate::diag::Diag;
use crate::remote::tls_config;
use crate::secret::Secret;
use std::fs::File;
use std::io::{self, Write as _};
use std::net::{IpAddr, ToSocketAddrs as _};
use std::os::unix::fs::OpenOptionsExt as _;
use tempfile::TempDir;
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

/// Where clients connect.
#[derive(Clone)]
pub struct Entry {
    writes: Vec<ServerSpec>,
    reads: Vec<ServerSpec>,
    login: Login,
    tls: MakeRustlsConnect,
    /// The CA's certificate, as PEM.
    ca: String,
    topology: &'static str,
    arguments: String,
}

/// What a session is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Writes, and what must see the newest.
    Writes,
    /// Reads alone; a standby may answer.
    Reads,
}

impl Entry {
    /// The entry of a cluster that `apply` has built.
    pub fn of(spec: &ClusterSpec) -> Result<Self, Diag> {
        let entry = &spec.entry;
        if entry.writes.is_empty() || entry.reads.is_empty() {
            return Err(
                Diag::error("the inventory has no host that clients connect to").help(
                    "put the pgpool host into the group `pool`, or the HAProxy host into `proxy`",
                ),
            );
        }
        let not_kept = |what: &str| {
            Diag::error(format!("{what} is not kept on this machine")).help(format!(
                "run `trueup apply playbooks/{}.yml {}` here, which keeps it",
                spec.topology.name(),
                spec.arguments
            ))
        };
        if entry.login.password.is_none() {
            return Err(not_kept("the application's password"));
        }
        let tls = spec
            .tls
            .as_ref()
            .ok_or_else(|| not_kept("the cluster's CA"))?;
        let ca = tls.ca.clone();
        let tls = tls_config(tls).map_err(|error| Diag::error(error.to_string()))?;
        Ok(Self {
            writes: entry.writes.clone(),
            reads: entry.reads.clone(),
            login: entry.login.clone(),
            tls: MakeRustlsConnect::new(tls),
            ca,
            topology: spec.topology.name(),
            arguments: spec.arguments.clone(),
        })
    }

    /// Where writes go, in the order in which it is tried.
    pub fn writes(&self) -> &[ServerSpec] {
        &self.writes
    }

    /// As whom.
    pub fn login(&self) -> &Login {
        &self.login
    }

    /// Connects and logs in.
    pub async fn connect(&self, purpose: Purpose) -> Result<Client, Ended> {
        let mut config = Config::new();
        config
            .user(&self.login.user)
            .dbname(&self.login.database)
            .application_name("trueup drill")
            .ssl_mode(SslMode::Require);
        if let Some(password) = &self.login.password {
            config.password(password.reveal());
        }
        let servers = match purpose {
            Purpose::Writes => &self.writes,
            Purpose::Reads => &self.reads,
        };
        for server in servers {
            config.host(&server.address).port(server.port);
        }
        Client::connect(&config, self.tls.clone()).await
    }

    /// A folder that only we can read, with what a client program reads: `pgpass` and `ca.crt`.
    pub fn client_files(&self) -> io::Result<TempDir> {
        let folder = tempfile::Builder::new().prefix("trueup-").tempdir()?;
        let password = self.login.password.as_ref().map_or("", Secret::reveal);
        let password = password.replace('\\', "\\\\").replace(':', "\\:");
        let pgpass = File::options()
            .create_new(true)
            .write(true)
            .mode(0o600)
            .open(folder.path().join("pgpass"));
        pgpass?.write_all(format!("*:*:*:*:{password}\n").as_bytes())?;
        std::fs::write(folder.path().join("ca.crt"), &self.ca)?;
        Ok(folder)
    }

    /// How libpq is told where writes go; `files` are its [`client_files`](Self::client_files).
    pub fn connection(&self, files: &TempDir) -> String {
        let each = |part: &dyn Fn(&ServerSpec) -> String| {
            let parts: Vec<String> = self.writes.iter().map(part).collect();
            parts.join(",")
        };
        format!(
            "host={} port={} dbname={} user={} sslmode=verify-full sslrootcert={} \
             connect_timeout=5 tcp_user_timeout=5000 application_name='trueup drill'",
            each(&|server| server.address.clone()),
            each(&|server| server.port.to_string()),
            self.login.database,
            self.login.user,
            files.path().join("ca.crt").display()
        )
    }

    /// Whether clients come in now, both ways; if not, what to do.
    pub async fn check(&self) -> Result<(), Diag> {
        for (purpose, servers) in [
            (Purpose::Writes, &self.writes),
            (Purpose::Reads, &self.reads),
        ] {
            let asked = match self.connect(purpose).await {
                Ok(client) => client.query("select 1").await.map(drop),
                Err(ended) => Err(ended),
            };
            if let Err(ended) = asked {
                return Err(self.closed(servers, &ended));
            }
        }
        Ok(())
    }

    fn closed(&self, servers: &[ServerSpec], ended: &Ended) -> Diag {
        let places: Vec<String> = servers
            .iter()
            .map(|server| format!("{} ({}:{})", server.name, server.address, server.port))
            .collect();
        let says = format!(
            "no client comes in at {}: {}",
            places.join(", "),
            ended.words()
        );
        let status = format!(
            "see what the cluster says: `trueup status {}`",
            self.arguments
        );
        let diag = Diag::error(says).help(status);
        match servers.first().and_then(own_address) {
            Some(own) => diag.help(format!(
                "the client hosts alone are let in: if this machine ({own}) is none of them, say \
                 `app_networks: [{own}/{}]` in the inventory and run `trueup apply playbooks/{}.yml {}`",
                if own.is_ipv4() { 32 } else { 128 },
                self.topology,
                self.arguments
            )),
            None => diag,
        }
    }
}

/// By which of its addresses this machine goes to a server.
fn own_address(server: &ServerSpec) -> Option<IpAddr> {
    let mut addresses = (server.address.as_str(), server.port)
        .to_socket_addrs()
        .ok()?;
    super::door::own_address(addresses.next()?.ip())
}
