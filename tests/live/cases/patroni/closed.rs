//! Who is kept out: every port speaks TLS only, with certificates that are verified, and what is
//! secret is read by nobody else.

use super::Patroni;
use crate::cluster::{kept, passwords, ports, sql, through_entry};
use crate::command::run;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

pub fn listeners(at: &Patroni) {
    at.built();
    ports(at.lab, &at.topology.exposure);
}

/// What a port answers to words without TLS.
fn plaintext(at: &Patroni, host: &str, port: u16, words: &str) -> String {
    let address: SocketAddr = format!("{}:{port}", at.address(host)).parse().unwrap();
    let limit = Duration::from_secs(2);
    let mut stream = TcpStream::connect_timeout(&address, limit).unwrap();
    stream.set_read_timeout(Some(limit)).unwrap();
    stream.write_all(words.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // A port that hangs up or says nothing has refused just as well.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// Whether a port lets in by TLS, with the controller's certificate or without one. The handshake
/// of TLS 1.2 ends only after the client's certificate was judged.
fn lets_in(at: &Patroni, host: &str, port: u16, with_certificate: bool) -> bool {
    let pki = kept(at.lab).join("pki");
    let mut openssl = Command::new("openssl");
    openssl
        .args(["s_client", "-tls1_2", "-verify_return_error", "-connect"])
        .arg(format!("{}:{port}", at.address(host)))
        .arg("-CAfile")
        .arg(pki.join("ca.pem"));
    if with_certificate {
        let own = pki.join("trueup.pem");
        openssl.arg("-cert").arg(&own).arg("-key").arg(&own);
    }
    run(openssl, 20).code == Some(0)
}

pub fn tls_only(at: &Patroni) {
    at.built();
    for (host, port) in at.topology.tls.iter().chain(at.topology.members_only) {
        for words in ["GET /health HTTP/1.0\r\n\r\n", "ruok\n", "srvr\n"] {
            let answer = plaintext(at, host, *port, words);
            assert!(
                !answer.contains(" 200 ") && !answer.contains("imok") && !answer.contains("Mode:"),
                "port {port} of {host} speaks without TLS: {answer}"
            );
        }
    }
    for (host, port) in at.topology.members_only {
        assert!(
            !lets_in(at, host, *port, true),
            "port {port} of {host} lets in who is no member"
        );
    }
    for (host, port) in at.topology.tls {
        assert!(
            lets_in(at, host, *port, true),
            "port {port} of {host} refuses our certificate"
        );
        let demands = !at.topology.without_certificate.contains(port);
        assert_eq!(
            lets_in(at, host, *port, false),
            !demands,
            "port {port} of {host} and a client without a certificate"
        );
    }
    // Whatever changes something at Patroni's needs a certificate, and a look doesn't.
    let leader = at.leader().unwrap();
    let url = format!("https://{}:8008", at.address(leader));
    let ask = |words: &[&str]| {
        let mut curl = Command::new("curl");
        curl.args([
            "-s",
            "--max-time",
            "5",
            "-o",
            "/dev/null",
            "-w",
            "%{http_code}",
            "--cacert",
        ])
        .arg(kept(at.lab).join("pki/ca.pem"))
        .args(words);
        run(curl, 10).stdout
    };
    assert_eq!(ask(&[&format!("{url}/primary")]), "200");
    for (method, path) in [
        ("PATCH", "config"),
        ("POST", "restart"),
        ("POST", "switchover"),
    ] {
        let told = ask(&["-X", method, "-d", "{}", &format!("{url}/{path}")]);
        assert_eq!(told, "403", "{method} /{path} without a certificate");
    }
}

pub fn postgres_tls(at: &Patroni) {
    at.built();
    let leader = at.leader().unwrap();
    let mut nodes = at.topology.nodes.iter();
    let replica = nodes.find(|node| **node != leader).unwrap();
    through_entry(at.lab, 10, "select 1").with_code(0);
    at.lab
        .ssh(
            "client",
            "timeout 10 psql -XAtq 'service=app sslmode=disable' -c 'select 1'",
        )
        .with_code(2)
        .saying("no encryption");
    // The replicas themselves verify whom they follow.
    let followed = sql(at.lab, replica, "select conninfo from pg_stat_wal_receiver");
    assert!(followed.contains("sslmode=verify-full"), "{followed}");
    let encrypted = "select bool_and(ssl) from pg_stat_ssl join pg_stat_replication using (pid)";
    assert_eq!(sql(at.lab, leader, encrypted), "t");
    // By the certificate of somebody else a server is not believed, before any password is asked.
    let connect = |authority: &str| {
        at.lab.ssh(
            replica,
            &format!(
                "sudo -u postgres timeout 10 psql -XAtqw -c IDENTIFY_SYSTEM \
                 'host={} user=replicator replication=true sslmode=verify-full sslrootcert={authority}'",
                at.address(leader)
            ),
        )
    };
    let other = format!("{}/other.pem", at.lab.ask(replica, "mktemp -d"));
    let folder = other.rsplit_once('/').unwrap().0;
    at.lab.ask(
        replica,
        &format!(
            "chmod 755 {folder} && openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=other -keyout /dev/null -out {other} 2>&1"
        ),
    );
    connect(&other)
        .with_code(2)
        .saying("certificate verify failed");
    connect("/etc/pg-cluster/tls/ca.crt")
        .with_code(2)
        .saying("no password supplied");
}

pub fn secrets(at: &Patroni) {
    at.built();
    passwords(at.lab, &at.topology.exposure);
    for host in at.topology.exposure.searched {
        // As a user without rights: what he finds, anybody finds.
        let found = at.lab.ssh(
            host,
            "id -u; grep -rlsE -e '-----BEGIN [A-Z ]*PRIVATE KEY' /etc /var /opt /usr/local /tmp /run 2> /dev/null",
        );
        assert_ne!(
            found.stdout.lines().next(),
            Some("0"),
            "{host} is asked as root"
        );
        assert_eq!(
            found.stdout.lines().count(),
            1,
            "keys on {host} that all may read: {}",
            found.stdout
        );
        let modes = at
            .lab
            .ask(host, "sudo find /etc -name server.key -printf '%m %p\\n'");
        assert!(
            !modes.is_empty() && modes.lines().all(|line| line.starts_with("600 ")),
            "{modes}"
        );
        // What makes TLS or a password worth nothing. Comments may name it.
        let weak = at.lab.ssh(
            host,
            "sudo grep -rEns --exclude=config.yml.in '^[^#]*(verify +none|verify: *false|verify_client: *none|clientAuth *= *(none|want)|(^|[ -])(trust|md5|password)$)' \
             /etc/haproxy /etc/patroni /etc/etcd /etc/zookeeper /var/lib/postgresql/*/main/pg_hba.conf",
        );
        assert_eq!(weak.stdout, "", "on {host}");
    }
    for node in at.topology.nodes {
        let methods = sql(
            at.lab,
            node,
            "select string_agg(distinct auth_method, ' ' order by auth_method) from pg_hba_file_rules",
        );
        assert_eq!(methods, "peer scram-sha-256");
    }
}
