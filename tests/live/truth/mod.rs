//! Whether plans are true: a cluster is planned, applied, and the two are compared, from bare hosts,
//! as declared, and with harm done to it that a seed chooses.

mod harms;
mod table;

pub use table::summary;

use crate::cluster::{playbook, second_run_of};
use crate::command::run;
use crate::lab::{Lab, into_file};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// How many seconds a run may take.
const LIMIT: u64 = 900;

/// How much harm is done to a cluster.
const HARMS: usize = 20;

/// What is allowed at most of what a plan tells.
struct Bounds {
    /// Made and not told.
    not_told: u64,
    /// Told and not made.
    not_made: u64,
    /// Of those told, in percent, word for word; at least.
    equal: f64,
    /// Of all pairs, in percent.
    unknown: f64,
}

/// A topology, by its name, which is its playbook's.
pub struct Topology(&'static str);

pub const PGPOOL: Topology = Topology("pgpool");
pub const PATRONI_ETCD: Topology = Topology("patroni-etcd");
pub const PATRONI_ZOOKEEPER: Topology = Topology("patroni-zookeeper");

/// What holds of a plan of bare hosts. What a package writes into its own files is unknown.
const BARE: Bounds = Bounds {
    not_told: 0,
    not_made: 0,
    equal: 99.0,
    unknown: 3.0,
};

/// With harm done.
const DRIFTED: Bounds = Bounds {
    not_told: 0,
    not_made: 0,
    equal: 95.0,
    unknown: 1.0,
};

/// Where a second run changes nothing.
const CONVERGED: Bounds = Bounds {
    not_told: 0,
    not_made: 0,
    equal: 0.0,
    unknown: 0.0,
};

/// Where the streams and the comparisons of a topology lie.
fn folder() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("truth");
    fs::create_dir_all(&folder).unwrap();
    folder
}

impl Topology {
    fn playbook(&self) -> String {
        format!("{}.yml", self.0)
    }

    /// Builds the cluster from bare hosts, as its plan told.
    #[track_caller]
    pub fn bare(&self, lab: &Lab) {
        lab.up();
        self.hold(lab, "bare", &BARE);
    }

    /// A second run changes nothing, and its plan tells nothing.
    #[track_caller]
    pub fn converged(&self, lab: &Lab) {
        let truth = self.hold(lab, "converged", &CONVERGED);
        assert_eq!(
            truth["told"], 0,
            "a plan of what is as declared told changes"
        );
    }

    /// Harm is done that the seed chooses; apply mends it as its plan told, and wholly.
    #[track_caller]
    pub fn drifted(&self, lab: &Lab) {
        for harm in harms::chosen(self.0, lab.seed, HARMS) {
            println!("live   {}: {}", harm.host, harm.what);
            harm.happen(lab);
        }
        let truth = self.hold(lab, "drifted", &DRIFTED);
        let told = truth["told"].as_u64().unwrap();
        assert!(told > 0, "harm was done, and no change was told");
        second_run_of(lab, &self.playbook(), &[]);
    }

    /// Plans, applies, compares; the streams and the comparison are kept.
    #[track_caller]
    fn hold(&self, lab: &Lab, state: &str, bounds: &Bounds) -> Value {
        let kept = |what: &str| folder().join(format!("{}-{state}.{what}", self.0));
        let streams = [kept("plan.jsonl"), kept("apply.jsonl")];
        let playbook = playbook(&self.playbook());
        for (verb, stream) in ["plan", "apply"].into_iter().zip(&streams) {
            let command = lab.command(&[verb, &playbook, "--output", "json"]);
            run(into_file(&command, stream), LIMIT).with_code(0);
        }
        let mut compare = Command::new(env!("CARGO_BIN_EXE_trueup"));
        compare.arg("truth").args(&streams).env("NO_COLOR", "1");
        run(into_file(&compare, &kept("txt")), LIMIT).with_code(0);
        println!("{} {state}", self.0);
        println!("{}", fs::read_to_string(kept("txt")).unwrap());
        run(into_file(compare.arg("--json"), &kept("json")), LIMIT).with_code(0);
        let document = fs::read_to_string(kept("json")).unwrap();
        let truth: Value = serde_json::from_str(&document).unwrap();
        bounds.hold(&truth);
        truth
    }
}

impl Bounds {
    #[track_caller]
    fn hold(&self, truth: &Value) {
        let count = |class: &str| truth["counts"][class].as_u64().unwrap();
        let percent = |name: &str| truth[name].as_f64().unwrap_or_default();
        assert_eq!(count("failed") + count("not_reached"), 0, "a task failed");
        for (what, is, most) in [
            ("made and not told", count("not_told"), self.not_told),
            ("told and not made", count("not_made"), self.not_made),
        ] {
            assert!(is <= most, "{is} changes {what}, of at most {most}");
        }
        if truth["told"] != 0 {
            let equal = percent("percent_of_told_equal");
            let least = self.equal;
            assert!(
                equal >= least,
                "{equal} % came as told, of at least {least} %"
            );
        }
        let unknown = percent("percent_unknown");
        let most = self.unknown;
        assert!(
            unknown <= most,
            "{unknown} % are unknown, of at most {most} %"
        );
    }
}
