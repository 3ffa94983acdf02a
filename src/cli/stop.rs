//! Ctrl-C, and what a system sends to end a command.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Counts how often the user asked to stop: at 1 nothing new starts, at 2 what runs is ended, at 3
/// nothing is waited for.
pub fn listen() -> std::io::Result<watch::Receiver<u8>> {
    let mut signals = [
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
        signal(SignalKind::hangup())?,
    ];
    let (level, receiver) = watch::channel(0_u8);
    tokio::spawn(async move {
        loop {
            let [interrupt, terminate, hangup] = &mut signals;
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                _ = hangup.recv() => {}
            }
            level.send_modify(|asked| *asked = asked.saturating_add(1));
        }
    });
    Ok(receiver)
}
