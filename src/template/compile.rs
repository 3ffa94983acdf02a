//! Texts with templates in them, compiled once.

use super::anatomy::{Anatomy, Chain};
use super::environment::{shared, template_name};
use super::error::Fault;
use super::place;
use crate::diag::{Diag, Span};
use minijinja::{Error, Expression, Value};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

/// The filter that `a.b` goes through where it may be undefined and more is asked of it.
pub(super) const MAYBE: &str = "_maybe";

/// A compiled text.
pub(super) struct Compiled {
    code: Code,
    text: String,
    /// What was compiled, and where it begins in the text.
    source: String,
    begin: usize,
    /// Where something was put into the source, and how many bytes.
    added: Vec<(usize, usize)>,
}

enum Code {
    Expression(Expression<'static, 'static>),
    Template(String),
}

/// Why a text can't be compiled.
pub(super) struct Broken {
    text: String,
    message: String,
    range: Option<Range<usize>>,
}

pub(super) type Result = std::result::Result<Compiled, Broken>;

type Cache = RwLock<HashMap<String, Arc<Result>>>;

fn cached(cache: &Cache, text: &str, compile: impl FnOnce(&str) -> Result) -> Arc<Result> {
    if let Some(known) = cache
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .get(text)
    {
        return known.clone();
    }
    let compiled = Arc::new(compile(text));
    cache
        .write()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(text.to_owned(), compiled.clone());
    compiled
}

/// A scalar: one `{{ expression }}`, or a template.
pub(super) fn text(text: &str) -> Arc<Result> {
    static CACHE: LazyLock<Cache> = LazyLock::new(Cache::default);
    cached(&CACHE, text, |text| match whole_expression(text) {
        Some(inner) => compile_expression(text, inner).or_else(|_| compile_template(text)),
        None => compile_template(text),
    })
}

/// A bare expression.
pub(super) fn expression(text: &str) -> Arc<Result> {
    static CACHE: LazyLock<Cache> = LazyLock::new(Cache::default);
    cached(&CACHE, text, |text| compile_expression(text, 0..text.len()))
}

/// Where the expression stands in a text that is nothing but `{{ expression }}`, as far as that
/// can be told without reading it.
fn whole_expression(text: &str) -> Option<Range<usize>> {
    let inner = text.strip_prefix("{{")?.strip_suffix("}}")?;
    let begin = if inner.starts_with(['-', '+']) { 3 } else { 2 };
    let end = text.len() - if inner.ends_with(['-', '+']) { 3 } else { 2 };
    let inner = text.get(begin..end)?;
    let plain = !["{{", "}}", "{%", "%}", "{#", "#}"]
        .iter()
        .any(|mark| inner.contains(mark));
    plain.then_some(begin..end)
}

fn compile_expression(text: &str, part: Range<usize>) -> Result {
    let begin = part.start;
    let inner = &text[part];
    let broken = |error: &Error| Broken::new(text, error, begin);
    let anatomy = Anatomy::of_expression(inner).map_err(|error| broken(&error))?;
    let (source, added) = opened(inner, &anatomy.chains);
    let code = shared(true, false)
        .compile_expression_owned(source.clone())
        .map_err(|error| broken(&error))?;
    Ok(Compiled {
        code: Code::Expression(code),
        text: text.to_owned(),
        source,
        begin,
        added,
    })
}

fn compile_template(text: &str) -> Result {
    let environment = shared(true, false);
    let broken = |error: &Error| Broken::new(text, error, 0);
    let anatomy =
        Anatomy::of_template(text, environment.syntax().clone()).map_err(|error| broken(&error))?;
    let (source, added) = opened(text, &anatomy.chains);
    let name = template_name("", &source);
    environment
        .get_template(&name)
        .map_err(|error| broken(&error))?;
    Ok(Compiled {
        code: Code::Template(name),
        text: text.to_owned(),
        source,
        begin: 0,
        added,
    })
}

/// The source with each inner part of the chains let through [`MAYBE`], so that asking an
/// undefined value for an attribute is undefined where that is guarded, and an error elsewhere.
pub(super) fn opened(source: &str, chains: &[Chain]) -> (String, Vec<(usize, usize)>) {
    let close = format!("|{MAYBE})");
    let mut put: Vec<(usize, &str)> = chains
        .iter()
        .flat_map(|chain| {
            chain
                .ends
                .iter()
                .flat_map(|end| [(chain.start, "("), (*end, close.as_str())])
        })
        .collect();
    put.sort_by_key(|(at, _)| *at);
    let mut out = String::with_capacity(source.len() + put.len() * close.len());
    let mut added = Vec::with_capacity(put.len());
    let mut done = 0;
    for (at, what) in put {
        out.push_str(&source[done..at]);
        added.push((out.len(), what.len()));
        out.push_str(what);
        done = at;
    }
    out.push_str(&source[done..]);
    (out, added)
}

/// The place in the source before things were put into it.
pub(super) fn before(added: &[(usize, usize)], at: usize) -> usize {
    let put: usize = added
        .iter()
        .take_while(|(place, _)| *place < at)
        .map(|(place, bytes)| (*bytes).min(at - place))
        .sum();
    at - put
}

impl Compiled {
    pub(super) fn evaluate(&self, root: Value) -> std::result::Result<Value, Error> {
        match &self.code {
            Code::Expression(expression) => expression.eval(root),
            Code::Template(name) => shared(true, false)
                .get_template(name)?
                .render(root)
                .map(Value::from),
        }
    }

    /// Whether it prints what it finds, rather than being the value itself.
    pub(super) fn prints(&self) -> bool {
        matches!(self.code, Code::Template(_))
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn source(&self) -> &str {
        &self.source
    }

    pub(super) fn anatomy(&self) -> Option<Anatomy> {
        match &self.code {
            Code::Expression(_) => Anatomy::of_expression(&self.source).ok(),
            Code::Template(_) => {
                Anatomy::of_template(&self.source, shared(true, false).syntax().clone()).ok()
            }
        }
    }

    /// The place in the text of a place in what was compiled.
    pub(super) fn original(&self, range: &Range<usize>) -> Range<usize> {
        let map = |at| self.begin + before(&self.added, at);
        map(range.start)..map(range.end)
    }
}

impl Broken {
    pub(super) fn new(text: &str, error: &Error, begin: usize) -> Self {
        Self {
            text: text.to_owned(),
            message: error
                .detail()
                .map_or_else(|| error.kind().to_string(), str::to_owned),
            range: error
                .range()
                .map(|range| range.start + begin..range.end + begin),
        }
    }

    /// The diagnosis for a scalar at `span`.
    pub(super) fn diag(&self, span: &Span) -> Diag {
        let place = self.range.as_ref().map_or_else(
            || span.clone(),
            |range| place::within(span, &self.text, range),
        );
        Diag::error(format!("the template can't be read: {}", self.message)).at(&place, "")
    }

    pub(super) fn fault(&self, span: &Span) -> Fault {
        Fault::bad(self.diag(span))
    }
}
