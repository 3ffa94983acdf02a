//! Which nodes acknowledge synchronous commits, asked all the time: never two.

use super::Patroni;
use crate::cluster::{apply, sql};
use crate::wait::wait_until;

const LOG: &str = "/var/lib/postgresql/writable";

/// Begins to ask every node, also after it was powered off and on.
#[track_caller]
pub fn watch(at: &Patroni) {
    let leader = at.wait_until_whole();
    let function = include_str!("writable.sql");
    at.lab.ask(
        leader,
        &format!("cd / && sudo -u postgres psql -XqAt -d postgres << 'END'\n{function}END"),
    );
    for node in at.topology.nodes {
        wait_until("the function on the node", 20, || {
            sql(
                at.lab,
                node,
                "select count(*) from pg_proc where proname = 'writable'",
            ) == "1"
        });
        let script = include_str!("writable.sh");
        at.lab.ask(
            node,
            &format!(
                "sudo tee /usr/local/lib/writable.sh > /dev/null << 'END'\n{script}END\n\
                 sudo tee /etc/systemd/system/writable.service > /dev/null << 'END'\n\
                 [Service]\nType=exec\nUser=postgres\nExecStart=/bin/bash /usr/local/lib/writable.sh\n\
                 StandardOutput=append:{LOG}\nRestart=always\n[Install]\nWantedBy=multi-user.target\nEND\n\
                 sudo systemctl -q stop writable; sudo rm -f {LOG}; sudo systemctl daemon-reload && \
                 sudo systemctl -q enable --now writable"
            ),
        );
    }
    wait_until("the leader's commits", 20, || {
        acknowledged(at)
            .iter()
            .filter(|commit| commit.node == leader)
            .count()
            >= 3
    });
}

/// Who was writable since the asking began.
pub fn leaders(at: &Patroni) -> Vec<&'static str> {
    let mut leaders: Vec<_> = acknowledged(at).iter().map(|commit| commit.node).collect();
    leaders.dedup();
    leaders
}

/// Ends the asking. Fails if two nodes were writable at once, and says for how long nobody was.
#[track_caller]
pub fn never_two(at: &Patroni) -> f64 {
    let commits = acknowledged(at);
    at.topology.nodes.iter().for_each(|node| {
        at.lab.ask(node, "sudo systemctl -q disable --now writable");
    });
    if let Some(fault) = two(&commits) {
        panic!("{fault}");
    }
    let mut times: Vec<f64> = commits.iter().map(|commit| commit.acknowledged).collect();
    times.sort_by(f64::total_cmp);
    let pause = times
        .windows(2)
        .map(|pair| pair[1] - pair[0])
        .fold(0.0, f64::max);
    println!(
        "live: {} commits asked for, at most {pause:.1} s between two",
        commits.len()
    );
    pause
}

/// A commit that a node acknowledged.
struct Commit {
    node: &'static str,
    timeline: u32,
    begun: f64,
    acknowledged: f64,
}

fn acknowledged(at: &Patroni) -> Vec<Commit> {
    let read = |node: &'static str| {
        let told = at.lab.ask(node, &format!("sudo cat {LOG}"));
        let commits: Vec<Commit> = told
            .lines()
            .filter_map(|line| {
                let words: Vec<&str> = line.split(' ').collect();
                // A pulled plug cuts the last line.
                let [_, timeline, begun, acknowledged] = words[..] else {
                    return None;
                };
                Some(Commit {
                    node,
                    timeline: u32::from_str_radix(timeline, 16).ok()?,
                    begun: begun.parse().ok()?,
                    acknowledged: acknowledged.parse().ok()?,
                })
            })
            .collect();
        commits
    };
    at.topology
        .nodes
        .iter()
        .flat_map(|node| read(node))
        .collect()
}

/// Says where two nodes were writable at once: on one timeline, or on an old one after a commit on
/// a newer was acknowledged. All hosts of a lab have one clock.
fn two(commits: &[Commit]) -> Option<String> {
    commits.iter().find_map(|new| {
        let old = commits.iter().find(|old| {
            old.node != new.node
                && (old.timeline == new.timeline
                    || old.timeline < new.timeline && old.begun > new.acknowledged)
        })?;
        Some(format!(
            "{} acknowledged a commit on timeline {} at {:.3}, and {} one on timeline {} that it began at {:.3}",
            new.node, new.timeline, new.acknowledged, old.node, old.timeline, old.begun
        ))
    })
}

/// The watch sees a second primary: one is made behind Patroni's back.
pub fn sees_two(at: &Patroni) {
    at.built();
    watch(at);
    let leader = at.leader().unwrap();
    let second = at
        .topology
        .nodes
        .iter()
        .rfind(|node| **node != leader)
        .unwrap();
    at.lab.ask(leader, "cd / && sudo patronictl pause --wait");
    sql(at.lab, second, "select pg_promote()");
    wait_until("the second primary to be seen", 30, || {
        two(&acknowledged(at)).is_some()
    });
    at.lab.ask(leader, "cd / && sudo patronictl resume --wait");
    // It took writes that nobody confirmed: that is for a person to give up.
    let node = format!("node={second}");
    apply(at.lab, "restore-replica.yml", &["-e", &node])
        .with_code(2)
        .saying("took writes there: clients may have been told that they are committed");
    apply(
        at.lab,
        "restore-replica.yml",
        &["-e", &node, "-e", "accept_loss=true"],
    )
    .with_code(0);
    at.wait_until_whole();
    assert_eq!(at.leader(), Some(leader));
    at.topology.nodes.iter().for_each(|node| {
        at.lab.ask(node, "sudo systemctl -q disable --now writable");
    });
}
