//! The drill that went well.

use super::*;

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
            phase(
                "before",
                "clients work, nothing is broken",
                0.0,
                30.0,
                381.4,
            ),
            phase("fault", "the plug of pg-a is pulled", 30.0, 30.4, 40.0),
            phase(
                "failover",
                "until another node takes the writes",
                30.4,
                58.0,
                402.7,
            ),
            phase(
                "restore-replica",
                "pg-a becomes a replica again",
                58.0,
                96.5,
                410.0,
            ),
            phase(
                "restore-primary",
                "the declared roles again",
                96.5,
                140.0,
                366.1,
            ),
            phase(
                "after",
                "clients work, the layout is the declared one",
                140.0,
                170.0,
                379.9,
            ),
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
            event(30.0, Some("pg-a"), "fault", "the plug of pg-a is pulled"),
            event(36.9, Some("pg-b"), "promotion", "pg-b takes the writes"),
            event(58.2, Some("pg-a"), "heal", "pg-a powered on"),
            event(
                58.4,
                Some("pg-a"),
                "restore",
                "pg-a is restored as a replica",
            ),
            event(
                92.0,
                Some("pg-a"),
                "note",
                "pg-a is restored as the primary",
            ),
            event(128.9, Some("pg-a"), "promotion", "pg-a takes the writes"),
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
