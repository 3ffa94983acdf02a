//! Texts that came from files, and places in them.

use std::fmt;
use std::sync::Arc;

/// A text and the name it is known by (the path as the user would type it). Cheap to clone.
#[derive(Clone)]
pub struct Source(Arc<Inner>);

struct Inner {
    name: String,
    text: String,
    line_starts: Vec<usize>,
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
}
