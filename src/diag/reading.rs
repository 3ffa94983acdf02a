//! Files of the controller, read to their end: a pipe that nobody writes to and a device that never
//! ends are errors.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::Duration;

/// How long a text may be, in bytes, and what comes out of a pipe.
const LONGEST: u64 = 64 << 20;
/// How long a pipe is waited for: whoever writes to it was started together with this.
const PATIENCE: Duration = Duration::from_secs(5);

/// The files that were read, where somebody wants to know.
static READ: Mutex<Option<BTreeMap<String, String>>> = Mutex::new(None);

/// From now on the digests of the files that are read are kept.
pub fn keep_digests() {
    *READ.lock().unwrap_or_else(PoisonError::into_inner) = Some(BTreeMap::new());
}

/// The files that were read since, below the working folder by what leads there from it, and the
/// SHA-256 of what each held. Pipes are not among them: they are not read again.
pub fn digests() -> BTreeMap<String, String> {
    let read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    read.clone().unwrap_or_default()
}

/// The SHA-256 of some bytes, in hexadecimal digits.
pub fn digest(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn note(path: &Path, bytes: &[u8]) {
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(read) = read.as_mut() {
        let here = std::env::current_dir().unwrap_or_default();
        let path = path.strip_prefix(&here).unwrap_or(path);
        let path = path.strip_prefix(".").unwrap_or(path);
        read.insert(path.display().to_string(), digest(bytes));
    }
}

/// What a file holds.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    if std::fs::metadata(path)?.is_file() {
        let bytes = std::fs::read(path)?;
        note(path, &bytes);
        return Ok(bytes);
    }
    let (done, ended) = mpsc::channel();
    let from = path.to_owned();
    // The thread stays behind where the pipe never ends: nothing else can leave an open or a read.
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = File::open(&from)
            .and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes))
            .map(|_| bytes);
        let _ = done.send(read);
    });
    match ended.recv_timeout(PATIENCE) {
        Ok(read) => read.and_then(bounded),
        Err(_) => Err(io::Error::new(
            ErrorKind::TimedOut,
            format!(
                "it is no file, and did not end within {} s",
                PATIENCE.as_secs()
            ),
        )),
    }
}

/// The text that a file holds.
pub fn read_text(path: &Path) -> io::Result<String> {
    let metadata = std::fs::metadata(path)?;
    if metadata.is_file() && metadata.len() > LONGEST {
        return Err(too_long());
    }
    let bytes = read(path)?;
    String::from_utf8(bytes).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
}

fn bounded(bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    if bytes.len() as u64 > LONGEST {
        return Err(too_long());
    }
    Ok(bytes)
}

fn too_long() -> io::Error {
    io::Error::new(
        ErrorKind::FileTooLarge,
        format!("it holds more than {} MiB", LONGEST >> 20),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_ends_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        for (path, words) in [
            (pipe.as_path(), "did not end"),
            (Path::new("/dev/zero"), "64 MiB"),
        ] {
            let error = read_text(path).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        assert_eq!(read_text(Path::new("/dev/null")).unwrap(), "");
        let huge = folder.path().join("huge");
        File::create(&huge).unwrap().set_len(LONGEST + 1).unwrap();
        assert!(read_text(&huge).unwrap_err().to_string().contains("64 MiB"));
    }

    #[test]
    fn a_pipe_that_is_written_to_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let to = pipe.clone();
        let writer = std::thread::spawn(move || std::fs::write(to, "words"));
        assert_eq!(read_text(&pipe).unwrap(), "words");
        writer.join().unwrap().unwrap();
    }
}
