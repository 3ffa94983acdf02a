//! Running the system's own commands, never longer than they may.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::LabError;
use super::error::Trying;

/// A root login's PATH: without it a caller's own decides which `mount` runs.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const LIMIT: Duration = Duration::from_secs(60);

/// A command with a plain environment.
pub(super) fn command<A: AsRef<OsStr>>(words: impl IntoIterator<Item = A>) -> Command {
    let mut words = words.into_iter();
    let mut command = Command::new(
        words
            .next()
            .map(|word| word.as_ref().to_owned())
            .unwrap_or_default(),
    );
    command
        .args(words)
        .env_clear()
        .env("PATH", PATH)
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null());
    command
}

/// A command that is the user's own affair, with the user's environment: what it finds in PATH, and
/// settings below HOME.
pub(super) fn own_command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null());
    command
}

/// Runs a command to its end and returns what it printed; a failure is an error.
pub(super) fn run<A: AsRef<OsStr>>(words: impl IntoIterator<Item = A>) -> Result<String, LabError> {
    printed(command(words), LIMIT)
}

/// The same with a command that was made before, and a limit of its own.
pub(super) fn printed(command: Command, limit: Duration) -> Result<String, LabError> {
    let shown = shown(&command);
    let output = output(command, limit)?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let said = String::from_utf8_lossy(&output.stderr);
        Err(LabError::Command {
            command: shown,
            status: output.status.to_string(),
            said: said.trim().into(),
        })
    }
}

/// Runs a command that answers by its exit status.
pub(super) fn succeeds<A: AsRef<OsStr>>(
    words: impl IntoIterator<Item = A>,
) -> Result<bool, LabError> {
    Ok(output(command(words), LIMIT)?.status.success())
}

fn output(mut command: Command, limit: Duration) -> Result<Output, LabError> {
    let shown = shown(&command);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .trying(|| format!("start `{shown}`"))?;
    let id = child.id();
    let (ended, end) = mpsc::sync_channel(1);
    thread::spawn(move || ended.send(child.wait_with_output()));
    match end.recv_timeout(limit) {
        Ok(output) => output.trying(|| format!("run `{shown}`")),
        Err(_) => {
            super::process::kill(id, rustix::process::Signal::KILL);
            Err(LabError::Timeout {
                what: format!("`{shown}`"),
                limit,
                help: "it was killed; look at what it waits for".into(),
            })
        }
    }
}

/// How many lines of a long command an error repeats.
const LAST: usize = 24;

/// Where a line was said.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pipe {
    Out,
    Err,
}

/// Runs a long command and hands on each line that it says. Only those on stderr are in its error.
pub(super) fn stream(
    mut command: Command,
    limit: Duration,
    mut line: impl FnMut(Pipe, &str),
) -> Result<(), LabError> {
    let shown = shown(&command);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .trying(|| format!("start `{shown}`"))?;
    let (say, said) = mpsc::sync_channel(64);
    if let Some(stdout) = child.stdout.take() {
        hand_on(stdout, Pipe::Out, say.clone());
    }
    if let Some(stderr) = child.stderr.take() {
        hand_on(stderr, Pipe::Err, say);
    }
    let deadline = Instant::now() + limit;
    let mut last = std::collections::VecDeque::new();
    loop {
        match said.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok((pipe, text)) => {
                line(pipe, &text);
                if pipe == Pipe::Err {
                    last.truncate(LAST - 1);
                    last.push_front(text);
                }
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                super::process::kill(child.id(), rustix::process::Signal::KILL);
                child.wait().trying(|| format!("end `{shown}`"))?;
                return Err(LabError::Timeout {
                    what: format!("`{shown}`"),
                    limit,
                    help: "it was killed; look at what it waits for, then try again".into(),
                });
            }
        }
    }
    let status = child.wait().trying(|| format!("wait for `{shown}`"))?;
    if status.success() {
        return Ok(());
    }
    last.make_contiguous().reverse();
    let said = Vec::from(last).join("\n");
    Err(LabError::Command {
        command: shown,
        status: status.to_string(),
        said,
    })
}

/// Sends each line of a pipe; ends with it, or with whom it sends to.
fn hand_on(pipe: impl Read + Send + 'static, which: Pipe, say: mpsc::SyncSender<(Pipe, String)>) {
    thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            if say.send((which, line)).is_err() {
                break;
            }
        }
    });
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_command_says_what_it_said() {
        let error = run(["sh", "-c", "echo out; echo no such thing >&2; exit 3"]).unwrap_err();
        insta::assert_snapshot!(error, @"`sh -c echo out; echo no such thing >&2; exit 3` failed (exit status: 3): no such thing");
    }

    #[test]
    fn a_streamed_command_hands_on_its_lines_and_its_end() {
        let mut lines = Vec::new();
        let words = ["sh", "-c", "echo out; echo one >&2; echo two >&2; exit 1"];
        let error =
            stream(command(words), LIMIT, |_, line| lines.push(line.to_owned())).unwrap_err();
        lines.sort();
        assert_eq!(lines, ["one", "out", "two"]);
        assert!(error.to_string().ends_with(": one\ntwo"), "{error}");
    }

    #[test]
    fn a_streamed_command_is_ended_at_its_limit() {
        let begun = Instant::now();
        let error = stream(
            command(["sleep", "60"]),
            Duration::from_millis(20),
            |_, _| (),
        )
        .unwrap_err();
        assert!(
            matches!(error, LabError::Timeout { .. }) && begun.elapsed() < Duration::from_secs(10)
        );
    }
}
