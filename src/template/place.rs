//! Places in the text of a scalar as places in its file.

use crate::diag::Span;
use std::ops::Range;

/// The part of the file that is `range` in the value `text` of the scalar at `span`. Quotes,
/// escapes and folded lines make the two differ; what stands there is then found again by its
/// words. The scalar itself when it can't be told.
pub(super) fn within(span: &Span, text: &str, range: &Range<usize>) -> Span {
    let written = span.text();
    let begin = range.start.min(text.len());
    let end = range.end.clamp(begin, text.len());
    let (Some(before), Some(words)) = (text.get(..begin), text.get(begin..end)) else {
        return span.clone();
    };
    if let Some(at) = written.find(text) {
        let at = span.start() + at;
        return span.source().span(at + begin, at + end);
    }
    let words = words.lines().next().unwrap_or_default().trim();
    if words.is_empty() {
        return span.clone();
    }
    let earlier = before.matches(words).count();
    match written.match_indices(words).nth(earlier) {
        Some((at, _)) => span
            .source()
            .span(span.start() + at, span.start() + at + words.len()),
        None => span.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Source;

    fn found(file: &str, text: &str, words: &str) -> String {
        let source = Source::new("a.yml", file);
        let at = text.rfind(words).unwrap();
        let place = within(&source.whole(), text, &(at..at + words.len()));
        format!("{place} {}", place.text())
    }

    #[test]
    fn quoted_and_plain_scalars_are_found_by_their_offset() {
        assert_eq!(found("'x {{ a }}'", "x {{ a }}", "a"), "a.yml:1:7 a");
        assert_eq!(found("  {{ a }}", "{{ a }}", "a"), "a.yml:1:6 a");
    }

    #[test]
    fn escaped_and_folded_scalars_are_found_by_their_words() {
        assert_eq!(
            found("|\n  {{ a }}\n  {{ a }}\n", "{{ a }}\n{{ a }}\n", "a"),
            "a.yml:3:6 a"
        );
        assert_eq!(
            found(r#""\t{{ abc }}""#, "\t{{ abc }}", "abc"),
            "a.yml:1:7 abc"
        );
    }
}
