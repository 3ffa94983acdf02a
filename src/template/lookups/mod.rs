//! Ansible's lookups: what the controller knows, and what its commands print.

mod collections;
mod files;
mod programs;
mod secrets;
mod sequence;
mod tables;
mod variables;

pub(super) use files::{expanded, globbed};

use super::convert::settle;
use super::registry::{Registry, short};
use super::session::Session;
use super::trace;
use minijinja::value::{Kwargs, Rest};
use minijinja::{Error, ErrorKind, State, Value};
use std::sync::Arc;

/// What a lookup is called with.
struct Call {
    session: Arc<Session>,
    terms: Vec<Value>,
    options: Kwargs,
}

type Lookup = fn(&Call) -> Result<Vec<Value>, Error>;

const LOOKUPS: &[(&str, Lookup)] = &[
    ("certificate", secrets::certificate),
    ("config", variables::config),
    ("csvfile", tables::csvfile),
    ("dict", collections::dict),
    ("env", variables::env),
    ("file", files::file),
    ("fileglob", files::fileglob),
    ("first_found", files::first_found),
    ("community.general.cartesian", collections::nested),
    ("community.general.flattened", collections::flattened),
    ("flattened", collections::flattened),
    ("indexed_items", collections::indexed_items),
    ("ini", tables::ini),
    ("inventory_hostnames", variables::inventory_hostnames),
    ("items", collections::items),
    ("lines", programs::lines),
    ("list", collections::list),
    ("nested", collections::nested),
    ("password", secrets::password),
    ("pipe", programs::pipe),
    ("random_choice", collections::random_choice),
    ("sequence", sequence::sequence),
    ("subelements", collections::subelements),
    ("template", files::template),
    ("together", collections::together),
    ("unvault", files::unvault),
    ("varnames", variables::varnames),
    ("vars", variables::vars),
];

/// Those that find what is no text of the author.
const OUTSIDE: &[&str] = &[
    "certificate",
    "csvfile",
    "env",
    "file",
    "fileglob",
    "ini",
    "lines",
    "password",
    "pipe",
    "unvault",
];

const LEFT_OUT: &[(&str, &str)] = &[(
    "url",
    "it asks the network while templates are rendered; fetch it with a task `uri` and `delegate_to: localhost`",
)];

pub(super) fn register(to: &mut Registry) {
    to.set_lookups(LOOKUPS.iter().map(|(name, _)| *name));
    to.function(
        "lookup",
        |state: &State, name: &str, terms: Rest<Value>, options: Kwargs| {
            called(state, name, &terms, options, false)
        },
    );
    for name in ["query", "q"] {
        to.function(
            name,
            |state: &State, name: &str, terms: Rest<Value>, options: Kwargs| {
                called(state, name, &terms, options, true)
            },
        );
    }
}

/// Whether there is a lookup of this name.
pub(super) fn is_known(name: &str) -> bool {
    LOOKUPS.iter().any(|(known, _)| *known == name)
}

/// Why a lookup that Ansible has is not here.
pub(super) fn left_out(name: &str) -> Option<&'static str> {
    LEFT_OUT
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, why)| *why)
}

fn called(
    state: &State,
    name: &str,
    terms: &[Value],
    options: Kwargs,
    list: bool,
) -> Result<Value, Error> {
    let list = options.get::<Option<bool>>("wantlist")?.unwrap_or(list);
    let forgiven = matches!(
        options.get::<Option<&str>>("errors")?,
        Some("ignore" | "warn")
    );
    let session = Session::of(state).ok_or_else(|| wrong("there are no variables here"))?;
    let terms = terms.iter().map(settle).collect::<Result<_, _>>()?;
    match run(session, name, terms, options) {
        Ok(found) if list => Ok(Value::from(found)),
        Ok(found) => Ok(folded(found)),
        Err(_) if forgiven => Ok(if list {
            Value::from(Vec::<Value>::new())
        } else {
            Value::from(())
        }),
        Err(error) => Err(error),
    }
}

/// What a lookup finds for `terms`.
pub(super) fn run(
    session: Arc<Session>,
    name: &str,
    terms: Vec<Value>,
    options: Kwargs,
) -> Result<Vec<Value>, Error> {
    let short = short(name);
    if let Some((_, lookup)) = LOOKUPS.iter().find(|(known, _)| *known == short) {
        let call = Call {
            session,
            terms,
            options,
        };
        if OUTSIDE.contains(&short) {
            trace::note_told();
        }
        let found = lookup(&call)?;
        call.options.assert_all_used()?;
        return Ok(found);
    }
    Err(match left_out(short) {
        Some(why) => wrong(format!("there is no lookup `{name}`: {why}")),
        None => {
            let near = crate::diag::did_you_mean(short, LOOKUPS.iter().map(|(name, _)| *name));
            let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            wrong(format!("there is no lookup `{name}`{hint}"))
        }
    })
}

/// What `lookup` gives: the one thing found, or several texts with commas between them.
fn folded(mut found: Vec<Value>) -> Value {
    if found.len() == 1 {
        return found.remove(0);
    }
    let texts: Option<Vec<&str>> = found.iter().map(Value::as_str).collect();
    match texts {
        Some(texts) if !texts.is_empty() => Value::from(texts.join(",")),
        _ => Value::from(found),
    }
}

fn wrong(what: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidOperation, what)
}
