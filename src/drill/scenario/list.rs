//! The catalogue for people.

use super::{Expected, Fit, Kind, SCENARIOS, Scenario};
use serde_json::{Value, json};

/// Every scenario with what it does and where it fits, as text.
pub fn list() -> String {
    let mut text = String::new();
    for scenario in SCENARIOS {
        text.push_str(&format!("{}\n    {}\n", scenario.name, scenario.explained));
        for kind in Kind::ALL {
            text.push_str(&format!(
                "    {:18} {}\n",
                kind.name(),
                fit_words(scenario.fit(kind))
            ));
        }
        text.push('\n');
    }
    text.pop();
    text
}

fn fit_words(fit: Fit) -> String {
    match fit {
        Fit::Expect(Expected::Promotion) => "another node is promoted".to_owned(),
        Fit::Expect(Expected::Same) => "the primary stays, and writes go on".to_owned(),
        Fit::Expect(Expected::Either) => "writes go on, here or on another node".to_owned(),
        Fit::Expect(Expected::Refused) => {
            "writes go on, or are refused until it is mended".to_owned()
        }
        Fit::Expect(Expected::Wait) => "writes wait until it is mended".to_owned(),
        Fit::Not(why) => format!("- ({why})"),
    }
}

impl Scenario {
    /// The same as data: the JSON of `trueup drill --list --json`.
    pub fn json(&self) -> Value {
        let fits = Kind::ALL.map(|kind| match self.fit(kind) {
            Fit::Expect(expected) => json!({"topology": kind, "fits": true, "expected": expected}),
            Fit::Not(why) => json!({"topology": kind, "fits": false, "why": why}),
        });
        json!({"name": self.name, "explained": self.explained, "topologies": fits})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_says_where_a_scenario_fits_and_why_not_elsewhere() {
        let text = list();
        let entry = text
            .split("\n\n")
            .find(|entry| entry.starts_with("patroni-killed"));
        insta::assert_snapshot!(entry.unwrap(), @"
        patroni-killed
            The primary's Patroni is killed with SIGKILL.
            pgpool             - (Patroni is not part of it)
            patroni-etcd       writes go on, here or on another node
            patroni-zookeeper  writes go on, here or on another node
        ");
        assert_eq!(text.split("\n\n").count(), SCENARIOS.len());
    }
}
