//! A user's crontab.

use super::{Ask, Foreseen, ProbeError, Question};
use crate::step::{Output, Script, quote};

/// Asks for a user's crontab.
#[derive(Clone, Debug)]
pub struct Crontab {
    /// The user; empty for the one who asks.
    pub user: String,
}

/// The answer to [`Crontab`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab {
    /// Whether there is such a user.
    pub user: bool,
    /// What it holds; empty where there is none. Of a user that is no more, what they left.
    pub text: String,
}

/// No such user, and no such program.
const NOBODY: i32 = 3;
const NO_CRON: i32 = 4;

impl Crontab {
    /// A script that runs `crontab` for the user with these words: `-u` is for others alone.
    pub fn script(&self, words: &str) -> Script {
        Script::new(format!(
            "u={}\nPATH=$PATH:/usr/sbin:/sbin\ncommand -v crontab >/dev/null || {{ echo 'there is no crontab: install cron' >&2; exit {NO_CRON}; }}\n\
             [ -z \"$u\" ] || id -- \"$u\" >/dev/null 2>&1 || {{ for f in \"/var/spool/cron/crontabs/$u\" \"/var/spool/cron/$u\"; do\n\
             [ ! -f \"$f\" ] || cat \"$f\"; done; exit {NOBODY}; }}\n\
             if [ -z \"$u\" ] || [ \"$u\" = \"$(id -un)\" ]; then crontab {words}; else crontab -u \"$u\" {words}; fi",
            quote(&self.user)
        ))
    }
}

impl Question for Crontab {
    type Answer = Tab;

    fn ask(&self) -> Ask {
        Ask::settled(self.script("-l").text)
    }

    fn read(&self, output: &Output) -> Result<Tab, ProbeError> {
        let said = output.err();
        // busybox can't open what is not there.
        let is_none = || said.contains("no crontab for") || said.contains("can't open");
        let text = match output.status {
            0 | NOBODY => output.out(),
            1 if is_none() => String::new(),
            _ => return Err(ProbeError::answer("read the crontab", output)),
        };
        Ok(Tab {
            user: output.status != NOBODY,
            text,
        })
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        pending.crontab(&self.user, now)
    }
}
