//! What can be known of templates without any variable.

use super::anatomy::{Anatomy, Call, Kind};
use super::compile::{self, Broken, Compiled};
use super::convert::is_template;
use super::environment::registry;
use super::file::Prepared;
use super::registry::short;
use super::{FileOptions, Reference, place};
use super::{filters, lookups};
use crate::diag::{Diag, Source, Span};
use crate::yaml::{Node, Value as Yaml};
use std::collections::BTreeSet;
use std::ops::Range;

type Findings = (Vec<Diag>, BTreeSet<Reference>);

/// What is wrong with the templates in a node without any variable known: syntax, unknown
/// filters, tests and lookups. And the names of the variables they need, with their places.
pub fn check_node(node: &Node) -> Findings {
    let mut findings = Findings::default();
    collect(node, &mut findings);
    findings
}

fn collect(node: &Node, findings: &mut Findings) {
    match &node.value {
        Yaml::Str(text) if is_template(text) => scalar(&compile::text(text), &node.span, findings),
        Yaml::Seq(items) => items.iter().for_each(|item| collect(item, findings)),
        Yaml::Map(map) => map.iter().for_each(|(key, value)| {
            collect(key, findings);
            collect(value, findings);
        }),
        _ => {}
    }
}

/// The same for a bare expression.
pub fn check_expression(text: &str, span: &Span) -> Findings {
    let mut findings = Findings::default();
    let trimmed = text.trim();
    let compiled = if trimmed.starts_with("{{") {
        compile::text(trimmed)
    } else {
        compile::condition(text)
    };
    scalar(&compiled, span, &mut findings);
    findings
}

/// The same for a template file.
pub fn check_file(source: &Source) -> Findings {
    let mut findings = Findings::default();
    match Prepared::of(source, &FileOptions::default()) {
        Ok(prepared) => {
            let span = |range: &Range<usize>| {
                let range = prepared.original(range);
                source.span(range.start, range.end)
            };
            inspect(
                &prepared.anatomy().unwrap_or_default(),
                &span,
                &mut findings,
            );
        }
        Err(diag) => findings.0.push(*diag),
    }
    findings
}

fn scalar(compiled: &Result<Compiled, Broken>, span: &Span, findings: &mut Findings) {
    match compiled {
        Ok(compiled) => {
            let at = |range: &Range<usize>| {
                place::within(span, compiled.text(), &compiled.original(range))
            };
            inspect(&compiled.anatomy().unwrap_or_default(), &at, findings);
        }
        Err(broken) => findings.0.push(broken.diag(span)),
    }
}

fn inspect(anatomy: &Anatomy, span: &dyn Fn(&Range<usize>) -> Span, findings: &mut Findings) {
    for call in &anatomy.calls {
        findings
            .0
            .extend(unknown(call).map(|diag| diag.at(&span(&call.range), "")));
    }
    for used in anatomy.uses.iter().filter(|used| !used.local) {
        findings.1.insert(Reference {
            name: used.variable.clone(),
            guarded: anatomy.guards(&used.variable),
            span: span(&used.range),
        });
    }
}

fn unknown(call: &Call) -> Option<Diag> {
    let registry = registry();
    let (names, what) = match call.kind {
        Kind::Filter => (registry.filters(), "filter"),
        Kind::Test => (registry.tests(), "test"),
        Kind::Function => (registry.functions(), "function"),
        Kind::Lookup => (registry.lookups(), "lookup"),
    };
    let name = short(&call.name);
    let known = match call.kind {
        Kind::Lookup => lookups::is_known(name),
        _ => names.contains(name) || name.starts_with('_') || registry.is_foreign(name),
    };
    let why = match call.kind {
        Kind::Lookup => lookups::left_out(name),
        Kind::Filter => filters::left_out(name),
        _ => None,
    };
    if !known && let Some(why) = why {
        let diag = Diag::error(format!("there is no {what} `{name}`")).help(why);
        return Some(diag.of_names());
    }
    (!known).then(|| {
        Diag::error(format!("there is no {what} `{name}`"))
            .suggest(last(name), names.iter().copied())
            .of_names()
    })
}

/// The last word of a full name: what is missing in one collection may be here under another.
fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}
