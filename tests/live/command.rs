//! Commands that cases run: bounded in time, and written down so that a failure can be read.

use std::io::Read;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// What the case at hand has run so far.
static TOLD: Mutex<String> = Mutex::new(String::new());

/// Begins a new case.
pub fn forget() {
    TOLD.lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .clear();
}

/// All commands of the case and what they printed.
pub fn transcript() -> String {
    TOLD.lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .clone()
}

/// How a command ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Its words.
    pub command: String,
    /// Its exit status; none when a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it complained.
    pub stderr: String,
    /// How long it took.
    pub took: Duration,
}

/// A command that runs.
pub struct Running {
    command: String,
    child: Child,
    begun: Instant,
    stdout: JoinHandle<String>,
    stderr: JoinHandle<String>,
    complained: Arc<Mutex<Vec<u8>>>,
}

/// Starts a command.
pub fn start(command: Command) -> Running {
    begin(command, Stdio::null())
}

/// Starts a command that reads what is typed.
pub fn start_typed(command: Command) -> (Running, ChildStdin) {
    let mut running = begin(command, Stdio::piped());
    let keys = running.child.stdin.take().unwrap();
    (running, keys)
}

fn begin(mut command: Command, stdin: Stdio) -> Running {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let shown = words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ");
    command
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .unwrap_or_else(|error| panic!("can't start `{shown}`: {error}"));
    let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let complained = Arc::default();
    Running {
        command: shown,
        child,
        begun: Instant::now(),
        stdout: drain(stdout, Arc::default()),
        stderr: drain(stderr, Arc::clone(&complained)),
        complained,
    }
}

/// Runs a command to its end.
pub fn run(command: Command, seconds: u64) -> Ended {
    start(command).end(seconds)
}

/// Reads to the end; what came so far stands in `heard`.
fn drain(mut pipe: impl Read + Send + 'static, heard: Arc<Mutex<Vec<u8>>>) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut part = [0; 4096];
        // What came before an error is what there is to show.
        while let Ok(count @ 1..) = pipe.read(&mut part) {
            heard.lock().unwrap().extend_from_slice(&part[..count]);
        }
        String::from_utf8_lossy(&heard.lock().unwrap()).into_owned()
    })
}

impl Running {
    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Whether it complained so by now.
    pub fn complained(&self, words: &str) -> bool {
        String::from_utf8_lossy(&self.complained.lock().unwrap()).contains(words)
    }

    /// Sends it a signal by name, as Ctrl-C does with INT.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .arg(format!("-{name}"))
            .arg(self.id().to_string())
            .status();
        assert!(
            status.unwrap().success(),
            "can't send {name} to `{}`",
            self.command
        );
    }

    /// Waits for its end; a command that takes longer is killed and fails the case.
    #[track_caller]
    pub fn end(mut self, seconds: u64) -> Ended {
        let deadline = self.begun + Duration::from_secs(seconds);
        let mut late = false;
        let status: ExitStatus = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if Instant::now() > deadline && !late {
                late = true;
                self.child.kill().unwrap();
            }
            thread::sleep(Duration::from_millis(10));
        };
        let ended = Ended {
            took: self.begun.elapsed(),
            command: self.command,
            code: status.code(),
            stdout: self.stdout.join().unwrap(),
            stderr: self.stderr.join().unwrap(),
        };
        ended.write_down();
        assert!(!late, "`{}` was killed after {seconds} s", ended.command);
        ended
    }
}

impl Ended {
    fn write_down(&self) {
        let status = self.code.map_or("a signal".into(), |code| code.to_string());
        let mut told = TOLD
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        *told += &format!(
            "--- {} ({:.1} s) -> {status}\n{}{}",
            self.command,
            self.took.as_secs_f64(),
            self.stdout,
            self.stderr
        );
    }

    /// Fails the case unless the command ended with this status.
    #[track_caller]
    pub fn with_code(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "`{}` said:\n{}{}",
            self.command,
            self.stdout,
            self.stderr
        );
        self
    }

    /// Fails the case unless it printed or complained this.
    #[track_caller]
    pub fn saying(self, words: &str) -> Self {
        let said = self.stdout.contains(words) || self.stderr.contains(words);
        assert!(
            said,
            "`{}` does not say `{words}`:\n{}{}",
            self.command, self.stdout, self.stderr
        );
        self
    }
}
