//! Texts that came from files, and places in them.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A text and the name it is known by (the path as the user would type it). Cheap to clone.
#[derive(Clone)]
pub struct Source(Arc<Inner>);

struct Inner {
    name: String,
    text: String,
    line_starts: Vec<usize>,
    veiled: Mutex<Vec<Range<usize>>>,
}

impl Source {
    /// A source called `name` that holds `text`.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let line_starts = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Self(Arc::new(Inner {
            name: name.into(),
            text,
            line_starts,
            veiled: Mutex::default(),
        }))
    }

    /// The name, usually a path.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The part from byte `start` to byte `end`; both are moved to the nearest character boundary before them.
    pub fn span(&self, start: usize, end: usize) -> Span {
        let floor = |mut at: usize| {
            at = at.min(self.0.text.len());
            while !self.0.text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let start = floor(start);
        Span {
            source: self.clone(),
            start,
            end: floor(end).max(start),
        }
    }

    /// The whole text as a span.
    pub fn whole(&self) -> Span {
        self.span(0, self.0.text.len())
    }

    /// The byte at which line `line` (from 1) begins; the end of the text when there is no such line.
    pub fn line_start(&self, line: usize) -> usize {
        let index = line.saturating_sub(1);
        self.0
            .line_starts
            .get(index)
            .copied()
            .unwrap_or(self.0.text.len())
    }

    /// The text as it may be shown: `*` where it is veiled, byte for byte, so that places stay.
    pub fn quotable(&self) -> Cow<'_, str> {
        let veiled = self.veiled();
        if veiled.is_empty() {
            return Cow::Borrowed(self.text());
        }
        let mut text = self.text().to_owned();
        for range in veiled.iter() {
            text.replace_range(range.clone(), &starred(&self.text()[range.clone()]));
        }
        Cow::Owned(text)
    }

    fn veiled(&self) -> MutexGuard<'_, Vec<Range<usize>>> {
        // What a thread that panicked left behind is still a list of ranges.
        let veiled = self.0.veiled.lock();
        veiled.unwrap_or_else(PoisonError::into_inner)
    }

    fn position(&self, offset: usize) -> (usize, usize) {
        let line = self.0.line_starts.partition_point(|&start| start <= offset);
        let start = self.line_start(line);
        (line, self.0.text[start..offset].chars().count() + 1)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({})", self.name())
    }
}

impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
            || (self.name() == other.name() && self.text() == other.text())
    }
}

/// As many `*` as the text has bytes; its lines stay lines.
pub fn starred(text: &str) -> String {
    let star = |byte: u8| if byte == b'\n' { '\n' } else { '*' };
    text.bytes().map(star).collect()
}

/// A part of a [`Source`]. It knows its source, so that telling the place costs nothing.
#[derive(Clone, PartialEq)]
pub struct Span {
    source: Source,
    start: usize,
    end: usize,
}

impl Span {
    /// The source it is a part of.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The first byte.
    pub fn start(&self) -> usize {
        self.start
    }

    /// The byte after the last.
    pub fn end(&self) -> usize {
        self.end
    }

    /// The line of the first byte, from 1.
    pub fn line(&self) -> usize {
        self.source.position(self.start).0
    }

    /// The column of the first byte, in characters, from 1.
    pub fn column(&self) -> usize {
        self.source.position(self.start).1
    }

    /// From now on this part is not quoted, whoever holds its source.
    pub fn veil(&self) {
        let mut veiled = self.source.veiled();
        if self.start < self.end && !veiled.contains(&(self.start..self.end)) {
            veiled.push(self.start..self.end);
        }
    }

    /// Lets this place be quoted again.
    pub fn unveil(&self) {
        let start = self.start;
        self.source.veiled().retain(|range| !range.contains(&start));
    }

    /// Whether this place is not to be quoted.
    pub fn is_veiled(&self) -> bool {
        let mut ranges = self.source.veiled().clone().into_iter();
        ranges.any(|range| range.contains(&self.start))
    }

    /// The text between start and end.
    pub fn text(&self) -> &str {
        &self.source.text()[self.start..self.end]
    }
}

/// `file:line:col`
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.source.position(self.start);
        write!(f, "{}:{line}:{column}", self.source.name())
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let source = Source::new("a.yml", "eins\nzwö: drei\n");
        assert_eq!(source.span(0, 1).to_string(), "a.yml:1:1");
        let place = source.text().find("drei").unwrap();
        assert_eq!(source.span(place, place + 4).to_string(), "a.yml:2:6");
        assert_eq!(source.span(place, place + 4).text(), "drei");
        assert_eq!(source.span(999, 1000).to_string(), "a.yml:3:1");
    }

    #[test]
    fn what_is_veiled_is_not_quoted_whoever_asks() {
        let source = Source::new("a.yml", "a: 1\nb: zwö\nc: 3\n");
        let task = source.span(5, 12);
        let inner = source.clone().span(8, 12);
        task.veil();
        assert!(inner.is_veiled() && !source.span(13, 14).is_veiled());
        assert_eq!(source.quotable(), "a: 1\n*******\nc: 3\n");
        inner.unveil();
        assert_eq!(source.quotable(), source.text());
    }
}
