//! Changes to a text before it is compiled, and the way back from a place in what was compiled.

use super::anatomy::Anatomy;
use super::filters::PERCENT;
use std::borrow::Cow;

/// The filter that `a.b` goes through where it may be undefined and more is asked of it.
pub(super) const MAYBE: &str = "_maybe";

struct Edit {
    at: usize,
    removed: usize,
    put: String,
}

impl Edit {
    fn insert(at: usize, put: impl Into<String>) -> Self {
        Self {
            at,
            removed: 0,
            put: put.into(),
        }
    }
}

/// A changed text.
pub(super) struct Edited {
    pub(super) text: String,
    /// Where something was put, how long it is, and how much was removed for it.
    marks: Vec<(usize, usize, usize)>,
}

impl Edited {
    fn new(source: &str, mut edits: Vec<Edit>) -> Self {
        edits.sort_by_key(|edit| edit.at);
        let mut text = String::with_capacity(
            source.len() + edits.iter().map(|edit| edit.put.len()).sum::<usize>(),
        );
        let mut marks = Vec::with_capacity(edits.len());
        let mut done = 0;
        for edit in edits {
            text.push_str(&source[done..edit.at]);
            marks.push((text.len(), edit.put.len(), edit.removed));
            text.push_str(&edit.put);
            done = edit.at + edit.removed;
        }
        text.push_str(&source[done..]);
        Self { text, marks }
    }

    /// What the engine does not do by itself: each inner part of a guarded `a.b.c` goes through
    /// [`MAYBE`], so that asking an undefined value for an attribute is undefined there and an
    /// error elsewhere; and `'...' % value` formats.
    pub(super) fn taught(source: &str, anatomy: &Anatomy) -> Self {
        let mut edits = Vec::new();
        for chain in &anatomy.chains {
            for end in &chain.ends {
                edits.push(Edit::insert(chain.start, "("));
                edits.push(Edit::insert(*end, format!("|{MAYBE})")));
            }
        }
        for percent in &anatomy.percents {
            edits.push(Edit {
                at: percent.start,
                removed: 1,
                put: format!("|{PERCENT}("),
            });
            edits.push(Edit::insert(percent.end, ")"));
        }
        Self::new(source, edits)
    }

    /// Backslashes in the literals of a playbook are what they are, so that regular expressions
    /// can be written: `'\d'` is a backslash and a `d`. (In template files they escape.)
    pub(super) fn raw(source: &str, code: bool) -> Self {
        if !source.contains('\\') {
            return Self::unchanged(source);
        }
        Self::new(
            source,
            backslashes(source, code)
                .into_iter()
                .map(|at| Edit::insert(at, "\\"))
                .collect(),
        )
    }

    pub(super) fn unchanged(source: &str) -> Self {
        Self {
            text: source.to_owned(),
            marks: Vec::new(),
        }
    }

    /// The place in the source of a place in the text.
    pub(super) fn before(&self, at: usize) -> usize {
        let mut back = at;
        for (place, put, removed) in self.marks.iter().take_while(|(place, _, _)| *place < at) {
            back = (back + removed).saturating_sub((*put).min(at - place));
        }
        back
    }
}

/// A text of the same length in whose code every white space is one that the engine knows: Python
/// takes a no-break space for one as well, and it can't be told from a blank by looking at it.
pub(super) fn blanked(source: &str, code: bool) -> Cow<'_, str> {
    let strange = |c: char| !c.is_ascii() && c.is_whitespace();
    if !source.contains(strange) {
        return Cow::Borrowed(source);
    }
    let mut text = String::with_capacity(source.len());
    let (mut in_code, mut quote, mut escaped) = (code, None, false);
    for (at, c) in source.char_indices() {
        let rest = &source[at..];
        match quote {
            Some(mark) => {
                quote = quote.filter(|_| c != mark || escaped);
                escaped = c == '\\' && !escaped;
            }
            None if in_code && matches!(c, '\'' | '"') => quote = Some(c),
            None if in_code => {
                in_code = code || !(rest.starts_with("}}") || rest.starts_with("%}"));
            }
            None => in_code = rest.starts_with("{{") || rest.starts_with("{%"),
        }
        if in_code && quote.is_none() && strange(c) {
            text.extend(std::iter::repeat_n(' ', c.len_utf8()));
        } else {
            text.push(c);
        }
    }
    Cow::Owned(text)
}

/// Where backslashes stand in literals; the whole source is code, or what is between braces.
fn backslashes(source: &str, code: bool) -> Vec<usize> {
    let bytes = source.as_bytes();
    let mut found = Vec::new();
    let mut in_code = code;
    let mut quote = None;
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        match quote {
            Some(mark) => {
                if bytes[at] == b'\\' {
                    // A quote behind it belongs to the literal all the same.
                    if rest.get(1) == Some(&mark) {
                        at += 1;
                    } else {
                        found.push(at);
                        if rest.get(1) == Some(&b'\\') {
                            found.push(at + 1);
                            at += 1;
                        }
                    }
                } else if bytes[at] == mark {
                    quote = None;
                }
            }
            None if in_code => {
                if matches!(bytes[at], b'\'' | b'"') {
                    quote = Some(bytes[at]);
                } else if !code && (rest.starts_with(b"}}") || rest.starts_with(b"%}")) {
                    in_code = false;
                    at += 1;
                }
            }
            None if rest.starts_with(b"{#") => {
                at += source[at..].find("#}").map_or(rest.len(), |end| end + 1);
            }
            None if rest.starts_with(b"{%") && begins_raw(&source[at + 2..]) => {
                at += source[at..].find("endraw").unwrap_or(rest.len());
            }
            None if rest.starts_with(b"{{") || rest.starts_with(b"{%") => {
                in_code = true;
                at += 1;
            }
            None => {}
        }
        at += 1;
    }
    found
}

fn begins_raw(tag: &str) -> bool {
    tag.trim_start_matches(['-', '+'])
        .trim_start()
        .starts_with("raw")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> String {
        Edited::raw(text, false).text
    }

    #[test]
    fn backslashes_double_in_literals_only() {
        assert_eq!(
            raw(r"a\b {{ x | r('\d\\', '\1') }} \c"),
            r"a\b {{ x | r('\\d\\\\', '\\1') }} \c"
        );
        assert_eq!(raw(r"{{ 'it\'s' }}"), r"{{ 'it\'s' }}");
        assert_eq!(
            raw(r"{# '\d' #}{% raw %}{{ '\d' }}{% endraw %}"),
            r"{# '\d' #}{% raw %}{{ '\d' }}{% endraw %}"
        );
    }

    #[test]
    fn places_are_found_again() {
        let source = "{{ a.b.c | default('%s' % x) }}";
        let anatomy =
            Anatomy::of_template(source, minijinja::syntax::SyntaxConfig::default()).unwrap();
        let taught = Edited::taught(source, &anatomy);
        assert_eq!(
            taught.text,
            "{{ ((a|_maybe).b|_maybe).c | default('%s' |_percent( x)) }}"
        );
        for word in ["default", "%s", "x)"] {
            assert_eq!(
                taught.before(taught.text.find(word).unwrap()),
                source.find(word).unwrap(),
                "{word}"
            );
        }
    }
}
