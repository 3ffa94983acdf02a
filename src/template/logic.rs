//! What decides a condition in which something is unknown: `unknown and false` is false, `unknown or
//! true` is true. An expression is evaluated from its left and ends at what is unknown, so that its
//! parts are asked one by one.

/// How an expression is put together.
#[derive(Debug, PartialEq)]
enum Logic<'t> {
    /// `a and b`
    All(Vec<&'t str>),
    /// `a or b`
    Any(Vec<&'t str>),
    /// `not a`
    Not(&'t str),
    /// It has no such parts.
    Whole,
}

/// What the expression comes to, whatever the unknown in it is. `sure` tells of a part what it is,
/// where that is known.
pub(super) fn decided(text: &str, sure: &dyn Fn(&str) -> Option<bool>) -> Option<bool> {
    let part = |part: &&str| sure(part).or_else(|| decided(part, sure));
    match parts(text) {
        Logic::All(all) => all
            .iter()
            .any(|one| part(one) == Some(false))
            .then_some(false),
        Logic::Any(all) => all
            .iter()
            .any(|one| part(one) == Some(true))
            .then_some(true),
        Logic::Not(one) => part(&one).map(|holds| !holds),
        Logic::Whole => None,
    }
}

fn parts(text: &str) -> Logic<'_> {
    let text = text.trim();
    let Some(words) = words(text) else {
        return Logic::Whole;
    };
    let has = |word: &str| words.iter().any(|(_, known)| *known == word);
    // `a if b else c` binds weaker than all of these.
    if has("if") {
        return Logic::Whole;
    }
    let split = |by: &str| {
        let mut begin = 0;
        let mut found = Vec::new();
        for (at, word) in &words {
            if *word == by {
                found.push(&text[begin..*at]);
                begin = at + word.len();
            }
        }
        found.push(&text[begin..]);
        found
    };
    if has("or") {
        Logic::Any(split("or"))
    } else if has("and") {
        Logic::All(split("and"))
    } else if let Some((0, "not")) = words.first() {
        Logic::Not(&text[3..])
    } else if let Some(inner) = text
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
        && self::words(inner).is_some()
    {
        parts(inner)
    } else {
        Logic::Whole
    }
}

/// The words of an expression that stand in no brackets and no text, each with its place; nothing
/// where brackets or quotes don't fit.
fn words(text: &str) -> Option<Vec<(usize, &str)>> {
    let mut found = Vec::new();
    let mut depth = 0_usize;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.checked_sub(1)?,
            '\'' | '"' => loop {
                match chars.next()? {
                    (_, '\\') => drop(chars.next()),
                    (_, end) if end == c => break,
                    _ => {}
                }
            },
            c if c.is_alphanumeric() || c == '_' => {
                let mut end = at + c.len_utf8();
                while let Some((next, c)) = chars.next_if(|(_, c)| c.is_alphanumeric() || *c == '_')
                {
                    end = next + c.len_utf8();
                }
                if depth == 0 {
                    found.push((at, &text[at..end]));
                }
            }
            _ => {}
        }
    }
    (depth == 0).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `t` and `f` are known, all else is not.
    fn known(part: &str) -> Option<bool> {
        match part.trim() {
            "t" => Some(true),
            "f" => Some(false),
            _ => None,
        }
    }

    #[test]
    fn what_is_known_decides_where_it_can() {
        let cases = [
            ("u and f", Some(false)),
            ("f and u", Some(false)),
            ("u and t", None),
            ("u or t", Some(true)),
            ("u or f", None),
            ("not (u or t)", Some(false)),
            ("not u", None),
            ("u and t or t", Some(true)),
            ("u and (t or u)", None),
            ("(u) and (u or (u and f)) and (t and f)", Some(false)),
            ("not u and f", Some(false)),
            ("u == ' or t' or t", Some(true)),
            ("u == ' or t'", None),
            ("u in [f or t] and\n f", Some(false)),
            ("f and u if u else t", None),
            ("u.and_f and nor", None),
            ("(u or t", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(decided(text, &known), wanted, "{text}");
        }
    }

    #[test]
    fn brackets_that_are_not_one_pair_are_not_taken_off() {
        assert_eq!(parts("(a).b(c)"), Logic::Whole);
        assert_eq!(parts("(a) or (b)"), Logic::Any(vec!["(a) ", " (b)"]));
        assert_eq!(parts("((a and b))"), Logic::All(vec!["a ", " b"]));
    }
}
