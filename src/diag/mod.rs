//! What can be wrong, said with the place and the next thing to do. Data only: nothing here prints.

mod reading;
mod source;
mod suggest;

pub use reading::{digest, digests, keep_digests, read, read_text};
pub use source::{Source, Span, starred};
pub use suggest::did_you_mean;

use std::borrow::Cow;

/// How bad a [`Diag`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The run goes on.
    Warning,
    /// The run can't start, or the task fails.
    Error,
}

/// One finding: what is wrong, where, and what to do about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Diag {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Where it is wrong, with a few words to stand under the quoted line (may be empty).
    pub place: Option<(Span, String)>,
    /// Other places that help to understand (the task that rendered the template, the first definition).
    pub also: Vec<(Span, String)>,
    /// What to do, one sentence each.
    pub help: Vec<String>,
    /// Whether its words hold names alone (of keywords, parameters, modules, variables), no values,
    /// so that they may be told of a place that is veiled.
    pub names: bool,
}

impl Diag {
    /// An error that says `message`.
    pub fn error(message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            message: message.into(),
            place: None,
            also: Vec::new(),
            help: Vec::new(),
            names: false,
        }
    }

    /// A warning that says `message`.
    pub fn warning(message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(message)
        }
    }

    /// Points at the place, with a few words (may be empty) to stand under the quoted line.
    #[must_use]
    pub fn at(mut self, span: &Span, label: impl Into<String>) -> Self {
        self.place = Some((span.clone(), label.into()));
        self
    }

    /// Points at the place unless a more exact one is known already.
    #[must_use]
    pub fn or_at(self, span: &Span) -> Self {
        if self.place.is_some() {
            self
        } else {
            self.at(span, "")
        }
    }

    /// Adds another place that helps to understand.
    #[must_use]
    pub fn also(mut self, span: &Span, label: impl Into<String>) -> Self {
        self.also.push((span.clone(), label.into()));
        self
    }

    /// Adds a sentence that says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Adds "did you mean" when a candidate is close to `word`.
    #[must_use]
    pub fn suggest<'a>(self, word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        match did_you_mean(word, candidates) {
            Some(best) => self.help(format!("did you mean `{best}`?")),
            None => self,
        }
    }

    /// Says that its words hold names alone.
    #[must_use]
    pub fn of_names(mut self) -> Self {
        self.names = true;
        self
    }

    /// What may be told of it: where `no_log` hides what it is about, no more than the place.
    pub fn tellable(&self) -> Cow<'_, Self> {
        let mut places = self.place.iter().chain(&self.also);
        match places.find(|(span, _)| span.is_veiled()) {
            Some((span, _)) if !self.names => Cow::Owned(Self::hidden(self.severity, span)),
            _ => Cow::Borrowed(self),
        }
    }

    /// A finding of which no more may be told than where it is.
    pub fn hidden(severity: Severity, span: &Span) -> Self {
        let finding = Self {
            severity,
            ..Self::error("what is wrong here is hidden by no_log")
        };
        finding
            .at(span, "")
            .help("set `no_log: false` for as long as it takes to see it")
            .of_names()
    }

    /// Whether this stops the run.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// One line, without the quoted source: `file:line:col: message (help)`.
impl std::fmt::Display for Diag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let told = self.tellable();
        if let Some((span, _)) = &told.place {
            write!(f, "{span}: ")?;
        }
        f.write_str(&told.message)?;
        for help in &told.help {
            write!(f, "; {help}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diag {}
