//! `--by-hand`: the person at the terminal, and the Enter key.

use crate::cli::ending::Failure;
use crate::diag::Diag;
use crate::drill::Person;
use crate::report;
use rustix::termios::{self, LocalModes, OptionalActions, Termios};
use std::io::{self, BufRead as _, IsTerminal as _};
use std::time::Duration;
use tokio::sync::watch;

/// How many seconds a person may take to walk to a host and pull its plug.
const PATIENCE: u64 = 600;

/// Whether a person is there, and how patient the drill is.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Ask me to pull plugs and network cables where the inventory names no command for it
    ///
    /// The drill goes on when it sees that it was done: nothing is heard of the host, or its sshd
    /// answers again. Only the hosts that say `drill_allowed: true`.
    #[arg(long)]
    by_hand: bool,
    /// With --by-hand: how many seconds I may take each time
    #[arg(long, value_name = "SECONDS", default_value_t = PATIENCE, requires = "by_hand", value_parser = clap::value_parser!(u64).range(10..=86400))]
    patience: u64,
}

/// The keyboard while it is listened to: what is typed is not shown, since that would tear what is.
pub struct Keyboard(Option<Termios>);

impl Options {
    /// `--by-hand`
    pub fn wanted(&self) -> bool {
        self.by_hand
    }

    /// Who pulls plugs, if somebody does.
    pub fn person(
        &self,
        stop: &watch::Receiver<u8>,
    ) -> Result<Option<(Person, Keyboard)>, Failure> {
        if !self.by_hand {
            return Ok(None);
        }
        if !io::stdin().is_terminal() || !report::is_watched() {
            let diag = Diag::error("--by-hand needs a person at a terminal, and there is none");
            return Err(Failure::input(diag.help(
                "run it in a terminal without redirecting it; or say power_off_command and power_on_command in the inventory, which need nobody (docs/drill.md)",
            )));
        }
        let (press, says) = watch::channel(0);
        let keyboard = Keyboard::silent();
        // It ends with the process: nothing ends a read from a terminal before a line is there.
        std::thread::spawn(move || {
            let mut line = String::new();
            while matches!(io::stdin().lock().read_line(&mut line), Ok(1..)) {
                line.clear();
                press.send_modify(|presses| *presses += 1);
            }
        });
        let patience = Duration::from_secs(self.patience);
        let person = Person::new(patience, says, stop.clone());
        Ok(Some((person, keyboard)))
    }
}

impl Keyboard {
    fn silent() -> Self {
        let Ok(before) = termios::tcgetattr(io::stdin()) else {
            return Self(None);
        };
        let mut modes = before.clone();
        modes.local_modes.remove(LocalModes::ECHO);
        let set = termios::tcsetattr(io::stdin(), OptionalActions::Now, &modes);
        Self(set.is_ok().then_some(before))
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            // A terminal that went away needs nothing put back.
            let _ = termios::tcsetattr(io::stdin(), OptionalActions::Now, before);
        }
    }
}
