//! What several modules' parameters are where they are left out.

/// What is on unless it is switched off.
pub fn yes() -> bool {
    true
}

/// The only encoding of texts.
pub fn utf8() -> String {
    "utf-8".into()
}

/// 1 second.
pub fn one() -> u64 {
    1
}

/// 5 seconds.
pub fn five() -> u64 {
    5
}

/// 60 seconds.
pub fn minute() -> u64 {
    60
}

/// 600 seconds.
pub fn ten_minutes() -> u64 {
    600
}
