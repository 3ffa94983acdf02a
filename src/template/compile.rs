//! Texts with templates in them, compiled once.

use super::anatomy::Anatomy;
use super::edits::{Edited, blanked};
use super::environment::{shared, template_name};
use super::error::Fault;
use super::{limits, place};
use crate::diag::{Diag, Span};
use minijinja::{Error, Expression, Value};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

/// A compiled text.
pub(super) struct Compiled {
    code: Code,
    text: String,
    /// Where the source begins in the text, and what was made of it.
    begin: usize,
    raw: Edited,
    taught: Edited,
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
        Some(inner) => compile_expression(text, inner, true).or_else(|_| compile_template(text)),
        None => compile_template(text),
    })
}

/// A bare expression.
pub(super) fn expression(text: &str) -> Arc<Result> {
    static CACHE: LazyLock<Cache> = LazyLock::new(Cache::default);
    cached(&CACHE, text, |text| {
        compile_expression(text, 0..text.len(), true)
    })
}

/// A condition: an expression in whose literals backslashes escape, as Ansible has it.
pub(super) fn condition(text: &str) -> Arc<Result> {
    static CACHE: LazyLock<Cache> = LazyLock::new(Cache::default);
    cached(&CACHE, text, |text| {
        compile_expression(text, 0..text.len(), false)
    })
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

fn compile_expression(text: &str, part: Range<usize>, raw: bool) -> Result {
    let begin = part.start;
    let source = blanked(&text[part], true);
    let inner = if raw {
        Edited::raw(&source, true)
    } else {
        Edited::unchanged(&source)
    };
    let broken = |error: &Error| Broken::new(text, error, |at| begin + inner.before(at));
    let anatomy = Anatomy::of_expression(&inner.text).map_err(|error| broken(&error))?;
    let taught = Edited::taught(&inner.text, &anatomy);
    let code = shared(true, false)
        .compile_expression_owned(taught.text.clone())
        .map_err(|error| broken(&error))?;
    Ok(Compiled {
        code: Code::Expression(code),
        text: text.to_owned(),
        begin,
        raw: inner,
        taught,
    })
}

fn compile_template(text: &str) -> Result {
    let environment = shared(true, false);
    let raw = Edited::raw(&blanked(text, false), false);
    let broken = |error: &Error| Broken::new(text, error, |at| raw.before(at));
    let anatomy = Anatomy::of_template(&raw.text, environment.syntax().clone())
        .map_err(|error| broken(&error))?;
    let taught = Edited::taught(&raw.text, &anatomy);
    let name = template_name("", &taught.text);
    environment
        .get_template(&name)
        .map_err(|error| broken(&error))?;
    Ok(Compiled {
        code: Code::Template(name),
        text: text.to_owned(),
        begin: 0,
        raw,
        taught,
    })
}

impl Compiled {
    pub(super) fn evaluate(&self, root: Value) -> std::result::Result<Value, Error> {
        match &self.code {
            Code::Expression(expression) => expression.eval(root),
            Code::Template(name) => {
                limits::rendered(&shared(true, false).get_template(name)?, root).map(Value::from)
            }
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
        &self.taught.text
    }

    pub(super) fn anatomy(&self) -> Option<Anatomy> {
        match &self.code {
            Code::Expression(_) => Anatomy::of_expression(&self.taught.text).ok(),
            Code::Template(_) => {
                Anatomy::of_template(&self.taught.text, shared(true, false).syntax().clone()).ok()
            }
        }
    }

    /// The place in the text of a place in what was compiled.
    pub(super) fn original(&self, range: &Range<usize>) -> Range<usize> {
        let map = |at| self.begin + self.raw.before(self.taught.before(at));
        map(range.start)..map(range.end)
    }
}

impl Broken {
    fn new(text: &str, error: &Error, place: impl Fn(usize) -> usize) -> Self {
        Self {
            text: text.to_owned(),
            message: error
                .detail()
                .map_or_else(|| error.kind().to_string(), str::to_owned),
            range: error
                .range()
                .map(|range| place(range.start)..place(range.end)),
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
