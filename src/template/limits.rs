//! How much a text may come to: a mistake in it, or mischief, costs an error and not the machine.

use crate::diag::{Diag, Span};
use minijinja::{Error, ErrorKind, Template, Value};
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// How many steps of the engine one text may take.
pub(super) const STEPS: u64 = 20_000_000;
/// How many variables and their parts may be rendered for one value.
pub(super) const PARTS: usize = 1_000_000;
/// How many templates one may include and extend, each time counted.
pub(super) const LOADS: usize = 50_000;
/// How long a text may become, in bytes; a list or mapping counts with all that is in it.
pub(super) const LONGEST: usize = 64 << 20;
/// What a value costs besides the bytes of its text.
const VALUE: usize = 16;
/// How much of the thread's stack rendering may take: the engine's own recursion through values
/// that hold each other counts nothing. Threads have at least twice as much.
pub(super) const STACK: usize = 1 << 20;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Ends all rendering, now and for the rest of the process.
pub fn interrupt() {
    INTERRUPTED.store(true, Ordering::Relaxed);
}

/// Why rendering can't go on at this place.
pub(super) fn refused(parts: usize, at: &Span) -> Option<Diag> {
    if INTERRUPTED.load(Ordering::Relaxed) {
        return Some(Diag::error("interrupted while this was rendered").at(at, ""));
    }
    (parts > PARTS).then(|| {
        Diag::error(format!(
            "more than {PARTS} variables are rendered for one value"
        ))
        .at(at, "")
        .help("variables that use each other several times multiply: name fewer of them here")
    })
}

/// What is said of a value that does not end.
pub(super) fn too_long() -> Error {
    Error::new(
        ErrorKind::InvalidOperation,
        format!("this comes to more than {} MiB", LONGEST >> 20),
    )
}

/// How much a value may still come to.
pub(super) struct Budget(usize);

impl Budget {
    pub(super) fn new() -> Self {
        Self(LONGEST)
    }

    /// Pays for one value, without what is in it.
    pub(super) fn pay(&mut self, value: &Value) -> Result<(), Error> {
        let cost = VALUE + value.as_str().map_or(0, str::len);
        self.0 = self.0.checked_sub(cost).ok_or_else(too_long)?;
        Ok(())
    }
}

/// What a template comes to.
pub(super) fn rendered(template: &Template, root: Value) -> Result<String, Error> {
    let mut text = Bounded(Vec::new());
    template
        .render_captured_to(root, &mut text)
        .map_err(|error| {
            if text.0.len() > LONGEST {
                too_long()
            } else {
                error
            }
        })?;
    String::from_utf8(text.0).map_err(|error| {
        Error::new(ErrorKind::InvalidOperation, "this is no text").with_source(error)
    })
}

struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        if self.0.len() > LONGEST {
            return Err(io::Error::other("too long"));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
