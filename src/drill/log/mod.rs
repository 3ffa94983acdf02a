//! The lines of the servers' logs that matter, found on every host after the drill.

mod line;
pub(super) mod patterns;
mod pick;

pub use pick::pick;

use super::Clock;
use super::report::LogLine;
use super::site::Site;
use crate::step::Script;
use futures::future::join_all;
use std::time::Duration;

/// How long a host may take to hand over its logs.
const LIMIT: Duration = Duration::from_secs(60);

/// A line as it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Raw {
    /// Unix time, by the host's clock.
    pub at: f64,
    /// Who wrote it.
    pub source: String,
    /// What it says.
    pub text: String,
}

/// The journal of the services since a time, and what PostgreSQL writes into files of its own,
/// behind the host's offset from UTC.
const GATHER: &str = r#"date +%z
journalctl --no-pager -q -o short-unix --since "@$since" -u 'postgresql@*' -u patroni -u pgpool2 -u pg-guard -u pg-keeper -u etcd -u zookeeper -u haproxy 2>/dev/null | tail -n 20000
journalctl --no-pager -q -o short-unix --since "@$since" -t pg-failover -t pg-guard -t pg-keeper -t pg-node -t pg-rewind 2>/dev/null | tail -n 5000
for file in /var/log/postgresql/*.log; do [ ! -f "$file" ] || tail -c 2000000 "$file"; done"#;

/// What the hosts wrote between `from` and `to` and that matters, in the order of time. A host that
/// can't be asked hands over nothing, and is named.
pub async fn gather(site: &Site, clock: &Clock, from: f64, to: f64) -> (Vec<LogLine>, Vec<String>) {
    let since = clock.began().as_secs_f64() + from;
    let hosts: Vec<&str> = site.hosts().collect();
    let asking = hosts.iter().map(|host| async move {
        let script = Script {
            limit: Some(LIMIT),
            ..Script::new(format!("since={}\n{GATHER}", since.floor()))
        };
        site.ground.run(host, &script).await
    });
    let mut lines = Vec::new();
    let mut silent = Vec::new();
    for (host, answer) in hosts.iter().zip(join_all(asking).await) {
        match answer {
            Ok(output) => {
                let mut raw = line::read(&output.out());
                for line in &mut raw {
                    line.at = clock.of_unix(line.at);
                }
                lines.extend(pick(host, &raw, from, to));
            }
            Err(error) => silent.push(format!("{host}: its logs can't be read: {error}")),
        }
    }
    lines.sort_by(|one, other| one.at.total_cmp(&other.at));
    (lines, silent)
}
