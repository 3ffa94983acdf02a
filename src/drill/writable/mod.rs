//! Whether a node is writable, asked every 100 ms on the node itself: also on one that is cut off
//! from everybody, and again after it was powered off and on.

mod asked;
mod commits;

use self::commits::{Written, read, spans, two};
use super::report::Span;
use super::{Clock, Ground};
use crate::cluster::spec::{ClusterSpec, NodeSpec};
use futures::future::join_all;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The service on the nodes.
const UNIT: &str = "trueup-drill-writable";
/// Where the probe lies.
const PROGRAM: &str = "/usr/local/lib/trueup-drill";
/// Where it writes.
const DATA: &str = "/var/lib/trueup-drill";

/// How far a node's clock is ahead of ours.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Offset {
    seconds: f64,
    /// By how much that may be wrong.
    doubt: f64,
}

/// After how many minutes the probe takes itself away, should nobody else: longer than any drill.
const LIFE: u32 = 180;
/// How long a probe may take until it asks.
const READY: Duration = Duration::from_secs(20);
/// How often it is looked at meanwhile.
const PAUSE: Duration = Duration::from_millis(500);

/// The probe that runs on the nodes.
pub struct Probe {
    offsets: BTreeMap<String, Offset>,
    /// Since when it asks on every node.
    begun: f64,
}

/// What the probe saw.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Watched {
    /// When each node was writable.
    pub spans: Vec<Span>,
    /// Where two were at once, in words.
    pub two_primaries: Vec<String>,
    /// When a node was not asked at all: its host did not run, or the probe did not.
    pub unwatched: Vec<Span>,
    /// The nodes whose probe could not be read, and why: nothing is known of them.
    pub silent: Vec<(String, String)>,
}

/// Begins to ask on every node, in place of a probe that an earlier drill left there.
pub async fn install(
    ground: &Ground,
    spec: &ClusterSpec,
    clock: &Clock,
) -> Result<Probe, Vec<(String, String)>> {
    let each = spec.nodes.iter().map(|node| async move {
        let begin = async {
            ground.sh(&node.name, installation(node)).await?;
            asks(ground, &node.name).await?;
            offset(ground, &node.name).await
        };
        (node.name.clone(), begin.await)
    });
    let mut offsets = BTreeMap::new();
    let mut failed = Vec::new();
    for (node, begun) in join_all(each).await {
        match begun {
            Ok(offset) => {
                offsets.insert(node, offset);
            }
            Err(why) => failed.push((node, why)),
        }
    }
    if failed.is_empty() {
        let begun = clock.now();
        Ok(Probe { offsets, begun })
    } else {
        Err(failed)
    }
}

impl Probe {
    /// What it saw up to now.
    pub async fn collect(&self, ground: &Ground, clock: &Clock) -> Watched {
        let until = clock.now();
        let each = self.offsets.iter().map(|(node, before)| async move {
            let collected = async {
                let after = offset(ground, node).await?;
                let text = ground.sh(node, format!("cat {DATA}/writable")).await?;
                let offset = between(*before, after);
                // What `sh` gives has lost its last newline.
                let text = text + "\n";
                let told = |unix: f64| clock.of_unix(unix - offset.seconds);
                let unwatched = asked::gaps(&text, told, self.begun, until);
                let written = Written {
                    node: node.clone(),
                    doubt: offset.doubt,
                    commits: read(&text, told),
                };
                Ok::<_, String>((written, unwatched))
            };
            (node.clone(), collected.await)
        });
        let mut watched = Watched::default();
        let mut nodes = Vec::new();
        for (node, collected) in join_all(each).await {
            match collected {
                Ok((written, gaps)) => {
                    let span = |(from, to)| Span {
                        node: node.clone(),
                        from,
                        to,
                    };
                    watched.unwatched.extend(gaps.into_iter().map(span));
                    nodes.push(written);
                }
                Err(why) => watched.silent.push((node, why)),
            }
        }
        watched.spans = spans(&nodes);
        watched.two_primaries = two(&nodes);
        watched
    }
}

/// Takes the probe away; the nodes where it could not be, and why.
pub async fn remove(ground: &Ground, spec: &ClusterSpec) -> Vec<(String, String)> {
    let forget = forget();
    let script =
        format!("systemctl stop -q {UNIT} 2> /dev/null\n{forget}\nsystemctl daemon-reload");
    let each = spec.nodes.iter().map(|node| {
        let script = script.clone();
        async move { (node.name.clone(), ground.sh(&node.name, script).await) }
    });
    let ended = join_all(each).await;
    let failed = ended.into_iter().filter_map(|(node, ended)| {
        let why = ended.err()?;
        Some((node, why))
    });
    failed.collect()
}

/// Waits until the probe on a node has asked.
async fn asks(ground: &Ground, node: &str) -> Result<(), String> {
    let deadline = Instant::now() + READY;
    while Instant::now() < deadline {
        let size = ground.sh(node, format!("wc -c < {DATA}/writable")).await;
        if size.is_ok_and(|size| size != "0") {
            return Ok(());
        }
        sleep(PAUSE).await;
    }
    Err(format!(
        "{node}: the probe has asked nothing within {} s: `systemctl status {UNIT}` there says why",
        READY.as_secs()
    ))
}

/// Shell text that removes a probe which does not run. Without a quote, since it stands in the unit.
fn forget() -> String {
    format!(
        "systemctl disable -q {UNIT}; rm -rf /etc/systemd/system/{UNIT}.service {PROGRAM} {DATA}"
    )
}

fn installation(node: &NodeSpec) -> String {
    let probe = include_str!("probe.sh");
    let (port, forget) = (node.port, forget());
    format!(
        "set -e\n\
         systemctl stop -q {UNIT} 2> /dev/null || true\n\
         mkdir -p {PROGRAM} {DATA}\n\
         rm -f {DATA}/writable\n\
         cat > {PROGRAM}/probe.sh << 'END OF PROBE'\n{probe}END OF PROBE\n\
         cat > /etc/systemd/system/{UNIT}.service << 'END OF UNIT'\n\
         [Unit]\n\
         Description=Asks for trueup drill whether this node is writable\n\
         StartLimitIntervalSec=0\n\
         [Service]\n\
         Type=exec\n\
         User=postgres\n\
         WorkingDirectory=/\n\
         ExecCondition=+/bin/sh -c 'find {PROGRAM}/probe.sh -mmin -{LIFE} | grep -q . || {{ {forget}; exit 1; }}'\n\
         RuntimeMaxSec={LIFE}min\n\
         ExecStart=/bin/bash {PROGRAM}/probe.sh {port}\n\
         StandardOutput=append:{DATA}/writable\n\
         StandardError=null\n\
         Restart=always\n\
         RestartSec=1\n\
         [Install]\n\
         WantedBy=multi-user.target\n\
         END OF UNIT\n\
         systemctl daemon-reload\n\
         systemctl enable -q {UNIT}\n\
         systemctl restart {UNIT}"
    )
}

/// Looks at a node's clock a few times; the look that took the shortest knows best.
async fn offset(ground: &Ground, node: &str) -> Result<Offset, String> {
    let mut best: Option<Offset> = None;
    for _ in 0..4 {
        let asked = Clock::start();
        let text = ground.sh(node, "date +%s.%N").await?;
        let took = asked.now();
        let there: f64 = text
            .parse()
            .map_err(|_| format!("{node}: its clock says `{text}`"))?;
        let offset = Offset {
            seconds: asked.of_unix(there) - took / 2.0,
            doubt: took / 2.0,
        };
        if best.is_none_or(|best| offset.doubt < best.doubt) {
            best = Some(offset);
        }
    }
    best.ok_or_else(|| format!("{node}: its clock was not asked"))
}

/// What a clock was like over a time, of how it was before and after.
fn between(before: Offset, after: Offset) -> Offset {
    let apart = (after.seconds - before.seconds).abs();
    Offset {
        seconds: f64::midpoint(before.seconds, after.seconds),
        doubt: apart / 2.0 + before.doubt.max(after.doubt),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_ran_away_is_doubted() {
        let offset = |seconds, doubt| Offset { seconds, doubt };
        assert_eq!(
            between(offset(1.0, 0.25), offset(3.0, 0.5)),
            offset(2.0, 1.5)
        );
    }
}
