//! Arguments that are written as one string: `src=a dest="b c"`, `creates=/x make install`.

use crate::diag::{Diag, Span};
use crate::yaml::{Mapping, Node, Value};

/// Modules that take the text as it is; only these words in it are parameters.
const RAW: [&str; 6] = [
    "command",
    "shell",
    "raw",
    "script",
    "win_command",
    "win_shell",
];
const OPTIONS: [&str; 8] = [
    "creates",
    "removes",
    "chdir",
    "executable",
    "warn",
    "stdin",
    "stdin_add_newline",
    "strip_empty_ends",
];

/// The arguments of a module that are written as a string; text that is no `key=value` is the
/// argument `_raw_params`.
pub(super) fn arguments(module: &str, text: &str, span: &Span) -> Result<Mapping, Diag> {
    let short = module.rsplit('.').next().unwrap_or(module);
    let raw = RAW.contains(&short);
    let words = words(text).map_err(|why| Diag::error(why).at(span, "").help("close it"))?;
    let mut args = Mapping::new();
    let mut rest = String::new();
    let mut copied = 0;
    for (start, end) in words {
        let pair = pair(&text[start..end]).filter(|(key, _)| !raw || OPTIONS.contains(key));
        if let Some((key, value)) = pair {
            rest.push_str(&text[copied..start]);
            copied = end;
            let value = unquote(&unescape(value)).to_owned();
            let node = |text: &str| Node::new(Value::Str(text.to_owned()), span.clone());
            args.insert(node(key.trim()), node(&value));
            // The blanks around what was taken out are one.
            if rest.ends_with(char::is_whitespace) && text[copied..].starts_with(' ') {
                copied += 1;
            }
        }
    }
    rest.push_str(&text[copied..]);
    let rest = rest.trim();
    if !rest.is_empty() {
        let key = Node::new(Value::Str("_raw_params".to_owned()), span.clone());
        let rest = if raw {
            rest.to_owned()
        } else {
            rest.replace("\\=", "=")
        };
        args.insert(key, Node::new(Value::Str(rest), span.clone()));
    }
    Ok(args)
}

/// A word as key and value, parted at the first `=` that no backslash escapes.
fn pair(word: &str) -> Option<(&str, &str)> {
    let at = word
        .match_indices('=')
        .map(|(at, _)| at)
        .find(|at| *at > 0 && !word[..*at].ends_with('\\'))?;
    let key = &word[..at];
    let named = key
        .chars()
        .all(|c| c.is_alphanumeric() || "_-.".contains(c));
    named.then(|| (key, &word[at + 1..]))
}

/// Where the words begin and end: blanks part them outside quotes and templates.
fn words(text: &str) -> Result<Vec<(usize, usize)>, String> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quote: Option<char> = None;
    let mut template: Option<&str> = None;
    let mut escaped = false;
    let mut skip = 0;
    for (at, c) in text.char_indices() {
        if skip > 0 {
            skip -= 1;
            continue;
        }
        if let Some(close) = template {
            if text[at..].starts_with(close) {
                template = None;
                skip = 1;
            }
            continue;
        }
        let close = ["{{", "{%", "{#"]
            .iter()
            .zip(["}}", "%}", "#}"])
            .find(|(open, _)| text[at..].starts_with(**open));
        if let Some((_, close)) = close {
            // What is opened and never closed is text: `awk '{{print}'`.
            if text[at..].contains(close) {
                template = Some(close);
                start = start.or(Some(at));
                skip = 1;
                continue;
            }
        }
        match quote {
            Some(open) if c == open && !escaped => quote = None,
            None if (c == '"' || c == '\'') && !escaped => {
                quote = Some(c);
                start = start.or(Some(at));
            }
            None if c.is_whitespace() => {
                if let Some(start) = start.take() {
                    words.push((start, at));
                }
            }
            _ => start = start.or(Some(at)),
        }
        escaped = c == '\\' && !escaped;
    }
    if let Some(quote) = quote {
        return Err(format!("a quote ({quote}) is never closed"));
    }
    if let Some(start) = start {
        words.push((start, text.len()));
    }
    Ok(words)
}

fn unquote(text: &str) -> &str {
    let inside = |quote| {
        text.strip_prefix(quote)
            .and_then(|text| text.strip_suffix(quote))
    };
    if text.len() < 2 {
        text
    } else {
        inside('"').or_else(|| inside('\'')).unwrap_or(text)
    }
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let meant = match (c, chars.peek()) {
            ('\\', Some('n')) => '\n',
            ('\\', Some('t')) => '\t',
            ('\\', Some('r')) => '\r',
            ('\\', Some(c @ ('\\' | '\'' | '"'))) => *c,
            _ => {
                plain.push(c);
                continue;
            }
        };
        chars.next();
        plain.push(meant);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Source;

    fn json(module: &str, text: &str) -> String {
        let span = Source::new("t", text).whole();
        match arguments(module, text, &span) {
            Ok(args) => serde_json::Value::Object(args.to_json()).to_string(),
            Err(diag) => diag.to_string(),
        }
    }

    #[test]
    fn words_become_arguments() {
        insta::assert_snapshot!(json("copy", "src=a dest=\"/b c\" mode=0644"), @r#"{"src":"a","dest":"/b c","mode":"0644"}"#);
        insta::assert_snapshot!(json("ansible.builtin.copy", "content='a\\nb' dest={{ folder }}/{{ a ~ ' = ' }}"), @r#"{"content":"a\nb","dest":"{{ folder }}/{{ a ~ ' = ' }}"}"#);
        insta::assert_snapshot!(json("lineinfile", "path=/x line='a=b c' regexp=^a="), @r#"{"path":"/x","line":"a=b c","regexp":"^a="}"#);
        insta::assert_snapshot!(json("include_vars", "more.yml name=x"), @r#"{"name":"x","_raw_params":"more.yml"}"#);
        insta::assert_snapshot!(json("debug", "msg='never"), @"t:1:1: a quote (') is never closed; close it");
    }

    #[test]
    fn the_text_of_a_command_stays_as_it_is() {
        insta::assert_snapshot!(json("command", "creates=/etc/x chdir='/a b' make  install PREFIX=/usr"), @r#"{"creates":"/etc/x","chdir":"/a b","_raw_params":"make  install PREFIX=/usr"}"#);
        insta::assert_snapshot!(json("shell", "for x in a b; do\n  y=$x   echo \"$x = {{ z }}\"\ndone"), @r#"{"_raw_params":"for x in a b; do\n  y=$x   echo \"$x = {{ z }}\"\ndone"}"#);
        insta::assert_snapshot!(json("ansible.builtin.shell", "echo 'creates=no' | cat removes=/x"), @r#"{"removes":"/x","_raw_params":"echo 'creates=no' | cat"}"#);
        insta::assert_snapshot!(json("shell", "awk '{{print $1}' /etc/passwd"), @r#"{"_raw_params":"awk '{{print $1}' /etc/passwd"}"#);
        insta::assert_snapshot!(json("command", ""), @"{}");
    }
}
