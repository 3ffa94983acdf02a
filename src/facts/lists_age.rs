//! How old apt's lists of packages are.

use super::{Ask, Foreseen, ProbeError, Question};
use crate::step::Output;

/// Asks how old the lists of packages are.
#[derive(Clone, Copy, Debug)]
pub struct ListsAge;

/// When the lists were read last, and what time it is on the host, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Age {
    /// When they were read; 0 for never, or before their sources were changed.
    pub read: u64,
    /// Now.
    pub now: u64,
}

impl Question for ListsAge {
    type Answer = Age;

    fn ask(&self) -> Ask {
        Ask::settled(
            // Lists that are empty, or older than what names their sources, were never read.
            "l=/var/lib/apt/lists; t=0; s=$l; [ -e /var/lib/apt/periodic/update-success-stamp ] && s=/var/lib/apt/periodic/update-success-stamp\n\
             for p in \"$l\"/*Packages*; do [ -e \"$p\" ] && t=$(stat -c %Y \"$s\"); break; done\n\
             for p in /etc/apt/sources.list /etc/apt/sources.list.d/*; do [ \"$p\" -nt \"$s\" ] && t=0; done\n\
             echo \"$t $(date +%s)\"",
        )
    }

    fn read(&self, output: &Output) -> Result<Age, ProbeError> {
        let text = output.out();
        let mut words = text.split_whitespace().map(str::parse);
        match (words.next(), words.next()) {
            (Some(Ok(read)), Some(Ok(now))) => Ok(Age { read, now }),
            _ => Err(ProbeError::answer("ask how old apt's lists are", output)),
        }
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        Ok(pending.lists_age(now?))
    }
}
