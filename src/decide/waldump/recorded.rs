//! What PostgreSQL 13 to 18 printed of one work (`dev/waldump/record` makes it anew), and what is made of
//! logs that are not whole.

use super::listed;
use crate::decide::{Beyond, Listed};

const RECORDED: [(&str, &str); 6] = [
    (
        include_str!("recorded/13.log"),
        include_str!("recorded/13.names"),
    ),
    (
        include_str!("recorded/14.log"),
        include_str!("recorded/14.names"),
    ),
    (
        include_str!("recorded/15.log"),
        include_str!("recorded/15.names"),
    ),
    (
        include_str!("recorded/16.log"),
        include_str!("recorded/16.names"),
    ),
    (
        include_str!("recorded/17.log"),
        include_str!("recorded/17.names"),
    ),
    (
        include_str!("recorded/18.log"),
        include_str!("recorded/18.names"),
    ),
];

/// The work in dev/waldump/work, in the order in which its transactions first wrote.
const WORK: [&str; 15] = [
    "timeline 1, committed: accounts",
    "timeline 1, committed: accounts, orders, journal",
    "timeline 1, committed: orders",
    // A part that was given up; its whole, with a part that was kept.
    "timeline 1, aborted: scratch",
    "timeline 1, committed: journal",
    "timeline 1, aborted: scratch",
    // In two phases: to the end, given up.
    "timeline 1, committed: journal",
    "timeline 1, aborted: scratch",
    "timeline 1, committed: emptied",
    // The table that was made has no name on the primary.
    "timeline 1, committed: ",
    "timeline 1, committed: journal",
    // In two phases, under a name that says that the one before was aborted.
    "timeline 1, open: scratch",
    "timeline 1, open: scratch",
    "timeline 1, committed: accounts",
    "timeline 2, committed: accounts",
];

/// A line without what differs from release to release: places, numbers, and which catalogs are written.
fn plain(line: &str) -> String {
    let (timeline, rest) = line.split_once(", LSN ").unwrap();
    let (_, rest) = rest.split_once(", xid ").unwrap();
    let (_, rest) = rest.split_once(", ").unwrap();
    let (outcome, tables) = rest.split_once(": ").unwrap();
    let ours = tables
        .split(", ")
        .filter_map(|name| name.strip_prefix("postgres.public."));
    let ours: Vec<&str> = ours.collect();
    format!("{timeline}, {outcome}: {}", ours.join(", "))
}

#[test]
fn each_release_tells_the_same_work() {
    for (log, names) in RECORDED {
        let names: Vec<String> = names.lines().map(str::to_owned).collect();
        let beyond = Beyond::of(&listed(log), &names);
        let lines: Vec<String> = beyond.lines.iter().map(|line| plain(line)).collect();
        assert_eq!(lines, WORK, "{log}");
        assert_eq!((beyond.count, beyond.committed), (15, 10), "{log}");
        assert!(beyond.complete, "{}", beyond.why);
    }
}

#[test]
fn a_log_that_lost_its_end_is_never_whole() {
    for (log, _) in RECORDED {
        let lines: Vec<&str> = log.lines().collect();
        for end in 0..lines.len() {
            let cut = listed(&lines[..end].join("\n"));
            assert!(!cut.complete && !cut.why.is_empty(), "{:?}", &lines[..end]);
        }
    }
}

/// Of these lines of ours, and of records `XID DESCRIPTION` at 0/5000001, 0/5000002...
fn of(lines: &[&str]) -> Listed {
    let mut at = 0;
    let line = |line: &&str| match line.split_once(' ') {
        Some((xid, told)) if xid.parse::<u64>().is_ok() => {
            at += 1;
            let rmgr = if told.contains("blkref") {
                "Heap"
            } else {
                "Transaction"
            };
            format!(
                "| rmgr: {rmgr:<11} len (rec/tot): 9/ 9, tx: {xid:>9}, lsn: 0/{:08X}, prev 0/00000000, desc: {told}\n",
                0x500_0000 + at
            )
        }
        _ => format!("{line}\n"),
    };
    listed(&lines.iter().map(line).collect::<String>())
}

fn outcomes(listed: &Listed) -> Vec<(u64, String)> {
    let told = listed.transactions.iter();
    told.map(|one| (one.xid, one.outcome.to_string())).collect()
}

const WROTE: &str = "INSERT off 1, blkref #0: rel 1663/5/16384 blk 0";
const ENDED: &str =
    "ended pg_waldump: error: error in WAL record at 0/5000002: invalid record length";
const GONE: &str =
    "ended pg_waldump: error: could not find file \"000000010000000000000005\": No such file";

#[test]
fn parts_of_one_that_is_open_are_told_with_it() {
    let wrote = format!("11 {WROTE}");
    let assigned = "11 ASSIGNMENT xtop 10: subxacts: 11 12";
    let open = of(&[
        "checkpoint 0/1",
        "part 1 0/5000000",
        "10 X Y",
        &wrote,
        assigned,
        ENDED,
    ]);
    assert_eq!(outcomes(&open), [(10, "open".to_owned())]);
    assert_eq!(open.transactions[0].tables, ["1663/5/16384"]);
    let alone = of(&[
        "checkpoint 0/1",
        "part 1 0/5000000",
        &wrote,
        assigned,
        ENDED,
    ]);
    assert_eq!(outcomes(&alone), [(11, "open".to_owned())]);
}

#[test]
fn a_committed_transaction_is_not_hidden_by_what_another_says() {
    let hidden = of(&[
        "checkpoint 0/1",
        "part 1 0/5000000",
        "10 COMMIT 2026-01-01",
        "10 ABORT 2026-01-01",
        "9 ASSIGNMENT xtop 99: subxacts: 10",
        "12 ABORT 2026-01-01; subxacts: 10 11",
        "11 ABORT 2026-01-01; subxacts: 12",
        ENDED,
    ]);
    assert_eq!(hidden.committed, 1);
    assert!(outcomes(&hidden).contains(&(10, "committed".to_owned())));
}

#[test]
fn a_log_is_whole_where_it_goes_as_far_as_the_control_file_knows() {
    let whole = |lines: &[&str]| of(lines).complete;
    let known = |checkpoint: &str, end: &str| {
        let checkpoint = format!("checkpoint {checkpoint}");
        whole(&[
            &checkpoint,
            "part 1 0/5000000",
            "10 COMMIT 2026",
            "11 COMMIT 2026",
            end,
        ])
    };
    assert!(known("0/5000002", ENDED) && known("0/4000000", GONE));
    assert!(!known("0/5000003", ENDED) && !known("0/5000003", GONE));
    assert!(!known("0/4000000", "ended sh: pg_waldump: not found"));
    assert!(!known("0/4000000", "nothing is said of the end"));
    assert!(
        !whole(&["part 1 0/5000000", "10 COMMIT 2026", ENDED]),
        "nothing is known"
    );
    // What is before the last part is gone, though the last one is there.
    let parts = |first: &str| {
        let lines = [
            "checkpoint 0/1",
            "part 1 0/5000000 0/5000001",
            first,
            "part 2 0/5000001",
            ENDED,
        ];
        whole(&lines)
    };
    assert!(parts("10 COMMIT 2026") && !parts(GONE) && !parts("part 2 0/5000000"));
    assert!(!listed("").complete && !listed("| rmgr: Heap\npart\npart x y\n").complete);
}

#[test]
fn a_log_that_is_too_long_says_so() {
    let wrote = format!("10 {WROTE}");
    let writes = of(&[
        "checkpoint 0/1",
        "part 1 0/5000000",
        &wrote,
        "11 COMMIT 2026",
        "cut writes",
        ENDED,
    ]);
    assert!(writes.complete);
    let lines = Beyond::of(&writes, &[]).lines;
    assert_eq!(
        lines[2],
        "no table is named of what was written after 0/5000001: the log is too long"
    );
    let ends = of(&[
        "checkpoint 0/1",
        "part 1 0/5000000",
        "11 COMMIT 2026",
        "cut ends",
        ENDED,
    ]);
    assert!(!ends.complete);
    assert_eq!(ends.why, "it is longer than what is read of it");
}

#[test]
fn of_many_the_first_are_told() {
    let commits: Vec<String> = (1..=60).map(|xid| format!("{xid} COMMIT 2026")).collect();
    let blocks: Vec<String> = (1..=30)
        .map(|file| format!("blkref #{file}: rel 1663/5/{file} blk 0"))
        .collect();
    let wide = format!("1 INSERT {}", blocks.join(", "));
    let mut lines = vec!["checkpoint 0/1", "part 1 0/5000000", &wide];
    lines.extend(commits.iter().map(String::as_str));
    lines.push(ENDED);
    let many = of(&lines);
    assert_eq!(
        (many.count, many.committed, many.transactions.len()),
        (60, 60, 50)
    );
    assert_eq!(many.transactions[0].tables.len(), 20);
    assert_eq!(Beyond::of(&many, &[]).lines.last().unwrap(), "and 10 more");
}

#[test]
fn files_have_three_numbers_and_nothing_else() {
    let file = |told: &str| {
        of(&["checkpoint 0/1", "part 1 0/5000000", told]).transactions[0]
            .tables
            .clone()
    };
    assert!(file("9 X blkref #0: rel 1663/5/1;reboot blk 0").is_empty());
    assert!(file("9 X blkref #0: rel 1663/5 blk 0").is_empty());
    let removed = "9 COMMIT 2026; rels: base/5/7 global/1262 pg_tblspc/9/PG_17_202406281/5/8 elsewhere/1; inval msgs: catcache 1";
    assert_eq!(file(removed), ["1663/5/7", "1664/0/1262", "9/5/8"]);
}
