//! What became of a job that was started to go on by itself.

use super::{Ask, Foreseen, ProbeError, Question};
use crate::step::{JOBS, Output, quote};
use serde_json::Value;

/// How much of what it printed is fetched.
const LIMIT: usize = 4 << 20;

/// What became of the user's job of this name?
pub struct JobNamed {
    /// Its name.
    pub jid: String,
}

/// A job.
#[derive(Clone, Debug, PartialEq)]
pub struct JobFound {
    /// Where what it says is kept.
    pub path: String,
    /// What was known of its result beforehand.
    pub known: Value,
    /// How it ended; `None` while it runs.
    pub ended: Option<JobEnded>,
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq)]
pub struct JobEnded {
    /// Its limit ended it.
    pub late: bool,
    /// Its exit status, and what it printed.
    pub output: Output,
    /// When it began and when it ended, by the host's clock: the second, and in words.
    pub times: [(i64, String); 2],
}

impl Question for JobNamed {
    type Answer = Option<JobFound>;

    fn ask(&self) -> Ask {
        let jid = quote(&self.jid);
        Ask::live(format!(
            "{JOBS}cd -P -- \"$d\"/{jid} 2>/dev/null || exit 0\n\
             [ -e known ] || exit 0\npwd\ncat known\n[ -e status ] || exit 0\n\
             cat status begun ended\nif [ -e late ]; then echo late; else echo in time; fi\n\
             for f in out err; do s=$(wc -c <\"$f\"); echo $((s > {LIMIT} ? {LIMIT} : s)) $((s)); tail -c {LIMIT} \"$f\"; done"
        ))
    }

    fn read(&self, output: &Output) -> Result<Option<JobFound>, ProbeError> {
        let what = format!("the job {}", self.jid);
        let failed = || ProbeError::answer(&what, output);
        if !output.ok() {
            return Err(failed());
        }
        let mut rest = output.stdout.as_slice();
        let Some(path) = line(&mut rest) else {
            return Ok(None);
        };
        let known = line(&mut rest).ok_or_else(failed)?;
        let known = serde_json::from_str(&known).unwrap_or_default();
        let Some(status) = line(&mut rest) else {
            return Ok(Some(JobFound {
                path,
                known,
                ended: None,
            }));
        };
        let status = status.trim().parse().map_err(|_| failed())?;
        let mut time = || {
            let line = line(&mut rest)?;
            let (second, words) = line.split_once(' ')?;
            Some((second.parse().ok()?, words.to_owned()))
        };
        let times = [time().ok_or_else(failed)?, time().ok_or_else(failed)?];
        let late = line(&mut rest).as_deref() == Some("late");
        let mut left_out = 0;
        let mut printed = || {
            let sizes = line(&mut rest)?;
            let (kept, all) = sizes.split_once(' ')?;
            let (kept, all): (usize, u64) = (kept.parse().ok()?, all.parse().ok()?);
            let (text, behind) = rest.split_at_checked(kept)?;
            rest = behind;
            left_out += all.saturating_sub(kept as u64);
            Some(text.to_vec())
        };
        let (stdout, stderr) = (printed().ok_or_else(failed)?, printed().ok_or_else(failed)?);
        let output = Output {
            status,
            stdout,
            stderr,
            left_out,
        };
        let ended = Some(JobEnded {
            late,
            output,
            times,
        });
        Ok(Some(JobFound { path, known, ended }))
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        _: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        now
    }
}

/// Takes the first line off.
fn line(rest: &mut &[u8]) -> Option<String> {
    let at = rest.iter().position(|byte| *byte == b'\n')?;
    let line = String::from_utf8_lossy(&rest[..at]).into_owned();
    *rest = &rest[at + 1..];
    Some(line)
}
