//! Lookups in tables and INI files.

use super::super::filters::regex::pattern;
use super::super::filters::tables;
use super::files::{find, read};
use super::{Call, wrong};
use minijinja::{Error, Value};
use std::collections::BTreeMap;

/// A key, and the options that stand behind it in its text.
struct Wanted<'a> {
    key: String,
    inline: BTreeMap<String, String>,
    call: &'a Call,
}

impl<'a> Wanted<'a> {
    fn new(call: &'a Call, term: &Value, lookup: &str) -> Result<Self, Error> {
        let text = term.to_string();
        let mut inline = BTreeMap::new();
        let mut words = Vec::new();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            match word.split_once('=') {
                Some((name, value)) => {
                    inline.insert(name.to_owned(), value.to_owned());
                }
                None => words.push(word),
            }
        }
        if words.is_empty() {
            return Err(wrong(format!("`{lookup}` needs a key")));
        }
        Ok(Self {
            key: words.join(" "),
            inline,
            call,
        })
    }

    fn text(&mut self, name: &str) -> Result<Option<String>, Error> {
        let given = self.call.options.get::<Option<Value>>(name)?;
        let given = given.filter(|value| !value.is_none());
        Ok(self
            .inline
            .remove(name)
            .or(given.map(|value| value.to_string())))
    }

    fn flag(&mut self, name: &str) -> Result<bool, Error> {
        let text = self.text(name)?.map(|text| text.to_lowercase());
        Ok(matches!(text.as_deref(), Some("true" | "yes" | "on" | "1")))
    }

    fn end(self, lookup: &str) -> Result<(), Error> {
        match self.inline.keys().next() {
            Some(name) => Err(wrong(format!("`{lookup}` has no option `{name}`"))),
            None => Ok(()),
        }
    }
}

/// A value of an INI file: of the key, or of all keys that fit it with `re`.
pub(super) fn ini(call: &Call) -> Result<Vec<Value>, Error> {
    let mut out = Vec::new();
    for term in &call.terms {
        let mut wanted = Wanted::new(call, term, "ini")?;
        let file = wanted
            .text("file")?
            .unwrap_or_else(|| "ansible.ini".to_owned());
        let section = wanted
            .text("section")?
            .unwrap_or_else(|| "global".to_owned());
        let default = wanted.text("default")?.unwrap_or_default();
        let properties = wanted
            .text("type")?
            .is_some_and(|kind| kind == "properties");
        let (regex, exact) = (wanted.flag("re")?, wanted.flag("case_sensitive")?);
        let _encoding = wanted.text("encoding")?;
        let key = wanted.key.clone();
        wanted.end("ini")?;
        let path = find(call, "files", &file)?;
        let text = read(&path)?;
        let (text, section) = if properties {
            (format!("[properties]\n{text}"), "properties".to_owned())
        } else {
            (text, section)
        };
        let sections =
            tables::ini(&text).map_err(|why| wrong(format!("{}: {why}", path.display())))?;
        let pairs = sections.into_iter().find(|(name, _)| *name == section);
        let (_, pairs) =
            pairs.ok_or_else(|| wrong(format!("{} has no section `{section}`", path.display())))?;
        let spelled = |name: &str| {
            if exact {
                name.to_owned()
            } else {
                name.to_lowercase()
            }
        };
        if regex {
            let regex = pattern(&format!(r"\A(?:{key})"), false, false)?;
            let fit = pairs
                .iter()
                .filter(|(name, _)| regex.is_match(&spelled(name)));
            out.extend(fit.map(|(_, value)| Value::from(value.as_str())));
        } else {
            let found = pairs
                .into_iter()
                .rev()
                .find(|(name, _)| spelled(name) == spelled(&key));
            out.push(Value::from(found.map_or(default, |(_, value)| value)));
        }
    }
    Ok(out)
}

/// A cell of the first row of a table that begins with the key.
pub(super) fn csvfile(call: &Call) -> Result<Vec<Value>, Error> {
    let mut out = Vec::new();
    for term in &call.terms {
        let mut wanted = Wanted::new(call, term, "csvfile")?;
        let file = wanted
            .text("file")?
            .unwrap_or_else(|| "ansible.csv".to_owned());
        let between = match wanted.text("delimiter")?.as_deref() {
            None | Some("TAB" | "\\t") => '\t',
            Some(text) => text.chars().next().unwrap_or('\t'),
        };
        let default = wanted.text("default")?;
        let place = |text: Option<String>, usual: usize| match text {
            Some(text) => text
                .parse()
                .map_err(|_| wrong(format!("`{text}` is no column"))),
            None => Ok(usual),
        };
        let column = place(wanted.text("col")?, 1)?;
        let key_column = place(wanted.text("keycol")?, 0)?;
        let _encoding = wanted.text("encoding")?;
        let key = wanted.key.clone();
        wanted.end("csvfile")?;
        let path = find(call, "files", &file)?;
        let rows = tables::rows(&read(&path)?, between);
        match rows.iter().find(|row| row.get(key_column) == Some(&key)) {
            Some(row) => {
                let cell = row.get(column).ok_or_else(|| {
                    wrong(format!(
                        "the row `{key}` of {} has no column {column}",
                        path.display()
                    ))
                })?;
                out.push(Value::from(cell.as_str()));
            }
            None => out.extend(default.map(Value::from)),
        }
    }
    Ok(out)
}
