//! `--by-hand`: the person at the terminal, and the Enter key.

use super::Args;
use crate::cli::ending::Failure;
use crate::diag::Diag;
use crate::drill::Person;
use rustix::termios::{self, LocalModes, OptionalActions, Termios};
use std::io::{self, BufRead as _, IsTerminal as _};
use std::time::Duration;
use tokio::sync::watch;

/// The keyboard while it is listened to: what is typed is not shown, since that would tear what is.
pub struct Keyboard(Option<Termios>);

/// Who pulls plugs, if --by-hand says that somebody does.
pub fn person(
    args: &Args,
    stop: &watch::Receiver<u8>,
) -> Result<Option<(Person, Keyboard)>, Failure> {
    if !args.by_hand {
        return Ok(None);
    }
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
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
    let patience = Duration::from_secs(args.patience);
    let person = Person::new(patience, says, stop.clone());
    Ok(Some((person, keyboard)))
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
