//! A judgement as text.

use super::finding::{Judged, Judgement, Staleness};

/// All of it: what was recorded, what was found, and why that may not be.
pub fn told(judgement: &Judgement) -> String {
    let Judgement {
        committed,
        aborted,
        unknown,
        unknown_seen,
        operations,
        ..
    } = judgement;
    let mut text = format!(
        "{}\n{committed} transactions committed, {aborted} undone, {unknown} without an answer, \
         {unknown_seen} of them seen; {operations} operations at {}\n",
        verdict(judgement),
        judgement.level.name()
    );
    if judgement.cut {
        text.push_str("the last line of the file is cut off, and was left out\n");
    }
    if !judgement.final_read {
        text.push_str("nobody looked at the primary in the end, so what was lost can't be told\n");
    }
    if judgement.left_out > 0 {
        text.push_str(&format!(
            "there were too many dependencies: circles were not looked for between {} pairs\n",
            judgement.left_out
        ));
    }
    text.push_str(&read_door(&judgement.read_door));
    for count in &judgement.counts {
        let judged = match count.judged {
            Judged::Fault => "FAULT",
            Judged::Allowed => "allowed",
        };
        text.push_str(&format!(
            "\n{judged}: {}, {} found\n",
            count.class.words(),
            count.count
        ));
        let shown = judgement.findings.iter();
        let shown =
            shown.filter(|finding| (finding.class, finding.judged) == (count.class, count.judged));
        for finding in shown {
            text.push_str(&format!("  {}\n", finding.about));
            for line in &finding.proof {
                text.push_str(&format!("    {line}\n"));
            }
        }
    }
    text
}

/// What it comes to, in a sentence.
pub fn verdict(judgement: &Judgement) -> String {
    match judgement.faults() {
        0 if judgement.committed == 0 => "nothing was committed, so nothing is proved".to_owned(),
        0 => format!("nothing was found that {} forbids", judgement.level.name()),
        1 => "1 fault was found".to_owned(),
        faults => format!("{faults} faults were found"),
    }
}

/// How old reads were where a standby may answer.
pub fn read_door(door: &Staleness) -> String {
    if door.reads == 0 {
        return String::new();
    }
    let mut text = format!(
        "read door: {} reads, {} of them stale",
        door.reads, door.stale
    );
    if door.stale > 0 {
        text.push_str(&format!(" by up to {:.3} s", door.longest));
    }
    text.push_str(&format!(
        ", {} without an own write, {} back in time\n",
        door.own_unseen, door.backwards
    ));
    text
}
