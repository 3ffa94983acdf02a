//! The engine's errors as faults that point at the place and say what to do.

use super::anatomy::{Anatomy, Step, Use};
use super::compile::Compiled;
use super::environment::{registry, split_name};
use super::error::{Fault, carried};
use super::session::Session;
use super::{place, trace};
use crate::diag::{Diag, Source, Span};
use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Value};
use std::ops::Range;

/// Where a text comes from.
pub(super) enum Origin<'a> {
    /// A scalar in a YAML file.
    Scalar {
        compiled: &'a Compiled,
        span: &'a Span,
    },
    /// A template file.
    File {
        source: &'a Source,
        compiled: &'a super::file::Prepared,
    },
}

impl Origin<'_> {
    fn span(&self, range: &Range<usize>) -> Span {
        match self {
            Self::Scalar { compiled, span } => {
                place::within(span, compiled.text(), &compiled.original(range))
            }
            Self::File { source, compiled } => {
                let range = compiled.original(range);
                source.span(range.start, range.end)
            }
        }
    }

    fn whole(&self) -> Span {
        match self {
            Self::Scalar { span, .. } => (*span).clone(),
            Self::File { source, .. } => source.span(0, 0),
        }
    }

    fn anatomy(&self) -> Option<Anatomy> {
        match self {
            Self::Scalar { compiled, .. } => compiled.anatomy(),
            Self::File { compiled, .. } => compiled.anatomy(),
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Scalar { compiled, .. } => compiled.source(),
            Self::File { compiled, .. } => compiled.text(),
        }
    }
}

/// The fault that an error in a text of `session` is.
pub(super) fn fault(session: &Session, error: &Error, origin: &Origin<'_>) -> Fault {
    let anatomy = origin.anatomy().unwrap_or_default();
    let place = error.range().map(|range| anatomy.extent(&range));
    if let Some(fault) = carried(error) {
        return fault.seen_from(&place.map_or_else(|| origin.whole(), |range| origin.span(&range)));
    }
    if let Some(fault) = in_other_file(error, origin) {
        return fault;
    }
    let place = place.or_else(|| Some(line(origin.text(), error.line()?)));
    if let Some(fault) = lacking(session, &anatomy, place.as_ref(), origin) {
        return fault;
    }
    if error.kind() == ErrorKind::UndefinedError {
        return undefined(&anatomy, place.as_ref(), origin);
    }
    // What is called is a better place than all that it is called on.
    let span = error
        .range()
        .or(place)
        .map_or_else(|| origin.whole(), |range| origin.span(&range));
    Fault::bad(described(error).at(&span, ""))
}

fn line(text: &str, number: usize) -> Range<usize> {
    let start: usize = text
        .split_inclusive('\n')
        .take(number.saturating_sub(1))
        .map(str::len)
        .sum();
    let length = text
        .get(start..)
        .and_then(|rest| rest.lines().next())
        .map_or(0, str::len);
    start..start + length
}

/// An error in a template that was included.
fn in_other_file(error: &Error, origin: &Origin<'_>) -> Option<Fault> {
    let mut cause = std::error::Error::source(error);
    let mut innermost = None;
    while let Some(next) = cause {
        innermost = next.downcast_ref::<Error>().or(innermost);
        cause = next.source();
    }
    let inner = innermost?;
    let (path, text) = split_name(inner.name()?)?;
    let source = Source::new(path, text);
    let range = inner
        .range()
        .unwrap_or_else(|| line(text, inner.line().unwrap_or(1)));
    let span = source.span(range.start, range.end);
    let diag = match inner.kind() {
        ErrorKind::UndefinedError => Diag::error(format!("`{}` is undefined", span.text())),
        _ => described(inner),
    };
    Some(Fault::bad(diag.at(&span, "")).seen_from(&origin.whole()))
}

fn unguarded<'a>(
    anatomy: &'a Anatomy,
    place: Option<&'a Range<usize>>,
) -> impl Iterator<Item = &'a Use> {
    let here = move |used: &&Use| place.is_none_or(|place| place.contains(&used.range.start));
    anatomy
        .uses
        .iter()
        .filter(|used| !used.guarded)
        .filter(here)
}

/// The first use at the place that has no value: whatever the engine says, that is the cause.
fn lacking(
    session: &Session,
    anatomy: &Anatomy,
    place: Option<&Range<usize>>,
    origin: &Origin<'_>,
) -> Option<Fault> {
    unguarded(anatomy, place)
        .filter(|used| !used.local)
        .find_map(|used| {
            let diag = missing(session, used)?;
            let span = origin.span(&used.range);
            Some(match trace::why_undefined(&used.spelled(usize::MAX)) {
                Some(why) => Fault::Undefined(why).seen_from(&span),
                None => Fault::Undefined(Box::new(diag.at(&span, "not defined here"))),
            })
        })
}

/// Something is undefined that is no variable of the session.
fn undefined(anatomy: &Anatomy, place: Option<&Range<usize>>, origin: &Origin<'_>) -> Fault {
    for used in unguarded(anatomy, place).filter(|used| !used.local) {
        if let Some(why) = trace::why_undefined_within(&used.spelled(usize::MAX)) {
            return Fault::Undefined(why).seen_from(&origin.span(&used.range));
        }
    }
    let used = unguarded(anatomy, place).find(|used| used.local && !used.steps.is_empty());
    let range = used
        .map(|used| used.range.clone())
        .or_else(|| place.cloned());
    let diag = match used {
        Some(used) => Diag::error(format!("`{}` is undefined", used.spelled(usize::MAX))),
        None => Diag::error("this has no value: something in it is undefined"),
    };
    let span = range.map_or_else(|| origin.whole(), |range| origin.span(&range));
    Fault::Undefined(Box::new(
        diag.at(&span, "")
            .help("say what holds then, with `| default(...)`"),
    ))
}

/// What a use lacks, when it lacks something.
fn missing(session: &Session, used: &Use) -> Option<Diag> {
    let Some(mut value) = session
        .variable(&used.variable)
        .filter(|value| !value.is_undefined())
    else {
        let names = session.scope.names();
        return Some(
            Diag::error(format!("`{}` is undefined", used.variable))
                .suggest(&used.variable, names.iter().map(String::as_str)),
        );
    };
    for (at, step) in used.steps.iter().enumerate() {
        let next = match step {
            Step::Key(key) => value.get_attr(key),
            Step::Index(index) => value.get_item(&Value::from(*index)),
            Step::Computed => return None,
        };
        match next {
            Ok(next) if !next.is_undefined() => value = next,
            _ => {
                let owner = used.spelled(at);
                let diag = Diag::error(format!("`{}` is undefined", used.spelled(at + 1)));
                let Step::Key(key) = step else {
                    return Some(diag.help(format!(
                        "`{owner}` has {} item(s)",
                        value.len().unwrap_or(0)
                    )));
                };
                if value.kind() != ValueKind::Map {
                    return Some(
                        diag.help(format!("`{owner}` is a {}, not a mapping", value.kind())),
                    );
                }
                let keys: Vec<String> = value
                    .try_iter()
                    .into_iter()
                    .flatten()
                    .map(|key| key.to_string())
                    .collect();
                return Some(diag.suggest(key, keys.iter().map(String::as_str)));
            }
        }
    }
    None
}

/// What the engine says, with what to do about it.
pub(super) fn described(error: &Error) -> Diag {
    let detail = error.detail().unwrap_or_default();
    let named = |start: &str| {
        detail
            .strip_prefix(start)
            .and_then(|rest| rest.strip_suffix(" is unknown"))
    };
    let registry = registry();
    match error.kind() {
        ErrorKind::UnknownFilter => {
            let name = named("filter ").unwrap_or(detail);
            Diag::error(format!("there is no filter `{name}`"))
                .suggest(name, registry.filters().iter().copied())
        }
        ErrorKind::UnknownTest => {
            let name = named("test ").unwrap_or(detail);
            Diag::error(format!("there is no test `{name}`"))
                .suggest(name, registry.tests().iter().copied())
        }
        ErrorKind::UnknownFunction => {
            let name = named("").unwrap_or(detail);
            Diag::error(format!("there is no function `{name}`"))
                .suggest(name, registry.functions().iter().copied())
        }
        ErrorKind::TemplateNotFound => Diag::error(detail.to_owned())
            .help("a template finds others next to itself and in the `templates` folders above it"),
        ErrorKind::MissingArgument if detail.is_empty() => Diag::error("an argument is missing"),
        ErrorKind::TooManyArguments if detail.is_empty() => {
            Diag::error("there are too many arguments")
        }
        ErrorKind::OutOfFuel => Diag::error(format!(
            "this takes more than {} steps",
            super::limits::STEPS
        ))
        .help("loops in each other multiply: loop over less"),
        _ if detail.is_empty() => Diag::error(error.kind().to_string()),
        _ => Diag::error(detail.to_owned()),
    }
}
