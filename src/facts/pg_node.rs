//! What a node of a cluster holds, and what its server says: what a way home is chosen by.

use super::{Ask, Foreseen, Freshness, Look, ProbeError, Question};
use crate::decide::{History, Lsn, Node, SegmentSize, Server, SystemIdentifier, Timeline};
use crate::step::{Output, Script, quote};
use std::str::FromStr;
use std::time::Duration;

/// How long a node may take: it measures its data folder.
const LIMIT: Duration = Duration::from_secs(600);

/// Where a node has its PostgreSQL.
#[derive(Clone, Debug)]
pub struct PgNode {
    /// The data folder.
    pub data: String,
    /// The folder of PostgreSQL's programs.
    pub bin: String,
    /// The server's port.
    pub port: u16,
    /// The file by which it is configured.
    pub config: String,
}

/// A script that a node may take its time for.
fn within(mut script: Script) -> Script {
    script.limit = Some(LIMIT);
    script
}

/// What was found, and from where on the end of the log is looked for if the server does not run.
pub struct Found {
    /// What it holds.
    pub node: Node,
    /// Where it can be read from.
    pub from: Option<Lsn>,
}

impl PgNode {
    /// Asks the node; only where no server runs also for the end of its log.
    pub async fn says(&self, look: &Look) -> Result<Node, ProbeError> {
        let Found { mut node, from } = look.fact(self.clone()).await?;
        if let Some(from) = from {
            let (data, bin, timeline) = (self.data.clone(), self.bin.clone(), node.timeline);
            let end = look
                .fact(End {
                    data,
                    bin,
                    timeline,
                    from,
                })
                .await?;
            node.end = Some(end);
        }
        Ok(node)
    }
}

/// The words in which the script tells it.
struct Words<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Words<'a> {
    fn of(text: &'a str) -> Self {
        let words = text.lines().filter_map(|line| line.split_once(' '));
        Self(words.collect())
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &'a str> {
        let of_name = self.0.iter().filter(move |(of, _)| *of == name);
        of_name.map(|(_, said)| said.trim())
    }

    fn one(&self, name: &str) -> &'a str {
        self.all(name).next().unwrap_or_default()
    }

    fn is(&self, name: &str) -> bool {
        self.one(name) == "yes"
    }

    fn number<T: FromStr + Default>(&self, name: &str) -> T {
        self.one(name).parse().unwrap_or_default()
    }

    /// A line of `pg_controldata`.
    fn control(&self, name: &str) -> &'a str {
        let mut lines = self.all("control").filter_map(|line| line.split_once(':'));
        let said = lines.find(|(of, _)| *of == name);
        said.map(|(_, said)| said.trim()).unwrap_or_default()
    }

    /// The timelines before this one, as its file of history has them.
    fn history(&self, line: &str) -> Option<String> {
        let mut there = false;
        let of_line = self.all("history").filter_map(|said| {
            let (of, text) = said.split_once(' ').unwrap_or((said, ""));
            (of == line).then_some(text)
        });
        let legs: Vec<String> = of_line
            .filter_map(|text| {
                there = true;
                let mut words = text.split_whitespace();
                let timeline: u32 = words.next()?.parse().ok()?;
                Some(format!("{timeline} {}", words.next()?))
            })
            .collect();
        there.then(|| legs.join(","))
    }

    /// The newest timeline of the log, and those before. Not by the files of history: a standby that is past
    /// the fork has that of the timeline which it can't follow. Nor by the segments alone: an earlier rewind
    /// may have left one of a timeline that it undid.
    fn timeline(&self) -> Result<(Timeline, History), String> {
        let mut newest = (Timeline(0), String::new());
        for line in self.all("line") {
            let number = u32::from_str_radix(line, 16).map_err(|_| format!("`{line}`"))?;
            match self.history(line) {
                None if number != 1 => {}
                history => newest = (Timeline(number), history.unwrap_or_default()),
            }
        }
        Ok((newest.0, History::try_from(newest.1)?))
    }

    fn free(&self) -> u64 {
        let mut words = self.one("free").split_whitespace();
        let mut next = || words.next().and_then(|word| word.parse::<u64>().ok());
        let free = next().zip(next()).map(|(blocks, size)| blocks * size);
        // What an interrupted run left half copied is given back before anything else is copied.
        free.unwrap_or_default() + self.number::<u64>("partial") * 1024
    }

    fn node(&self, data: &str) -> Result<Node, String> {
        let (timeline, history) = self.timeline()?;
        let running = self.is("running");
        let answers = Some(self.one("answers")).filter(|said| !said.is_empty());
        let says: Option<Server> = answers
            .map(serde_json::from_str)
            .transpose()
            .map_err(|error| format!("its server's answer: {error}"))?;
        let id = self.control("Database system identifier");
        let checksums = self.control("Data page checksum version");
        let owned = |name| self.one(name).to_owned();
        Ok(Node {
            data: data.to_owned(),
            holds: self.is("holds"),
            id: SystemIdentifier::from_str(id).ok(),
            checksums: !["", "0"].contains(&checksums)
                || self.control("wal_log_hints setting") == "on",
            standby: self.is("standby"),
            running,
            orphan: if running {
                String::new()
            } else {
                owned("server")
            },
            present: self.is("present"),
            bytes: self.number::<u64>("kib") * 1024,
            free: self.free(),
            mounted: self.is("mounted"),
            tablespaces: self.number("tablespaces"),
            timeline,
            history,
            segment: self
                .control("Bytes per WAL segment")
                .parse()
                .map_or_else(|_| SegmentSize::default(), u64::into),
            oldest: owned("oldest"),
            end: None,
            names: owned("names"),
            commit: owned("commit"),
            asides: owned("asides"),
            restoring: owned("restoring"),
            now: owned("now"),
            says,
        })
    }

    /// Where the log of a server that does not run can be read from: its last checkpoint, or where its
    /// newest timeline begins, where the checkpoint is of an earlier one.
    fn from(&self, node: &Node) -> Option<Lsn> {
        if node.running || !node.holds {
            return None;
        }
        let of: Option<u32> = self.control("Latest checkpoint's TimeLineID").parse().ok();
        if of == Some(node.timeline.0) {
            return self
                .control("Latest checkpoint's REDO location")
                .parse()
                .ok();
        }
        let before = node.history.legs(node.timeline).filter_map(|(_, end)| end);
        before.last()
    }
}

impl Question for PgNode {
    type Answer = Found;

    fn ask(&self) -> Ask {
        let script = format!(
            "data={} bin={} port={} config={}\n{}",
            quote(&self.data),
            quote(&self.bin),
            self.port,
            quote(&self.config),
            include_str!("pg_node.sh"),
        );
        Ask::Shell {
            script: within(Script::new(script)),
            freshness: Freshness::Live,
            slow: true,
        }
    }

    fn read(&self, output: &Output) -> Result<Found, ProbeError> {
        let text = output.out();
        let words = Words::of(&text);
        if !output.ok() || words.one("now").is_empty() {
            return Err(ProbeError::answer("ask what the node holds", output));
        }
        let node = words.node(&self.data);
        let node = node.map_err(|what| {
            ProbeError::Failed(format!("what the node holds can't be read: {what}"))
        })?;
        let from = words.from(&node);
        Ok(Found { node, from })
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        unless_changed(&self.data, now, pending)
    }
}

/// What is so now, unless a task is pending that changes the data folder.
fn unless_changed<T>(
    data: &str,
    now: Result<T, ProbeError>,
    pending: &Foreseen,
) -> Result<T, ProbeError> {
    match pending.decides(data) {
        None => now,
        Some(until) => Err(ProbeError::Unknown {
            until,
            why: format!("what lies in {data} is another then"),
        }),
    }
}

/// Where `pg_waldump` complained that it can't read on; `from` where it does not say.
pub fn end_of(complaint: &str, from: Lsn) -> Lsn {
    let place = |after: &str| {
        let end = after.find(|c: char| !(c.is_ascii_hexdigit() || c == '/'));
        after[..end.unwrap_or(after.len())].parse().ok()
    };
    complaint.rsplit(" at ").find_map(place).unwrap_or(from)
}

/// Where does the log of a server that does not run end? Told by what can be read from there on.
#[derive(Clone, Debug)]
struct End {
    data: String,
    bin: String,
    timeline: Timeline,
    from: Lsn,
}

impl Question for End {
    type Answer = Lsn;

    fn ask(&self) -> Ask {
        // The words of its complaint are those of PostgreSQL's sources: LC_ALL keeps them.
        let script = format!(
            "LC_ALL=C; export LC_ALL\nrunuser -u postgres -- {}/pg_waldump -q -p {}/pg_wal -t {} -s {} 2>&1 >/dev/null || true",
            quote(&self.bin),
            quote(&self.data),
            self.timeline,
            self.from,
        );
        Ask::Shell {
            script: within(Script::new(script)),
            freshness: Freshness::Live,
            slow: true,
        }
    }

    fn read(&self, output: &Output) -> Result<Lsn, ProbeError> {
        Ok(end_of(&output.out(), self.from))
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        unless_changed(&self.data, now, pending)
    }
}
