//! A terminal that does not print `^C`, which would tear the live region.

use rustix::termios::{self, LocalModes, OptionalActions, Termios};
use std::io;

/// The terminal's modes as they were, to be put back in the end.
pub struct Echo(Option<Termios>);

impl Echo {
    /// Stops the terminal from printing `^C`. Where stdin is no terminal there is nothing to stop.
    pub fn without_ctrl_c() -> Self {
        let Ok(before) = termios::tcgetattr(io::stdin()) else {
            return Self(None);
        };
        let mut modes = before.clone();
        modes.local_modes.remove(LocalModes::ECHOCTL);
        let set = termios::tcsetattr(io::stdin(), OptionalActions::Now, &modes);
        Self(set.is_ok().then_some(before))
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            // A terminal that went away needs nothing put back.
            let _ = termios::tcsetattr(io::stdin(), OptionalActions::Now, before);
        }
    }
}
