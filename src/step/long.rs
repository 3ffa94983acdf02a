//! Long texts, of which only the end is told and the rest is counted.

use std::borrow::Cow;

/// A size as people say it: `812 bytes`, `4 kB`, `880 MB`.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..0x10_0000 => format!("{} kB", bytes >> 10),
        _ => format!("{} MB", bytes >> 20),
    }
}

/// The end of a text, and before it how much is left out; all of a text that is no longer than
/// `most` bytes.
pub fn end_of(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most {
        return text.into();
    }
    let mut at = text.len() - most;
    while !text.is_char_boundary(at) {
        at += 1;
    }
    // A line that is not whole misleads, but an endless one is better than nothing.
    let line = text[at..].find('\n').filter(|line| *line < most / 2);
    at += line.map_or(0, |line| line + 1);
    let left_out = size(at.try_into().unwrap_or(u64::MAX));
    format!("... {left_out} more\n{}", &text[at..]).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_told_from_its_end_in_whole_lines_and_characters() {
        assert_eq!(end_of("abc", 3), "abc");
        assert_eq!(
            end_of("first\nsecond\nthird\n", 12),
            "... 13 bytes more\nthird\n"
        );
        assert_eq!(end_of("ééé", 3), "... 4 bytes more\né");
        assert_eq!(end_of("abc", 0), "... 3 bytes more\n");
    }

    #[test]
    fn a_size_is_said_as_people_say_it() {
        let said = [812, 4_096, 929_038_336].map(size);
        assert_eq!(said.join(", "), "812 bytes, 4 kB, 886 MB");
    }
}
