//! One record of a log.

use crate::decide::Lsn;

/// One line that `pg_waldump` printed.
pub(super) struct Record<'a> {
    /// The transaction that it is of, or whose end it tells; 0 where it is of none.
    pub xid: u64,
    /// Where it stands.
    pub lsn: Lsn,
    rmgr: &'a str,
    description: &'a str,
}

/// How a transaction ended.
pub(super) enum Ending {
    Committed,
    Aborted,
}

impl<'a> Record<'a> {
    /// `rmgr: NAME len (...): N/ N, tx: XID, lsn: LSN, prev LSN, desc: ...`
    pub fn read(line: &'a str) -> Option<Self> {
        let (rmgr, rest) = line.strip_prefix("rmgr: ")?.split_once(' ')?;
        let (_, rest) = rest.split_once(", tx:")?;
        let (xid, rest) = rest.split_once(", lsn:")?;
        let (lsn, rest) = rest.split_once(", prev ")?;
        let (_, description) = rest.split_once(", desc: ")?;
        let mut record = Self {
            xid: xid.trim().parse().ok()?,
            lsn: lsn.trim().parse().ok()?,
            rmgr,
            description,
        };
        if let Some(words) = record.words(&["COMMIT_PREPARED", "ABORT_PREPARED"]) {
            // `COMMIT_PREPARED XID: TIME...`, by whoever said it.
            record.xid = words.split(':').next()?.parse().ok()?;
        }
        Some(record)
    }

    /// What is behind the name, where a transaction's record has one of these.
    fn words(&self, names: &[&str]) -> Option<&'a str> {
        let (name, words) = self.description.split_once(' ')?;
        (self.rmgr == "Transaction" && names.contains(&name)).then_some(words)
    }

    pub fn ending(&self) -> Option<Ending> {
        if self.words(&["COMMIT", "COMMIT_PREPARED"]).is_some() {
            Some(Ending::Committed)
        } else {
            let aborts = self.words(&["ABORT", "ABORT_PREPARED"]);
            aborts.map(|_| Ending::Aborted)
        }
    }

    /// The transactions that are parts of one: `; subxacts: 751 752;`.
    pub fn parts(&self) -> impl Iterator<Item = u64> + use<'a> {
        let own = self.parent();
        let tells = self.ending().is_some() || self.assignment().is_some();
        let listed = self.description.split_once("subxacts: ");
        let listed = listed.filter(|_| tells).map_or("", |(_, listed)| listed);
        let listed = listed.split([';', ',']).next().unwrap_or_default();
        let numbers = listed
            .split_whitespace()
            .map_while(|word| word.parse().ok());
        numbers.filter(move |part| *part != own)
    }

    /// Whose parts these are.
    pub fn parent(&self) -> u64 {
        self.assignment().unwrap_or(self.xid)
    }

    /// `ASSIGNMENT xtop 753: subxacts: 754 755`: of one that goes on.
    fn assignment(&self) -> Option<u64> {
        let words = self.words(&["ASSIGNMENT"])?.strip_prefix("xtop ")?;
        words.split(':').next()?.parse().ok()
    }

    /// The files that it writes or removes, as `SPACE/DATABASE/FILE`.
    pub fn files(&self) -> Vec<String> {
        let blocks = self.description.split("blkref #").skip(1);
        let written = blocks.filter_map(|block| block.split_once("rel ")?.1.split(' ').next());
        let written = written.filter_map(|file| numbers(file.split('/')));
        let removed = self.description.split_once("; rels: ");
        let removed = removed.filter(|_| self.ending().is_some());
        let removed = removed.map_or("", |(_, paths)| paths);
        let removed = removed.split(';').next().unwrap_or_default();
        written
            .chain(removed.split_whitespace().filter_map(by_path))
            .collect()
    }
}

/// `1663/5/16384`, of exactly three numbers.
fn numbers<'a>(words: impl Iterator<Item = &'a str>) -> Option<String> {
    let numbers: Option<Vec<u32>> = words.map(|word| word.parse().ok()).collect();
    match numbers?[..] {
        [space, database, file] => Some(format!("{space}/{database}/{file}")),
        _ => None,
    }
}

/// The same of a path below the data folder, by the two tablespaces that each cluster has.
fn by_path(path: &str) -> Option<String> {
    let words: Vec<&str> = path.split('/').collect();
    match words[..] {
        ["base", database, file] => numbers(["1663", database, file].into_iter()),
        ["global", file] => numbers(["1664", "0", file].into_iter()),
        ["pg_tblspc", space, _, database, file] => numbers([space, database, file].into_iter()),
        _ => None,
    }
}
