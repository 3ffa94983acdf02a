//! Tables with commas, and INI files.

use super::super::convert::settle;
use super::super::registry::{GENERAL, Registry};
use super::given::Given;
use super::text::text;
use super::{items, wrong};
use minijinja::value::{Kwargs, Rest, ValueKind};
use minijinja::{Error, Value};

pub(super) fn register(to: &mut Registry) {
    to.filter_of(GENERAL, "from_csv", from_csv);
    to.filter_of(
        GENERAL,
        "from_ini",
        |value: &Value| -> Result<Value, Error> {
            let sections = ini(&text(value)?).map_err(wrong)?;
            let section = |(name, pairs): Section| (name, Value::from_pairs(pairs));
            Ok(Value::from_pairs(sections.into_iter().map(section)))
        },
    );
    to.filter_of(GENERAL, "to_ini", to_ini);
}

/// The rows of a table: what is in quotes may hold the separator, newlines and doubled quotes.
pub(crate) fn rows(text: &str, between: char) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut row = Vec::new();
    let mut cell = String::new();
    let (mut quoted, mut begun) = (false, false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            c if quoted => cell.push(c),
            '"' if cell.is_empty() => (quoted, begun) = (true, true),
            c if c == between => {
                row.push(std::mem::take(&mut cell));
                begun = true;
            }
            '\r' | '\n' => {
                if begun || !cell.is_empty() {
                    row.push(std::mem::take(&mut cell));
                    rows.push(std::mem::take(&mut row));
                }
                begun = false;
            }
            c => {
                cell.push(c);
                begun = true;
            }
        }
    }
    if begun || !cell.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    rows
}

fn from_csv(value: &Value, rest: Rest<Value>, names: Kwargs) -> Result<Value, Error> {
    let mut given = Given::new(rest, names);
    let dialect = given.text("dialect")?;
    let fields = given.value("fieldnames")?;
    let delimiter = given.text("delimiter")?;
    let skip_blanks = given.flag("skipinitialspace")?;
    given.flag("strict")?;
    given.end()?;
    let usual = match dialect.as_deref() {
        None | Some("excel" | "unix") => ',',
        Some("excel-tab") => '\t',
        Some(other) => {
            return Err(wrong(format!(
                "`from_csv` knows excel, excel-tab and unix, not `{other}`"
            )));
        }
    };
    let between = delimiter
        .as_deref()
        .and_then(|text| text.chars().next())
        .unwrap_or(usual);
    let mut rows = rows(&text(value)?, between).into_iter();
    let fields: Vec<String> = match fields {
        Some(fields) => items(&fields, "from_csv")?
            .iter()
            .map(ToString::to_string)
            .collect(),
        None => rows.next().unwrap_or_default(),
    };
    let row = |row: Vec<String>| {
        let cells = fields.iter().enumerate().map(|(at, field)| {
            let cell = row
                .get(at)
                .map(|cell| if skip_blanks { cell.trim_start() } else { cell });
            (
                field.clone(),
                cell.map_or_else(|| Value::from(()), Value::from),
            )
        });
        Value::from_pairs(cells)
    };
    Ok(rows.map(row).collect())
}

/// A section's name, and its keys with their values.
pub(crate) type Section = (String, Vec<(String, String)>);

/// The sections of an INI file, with their keys as they are written.
pub(crate) fn ini(text: &str) -> Result<Vec<Section>, String> {
    let mut sections: Vec<Section> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let words = line.trim();
        if words.is_empty() || words.starts_with(['#', ';']) {
            continue;
        }
        let known = sections.last_mut();
        if let Some(name) = words
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            sections.push((name.to_owned(), Vec::new()));
        } else if let Some((_, pairs)) = known {
            match (line.starts_with([' ', '\t']), pairs.last_mut()) {
                (true, Some((_, value))) => {
                    value.push('\n');
                    value.push_str(words);
                }
                _ => {
                    let (key, value) = words.split_once(['=', ':']).ok_or_else(|| {
                        format!("line {} of the INI file is no `key = value`", at + 1)
                    })?;
                    pairs.push((key.trim_end().to_owned(), value.trim_start().to_owned()));
                }
            }
        } else {
            return Err(format!(
                "line {} of the INI file stands in no section",
                at + 1
            ));
        }
    }
    Ok(sections)
}

fn to_ini(value: &Value, names: Kwargs) -> Result<String, Error> {
    let tight = names
        .get::<Option<bool>>("no_extra_spaces")?
        .unwrap_or(false);
    names.assert_all_used()?;
    let value = settle(value)?;
    if value.kind() != ValueKind::Map || value.len() == Some(0) {
        return Err(wrong("`to_ini` needs a mapping of sections"));
    }
    let mut out = String::new();
    for name in value.try_iter()? {
        let section = value.get_item(&name)?;
        if section.kind() != ValueKind::Map {
            return Err(wrong(format!("the section `{name}` is no mapping")));
        }
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&format!("[{name}]\n"));
        for key in section.try_iter()? {
            let sign = if tight { "=" } else { " = " };
            out.push_str(&format!("{key}{sign}{}\n", text(&section.get_item(&key)?)?));
        }
    }
    Ok(out)
}
