//! Lookups of what the controller makes at random and keeps.

use super::files::expanded;
use super::{Call, wrong};
use crate::secret::{self, CertificateSpec, PasswordSpec};
use minijinja::{Error, Value};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// A path of the controller: below the playbook's folder, which is the last that is searched,
/// unless another one has it already.
fn place(call: &Call, path: &str) -> PathBuf {
    let path = expanded(path);
    let search = &call.session.lookups.search;
    let there = search
        .iter()
        .map(|folder| folder.join(&path))
        .find(|path| path.exists());
    there
        .or_else(|| search.last().map(|folder| folder.join(&path)))
        .unwrap_or(path)
}

fn texts(value: &Value) -> Result<Vec<String>, Error> {
    match value.as_str() {
        Some(text) => Ok(split_at_commas(text)),
        None => Ok(value.try_iter()?.map(|item| item.to_string()).collect()),
    }
}

/// The parts between commas; two commas are a comma among the characters.
fn split_at_commas(text: &str) -> Vec<String> {
    let comma = text.contains(",,").then(|| ",".to_owned());
    let parts = text
        .split(',')
        .filter(|part| !part.is_empty())
        .map(str::to_owned);
    comma.into_iter().chain(parts).collect()
}

/// A password that is made once and kept: `path length=20 chars=ascii_letters,digits`.
pub(super) fn password(call: &Call) -> Result<Vec<Value>, Error> {
    let mut out = Vec::new();
    for term in &call.terms {
        let term = term
            .as_str()
            .ok_or_else(|| wrong("`password` needs the path of its file"))?;
        let mut length = call.options.get::<Option<usize>>("length")?.unwrap_or(20);
        let mut chars = match call.options.get::<Option<Value>>("chars")? {
            Some(chars) => texts(&chars)?,
            None => ["ascii_letters", "digits", ".,:-_"]
                .map(str::to_owned)
                .into(),
        };
        let mut words = term.split(' ');
        let mut path = words.next().unwrap_or_default().to_owned();
        for word in words.filter(|word| !word.is_empty()) {
            match word.split_once('=') {
                Some(("length", value)) => {
                    length = value
                        .parse()
                        .map_err(|_| wrong(format!("`{value}` is no length of a password")))?;
                }
                Some(("chars", value)) => chars = split_at_commas(value.trim_matches(['"', '\''])),
                Some((name, _)) => {
                    return Err(wrong(format!(
                        "`password` takes length and chars, not `{name}`"
                    )));
                }
                None => path = format!("{path} {word}"),
            }
        }
        let spec = PasswordSpec {
            length,
            characters: secret::characters(chars.iter().map(String::as_str)),
        };
        let made = secret::password(&place(call, &path), &spec, call.session.lookups.keep);
        out.push(Value::from(
            made.map_err(|error| wrong(error.to_string()))?.reveal(),
        ));
    }
    Ok(out)
}

/// A certificate of an authority that trueup keeps in the folder `state`, for `sans`:
/// `{cert, key, ca}` as PEM.
pub(super) fn certificate(call: &Call) -> Result<Vec<Value>, Error> {
    let state: Option<String> = call.options.get("state")?;
    let state = state
        .ok_or_else(|| wrong("`certificate` needs `state`, the folder that keeps its authority"))?;
    let sans = call
        .options
        .get::<Option<Value>>("sans")?
        .map_or_else(|| Ok(Vec::new()), |sans| texts(&sans))?;
    let days = call.options.get::<Option<u32>>("days")?.unwrap_or(365);
    let usage = call.options.get::<Option<Value>>("usage")?;
    let usage = usage.map_or_else(
        || Ok(vec!["server".to_owned(), "client".to_owned()]),
        |usage| texts(&usage),
    )?;
    if let Some(other) = usage
        .iter()
        .find(|usage| !matches!(usage.as_str(), "server" | "client"))
    {
        return Err(wrong(format!(
            "a certificate's `usage` is server or client, not `{other}`"
        )));
    }
    let folder = place(call, &state);
    let mut out = Vec::new();
    for term in &call.terms {
        let name = term.to_string();
        let mut names: BTreeSet<String> = sans.iter().cloned().collect();
        if names.is_empty() {
            names.insert(name.clone());
        }
        let wants = |what: &str| usage.iter().any(|usage| usage == what);
        let spec = CertificateSpec {
            name,
            sans: names,
            days,
            server: wants("server"),
            client: wants("client"),
        };
        let issued = secret::certificate(&folder, &spec, call.session.lookups.keep);
        let issued = issued.map_err(|error| wrong(error.to_string()))?;
        out.push(Value::from_pairs([
            ("cert", issued.cert.as_str()),
            ("key", issued.key.reveal()),
            ("ca", &issued.ca),
        ]));
    }
    Ok(out)
}
