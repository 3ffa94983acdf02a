//! Lookups that run a command on the controller: in a plan too, as Ansible does it in a dry run.

use super::{Call, wrong};
use minijinja::{Error, Value};
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long a command may take.
const PATIENCE: Duration = Duration::from_secs(600);
/// How much it may print.
const LONGEST: u64 = 64 << 20;

/// What commands print, each as a text.
pub(super) fn pipe(call: &Call) -> Result<Vec<Value>, Error> {
    let each = |term: &Value| Ok(Value::from(printed(call, term, "pipe")?.trim_end()));
    call.terms.iter().map(each).collect()
}

/// The lines that commands print.
pub(super) fn lines(call: &Call) -> Result<Vec<Value>, Error> {
    let mut all = Vec::new();
    for term in &call.terms {
        let text = printed(call, term, "lines")?;
        all.extend(text.lines().map(Value::from));
    }
    Ok(all)
}

fn printed(call: &Call, term: &Value, lookup: &str) -> Result<String, Error> {
    let command = term
        .as_str()
        .ok_or_else(|| wrong(format!("`{lookup}` needs commands, not {}", term.kind())))?;
    let failed = |what: String| wrong(format!("`{lookup}` ran `{command}`, which {what}"));
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(command).stdin(Stdio::null());
    shell.stdout(Stdio::piped()).stderr(Stdio::piped());
    // The playbook's folder is the last that is searched.
    if let Some(folder) = call.session.lookups.search.last() {
        shell.current_dir(folder);
    }
    let mut child = shell
        .spawn()
        .map_err(|error| failed(format!("can't start: {error}")))?;
    let drained = |from: Option<Box<dyn Read + Send>>| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            if let Some(from) = from {
                let _ = from.take(LONGEST).read_to_end(&mut bytes);
            }
            bytes
        })
    };
    let out = drained(child.stdout.take().map(|pipe| Box::new(pipe) as _));
    let err = drained(child.stderr.take().map(|pipe| Box::new(pipe) as _));
    let end = Instant::now() + PATIENCE;
    let mut pause = Duration::from_millis(1);
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < end => {
                std::thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(50));
            }
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(failed(format!(
                    "does not end within {} s",
                    PATIENCE.as_secs()
                )));
            }
            Err(error) => return Err(failed(format!("is lost: {error}"))),
        }
    };
    if !status.success() {
        let said = err.join().unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        let said = said.trim_end().lines().last().unwrap_or("nothing");
        return Err(failed(format!("failed ({status}) and said: {said}")));
    }
    let text = String::from_utf8(out.join().unwrap_or_default());
    text.map_err(|_| failed("printed no text in UTF-8".to_owned()))
}
