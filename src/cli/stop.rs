//! Ctrl-C, and what a system sends to end a command.

use crate::{report, template};
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// How long the run may take to leave by itself once nothing is waited for any more.
const LAST: Duration = Duration::from_secs(5);

/// Counts how often the user asked to stop: at 1 nothing new starts, at 2 what runs is ended, at 3
/// nothing is waited for.
pub fn listen() -> std::io::Result<watch::Receiver<u8>> {
    let (level, receiver) = watch::channel(0_u8);
    // A thread of its own: all others may be busy with what has to be stopped.
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let mut signals = {
        let _inside = runtime.enter();
        [
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        ]
    };
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                loop {
                    let [interrupt, terminate, hangup] = &mut signals;
                    tokio::select! {
                        _ = interrupt.recv() => {}
                        _ = terminate.recv() => {}
                        _ = hangup.recv() => {}
                    }
                    level.send_modify(|asked| *asked = asked.saturating_add(1));
                    if *level.borrow() > 1 {
                        template::interrupt();
                    }
                }
            });
        })?;
    Ok(receiver)
}

/// Ends the process when the user no longer waits for anything and it does not end by itself.
pub fn insist(mut asked: watch::Receiver<u8>) {
    std::thread::spawn(move || {
        let left = asked.wait_for(|asked| *asked >= report::LEAVE);
        if futures::executor::block_on(left).is_ok() {
            std::thread::sleep(LAST);
            std::process::exit(130);
        }
    });
}
