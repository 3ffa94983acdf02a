//! The layout of mappings and lists.

use super::scalar::{Style, spelled, style};
use minijinja::value::ValueKind;
use minijinja::{Error, Value};

/// Where a value stands.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Root,
    /// After `- `.
    Item,
    /// After `key:`.
    Entry,
}

pub(super) struct Emitter {
    out: String,
    column: usize,
    step: usize,
    width: usize,
    sort_keys: bool,
    flow_leaves: bool,
}

fn is_list(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable)
}

fn is_scalar(value: &Value) -> bool {
    !is_list(value) && value.kind() != ValueKind::Map
}

impl Emitter {
    pub(super) fn new(step: usize, width: usize, sort_keys: bool, flow_leaves: bool) -> Self {
        Self {
            out: String::new(),
            column: 0,
            step,
            width,
            sort_keys,
            flow_leaves,
        }
    }

    pub(super) fn finish(mut self) -> String {
        if !self.out.ends_with('\n') {
            self.out.push('\n');
        }
        self.out
    }

    pub(super) fn document(&mut self, value: &Value) -> Result<(), Error> {
        self.node(value, 0, Place::Root)
    }

    fn put(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.chars().count();
    }

    fn line(&mut self, indent: usize) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.column = indent;
    }

    fn keys(&self, map: &Value) -> Result<Vec<Value>, Error> {
        let mut keys: Vec<Value> = map.try_iter()?.collect();
        if self.sort_keys {
            keys.sort();
        }
        Ok(keys)
    }

    fn in_flow(&self, value: &Value) -> Result<bool, Error> {
        if value.len() == Some(0) {
            return Ok(true);
        }
        if !self.flow_leaves {
            return Ok(false);
        }
        for item in value.try_iter()? {
            let part = if is_list(value) {
                item
            } else {
                value.get_item(&item)?
            };
            if !is_scalar(&part) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A value whose parts stand at `indent`.
    fn node(&mut self, value: &Value, indent: usize, place: Place) -> Result<(), Error> {
        if is_scalar(value) {
            self.space(place);
            let indent = if place == Place::Root {
                self.step
            } else {
                indent
            };
            self.scalar(value, indent, true);
            return Ok(());
        }
        if self.in_flow(value)? {
            self.space(place);
            return self.flow(value, indent);
        }
        if is_list(value) {
            // A list in a mapping stands no deeper than its key.
            let indent = if place == Place::Entry {
                indent.saturating_sub(self.step)
            } else {
                indent
            };
            for (at, item) in value.try_iter()?.enumerate() {
                self.begin(at, indent, place);
                self.put("-");
                self.node(&item, indent + self.step, Place::Item)?;
            }
        } else {
            for (at, key) in self.keys(value)?.iter().enumerate() {
                self.begin(at, indent, place);
                self.scalar(key, indent, false);
                self.put(":");
                self.node(&value.get_item(key)?, indent + self.step, Place::Entry)?;
            }
        }
        Ok(())
    }

    fn space(&mut self, place: Place) {
        if place != Place::Root {
            self.put(" ");
        }
    }

    /// The first part of a list's item stands behind its dash.
    fn begin(&mut self, at: usize, indent: usize, place: Place) {
        if at == 0 && place == Place::Item {
            let pad = " ".repeat(indent.saturating_sub(self.column));
            self.put(&pad);
        } else {
            self.line(indent);
        }
    }

    fn flow(&mut self, value: &Value, indent: usize) -> Result<(), Error> {
        let list = is_list(value);
        self.put(if list { "[" } else { "{" });
        let parts = if list {
            value.try_iter()?.collect()
        } else {
            self.keys(value)?
        };
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                self.put(",");
                if self.column <= self.width {
                    self.put(" ");
                }
            }
            if self.column > self.width {
                self.line(indent);
            }
            let item = if list {
                part.clone()
            } else {
                self.flow_scalar(part);
                self.put(": ");
                value.get_item(part)?
            };
            if is_scalar(&item) {
                self.flow_scalar(&item);
            } else {
                self.flow(&item, indent + self.step)?;
            }
        }
        self.put(if list { "]" } else { "}" });
        Ok(())
    }

    fn flow_scalar(&mut self, value: &Value) {
        let (text, style) = (spelled(value), style(value, true));
        self.styled(&text, style, 0, false);
    }

    fn scalar(&mut self, value: &Value, indent: usize, fold: bool) {
        let (text, style) = (spelled(value), style(value, false));
        self.styled(&text, style, indent, fold);
    }

    fn styled(&mut self, text: &str, style: Style, indent: usize, fold: bool) {
        match style {
            Style::Plain => self.words(text, indent, fold),
            Style::Single => {
                self.put("'");
                let text = text.replace('\'', "''");
                let mut rest = text.as_str();
                while let Some(at) = rest.find('\n') {
                    self.words(&rest[..at], indent, fold);
                    let after = rest[at..].trim_start_matches('\n');
                    // One break more than there are: a single one would read as a blank.
                    self.out
                        .extend(std::iter::repeat_n('\n', rest.len() - at - after.len()));
                    self.line(indent);
                    rest = after;
                }
                self.words(rest, indent, fold);
                self.put("'");
            }
            Style::Double => {
                let mut quoted = String::new();
                super::super::json::string(&mut quoted, text, false);
                self.put(&quoted);
            }
        }
    }

    /// Words, with the line broken at the first single blank behind the width.
    fn words(&mut self, text: &str, indent: usize, fold: bool) {
        let mut rest = text;
        while let Some(at) = rest.find(' ') {
            let (word, after) = rest.split_at(at);
            self.put(word);
            let blanks = after.len() - after.trim_start_matches(' ').len();
            let (gap, next) = after.split_at(blanks);
            if fold
                && blanks == 1
                && self.column > self.width
                && !word.is_empty()
                && !next.is_empty()
            {
                self.line(indent);
            } else {
                self.put(gap);
            }
            rest = next;
        }
        self.put(rest);
    }
}
