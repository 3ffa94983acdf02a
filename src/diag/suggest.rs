//! "Did you mean": the nearest word among those that would have been right.

/// The candidate nearest to `word`, when it is near enough to be what was meant.
pub fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| {
            *distance <= word.len().max(candidate.len()).div_ceil(3).min(3)
        })
        // A word of which nothing is left says nothing.
        .filter(|(distance, _)| *distance < word.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_suggested_and_far_ones_are_not() {
        assert_eq!(did_you_mean("gorup", ["user", "group"]), Some("group"));
        assert_eq!(did_you_mean("frobnicate", ["user", "group"]), None);
    }
}
