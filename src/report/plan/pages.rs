//! The pages of a plan: gathered beside whoever tells the run, written when it has ended.

use super::{Document, html, markdown};
use crate::engine::Event;
use crate::report::Reporter;
use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile};
use thiserror::Error;

/// A page that can't be written.
#[derive(Debug, Error)]
#[error("can't write {}: {error}", path.display())]
pub struct Unwritten {
    path: PathBuf,
    error: io::Error,
}

/// What of a plan is written besides.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Where the page goes.
    pub html: Option<PathBuf>,
    /// Where the comment goes.
    pub markdown: Option<PathBuf>,
}

impl Wanted {
    /// Whether there is nothing to write.
    pub fn is_none(&self) -> bool {
        self.html.is_none() && self.markdown.is_none()
    }
}

/// A file that is there whole or not at all, and is one that others may read: no secret is in it.
struct Page {
    path: PathBuf,
    /// `None` for what is no file that could be replaced: a pipe, `/dev/stdout`.
    beside: Option<NamedTempFile>,
    text: fn(&Document) -> String,
}

/// Hands events on, and gathers them.
pub struct Pages {
    inner: Box<dyn Reporter>,
    document: Document,
    files: Vec<Page>,
}

impl Pages {
    /// Beside `inner`. That a page can't be written is found before anything else happens.
    pub fn beside(
        inner: Box<dyn Reporter>,
        wanted: Wanted,
        document: Document,
    ) -> Result<Self, Unwritten> {
        let open = |path: Option<PathBuf>, text| path.map(|path| Page::open(path, text));
        let pages = [
            open(wanted.html, html::page as fn(&Document) -> String),
            open(wanted.markdown, markdown::comment),
        ];
        Ok(Self {
            inner,
            document,
            files: pages.into_iter().flatten().collect::<Result<_, _>>()?,
        })
    }
}

impl Page {
    fn open(path: PathBuf, text: fn(&Document) -> String) -> Result<Self, Unwritten> {
        match beside(&path) {
            Ok((path, beside)) => Ok(Self { path, beside, text }),
            Err(error) => Err(Unwritten { path, error }),
        }
    }

    fn write(self, document: &Document) -> Result<(), Unwritten> {
        let text = (self.text)(document);
        let written = match self.beside {
            Some(mut file) => file
                .write_all(text.as_bytes())
                .and_then(|()| file.persist(&self.path).map_err(io::Error::from))
                .map(drop),
            None => File::options()
                .append(true)
                .open(&self.path)
                .and_then(|mut file| file.write_all(text.as_bytes())),
        };
        written.map_err(|error| Unwritten {
            path: self.path,
            error,
        })
    }
}

/// The real path, and a file in its folder that takes its place in the end.
fn beside(path: &Path) -> io::Result<(PathBuf, Option<NamedTempFile>)> {
    let real = match fs::metadata(path) {
        Ok(known) if known.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
        Ok(known) if !known.is_file() => return Ok((path.to_owned(), None)),
        Ok(_) => fs::canonicalize(path)?,
        Err(_) => path.to_owned(),
    };
    let folder = real
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    fs::metadata(folder)?;
    let file = Builder::new()
        .prefix(".trueup-")
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)?;
    Ok((real, Some(file)))
}

impl Reporter for Pages {
    fn event(&mut self, event: &Event) {
        self.document.event(event);
        self.inner.event(event);
    }

    fn tick(&mut self) {
        self.inner.tick();
    }

    fn stopping(&mut self, asked: u8) {
        self.inner.stopping(asked);
    }

    fn end(&mut self) -> Result<(), Unwritten> {
        // Who leaves at once gets no page of half a plan.
        let files = std::mem::take(&mut self.files).into_iter();
        files
            .filter(|_| self.document.ended)
            .try_for_each(|page| page.write(&self.document))
    }
}
