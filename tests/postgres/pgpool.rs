//! A real pgpool of a test's own before real servers.

use super::{Server, give, unprivileged};
use std::fs::Permissions;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The password of the user `pgpool`.
pub const CLIENT: &str = "let me in";
/// The password of the user `pcp` at the control port.
pub const PASSWORD: &str = r"po:ol\word";

/// A running pgpool.
pub struct Pgpool {
    folder: TempDir,
    process: Child,
    /// Where clients connect.
    pub port: u16,
    /// The control port.
    pub pcp_port: u16,
}

impl Pgpool {
    /// Starts one before `servers`, at which the role `pgpool` has the password [`CLIENT`].
    pub fn before(servers: &[&Server]) -> Self {
        let program = Path::new("/usr/sbin/pgpool");
        assert!(
            program.exists(),
            "this test needs pgpool: apt-get install pgpool2"
        );
        let folder = tempfile::Builder::new()
            .prefix("trueup-pool")
            .tempdir_in("/tmp")
            .unwrap();
        let (port, pcp_port) = (free(), free());
        let path = |name: &str| folder.path().join(name);
        let here = folder.path().display();
        let version = Command::new(program).arg("--version").output().unwrap();
        let version =
            String::from_utf8_lossy(&[version.stdout, version.stderr].concat()).into_owned();
        let old = ["4.1", "4.2", "4.3"]
            .iter()
            .any(|old| version.contains(&format!("version {old}")));
        let (sockets, log) = if old {
            ("socket_dir", "logdir")
        } else {
            ("unix_socket_directories", "logdir")
        };
        let mut settings = format!(
            "backend_clustering_mode = 'streaming_replication'\n\
             listen_addresses = '127.0.0.1'\nport = {port}\n\
             pcp_listen_addresses = '127.0.0.1'\npcp_port = {pcp_port}\n\
             {sockets} = '{here}'\npcp_socket_dir = '{here}'\n{log} = '{here}'\n\
             pid_file_name = '{here}/pid'\nenable_pool_hba = on\npool_passwd = '{here}/pool_passwd'\n\
             num_init_children = 4\nload_balance_mode = on\nhealth_check_period = 0\n\
             sr_check_period = 1\nsr_check_user = 'pgpool'\nsr_check_password = '{CLIENT}'\n\
             sr_check_database = 'postgres'\nsearch_primary_node_timeout = 5\n\
             failover_on_backend_error = off\n"
        );
        for (id, server) in servers.iter().enumerate() {
            settings.push_str(&format!(
                "backend_hostname{id} = '127.0.0.1'\nbackend_port{id} = {}\nbackend_weight{id} = 1\n\
                 backend_flag{id} = 'ALLOW_TO_FAILOVER'\n",
                server.port
            ));
        }
        std::fs::write(path("pgpool.conf"), settings).unwrap();
        let hash = Command::new("/usr/sbin/pg_md5")
            .arg(PASSWORD)
            .output()
            .unwrap();
        let hash = String::from_utf8(hash.stdout).unwrap();
        std::fs::write(path("pcp.conf"), format!("pcp:{}\n", hash.trim())).unwrap();
        std::fs::write(
            path("pool_hba.conf"),
            "host all all 127.0.0.1/32 scram-sha-256\n",
        )
        .unwrap();
        std::fs::write(path("pool_passwd"), format!("pgpool:TEXT{CLIENT}\n")).unwrap();
        for file in ["pool_passwd", "pcp.conf", "pgpool.conf"] {
            std::fs::set_permissions(path(file), Permissions::from_mode(0o600)).unwrap();
        }
        give(folder.path());
        let log = std::fs::File::create(path("log")).unwrap();
        let process = unprivileged(program)
            .args(["-n", "-D", "-f"])
            .arg(path("pgpool.conf"))
            .arg("-F")
            .arg(path("pcp.conf"))
            .arg("-a")
            .arg(path("pool_hba.conf"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let pool = Self {
            folder,
            process,
            port,
            pcp_port,
        };
        pool.until("it listens", || {
            [port, pcp_port]
                .iter()
                .all(|port| TcpStream::connect(("127.0.0.1", *port)).is_ok())
        });
        pool
    }

    /// What it logged.
    pub fn logged(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn until(&self, what: &str, holds: impl Fn() -> bool) {
        let started = Instant::now();
        while !holds() {
            assert!(
                started.elapsed() < Duration::from_secs(30),
                "pgpool: {what}: never\n{}",
                self.logged()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Pgpool {
    fn drop(&mut self) {
        // It takes its children with it on TERM, which only its own user or root may send.
        let _ = Command::new("kill")
            .arg(self.process.id().to_string())
            .status();
        let _ = self.process.wait();
    }
}

fn free() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}
