//! The templates of the pages: what stands in them is markup, whatever comes in by a value is text.

use super::language::Language;
use crate::report::Html;
use minijinja::value::{Serde, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Value};
use serde::Serialize;
use std::sync::LazyLock;

/// The templates, their lines joined: what a line begins with is there for who reads the template.
static TEMPLATES: LazyLock<Vec<(&'static str, String)>> = LazyLock::new(|| {
    let templates = [
        ("layout.html", include_str!("html/layout.html")),
        ("drill.html", include_str!("html/drill.html")),
        ("lesson.html", include_str!("html/lesson.html")),
        ("verdict.html", include_str!("html/verdict.html")),
        ("timeline.html", include_str!("html/timeline.html")),
        ("tables.html", include_str!("html/tables.html")),
        ("quoted.html", include_str!("html/quoted.html")),
    ];
    let joined = |text: &str| text.lines().map(str::trim_start).collect();
    templates.map(|(name, text)| (name, joined(text))).into()
});

/// The page of a template, with what `view` holds in it.
pub fn page(template: &str, language: Language, view: impl Serialize) -> String {
    // The templates stand in the program, and the tests of the pages draw all of their branches.
    #[allow(clippy::expect_used)]
    let page = filled(template, language, view).expect("a template of ours");
    page + "\n"
}

fn filled(template: &str, language: Language, view: impl Serialize) -> Result<String, Error> {
    let mut environment = Environment::new();
    environment.set_formatter(|out, _, value| out.write_str(&written(value)?).map_err(Error::from));
    // The page's own words, which stand in English in the source.
    environment.add_filter("say", move |words: &str| language.say(words).into_owned());
    environment.add_global("language", language.code());
    let style = [crate::report::STYLE, include_str!("page.css")].concat();
    environment.add_global("style", Value::from_safe_string(style));
    let script = include_str!("page.js").to_owned();
    environment.add_global("script", Value::from_safe_string(script));
    for (name, text) in TEMPLATES.iter() {
        environment.add_template(name, text)?;
    }
    environment
        .get_template(template)?
        .render(Value::from(Serde(view)))
}

/// A value as it stands between tags or inside a quoted attribute.
fn written(value: &Value) -> Result<String, Error> {
    let mut html = Html::default();
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => {
            return Err(Error::from(ErrorKind::UndefinedError));
        }
        ValueKind::Number => html.number(f64::try_from(value.clone())?),
        _ if value.is_safe() => return Ok(value.to_string()),
        _ => html.text(&value.to_string()),
    };
    Ok(html.finish())
}

/// Data for a `script` element of that type.
pub fn json(data: &serde_json::Value) -> Value {
    let mut html = Html::default();
    html.json(data);
    Value::from_safe_string(html.finish())
}
