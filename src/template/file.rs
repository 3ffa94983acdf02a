//! Template files.

use super::FileOptions;
use super::anatomy::Anatomy;
use super::edits::{Edited, blanked};
use super::environment::{registry, shared, template_name};
use super::error::Fault;
use super::session::{Session, too_nested};
use super::translate::{Origin, described, fault};
use super::{limits, trace};
use crate::diag::{Diag, Source};
use minijinja::Environment;
use minijinja::syntax::SyntaxConfig;
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// What a template file may say about itself in its first line.
const HEADER: &str = "#jinja2:";

/// A template file, read and ready to be compiled.
pub(super) struct Prepared {
    environment: Cow<'static, Environment<'static>>,
    name: String,
    begin: usize,
    taught: Edited,
}

impl Prepared {
    /// A template file, read once for all hosts and tasks.
    pub(super) fn of(source: &Source, options: &FileOptions) -> Result<Arc<Self>, Box<Diag>> {
        type Known = Mutex<HashMap<(String, bool, bool), Arc<Prepared>>>;
        static KNOWN: LazyLock<Known> = LazyLock::new(Known::default);
        let key = (
            template_name(source.name(), source.text()),
            options.trim_blocks,
            options.lstrip_blocks,
        );
        if let Some(known) = KNOWN
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
        {
            return Ok(known.clone());
        }
        let prepared = Arc::new(Self::new(source, options)?);
        KNOWN
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, prepared.clone());
        Ok(prepared)
    }

    fn new(source: &Source, options: &FileOptions) -> Result<Self, Box<Diag>> {
        let (environment, begin) = environment(source, options)?;
        let body = blanked(&source.text()[begin..], false);
        let broken = |error: &minijinja::Error| {
            let range = error
                .range()
                .map_or(0..0, |range| range.start + begin..range.end + begin);
            Box::new(described(error).at(&source.span(range.start, range.end), ""))
        };
        let anatomy = Anatomy::of_template(&body, environment.syntax().clone())
            .map_err(|error| broken(&error))?;
        let taught = Edited::taught(&body, &anatomy);
        let name = template_name(source.name(), &taught.text);
        Ok(Self {
            environment,
            name,
            begin,
            taught,
        })
    }

    pub(super) fn original(&self, range: &Range<usize>) -> Range<usize> {
        let map = |at| self.begin + self.taught.before(at);
        map(range.start)..map(range.end)
    }

    pub(super) fn anatomy(&self) -> Option<Anatomy> {
        Anatomy::of_template(&self.taught.text, self.environment.syntax().clone()).ok()
    }

    pub(super) fn text(&self) -> &str {
        &self.taught.text
    }

    pub(super) fn render(&self, session: &Session, source: &Source) -> Result<String, Fault> {
        let origin = Origin::File {
            source,
            compiled: self,
        };
        let name = format!("the template {}", source.name());
        let rendered = || {
            trace::watched(|| {
                self.environment
                    .get_template(&self.name)
                    .and_then(|template| limits::rendered(&template, session.root()))
                    .map_err(|error| fault(session, &error, &origin))
            })
        };
        let (text, _) = trace::evaluating(std::ptr::from_ref(session).addr(), &name, rendered)
            .unwrap_or_else(|nested| Err(too_nested(&nested, &source.span(0, 0))))?;
        Ok(text)
    }
}

/// The environment that a file asks for, and where its body begins.
fn environment(
    source: &Source,
    options: &FileOptions,
) -> Result<(Cow<'static, Environment<'static>>, usize), Box<Diag>> {
    let text = source.text();
    let Some(rest) = text.strip_prefix(HEADER) else {
        return Ok((
            Cow::Borrowed(shared(options.trim_blocks, options.lstrip_blocks)),
            0,
        ));
    };
    let line = rest.lines().next().unwrap_or_default();
    let begin = (HEADER.len() + line.len() + 1).min(text.len());
    let mut header = Header::new(options);
    for pair in line.split(',').filter(|pair| !pair.trim().is_empty()) {
        header
            .set(pair)
            .map_err(|diag| Box::new(diag.at(&source.span(0, begin - 1), "")))?;
    }
    let environment = header
        .environment()
        .map_err(|error| Box::new(described(&error).at(&source.span(0, begin - 1), "")))?;
    Ok((environment, begin))
}

struct Header {
    trim_blocks: bool,
    lstrip_blocks: bool,
    keep_trailing_newline: bool,
    delimiters: [String; 6],
}

const DELIMITERS: [&str; 6] = ["{%", "%}", "{{", "}}", "{#", "#}"];
const NAMES: [&str; 6] = [
    "block_start_string",
    "block_end_string",
    "variable_start_string",
    "variable_end_string",
    "comment_start_string",
    "comment_end_string",
];

impl Header {
    fn new(options: &FileOptions) -> Self {
        Self {
            trim_blocks: options.trim_blocks,
            lstrip_blocks: options.lstrip_blocks,
            keep_trailing_newline: true,
            delimiters: DELIMITERS.map(str::to_owned),
        }
    }

    fn set(&mut self, pair: &str) -> Result<(), Diag> {
        let bad = |what: String| {
            Err(Diag::error(what)
                .help("write the first line as `#jinja2: trim_blocks: False, lstrip_blocks: True`"))
        };
        let Some((key, value)) = pair.split_once(':') else {
            return bad(format!("`{}` is not `key: value`", pair.trim()));
        };
        let (key, value) = (key.trim(), value.trim());
        let flag = match value {
            "True" | "true" => Some(true),
            "False" | "false" => Some(false),
            _ => None,
        };
        match (key, flag) {
            ("trim_blocks", Some(flag)) => self.trim_blocks = flag,
            ("lstrip_blocks", Some(flag)) => self.lstrip_blocks = flag,
            ("keep_trailing_newline", Some(flag)) => self.keep_trailing_newline = flag,
            _ => match NAMES.iter().position(|name| *name == key) {
                Some(at) => value
                    .trim_matches(['\'', '"'])
                    .clone_into(&mut self.delimiters[at]),
                None => return bad(format!("`{key}: {value}` is not a setting of templates")),
            },
        }
        Ok(())
    }

    fn environment(self) -> Result<Cow<'static, Environment<'static>>, minijinja::Error> {
        if self.keep_trailing_newline && self.delimiters == DELIMITERS {
            return Ok(Cow::Borrowed(shared(self.trim_blocks, self.lstrip_blocks)));
        }
        let [
            block,
            block_end,
            variable,
            variable_end,
            comment,
            comment_end,
        ] = self.delimiters;
        let syntax = SyntaxConfig::builder()
            .block_delimiters(block, block_end)
            .variable_delimiters(variable, variable_end)
            .comment_delimiters(comment, comment_end)
            .trim_blocks(self.trim_blocks)
            .lstrip_blocks(self.lstrip_blocks)
            .keep_trailing_newline(self.keep_trailing_newline)
            .build()?;
        // Not a clone of a shared one: what those have compiled has other delimiters.
        let mut environment = registry().environment().clone();
        environment.set_syntax(syntax);
        Ok(Cow::Owned(environment))
    }
}
