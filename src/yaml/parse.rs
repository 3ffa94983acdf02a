//! Text -> nodes: the parser's events, with anchors, merge keys and limits.

mod tags;

use super::{Mapping, Node, Origin, Value};
use crate::diag::{Diag, Source, Span};
use saphyr_parser::{Event, Parser, ScanError};
use std::collections::HashMap;
use tags::{expect_tag, is_sealed, scalar_value};

/// How deep collections may stand in each other. Nobody writes this by hand, and all that walks
/// a node does so by recursion.
const DEPTH: usize = 100;
/// How many nodes aliases may add in one file, so that a small file can't grow without bound.
const ALIASED: usize = 200_000;

pub(super) fn document(source: &Source) -> Result<Node, Diag> {
    let mut builder = Builder::new(source);
    let mut documents = 0;
    for event in Parser::new_from_str(source.text()) {
        let (event, at) = event.map_err(|error| builder.refused(&error))?;
        let at = builder.span(at);
        if matches!(event, Event::DocumentStart(_)) {
            documents += 1;
            if documents > 1 {
                return Err(Diag::error("a second document begins here")
                    .at(&at, "")
                    .help("a file holds one document: put it into a file of its own"));
            }
        }
        builder.take(event, &at)?;
    }
    Ok(builder
        .root
        .unwrap_or_else(|| Node::new(Value::Null, source.span(0, 0))))
}

struct Builder<'a> {
    source: &'a Source,
    /// The byte at which each character begins; `None` when each character is one byte.
    bytes: Option<Vec<usize>>,
    stack: Vec<Frame>,
    anchors: HashMap<usize, Anchored>,
    aliased: usize,
    root: Option<Node>,
}

struct Anchored {
    node: Node,
    size: usize,
    depth: usize,
}

struct Frame {
    span: Span,
    anchor: usize,
    flow: bool,
    kind: Kind,
}

enum Kind {
    Seq(Vec<Node>),
    Map {
        key: Option<Node>,
        entries: Vec<(Node, Node)>,
        merged: Vec<(Node, Node)>,
    },
}

impl<'a> Builder<'a> {
    fn new(source: &'a Source) -> Self {
        let text = source.text();
        let bytes = (!text.is_ascii()).then(|| text.char_indices().map(|(at, _)| at).collect());
        Self {
            source,
            bytes,
            stack: Vec::new(),
            anchors: HashMap::new(),
            aliased: 0,
            root: None,
        }
    }

    fn byte(&self, index: usize) -> usize {
        match &self.bytes {
            None => index,
            Some(bytes) => bytes
                .get(index)
                .copied()
                .unwrap_or(self.source.text().len()),
        }
    }

    fn span(&self, span: saphyr_parser::Span) -> Span {
        self.source
            .span(self.byte(span.start.index()), self.byte(span.end.index()))
    }

    fn refused(&self, error: &ScanError) -> Diag {
        let at = self.byte(error.marker().index());
        let place = self.source.span(at, at);
        let line_start = self.source.line_start(place.line());
        let line = self.source.text()[line_start..]
            .lines()
            .next()
            .unwrap_or_default();
        if error.info() == "recursion limit exceeded" {
            return too_deep(&place);
        }
        let diag = Diag::error(format!("this is not YAML: {}", error.info())).at(&place, "");
        if line.contains(": {{") {
            diag.help("a value that begins with `{{` must stand in quotes: `key: \"{{ name }}\"`")
        } else if error.info().contains("mapping values are not allowed") {
            diag.help("put the value in quotes if `: ` belongs to it, or check the indentation")
        } else if line.starts_with('\t') {
            diag.help("indent with blanks, not with tabs")
        } else {
            diag
        }
    }

    fn take(&mut self, event: Event<'_>, at: &Span) -> Result<(), Diag> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar_value(&text, style, tag.as_deref(), at)?;
                let mut node = Node::new(value, content(at));
                if tag.as_deref().is_some_and(is_sealed) {
                    node.origin = Origin::Sealed;
                }
                self.anchor(anchor, &node);
                self.place(node)
            }
            Event::SequenceStart(anchor, tag) => {
                expect_tag(tag.as_deref(), "seq", at)?;
                self.open(at, anchor, Kind::Seq(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                expect_tag(tag.as_deref(), "map", at)?;
                let kind = Kind::Map {
                    key: None,
                    entries: Vec::new(),
                    merged: Vec::new(),
                };
                self.open(at, anchor, kind)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(at),
            Event::Alias(id) => self.alias(id, at),
            _ => Ok(()),
        }
    }

    fn open(&mut self, at: &Span, anchor: usize, kind: Kind) -> Result<(), Diag> {
        if self.stack.len() >= DEPTH {
            return Err(too_deep(at));
        }
        let flow = self.source.text()[at.start()..at.end()].ends_with(['[', '{']);
        self.stack.push(Frame {
            span: at.clone(),
            anchor,
            flow,
            kind,
        });
        Ok(())
    }

    fn close(&mut self, at: &Span) -> Result<(), Diag> {
        let Some(frame) = self.stack.pop() else {
            return Ok(());
        };
        let start = frame.span.start();
        let (value, inner) = match frame.kind {
            Kind::Seq(items) => {
                let end = items.last().map(|item| item.span.end());
                (Value::Seq(items), end)
            }
            Kind::Map {
                entries, merged, ..
            } => {
                let end = entries
                    .last()
                    .map(|(key, value)| key.span.end().max(value.span.end()));
                (Value::Map(with_merged(entries, merged)?), end)
            }
        };
        let end = if frame.flow {
            at.end()
        } else {
            inner.unwrap_or(start).max(start)
        };
        let node = Node::new(value, content(&self.source.span(start, end)));
        self.anchor(frame.anchor, &node);
        self.place(node)
    }

    fn anchor(&mut self, id: usize, node: &Node) {
        if id != 0 {
            let (size, depth) = measure(node);
            self.anchors.insert(
                id,
                Anchored {
                    node: node.clone(),
                    size,
                    depth,
                },
            );
        }
    }

    fn alias(&mut self, id: usize, at: &Span) -> Result<(), Diag> {
        let Some(anchored) = self.anchors.get(&id) else {
            return Err(Diag::error("an alias can't stand inside what it names").at(at, ""));
        };
        self.aliased += anchored.size;
        if self.aliased > ALIASED || self.stack.len() + anchored.depth > DEPTH {
            return Err(Diag::error("the aliases of this file unfold into too much")
                .at(at, "")
                .help("write out what is meant, or use fewer aliases of aliases"));
        }
        let node = anchored.node.clone();
        self.place(node)
    }

    /// Puts a finished node where it belongs: into the innermost open collection.
    fn place(&mut self, node: Node) -> Result<(), Diag> {
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut frame.kind {
            Kind::Seq(items) => items.push(node),
            Kind::Map {
                key,
                entries,
                merged,
            } => match key.take() {
                None => *key = Some(as_key(node)?),
                Some(key) if key.as_str() == Some("<<") && key.span.text() == "<<" => {
                    merge(&node, merged)?;
                }
                Some(key) => entries.push((key, node)),
            },
        }
        Ok(())
    }
}

fn too_deep(at: &Span) -> Diag {
    Diag::error(format!(
        "collections stand in each other more than {DEPTH} deep"
    ))
    .at(at, "")
    .help("flatten them")
}

/// A key as a string, as it is written.
fn as_key(node: Node) -> Result<Node, Diag> {
    match &node.value {
        Value::Str(_) => Ok(node),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => {
            let text = node.span.text().to_owned();
            Ok(Node::new(Value::Str(text), node.span))
        }
        Value::Null if node.span.text().is_empty() => {
            Err(Diag::error("a key is missing before the `:`").at(&node.span, ""))
        }
        Value::Null => Ok(Node::new(
            Value::Str(node.span.text().to_owned()),
            node.span,
        )),
        Value::Seq(_) | Value::Map(_) => {
            let diag = Diag::error(format!("{} can't be a key", node.kind())).at(&node.span, "");
            Err(if node.span.text().starts_with('{') {
                diag.help(
                    "a value that begins with `{{` must stand in quotes: `key: \"{{ name }}\"`",
                )
            } else {
                diag.help("a key is a string")
            })
        }
    }
}

/// Remembers what `<<` brings: a mapping, or a list of mappings of which the first has precedence.
fn merge(node: &Node, merged: &mut Vec<(Node, Node)>) -> Result<(), Diag> {
    match &node.value {
        Value::Map(map) => {
            merged.extend(map.iter().map(|(key, value)| (key.clone(), value.clone())));
            Ok(())
        }
        Value::Seq(items) if items.iter().all(|item| item.as_map().is_some()) => {
            items.iter().try_for_each(|item| merge(item, merged))
        }
        _ => Err(Diag::error(format!(
            "`<<` merges a mapping or a list of mappings, not {}",
            node.kind()
        ))
        .at(&node.span, "")),
    }
}

/// The mapping; what was merged comes first and yields to the mapping's own keys.
fn with_merged(own: Vec<(Node, Node)>, merged: Vec<(Node, Node)>) -> Result<Mapping, Diag> {
    let mut seen: HashMap<String, Span> = HashMap::with_capacity(own.len());
    for (key, _) in &own {
        let name = key.as_str().unwrap_or_default();
        if let Some(first) = seen.insert(name.to_owned(), key.span.clone()) {
            return Err(Diag::error(format!("the key `{name}` stands here twice"))
                .at(&key.span, "again")
                .also(&first, "first here")
                .help("remove one of them"));
        }
    }
    let mut entries = Vec::with_capacity(own.len() + merged.len());
    for (key, value) in merged {
        let name = key.as_str().unwrap_or_default();
        if !seen.contains_key(name) {
            seen.insert(name.to_owned(), key.span.clone());
            entries.push((key, value));
        }
    }
    entries.extend(own);
    Ok(Mapping::from_unique(entries))
}

fn measure(node: &Node) -> (usize, usize) {
    let (size, depth) = match &node.value {
        Value::Seq(items) => items.iter().map(measure).fold((0, 0), add),
        Value::Map(map) => map
            .iter()
            .map(|(_, value)| measure(value))
            .fold((0, 0), add),
        _ => (0, 0),
    };
    (size + 1, depth + 1)
}

fn add((size, depth): (usize, usize), (more, deep): (usize, usize)) -> (usize, usize) {
    (size + more, depth.max(deep))
}

/// The content without the anchor and tag before it and the blanks and line ends around it.
fn content(at: &Span) -> Span {
    let text = at.text();
    let mut start = 0;
    while text[start..].starts_with(['&', '!']) {
        let word = text[start..]
            .find(char::is_whitespace)
            .unwrap_or(text.len() - start);
        let rest = &text[start + word..];
        start += word + rest.len() - rest.trim_start().len();
    }
    let end = text.trim_end().len().max(start);
    at.source().span(at.start() + start, at.start() + end)
}

#[cfg(test)]
mod tests;
