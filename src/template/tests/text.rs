//! Tests of texts against regular expressions.

use super::super::filters::regex::pattern;
use super::super::registry::Registry;
use minijinja::value::Kwargs;
use minijinja::{Error, ErrorKind, Value};

pub(super) fn register(to: &mut Registry) {
    to.test("match", |text: &Value, regex: &str, options: Kwargs| {
        matches(text, regex, "match", &options)
    });
    to.test("search", |text: &Value, regex: &str, options: Kwargs| {
        matches(text, regex, "search", &options)
    });
    to.test("regex", |text: &Value, regex: &str, options: Kwargs| {
        let how: String = options
            .get::<Option<String>>("match_type")?
            .unwrap_or_else(|| "search".to_owned());
        matches(text, regex, &how, &options)
    });
}

fn matches(text: &Value, regex: &str, how: &str, options: &Kwargs) -> Result<bool, Error> {
    let ignorecase = options.get::<Option<bool>>("ignorecase")?.unwrap_or(false);
    let multiline = options.get::<Option<bool>>("multiline")?.unwrap_or(false);
    options.assert_all_used()?;
    if text.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    let text = text.to_string();
    let found = pattern(regex, ignorecase, multiline)?
        .find(&text)
        .map(|found| found.range());
    // Python's `match` holds the first alternative that begins where the text begins.
    Ok(match how {
        "match" => pattern(&format!(r"\A(?:{regex})"), ignorecase, multiline)?.is_match(&text),
        "fullmatch" => {
            pattern(&format!(r"\A(?:{regex})\z"), ignorecase, multiline)?.is_match(&text)
        }
        _ => found.is_some(),
    })
}
