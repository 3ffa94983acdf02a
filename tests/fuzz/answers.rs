//! What hosts answer: anybody who is root there could say anything.

use crate::targets::{Target, files, texts};
use trueup::decide::{self, Beyond, Node, Pool};
use trueup::facts::{self, Question};
use trueup::step::Output;

pub const TARGETS: &[Target] = &[
    Target {
        name: "facts",
        seeds: || {
            texts(&[
                "postgres:x:105:113:PostgreSQL,,,:/var/lib/postgresql:/bin/bash\n",
                "ii \tnginx\tamd64\t1.26.3-3\n",
                "81a4 0 0 644 1 12 1700000000 root root /etc/hosts\n",
                "nginx:\n  Installed: (none)\n  Candidate: 1.26.3-3\n",
                "Inst nginx [1.2] (1.3 Debian:13 [amd64])\nRemv x [1]\n",
                "{\"members\": [{\"name\": \"a\", \"role\": \"leader\", \"state\": \"running\", \"timeline\": 1, \"lag\": 0}]}",
                "{\"state\": \"running\", \"role\": \"primary\", \"xlog\": {\"location\": 67108864}}",
            ])
        },
        words: &[
            ":",
            "\t",
            "\n",
            "\0",
            "-1",
            "99999999999999999999",
            "[",
            "{",
            "}",
            "\"",
            "null",
            " (",
            ") ",
            "\u{feff}",
        ],
        run: facts,
    },
    Target {
        name: "log",
        seeds: || files("src/decide/waldump/recorded", ".log"),
        words: &[
            "\n",
            "| rmgr: Transaction ",
            "checkpoint ",
            "part 1 ",
            "ended ",
            "cut ends\n",
            "cut writes\n",
            "COMMIT ",
            "ABORT_PREPARED ",
            "ASSIGNMENT xtop ",
            "; subxacts: ",
            "; rels: ",
            "blkref #0: rel ",
            "FFFFFFFF/FFFFFFFF",
            "99999999999999999999",
        ],
        run: |bytes| {
            let listed = decide::listed(&String::from_utf8_lossy(bytes));
            assert!(listed.committed <= listed.count);
            let _ = Beyond::of(&listed, &[]);
        },
    },
    Target {
        name: "node",
        seeds: || {
            texts(&[
                include_str!("node.json"),
                "{\"record\": \"pg-a pg-b 1\", \"planned\": \"\", \"line\": {\"2\": \"pg-b\"}, \"forced\": \"2 3\"}",
            ])
        },
        words: &[
            "{",
            "}",
            "null",
            "\"",
            ",",
            "FFFFFFFF/FFFFFFFF",
            "1 0/5000000,2 0/6000000",
            "99999999999999999999",
            "-1",
        ],
        run: |bytes| {
            let _ = serde_json::from_slice::<Pool>(bytes);
            let Ok(node) = serde_json::from_slice::<Node>(bytes) else {
                return;
            };
            let primary = serde_json::from_str::<Node>(include_str!("node.json")).expect("a node");
            for (one, other) in [(&node, &primary), (&primary, &node)] {
                let _ = decide::fork(one, other).map(|fork| fork.beyond(one));
            }
            let _ = (node.begin(), node.end());
        },
    },
];

/// What a host answers to each question.
fn facts(bytes: &[u8]) {
    fn read(question: &impl Question, output: &Output) {
        let _ = question.read(output);
    }
    let names = || vec!["nginx".to_owned(), "a*".to_owned()];
    let path = || "/etc/hosts".to_owned();
    for status in [0, 1] {
        let output = Output {
            status,
            stdout: bytes.to_vec(),
            stderr: Vec::new(),
            ..Output::default()
        };
        read(
            &facts::UserNamed {
                name: "postgres".into(),
                password: true,
            },
            &output,
        );
        read(
            &facts::GroupNamed {
                name: "postgres".into(),
            },
            &output,
        );
        read(
            &facts::FileAt {
                path: path(),
                follow: true,
                hash: true,
            },
            &output,
        );
        read(
            &facts::Content {
                path: path(),
                limit: 1000,
            },
            &output,
        );
        read(
            &facts::Tree {
                path: path(),
                ..facts::Tree::default()
            },
            &output,
        );
        read(
            &facts::Matching {
                folder: None,
                pattern: "/etc/*".into(),
            },
            &output,
        );
        read(&facts::Ancestor { path: path() }, &output);
        read(&facts::System { network: true }, &output);
        read(&facts::Installed { names: names() }, &output);
        read(&facts::Provided { names: names() }, &output);
        read(
            &facts::Candidates {
                names: names(),
                release: None,
                newest: true,
            },
            &output,
        );
        read(
            &facts::Simulated {
                command: "autoremove".into(),
            },
            &output,
        );
        read(&facts::ListsAge, &output);
    }
    let _ = serde_json::from_slice::<facts::patroni::Cluster>(bytes);
    let _ = serde_json::from_slice::<facts::patroni::Standing>(bytes);
    let _ = serde_json::from_slice::<facts::etcd::Member>(bytes);
}
