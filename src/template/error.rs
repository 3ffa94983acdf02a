//! Why a text has no value, outside and inside this room.

use crate::diag::{Diag, Span};
use minijinja::{Error, ErrorKind};
use std::fmt;

/// Why a text has no value.
#[derive(Clone, Debug)]
pub enum RenderError {
    /// It rests on something that a pending change decides (only in a dry run).
    Unknown {
        /// The task that decides it.
        until: String,
    },
    /// It is wrong.
    Bad(Box<Diag>),
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { until } => write!(f, "unknown until {until}"),
            Self::Bad(diag) => diag.fmt(f),
        }
    }
}

impl std::error::Error for RenderError {}

/// An object of a scope (such as `hostvars`) that fails while it is asked answers with
/// `Value::from(minijinja::Error::from(error))`; what went wrong arrives whole at the surface.
impl From<RenderError> for Error {
    fn from(error: RenderError) -> Self {
        Fault::from(error).into()
    }
}

/// [`RenderError`], with undefined variables told apart: `default` and `is defined` see through
/// them, whatever depth they came from.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    Unknown { until: String },
    Undefined(Box<Diag>),
    Bad(Box<Diag>),
}

impl Fault {
    pub(super) fn bad(diag: Diag) -> Self {
        Self::Bad(Box::new(diag))
    }

    /// The same fault, seen from a text further out.
    pub(super) fn seen_from(mut self, span: &Span) -> Self {
        if let Self::Undefined(diag) | Self::Bad(diag) = &mut self {
            match &diag.place {
                None => diag.place = Some((span.clone(), String::new())),
                Some((inner, _)) if inner.source() != span.source() || !touches(inner, span) => {
                    if diag.also.last().is_none_or(|(last, _)| last != span) {
                        diag.also.push((span.clone(), "needed here".to_owned()));
                    }
                }
                Some(_) => {}
            }
        }
        self
    }
}

fn touches(inner: &Span, outer: &Span) -> bool {
    inner.start() >= outer.start() && inner.start() <= outer.end()
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { until } => write!(f, "unknown until {until}"),
            Self::Undefined(diag) | Self::Bad(diag) => diag.fmt(f),
        }
    }
}

impl std::error::Error for Fault {}

impl From<RenderError> for Fault {
    fn from(error: RenderError) -> Self {
        match error {
            RenderError::Unknown { until } => Self::Unknown { until },
            RenderError::Bad(diag) => Self::Bad(diag),
        }
    }
}

impl From<Fault> for RenderError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Unknown { until } => Self::Unknown { until },
            Fault::Undefined(diag) | Fault::Bad(diag) => Self::Bad(diag),
        }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::new(ErrorKind::InvalidOperation, "a variable has no value").with_source(fault)
    }
}

/// The fault that an error of minijinja carries, however deep.
pub(super) fn carried(error: &Error) -> Option<Fault> {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if let Some(fault) = error.downcast_ref::<Fault>() {
            return Some(fault.clone());
        }
        cause = error.source();
    }
    None
}
