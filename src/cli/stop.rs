//! Ctrl-C, and what a system sends to end a command.

use std::process;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// The exit status of who won't wait any longer: 128 + SIGINT.
const LEFT: i32 = 130;

/// Counts how often the user asked to stop: at 1 nothing new starts, at 2 what runs is ended. Who
/// asks a third time does not wait any longer.
pub fn listen() -> std::io::Result<watch::Receiver<u8>> {
    let mut signals = [
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
        signal(SignalKind::hangup())?,
    ];
    let (level, receiver) = watch::channel(0);
    tokio::spawn(async move {
        loop {
            let [interrupt, terminate, hangup] = &mut signals;
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                _ = hangup.recv() => {}
            }
            let asked = *level.borrow() + 1;
            if asked > 2 {
                process::exit(LEFT);
            }
            // Nobody listens any more once the run has ended.
            let _ = level.send(asked);
        }
    });
    Ok(receiver)
}
