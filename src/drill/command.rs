//! Runs trueup itself with the words that a person would type.

use super::report::Command;
use super::{Clock, Teller, Told};
use crate::step::quote;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command as Process};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};

/// How much of the output is kept.
const MOST: usize = 1024 * 1024;
/// How long a command may take to end that was asked to.
const GRACE: Duration = Duration::from_secs(60);
/// How many lines may wait to be read.
const BACKLOG: usize = 256;

/// Runs commands, and keeps what they printed.
pub struct Runner {
    program: PathBuf,
    clock: Clock,
    teller: Teller,
    stop: watch::Receiver<u8>,
}

/// What becomes of a command that runs when its time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Late {
    /// It is asked to stop, as by Ctrl-C.
    Stopped,
    /// It is killed with SIGKILL.
    Killed,
}

impl Runner {
    /// Runs this very program; `stop` counts how often the user asked to stop.
    pub fn new(clock: Clock, teller: Teller, stop: watch::Receiver<u8>) -> std::io::Result<Self> {
        Ok(Self {
            program: std::env::current_exe()?,
            clock,
            teller,
            stop,
        })
    }

    /// Runs `trueup` with these words, for no longer than `limit`. A command that does not end in
    /// time is asked to stop as by Ctrl-C, and so is one that runs when the user stops the drill.
    pub async fn run(&self, words: &[String], limit: Duration) -> Command {
        self.run_until(words, limit, Late::Stopped).await
    }

    /// The same, but a command that still runs `after` so long is killed with SIGKILL.
    pub async fn run_and_kill(&self, words: &[String], after: Duration) -> Command {
        self.run_until(words, after, Late::Killed).await
    }

    async fn run_until(&self, words: &[String], limit: Duration, late: Late) -> Command {
        let from = self.clock.now();
        let shown: Vec<String> = words.iter().map(|word| quote(word)).collect();
        let shown = format!("trueup {}", shown.join(" "));
        let (exit, output) = match self.start(words) {
            Ok(child) => self.follow(child, limit, late).await,
            Err(error) => (None, format!("can't be started: {error}\n")),
        };
        let command = Command {
            from,
            to: self.clock.now(),
            words: shown,
            exit,
            output,
        };
        self.teller.tell(Told::Command(command.clone()));
        command
    }

    fn start(&self, words: &[String]) -> std::io::Result<Child> {
        Process::new(&self.program)
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // The terminal's Ctrl-C is the drill's to hear: it ends its commands in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
    }

    async fn follow(&self, mut child: Child, limit: Duration, late: Late) -> (Option<i32>, String) {
        let (sender, mut lines) = mpsc::channel(BACKLOG);
        if let Some(out) = child.stdout.take() {
            tokio::spawn(read(out, sender.clone()));
        }
        if let Some(err) = child.stderr.take() {
            tokio::spawn(read(err, sender));
        }
        let mut output = String::new();
        let mut stop = self.stop.clone();
        let mut end = Instant::now() + limit;
        let mut asked = false;
        loop {
            tokio::select! {
                line = lines.recv() => match line {
                    Some(line) => self.heard(&mut output, &line),
                    None => break,
                },
                _ = stop.wait_for(|level| *level > 0), if !asked => {
                    asked = true;
                    interrupt(&child);
                    end = Instant::now() + GRACE;
                }
                () = sleep_until(end) => {
                    if asked || late == Late::Killed {
                        let why = if asked { "it did not stop, and was killed" } else { "killed" };
                        output.push_str(&format!("({why})\n"));
                        let _ = child.start_kill();
                        break;
                    }
                    asked = true;
                    output.push_str(&format!("(stopped: it took longer than {} s)\n", limit.as_secs()));
                    interrupt(&child);
                    end = Instant::now() + GRACE;
                }
            }
        }
        let ended = timeout(GRACE, child.wait()).await;
        let exit = ended
            .ok()
            .and_then(Result::ok)
            .and_then(|status| status.code());
        (exit, output)
    }

    fn heard(&self, output: &mut String, line: &str) {
        if !line.trim().is_empty() {
            self.teller.tell(Told::Doing(line.trim().to_owned()));
        }
        if output.len() + line.len() < MOST {
            output.push_str(line);
            output.push('\n');
        }
    }
}

/// As Ctrl-C does; by SIGTERM, since whoever was started in a script's background has SIGINT ignored,
/// and its children too.
fn interrupt(child: &Child) {
    let id = child.id().and_then(|id| i32::try_from(id).ok());
    if let Some(pid) = id.and_then(rustix::process::Pid::from_raw) {
        let _gone_already = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
}

async fn read(pipe: impl AsyncRead + Unpin, sender: mpsc::Sender<String>) {
    let mut lines = BufReader::new(pipe);
    let mut line = Vec::new();
    while matches!(lines.read_until(b'\n', &mut line).await, Ok(1..)) {
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        line.clear();
        if sender.send(text).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(stop: watch::Receiver<u8>) -> Runner {
        Runner {
            program: "/bin/sh".into(),
            clock: Clock::start(),
            teller: Teller::silent(),
            stop,
        }
    }

    fn words(script: &str) -> Vec<String> {
        vec!["-c".to_owned(), script.to_owned()]
    }

    #[tokio::test]
    async fn what_a_command_prints_and_its_status_are_kept() {
        let (_level, stop) = watch::channel(0);
        let command = shell(stop)
            .run(
                &words("echo one; sleep 0.1; echo two >&2; exit 5"),
                Duration::from_secs(20),
            )
            .await;
        assert_eq!((command.exit, &*command.output), (Some(5), "one\ntwo\n"));
        assert_eq!(
            command.words,
            "trueup -c 'echo one; sleep 0.1; echo two >&2; exit 5'"
        );
        assert!(command.to > command.from);
    }

    #[tokio::test]
    async fn a_command_that_takes_too_long_is_asked_to_stop() {
        let (_level, stop) = watch::channel(0);
        let slow = "trap 'echo stopping; exit 130' TERM; while :; do sleep 0.1; done";
        let command = shell(stop)
            .run(&words(slow), Duration::from_millis(500))
            .await;
        assert_eq!(command.exit, Some(130));
        assert_eq!(
            command.output,
            "(stopped: it took longer than 0 s)\nstopping\n"
        );
    }

    #[tokio::test]
    async fn the_users_wish_to_stop_reaches_the_command() {
        let (level, stop) = watch::channel(0);
        let runner = shell(stop);
        let script = words("trap 'exit 130' TERM; while :; do sleep 0.1; done");
        let running = runner.run(&script, Duration::from_secs(60));
        let asking = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            level.send_replace(1);
        };
        let (command, ()) = tokio::join!(running, asking);
        assert_eq!(command.exit, Some(130));
    }

    #[tokio::test]
    async fn a_command_that_is_to_be_killed_is_not_asked() {
        let (_level, stop) = watch::channel(0);
        let deaf = "trap 'echo asked' TERM; while :; do sleep 0.1; done";
        let limit = Duration::from_millis(300);
        let command = shell(stop).run_and_kill(&words(deaf), limit).await;
        assert_eq!((command.exit, &*command.output), (None, "(killed)\n"));
    }
}
