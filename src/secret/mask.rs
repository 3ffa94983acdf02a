//! What this process must not say: the secrets that it has come across, kept out of all that it tells.
//!
//! A secret stands in files and answers that are else worth reading (`stats auth stats:***`), so it
//! is looked for where words leave the process. What marks a text as secret is where it comes from:
//! [`Secret`](super::Secret), and variables whose names say so ([`is_secret_name`]).

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

/// What stands for a secret.
const MASK: &str = "***";

/// What is shorter, or a plain word or number below the second length, stands in texts by chance:
/// to mask it would hide other things, and tell what it is.
const SHORT: usize = 6;
const PLAIN: usize = 12;

/// The ends of the names of variables that hold secrets.
const NAMES: [&str; 7] = [
    "password",
    "passwd",
    "passphrase",
    "_pass",
    "secret",
    "_token",
    "_api_key",
];

#[derive(Default)]
struct Known {
    /// Each with what stands for it.
    forms: BTreeMap<String, Arc<str>>,
    /// Finds all of them; none when a form came since it was made.
    finder: Option<Finder>,
    /// Certificates that were made up, without their line breaks, and what stands for each.
    certificates: BTreeMap<String, Arc<str>>,
    /// The words for what was made up in the place of no secret.
    open: BTreeSet<String>,
}

/// Finds the forms, and what stands for each.
struct Finder {
    forms: AhoCorasick,
    words: Vec<Arc<str>>,
}

/// Where something stands that is not told, and what is told instead.
struct Place {
    range: Range<usize>,
    words: Arc<str>,
}

static KNOWN: LazyLock<RwLock<Known>> = LazyLock::new(RwLock::default);

/// Whether a variable of this name holds a secret.
pub fn is_secret_name(name: &str) -> bool {
    NAMES.iter().any(|end| name.ends_with(end))
}

/// From now on `secret` is left out of what is told.
pub fn hide(secret: &str) {
    // Keys are found by the words around them; their lines are no words to look for.
    if secret.contains(KEY) {
        return;
    }
    let whole = std::iter::once(secret.trim());
    for text in whole.chain(secret.lines().map(str::trim)) {
        if !KNOWN
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .forms
            .contains_key(text)
        {
            tell(text, MASK);
        }
    }
}

/// From now on `value`, which a dry run made up in the place of what an apply will make, is told by
/// these words: `a new password for admin`.
pub fn stand_in(value: &str, words: &str) {
    let words = format!("({words})");
    match certificates(value).next() {
        // Others that lead to the root may stand behind it, and be no new ones.
        Some((_, inner)) => {
            let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
            known.certificates.insert(inner, words.into());
        }
        None => tell(value.trim(), &words),
    }
}

/// The same of what is no secret, nor what it takes the place of: `a new key of the app`.
pub fn stand_in_openly(value: &str, words: &str) {
    let words = format!("({words})");
    tell(value, &words);
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    known.open.insert(words);
}

/// The words of all that stands in the text and was made up in the place of what will be made.
pub fn stand_ins(text: &str) -> Vec<String> {
    let mut all: Vec<String> = known(text)
        .iter()
        .chain(&made_up(text))
        .filter_map(|place| Some(place.words.strip_prefix('(')?.strip_suffix(')')?.to_owned()))
        .collect();
    all.sort();
    all.dedup();
    all
}

/// The certificates in a text, and each as it is however its lines are broken.
fn certificates(text: &str) -> impl Iterator<Item = (Range<usize>, String)> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    text.match_indices(BEGIN).filter_map(move |(start, _)| {
        let inner = start + BEGIN.len();
        let end = inner + text[inner..].find(END)?;
        let bare = text[inner..end].replace("\\n", "");
        let bare = bare.split_whitespace().collect();
        Some((start..end + END.len(), bare))
    })
}

/// Where certificates stand that were made up.
fn made_up(text: &str) -> Vec<Place> {
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    if known.certificates.is_empty() {
        return Vec::new();
    }
    let place = |(range, inner)| {
        let words = known.certificates.get(&inner)?.clone();
        Some(Place { range, words })
    };
    certificates(text).filter_map(place).collect()
}

fn tell(text: &str, words: &str) {
    if !is_telling(text) {
        return;
    }
    let words: Arc<str> = words.into();
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    if known.forms.get(text) != Some(&words) {
        let forms = forms(text).map(|form| (form, words.clone()));
        known.forms.extend(forms);
        known.finder = None;
    }
}

fn is_telling(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_lowercase())
        || text.bytes().all(|byte| byte.is_ascii_digit());
    text.len() >= if plain { PLAIN } else { SHORT }
}

/// The secret as it stands in a text, and in the words of a shell, of SQL, of JSON, of a URL.
fn forms(secret: &str) -> impl Iterator<Item = String> {
    let json = serde_json::Value::from(secret).to_string();
    let url = secret.bytes().map(|byte| match byte {
        b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    });
    [
        secret.to_owned(),
        secret.replace('\'', r"'\''"),
        secret.replace('\'', "''"),
        json[1..json.len() - 1].to_owned(),
        url.collect(),
        STANDARD_NO_PAD.encode(secret),
    ]
    .into_iter()
}

/// The end of the line before a private key, whatever kind of key it is.
const KEY: &str = "PRIVATE KEY-----";

/// Where secrets stand in the text, in order.
fn places(text: &str) -> Vec<Place> {
    let mut places = made_up(text);
    let apart = |one: &Place| {
        let others = places.iter().map(|place| &place.range);
        let mut others = others.filter(|other| one.range.start < other.end);
        others.all(|other| one.range.end <= other.start)
    };
    let more: Vec<Place> = known(text).into_iter().filter(apart).collect();
    places.extend(more);
    let mut at = 0;
    while let Some(begin) = text[at..].find(KEY) {
        let start = at + begin + KEY.len();
        let end = text[start..]
            .find("-----END")
            .map_or(text.len(), |end| start + end);
        if !text[start..end].trim().is_empty() {
            places.retain(|Place { range, .. }| range.end <= start || range.start >= end);
            places.push(Place {
                range: start..end,
                words: MASK.into(),
            });
        }
        // Behind the words that end this key.
        at = text[end..]
            .find(KEY)
            .map_or(text.len(), |n| end + n + KEY.len());
    }
    places.sort_by_key(|place| place.range.start);
    places
}

/// The same without what is made up in the place of no secret.
fn secrets(text: &str) -> Vec<Place> {
    let mut places = places(text);
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    places.retain(|place| !known.open.contains(&*place.words));
    places
}

fn known(text: &str) -> Vec<Place> {
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    if known.forms.is_empty() {
        return Vec::new();
    }
    if let Some(finder) = &known.finder {
        return found(finder, text);
    }
    drop(known);
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    let built = AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .build(known.forms.keys());
    match built {
        Ok(forms) => {
            let words = known.forms.values().cloned().collect();
            let finder = Finder { forms, words };
            let places = found(&finder, text);
            known.finder = Some(finder);
            places
        }
        // More secrets than a finder takes, gigabytes of them: then nothing is told.
        Err(_) => vec![Place {
            range: 0..text.len(),
            words: MASK.into(),
        }],
    }
}

fn found(finder: &Finder, text: &str) -> Vec<Place> {
    let place = |found: aho_corasick::Match| Place {
        range: found.range(),
        words: finder.words[found.pattern().as_usize()].clone(),
    };
    finder.forms.find_iter(text).map(place).collect()
}

/// The text with `***` where secrets stand, and words where something stands that is not made yet.
pub fn masked(text: &str) -> Cow<'_, str> {
    let places = places(text);
    if places.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    for Place { range, words } in places {
        masked.push_str(&text[at..range.start]);
        masked.push_str(&words);
        at = range.end;
    }
    masked.push_str(&text[at..]);
    Cow::Owned(masked)
}

/// The text with as many `*` where secrets stand as they are long, so that places in it stay.
pub fn blotted(text: &str) -> Cow<'_, str> {
    let places = places(text);
    if places.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut blotted = text.to_owned();
    for Place { range, .. } in places {
        let stars = crate::diag::starred(&text[range.clone()]);
        blotted.replace_range(range, &stars);
    }
    Cow::Owned(blotted)
}

/// What a line of `before` holds where `after` holds a secret was a secret too: the one that is
/// being changed. Both as they may be told.
pub fn masked_pair(before: &str, after: &str) -> (String, String) {
    let mut old: Vec<Cow<'_, str>> = before.split('\n').map(Cow::Borrowed).collect();
    for (at, line) in after.split('\n').enumerate() {
        let places = secrets(line);
        let (Some(first), Some(last)) = (places.first(), places.last()) else {
            continue;
        };
        let (lead, tail) = (&line[..first.range.start], &line[last.range.end..]);
        // A line that is all secret has nothing to be known by but where it stands.
        let bare = lead.trim().is_empty() && tail.trim().is_empty();
        for (index, old) in old.iter_mut().enumerate() {
            let alike =
                old.len() > lead.len() + tail.len() && old.starts_with(lead) && old.ends_with(tail);
            if alike && (!bare || index == at) {
                *old = Cow::Owned(format!("{lead}{MASK}{tail}"));
            }
        }
    }
    let old = old.join("\n");
    (masked(&old).into_owned(), masked(after).into_owned())
}

#[cfg(test)]
mod tests;
