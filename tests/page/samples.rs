//! Reports as drills would make them: one that went well, a failing one, a long one, an empty one.

use std::collections::BTreeMap;
use trueup::drill::lesson::{Lesson, Step};
use trueup::drill::report::*;

/// What a host could write into its log to become more than text on the page.
pub const HOSTILE: [&str; 4] = [
    "ERROR:  relation \"<img src=x onerror=window.hacked=1>\" does not exist",
    "</code></li></ol></script><script>window.hacked = 1</script><b id=hacked>bold</b>",
    "FATAL: role '\"><svg onload=hacked()>' & so on &lt;b&gt;",
    "LOG: a word\u{1b}[31m of red, and \u{202e}turned\u{202c} about",
];

fn slice(from: f64, rates: [f64; 4], latency: Option<f64>) -> Slice {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let [acknowledged, refused, unknown, reads] = rates.map(|number| (number / 2.0) as u64);
    Slice {
        from,
        seconds: 0.5,
        acknowledged,
        refused,
        unknown,
        reads,
        failed_reads: u64::from(reads == 0),
        latency,
    }
}

fn phase(name: &str, title: &str, from: f64, to: f64, writes: f64) -> Phase {
    let latency = |median: f64| {
        Some(Latency {
            median,
            p95: median * 2.7,
            longest: median * 40.0,
        })
    };
    Phase {
        name: name.to_owned(),
        title: title.to_owned(),
        from,
        to,
        load: PhaseLoad {
            writes_per_second: writes,
            reads_per_second: writes * 2.5,
            write_latency: (writes > 0.0).then(|| latency(4.2)).flatten(),
            read_latency: latency(1.1),
        },
    }
}

fn band(node: &str, role: &str, from: f64, to: f64) -> Band {
    Band {
        node: node.to_owned(),
        role: role.to_owned(),
        from,
        to,
    }
}

fn span(node: &str, from: f64, to: f64) -> Span {
    Span {
        node: node.to_owned(),
        from,
        to,
    }
}

fn event(at: f64, host: Option<&str>, kind: &str, words: &str) -> Event {
    Event {
        at,
        host: host.map(str::to_owned),
        kind: kind.to_owned(),
        words: words.to_owned(),
    }
}

fn log(at: f64, host: &str, source: &str, line: &str) -> LogLine {
    LogLine {
        at,
        host: host.to_owned(),
        source: source.to_owned(),
        line: line.to_owned(),
        why: "what a reader should know of it".to_owned(),
    }
}

fn facts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// A drill that broke off before anything was measured.
pub fn empty() -> Report {
    Report {
        version: VERSION,
        scenario: "primary-off".to_owned(),
        explained: "The primary's host loses its power while clients write.".to_owned(),
        topology: "pgpool".to_owned(),
        inventory: "inventories/lab-pgpool".to_owned(),
        seed: 7,
        load: Load {
            kind: "own".to_owned(),
            clients: 8,
            scale: None,
        },
        versions: BTreeMap::new(),
        began: 1_795_285_503.4,
        seconds: 0.0,
        nodes: ["pg-a", "pg-b", "pg-c"].map(str::to_owned).to_vec(),
        verdict: Verdict {
            passed: false,
            failures: vec!["the declared layout does not hold: pg-c is silent; trueup apply playbooks/pgpool.yml -i inventories/lab-pgpool".to_owned()],
        },
        phases: Vec::new(),
        slices: Vec::new(),
        write_gaps: Vec::new(),
        read_gaps: Vec::new(),
        roles: Vec::new(),
        writable: Vec::new(),
        unwatched: Vec::new(),
        two_primaries: Vec::new(),
        ledger: Ledger::default(),
        timelines: Vec::new(),
        events: Vec::new(),
        log: Vec::new(),
        commands: Vec::new(),
        fingerprint: Fingerprint::default(),
    }
}

/// A drill that went well, with what is hostile in its logs.
pub fn held() -> Report {
    let stopped = |at: f64| (30.2..37.6).contains(&at) || (128.0..129.6).contains(&at);
    let slices = (0u32..340).map(|index| {
        let at = f64::from(index) / 2.0;
        let waves = 1.0 + 0.06 * (f64::from(index) * 0.7).sin();
        let refused = if (33.0..35.0).contains(&at) {
            14.0
        } else {
            0.0
        };
        let unknown = if (30.0..30.5).contains(&at) { 8.0 } else { 0.0 };
        let reads = if (30.5..31.5).contains(&at) {
            0.0
        } else {
            900.0 * waves
        };
        if stopped(at) {
            slice(at, [0.0, refused, unknown, reads], None)
        } else if (37.6..70.0).contains(&at) {
            slice(at, [520.0 * waves, 0.0, unknown, reads], Some(2.1 * waves))
        } else {
            slice(at, [380.0 * waves, 0.0, unknown, reads], Some(4.2 * waves))
        }
    });
    let mut log_lines = vec![
        log(
            30.4,
            "pgpool",
            "pgpool",
            "2026-11-21 18:25:33.871: health_check3 pid 812: ERROR: failed to make persistent db connection",
        ),
        log(
            33.9,
            "pgpool",
            "pgpool",
            "2026-11-21 18:25:37.412: main pid 771: LOG: starting degeneration. shutdown host pg-a(5432)",
        ),
        log(
            35.2,
            "pgpool",
            "pg-failover",
            "new primary pg-b at 0/7A28F10, it was the synchronous one",
        ),
        log(
            36.8,
            "pg-b",
            "postgresql",
            "2026-11-21 18:25:40.190 UTC [2231] LOG:  received promote request",
        ),
        log(
            37.1,
            "pg-b",
            "postgresql",
            "2026-11-21 18:25:40.522 UTC [2231] LOG:  selected new timeline ID: 2",
        ),
    ];
    log_lines.extend(HOSTILE.map(|line| log(38.0, "pg-c", "postgresql", line)));
    let command = |from, to, words: &str, exit, output: &str| Command {
        from,
        to,
        words: words.to_owned(),
        exit,
        output: output.to_owned(),
    };
    Report {
        versions: facts(&[
            ("PostgreSQL", "17.6"),
            ("pgpool", "4.6.3"),
            ("Debian", "13"),
        ]),
        seconds: 171.3,
        verdict: Verdict {
            passed: true,
            failures: Vec::new(),
        },
        phases: vec![
            phase("before", "declared layout", 0.0, 30.0, 381.4),
            phase("fault", "power off pg-a", 30.0, 30.4, 40.0),
            phase("failover", "failover", 30.4, 58.0, 402.7),
            phase(
                "restore-replica",
                "pg-a comes back as replica",
                58.0,
                96.5,
                410.0,
            ),
            phase(
                "restore-primary",
                "pg-a is primary again",
                96.5,
                140.0,
                366.1,
            ),
            phase("after", "declared layout", 140.0, 170.0, 379.9),
        ],
        slices: slices.collect(),
        write_gaps: vec![
            Gap {
                from: 30.2,
                to: 37.6,
                phase: "fault".to_owned(),
            },
            Gap {
                from: 128.0,
                to: 129.6,
                phase: "restore-primary".to_owned(),
            },
        ],
        read_gaps: vec![Gap {
            from: 30.4,
            to: 31.6,
            phase: "failover".to_owned(),
        }],
        roles: vec![
            band("pg-a", "primary", 0.0, 30.1),
            band("pg-a", "silent", 30.1, 60.0),
            band("pg-a", "down", 60.0, 72.0),
            band("pg-a", "standby", 72.0, 92.0),
            band("pg-a", "synchronous", 92.0, 128.2),
            band("pg-a", "primary", 128.2, 171.3),
            band("pg-b", "synchronous", 0.0, 36.9),
            band("pg-b", "primary", 36.9, 128.0),
            band("pg-b", "down", 128.0, 133.0),
            band("pg-b", "synchronous", 133.0, 171.3),
            band("pg-c", "standby", 0.0, 171.3),
        ],
        writable: vec![
            span("pg-a", 0.0, 30.1),
            span("pg-b", 37.4, 128.0),
            span("pg-a", 129.4, 171.3),
        ],
        ledger: Ledger {
            acknowledged: 60_318,
            refused: 14,
            unknown: 8,
            unknown_there: 5,
            ..Ledger::default()
        },
        timelines: vec![
            Timeline {
                timeline: 1,
                node: "pg-a".to_owned(),
                from: 0.0,
            },
            Timeline {
                timeline: 2,
                node: "pg-b".to_owned(),
                from: 37.0,
            },
            Timeline {
                timeline: 3,
                node: "pg-a".to_owned(),
                from: 128.9,
            },
        ],
        events: vec![
            event(
                30.0,
                Some("pg-a"),
                "fault",
                "trueup lab poweroff: the host's processes are gone at once",
            ),
            event(
                36.9,
                Some("pg-b"),
                "promotion",
                "pg-b is primary on timeline 2",
            ),
            event(58.2, Some("pg-a"), "heal", "the host has power again"),
            event(58.4, Some("pg-a"), "restore", "restore-replica begins"),
            event(92.0, Some("pg-a"), "note", "pg-a streams, 0 bytes behind"),
            event(
                128.9,
                Some("pg-a"),
                "promotion",
                "pg-a is primary on timeline 3",
            ),
        ],
        log: log_lines,
        commands: vec![
            command(
                58.4,
                92.3,
                "trueup apply playbooks/restore-replica.yml -i inventories/lab-pgpool -e node=pg-a",
                Some(0),
                "PLAY [restore] ****\n\nTASK [rewind] ****\nchanged: [pg-a]\n\nDone: 7 changes on 1 host, in 33s.\n",
            ),
            command(
                96.6,
                139.0,
                "trueup apply playbooks/restore-primary.yml -i inventories/lab-pgpool -e node=pg-a",
                Some(0),
                "",
            ),
        ],
        fingerprint: Fingerprint {
            before: facts(&[
                ("role of pg-a", "primary"),
                ("role of pg-b", "synchronous"),
                ("checksum of app.orders", "9c1f"),
                ("slot pg_b on pg-a", "active"),
            ]),
            after: facts(&[
                ("role of pg-a", "primary"),
                ("role of pg-b", "synchronous"),
                ("checksum of app.orders", "9c1f"),
                ("slot pg_b on pg-a", "active"),
            ]),
        },
        ..empty()
    }
}

/// A drill in which everything went wrong.
pub fn failing() -> Report {
    let good = held();
    Report {
        scenario: "primary-frozen".to_owned(),
        topology: "patroni-zookeeper".to_owned(),
        verdict: Verdict {
            passed: false,
            failures: vec![
                "3 acknowledged transactions are not there".to_owned(),
                "pg-a and pg-b took synchronous commits at the same time for 6.4 s".to_owned(),
                "2 facts about the cluster are not as before".to_owned(),
            ],
        },
        writable: vec![
            span("pg-a", 0.0, 43.8),
            span("pg-b", 37.4, 128.0),
            span("pg-a", 129.4, 171.3),
        ],
        unwatched: Vec::new(),
        two_primaries: vec![
            "pg-a (timeline 1) and pg-b (timeline 2) from 0:37.4 to 0:43.8".to_owned(),
        ],
        ledger: Ledger {
            lost: 3,
            foreign: 2,
            torn: 1,
            named: vec![
                "session 4, transaction 1812: acknowledged at 0:29.9, no row in orders or payments"
                    .to_owned(),
                "orders 99 has session 12, which there never was".to_owned(),
            ],
            ..good.ledger.clone()
        },
        fingerprint: Fingerprint {
            before: good.fingerprint.before.clone(),
            after: facts(&[
                ("role of pg-a", "standby"),
                ("role of pg-b", "primary"),
                ("checksum of app.orders", "9c1f"),
                ("slot pg_b on pg-a", "active"),
            ]),
        },
        commands: vec![Command {
            from: 58.4,
            to: 92.3,
            words: "trueup apply playbooks/restore-replica.yml -i inventories/lab-zk -e node=pg-a"
                .to_owned(),
            exit: Some(2),
            output: format!(
                "fatal: [pg-a]: FAILED! => {}\n",
                "pg_rewind: error: could not find common ancestor ".repeat(12)
            ),
        }],
        ..good
    }
}

/// An hour and a half with much happening.
pub fn long() -> Report {
    let end = 5400.0;
    let slices = (0u32..10_800).map(|index| {
        let at = f64::from(index) / 2.0;
        let quiet = index % 900 > 880;
        let rate = if quiet {
            0.0
        } else {
            2400.0 + 300.0 * (at / 200.0).sin()
        };
        slice(
            at,
            [rate, if quiet { 6.0 } else { 0.0 }, 0.0, rate],
            (!quiet).then_some(2.0 + at / 900.0),
        )
    });
    let gaps = (1u32..12).map(|index| Gap {
        from: f64::from(index) * 450.0 - 10.0,
        to: f64::from(index) * 450.0,
        phase: "failover".to_owned(),
    });
    let names = [
        "before",
        "fault",
        "failover",
        "fault",
        "failover",
        "restore-replica",
        "restore-primary",
        "after",
    ];
    let from = [0.0, 440.0, 440.2, 470.0, 470.3, 900.0, 2600.0, 4000.0];
    let to = [440.0, 440.2, 470.0, 470.3, 900.0, 2600.0, 4000.0, end];
    let phases = (0..names.len())
        .map(|index| phase(names[index], names[index], from[index], to[index], 2400.0));
    let events = (0u32..36).map(|index| {
        let kind = ["fault", "note", "promotion", "restore"][index as usize % 4];
        event(
            430.0 + f64::from(index * index) * 3.7,
            Some("pg-b"),
            kind,
            "something that happened there",
        )
    });
    Report {
        scenario: "two-faults-in-a-row".to_owned(),
        load: Load {
            kind: "pgbench".to_owned(),
            clients: 64,
            scale: Some(100),
        },
        seconds: end,
        nodes: (1..=5).map(|index| format!("db-{index}.berlin.example.org")).collect(),
        phases: phases.collect(),
        slices: slices.collect(),
        write_gaps: gaps.collect(),
        roles: (1u8..=5)
            .flat_map(|index| {
                let node = format!("db-{index}.berlin.example.org");
                let turn = f64::from(index) * 900.0;
                [
                    band(&node, "standby", 0.0, turn),
                    band(&node, "primary", turn, turn + 899.0),
                    band(&node, "silent", turn + 899.0, end),
                ]
            })
            .collect(),
        writable: Vec::new(),
        events: events.collect(),
        log: (0u32..120).map(|index| log(f64::from(index) * 40.0, "db-3.berlin.example.org", "postgresql", "LOG:  restartpoint complete: wrote 1024 buffers (6.2%); 0 WAL file(s) added, 0 removed, 3 recycled")).collect(),
        ..held()
    }
}

/// The classroom's exercise around the drill that went well.
pub fn lesson() -> Lesson {
    let step = |title: &str, outputs: &[&str]| {
        Step {
        title: title.to_owned(),
        seen: "What one sees here, and why it is so, in a sentence or two of some length. ".repeat(3),
        commands: outputs
            .iter()
            .map(|output| Command {
                from: 1.0,
                to: 3.2,
                words: "trueup lab ssh -i inventories/lab-pgpool pg-a -- 'cd /; sudo -u postgres psql -X app -c \"select application_name, state, sync_state from pg_stat_replication order by 1\"'".to_owned(),
                exit: Some(0),
                output: (*output).to_owned(),
            })
            .collect(),
    }
    };
    let table = " application_name |   state   | sync_state |  sent_lsn  | replay_lsn \n------------------+-----------+------------+------------+------------\n pg-b             | streaming | sync       | 0/4000060  | 0/4000060\n(1 row)\n";
    Lesson {
        before: vec![
            step(
                "The cluster is built",
                &["PLAY [all] ****\n".repeat(60).as_str()],
            ),
            step(
                "Synchronous and asynchronous replication",
                &[table, HOSTILE[1]],
            ),
        ],
        drill: held(),
        after: vec![step("The final data on every node", &[table, table])],
    }
}
