//! What a ZooKeeper is asked: the word `srvr`, on its port for clients.

use super::ways::{Server, Ways, seen};
use crate::cluster::status::{Seen, Zookeeper};

/// Asks a server for itself.
pub(in crate::cluster) async fn ask(ways: &Ways<'_>, server: &Server<'_>) -> Seen<Zookeeper> {
    seen(
        ways.answer_to(server, "srvr")
            .await
            .map(|answer| read(&answer)),
    )
}

fn read(answer: &str) -> Zookeeper {
    let line = |name: &str| {
        let mut lines = answer.lines();
        lines.find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned()))
    };
    let version = line("Zookeeper version:").unwrap_or_default();
    Zookeeper {
        version: version
            .split(['-', ','])
            .next()
            .unwrap_or_default()
            .to_owned(),
        mode: line("Mode:"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_and_mode_are_read() {
        let answer = "Zookeeper version: 3.9.3-${mvngit.commit.id}, built on 2024-11-04\nLatency min/avg/max: 0/0.0/0\nMode: follower\nNode count: 5\n";
        let read = read(answer);
        assert_eq!(
            (read.version.as_str(), read.mode.as_deref()),
            ("3.9.3", Some("follower"))
        );
    }

    #[test]
    fn without_a_quorum_it_serves_nobody() {
        let answer = "This ZooKeeper instance is not currently serving requests\n";
        assert_eq!(read(answer).mode, None);
    }
}
