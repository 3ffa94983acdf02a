//! Drills that are hard to show: a failing one and a long one.

use super::*;
use trueup::history::{Class, Count, Finding, Judged, Judgement, Level, Staleness};

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
        histories: Some(forked()),
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

/// What a register that went two ways is judged as.
fn forked() -> Judgement {
    let count = |class, judged, count| Count {
        class,
        judged,
        count,
    };
    Judgement {
        level: Level::RepeatableRead,
        committed: 4_812,
        aborted: 210,
        unknown: 9,
        unknown_seen: 4,
        operations: 12_400,
        cut: false,
        final_read: true,
        read_door: Staleness {
            reads: 1_800,
            stale: 41,
            longest: 0.84,
            own_unseen: 3,
            backwards: 1,
        },
        counts: vec![
            count(Class::IncompatibleOrders, Judged::Fault, 1),
            count(Class::WriteSkew, Judged::Allowed, 12),
        ],
        findings: vec![Finding {
            class: Class::IncompatibleOrders,
            judged: Judged::Fault,
            about: "T812 wrote 3248 and T840 wrote 3360 into register 2-1, both over 3201".to_owned(),
            proof: vec![
                "T812 (session 2, write door, on 10.89.2.11, timeline 1, 30.115 s to 30.241 s, \
                 repeatable read, committed): register 2-1 is 3201; write 3248 into register 2-1 over 3201"
                    .to_owned(),
                "T840 (session 4, write door, on 10.89.2.12, timeline 2, 37.502 s to 37.533 s, \
                 repeatable read, committed): write 3360 into register 2-1 over 3201"
                    .to_owned(),
            ],
        }],
        left_out: 0,
    }
}
