//! The classroom's exercise.

use super::*;
use trueup::drill::lesson::{Lesson, Step};

/// The classroom's exercise around the drill that went well.
pub fn lesson() -> Lesson {
    let step = |title: &str, outputs: &[&str]| {
        Step {
        title: title.to_owned(),
        seen: "A little later all nodes show the same. Standbys replay the primary's log, so they can be behind, but never different.".to_owned(),
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
