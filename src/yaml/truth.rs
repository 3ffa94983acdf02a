//! Booleans that are written as text.

/// What a text says as a boolean, by the rule of Ansible's parameters and of its filter `bool`
/// (`module_utils/parsing/convert_bool.py`); `None` where it says neither.
///
/// Who has words of his own is read by those, at a place that says so: an unquoted scalar of YAML 1.1,
/// a setting of PostgreSQL's, of Patroni's, of ssh's.
pub fn truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "yes" | "y" | "on" | "true" | "t" | "1" | "1.0" => Some(true),
        "no" | "n" | "off" | "false" | "f" | "0" | "0.0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::truth;

    #[test]
    fn ansibles_words_are_booleans_and_no_others() {
        for word in ["y", "Yes", "ON", "1", "true", "T", "1.0", " true\n"] {
            assert_eq!(truth(word), Some(true), "{word}");
        }
        for word in ["n", "No", "OFF", "0", "false", "F", "0.0"] {
            assert_eq!(truth(word), Some(false), "{word}");
        }
        for word in ["", "2", "yess", "enabled", "null", "+1"] {
            assert_eq!(truth(word), None, "{word}");
        }
    }
}
