//! The bytes of a file.

use super::{Ask, Foreseen, ProbeError, Question};
use crate::step::{Output, quote};

/// Asks for the bytes of the file at a path.
#[derive(Clone, Debug)]
pub struct Content {
    /// The path.
    pub path: String,
    /// A file of more bytes than this is answered with [`Bytes::TooLarge`].
    pub limit: u64,
}

/// The answer to [`Content`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bytes {
    /// There is no such file.
    Absent,
    /// There is something, but no regular file.
    NoFile,
    /// It has more bytes than asked for.
    TooLarge(u64),
    /// This is what it holds.
    Are(Vec<u8>),
}

impl Question for Content {
    type Answer = Bytes;

    fn ask(&self) -> Ask {
        Ask::settled(format!(
            "p={}\nif [ -f \"$p\" ]; then s=$(stat -L -c %s \"$p\") || exit\n\
             if [ \"$s\" -gt {} ]; then echo \"large $s\"; else echo bytes; cat \"$p\"; fi\n\
             elif [ -e \"$p\" ] || [ -L \"$p\" ]; then echo other; else echo absent; fi",
            quote(&self.path),
            self.limit
        ))
    }

    fn read(&self, output: &Output) -> Result<Bytes, ProbeError> {
        if !output.ok() {
            return Err(ProbeError::answer(&format!("read {}", self.path), output));
        }
        let end = output
            .stdout
            .iter()
            .position(|byte| *byte == b'\n')
            .unwrap_or(output.stdout.len());
        let head = String::from_utf8_lossy(&output.stdout[..end]);
        match head.as_ref() {
            "absent" => Ok(Bytes::Absent),
            "other" => Ok(Bytes::NoFile),
            "bytes" => Ok(Bytes::Are(
                output.stdout.get(end + 1..).unwrap_or_default().to_vec(),
            )),
            _ => match head
                .strip_prefix("large ")
                .and_then(|size| size.parse().ok())
            {
                Some(size) => Ok(Bytes::TooLarge(size)),
                None => Err(ProbeError::answer(&format!("read {}", self.path), output)),
            },
        }
    }

    fn ask_ahead(&self, pending: &Foreseen) -> Ask {
        let path = pending.real(&self.path, true);
        Self { path, ..*self }.ask()
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        pending.bytes(&self.path, self.limit, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(stdout: &[u8]) -> Bytes {
        let question = Content {
            path: "/x".into(),
            limit: 10,
        };
        question
            .read(&Output {
                stdout: stdout.to_vec(),
                ..Output::default()
            })
            .unwrap()
    }

    #[test]
    fn the_bytes_are_taken_as_they_are() {
        assert_eq!(read(b"bytes\na\n\0b"), Bytes::Are(b"a\n\0b".to_vec()));
        assert_eq!(read(b"bytes\n"), Bytes::Are(Vec::new()));
        assert_eq!(read(b"absent\n"), Bytes::Absent);
        assert_eq!(read(b"large 99\n"), Bytes::TooLarge(99));
    }
}
