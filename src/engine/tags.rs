//! `--tags` and `--skip-tags`, as Ansible selects tasks by them.

/// Whether a task with these tags runs.
pub fn selected(own: &[String], only: &[String], skip: &[String]) -> bool {
    let has = |tag: &str| own.iter().any(|own| own == tag);
    let untagged = own.is_empty() || (own.len() == 1 && has("untagged"));
    let wanted = if only.is_empty() || only.iter().any(|tag| tag == "all") {
        !has("never") || only.iter().any(|tag| tag != "all" && has(tag))
    } else {
        has("always") && !has("never")
            || only.iter().any(|tag| match tag.as_str() {
                "tagged" => !untagged && !has("never"),
                "untagged" => untagged,
                tag => has(tag),
            })
    };
    let skipped = skip.iter().any(|tag| match tag.as_str() {
        "all" => !has("always") || skip.iter().any(|tag| tag == "always"),
        "tagged" => !untagged,
        "untagged" => untagged,
        tag => has(tag),
    });
    wanted && !skipped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(own: &[&str], only: &[&str], skip: &[&str]) -> bool {
        let owned = |tags: &[&str]| tags.iter().map(|&tag| tag.to_owned()).collect::<Vec<_>>();
        selected(&owned(own), &owned(only), &owned(skip))
    }

    #[test]
    fn special_tags_mean_what_they_mean_in_ansible() {
        assert!(runs(&[], &[], &[]));
        assert!(!runs(&["never"], &[], &[]));
        assert!(!runs(&["never", "debug"], &["all"], &[]));
        assert!(runs(&["never", "debug"], &["debug"], &[]));
        assert!(runs(&["always"], &["db"], &[]));
        assert!(!runs(&["always"], &["db"], &["always"]));
        assert!(!runs(&["web"], &["db"], &[]));
        assert!(runs(&["web"], &["tagged"], &[]));
        assert!(!runs(&[], &["tagged"], &[]));
        assert!(runs(&[], &["untagged"], &[]));
        assert!(!runs(&["db"], &["db"], &["db"]));
        assert!(!runs(&[], &[], &["untagged"]));
    }
}
