//! What a page says, in another language.

use super::russian;
use std::borrow::Cow;

/// The language of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// As it stands in the source.
    #[default]
    English,
    /// Russian
    Russian,
}

impl Language {
    /// Its code in HTML and on the command line.
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Russian => "ru",
        }
    }

    /// English words in this language. Names, numbers and what nobody translated stay as they are.
    pub fn say(self, words: &str) -> Cow<'_, str> {
        match self {
            Self::English => Cow::Borrowed(words),
            Self::Russian => {
                translated(russian::WORDS, words).map_or(Cow::Borrowed(words), Cow::Owned)
            }
        }
    }
}

/// A sentence by a list of pairs, where `{}` stands for a value on both sides, in the same order.
fn translated(list: &[(&str, &str)], words: &str) -> Option<String> {
    if let Some((_, to)) = list.iter().find(|(from, _)| *from == words) {
        return Some((*to).to_owned());
    }
    list.iter().find_map(|(from, to)| {
        let mut values = values(from, words)?.into_iter();
        let mut parts = to.split("{}");
        let first = parts.next().unwrap_or_default().to_owned();
        Some(parts.fold(first, |text, part| {
            let value = values.next().unwrap_or_default();
            // A value may be words of ours too: the title of a phase.
            let value = translated(list, value).unwrap_or_else(|| value.to_owned());
            text + &value + part
        }))
    })
}

/// What stands in `words` at each `{}` of `pattern`, if they are of its form.
fn values<'a>(pattern: &str, words: &'a str) -> Option<Vec<&'a str>> {
    let mut parts = pattern.split("{}");
    let mut rest = words.strip_prefix(parts.next()?)?;
    let mut parts = parts.peekable();
    let mut values = Vec::new();
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        let at = if last {
            rest.strip_suffix(part)?.len()
        } else {
            rest.find(part)?
        };
        if at == 0 {
            return None;
        }
        values.push(&rest[..at]);
        rest = &rest[at + part.len()..];
    }
    rest.is_empty().then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::lesson::words;
    use crate::drill::log::patterns::PATTERNS;
    use crate::drill::said;
    use crate::drill::scenario::SCENARIOS;

    fn ru(words: &str) -> String {
        Language::Russian.say(words).replace('\u{202f}', " ")
    }

    #[test]
    fn values_keep_their_place() {
        assert_eq!(values("{} of {}", "3 of 4"), Some(vec!["3", "4"]));
        assert_eq!(values("the end", "the end"), Some(vec![]));
        assert_eq!(values("the {}", "the "), None);
        assert_eq!(values("{} s", "3 m"), None);
    }

    #[test]
    fn words_are_translated_and_names_are_not() {
        assert_eq!(ru("pg-a"), "pg-a");
        assert_eq!(ru("the plug of pg-a is pulled"), "у pg-a выдернуто питание");
        assert_eq!(ru("primary"), "ведущий");
        // A value that is words of ours is translated too.
        assert_eq!(
            ru("at most: pg-a becomes a replica again; 2 gaps in all"),
            "не дольше: pg-a снова становится репликой; всего перерывов: 2"
        );
        assert_eq!(
            [0.25, 42.0, 185.0, 3725.0].map(|seconds| ru(&said::length(seconds))),
            ["0.25 с", "42 с", "3 мин 05 с", "1 ч 02 мин"]
        );
        assert_eq!(Language::English.say("primary"), "primary");
    }

    #[test]
    fn all_that_a_lab_report_explains_is_translated() {
        let steps = words::ALL.iter().flat_map(|step| [step.title, step.seen]);
        let lines = PATTERNS.iter().map(|pattern| pattern.why);
        let fault = SCENARIOS.first().map(|scenario| scenario.explained);
        let left = steps.chain(lines).chain(fault);
        let left: Vec<&str> = left.filter(|words| ru(words) == **words).collect();
        assert_eq!(left, [""; 0]);
    }

    #[test]
    fn no_translation_hides_another() {
        let patterns = russian::WORDS
            .iter()
            .filter(|(from, _)| from.contains("{}"));
        for (at, (words, _)) in patterns.clone().enumerate() {
            let sample = words.replace("{}", "X7");
            let first = patterns
                .clone()
                .position(|(from, _)| values(from, &sample).is_some());
            assert_eq!(first, Some(at), "{words}");
        }
        for (at, (words, _)) in russian::WORDS.iter().enumerate() {
            let first = russian::WORDS.iter().position(|(from, _)| from == words);
            assert_eq!(first, Some(at), "{words}");
        }
        for (from, to) in russian::WORDS {
            let values = |text: &str| text.matches("{}").count();
            assert_eq!(values(from), values(to), "{from}");
        }
    }
}
