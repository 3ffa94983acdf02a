//! The text of a page whose own words are in one of several languages.

use super::language::Language;

/// HTML that is being written; what the page itself says goes through [`say`](Self::say).
pub type Html = crate::report::Html<Language>;

impl Html {
    /// The page's own words, which stand in English in the source.
    pub fn say(&mut self, words: &str) -> &mut Self {
        let said = self.language.say(words);
        self.text(&said)
    }
}
