//! The patterns of OpenSSH's files.

/// OpenSSH's patterns: `*` is any run of characters, `?` any one.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    match (pattern.as_bytes(), name.as_bytes()) {
        ([], []) => true,
        ([b'*', ..], _) => {
            matches(&pattern[1..], name)
                || (!name.is_empty() && name.is_char_boundary(1) && matches(pattern, &name[1..]))
        }
        ([b'?', ..], [_, ..]) => name.is_char_boundary(1) && matches(&pattern[1..], &name[1..]),
        ([p, ..], [n, ..]) if p == n && pattern.is_char_boundary(1) && name.is_char_boundary(1) => {
            matches(&pattern[1..], &name[1..])
        }
        _ => false,
    }
}
