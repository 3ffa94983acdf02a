//! What tags and quotes make of a scalar.

use super::super::{Value, scalar};
use crate::diag::{Diag, Span};
use saphyr_parser::{ScalarStyle, Tag};

/// The value of a scalar.
pub(super) fn scalar_value(
    text: &str,
    style: ScalarStyle,
    tag: Option<&Tag>,
    at: &Span,
) -> Result<Value, Diag> {
    let string = || Value::Str(text.to_owned());
    let Some(tag) = tag else {
        return Ok(if style == ScalarStyle::Plain {
            scalar::plain(text)
        } else {
            string()
        });
    };
    if is_sealed(tag) {
        let text = text.trim();
        return if text.starts_with("$ANSIBLE_VAULT;") {
            Ok(Value::Str(text.to_owned()))
        } else {
            Err(
                Diag::error("a value with the tag `!vault` is a text that ansible-vault encrypted")
                    .at(at, "")
                    .help("`trueup vault encrypt-string` makes one"),
            )
        };
    }
    if !tag.is_yaml_core_schema() {
        return match (tag.handle.as_str(), tag.suffix.as_str()) {
            ("", "!") => Ok(string()),
            _ => Err(unknown_tag(tag, at)),
        };
    }
    let value = match tag.suffix.as_str() {
        "str" => string(),
        "float" => match scalar::plain(text) {
            // An integer that a float can't hold exactly is no sensible `!!float`.
            #[allow(clippy::cast_precision_loss)]
            Value::Int(int) => Value::Float(int as f64),
            other => other,
        },
        "int" | "bool" | "null" => scalar::plain(text),
        _ => return Err(unknown_tag(tag, at)),
    };
    let fits = matches!(
        (tag.suffix.as_str(), &value),
        ("str", _)
            | ("int", Value::Int(_))
            | ("float", Value::Float(_))
            | ("bool", Value::Bool(_))
            | ("null", Value::Null)
    );
    if fits {
        Ok(value)
    } else {
        Err(Diag::error(format!(
            "`{text}` is no value for the tag `!!{}`",
            tag.suffix
        ))
        .at(at, ""))
    }
}

/// Whether a tag says that a text is encrypted by ansible-vault.
pub(super) fn is_sealed(tag: &Tag) -> bool {
    tag.handle == "!" && matches!(tag.suffix.as_str(), "vault" | "vault-encrypted")
}

/// Refuses a collection's tag, unless it says what the collection is anyway.
pub(super) fn expect_tag(tag: Option<&Tag>, kind: &str, at: &Span) -> Result<(), Diag> {
    match tag {
        Some(tag) if !(tag.is_yaml_core_schema() && tag.suffix == kind) => {
            Err(unknown_tag(tag, at))
        }
        _ => Ok(()),
    }
}

fn unknown_tag(tag: &Tag, at: &Span) -> Diag {
    let name = if tag.is_yaml_core_schema() {
        format!("!!{}", tag.suffix)
    } else {
        tag.to_string()
    };
    let diag = Diag::error(format!("the tag `{name}` is not supported")).at(at, "");
    match name.as_str() {
        "!unsafe" => diag.help("write it inside `{% raw %}` and `{% endraw %}` instead"),
        _ => diag.help("remove the tag"),
    }
}
