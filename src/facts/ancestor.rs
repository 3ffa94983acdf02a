//! The deepest folder above a path that is there.

use super::{Ask, Foreseen, ProbeError, Question};
use crate::step::{Output, quote};

/// Asks for the deepest part of a path that is there.
#[derive(Clone, Debug)]
pub struct Ancestor {
    /// The path.
    pub path: String,
}

impl Question for Ancestor {
    type Answer = String;

    fn ask(&self) -> Ask {
        Ask::settled(format!(
            "p={}\nwhile [ ! -e \"$p\" ] && [ ! -L \"$p\" ]; do\n\
             case $p in /*/*|[!/]*/*) p=${{p%/*}};; /*) p=/;; *) p=.;; esac\ndone\nprintf '%s\\n' \"$p\"",
            quote(self.path.trim_end_matches('/'))
        ))
    }

    fn read(&self, output: &Output) -> Result<String, ProbeError> {
        let path = output.out().trim_end_matches('\n').to_owned();
        if output.ok() && !path.is_empty() {
            Ok(path)
        } else {
            Err(ProbeError::answer(&self.path, output))
        }
    }

    fn ask_ahead(&self, pending: &Foreseen) -> Ask {
        let path = pending.real(&self.path, false);
        Self { path }.ask()
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        pending.ancestor(&self.path, &now?)
    }
}
