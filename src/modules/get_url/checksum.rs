//! What a file must hold: `ALGORITHM:DIGEST`, or the address of a list.

use crate::diag::Diag;
use crate::modules::stat::Algorithm;

/// What the file must hold.
#[derive(Clone, Debug)]
pub struct Checksum {
    /// How its digest is made.
    pub algorithm: Algorithm,
    /// The digest, or the address of a list of them.
    pub of: String,
}

impl Checksum {
    /// Reads the parameter.
    pub fn read(text: &str) -> Result<Self, Diag> {
        let wrong = || {
            Diag::error("`checksum` is ALGORITHM:DIGEST or ALGORITHM:URL").help(
                "such as sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
            )
        };
        let (name, of) = text.split_once(':').ok_or_else(wrong)?;
        let algorithm = Algorithm::named(name.trim()).ok_or_else(|| {
            Diag::error(format!(
                "`checksum`: `{name}` is none of md5, sha1, sha224, sha256, sha384 and sha512"
            ))
        })?;
        let of = of.trim();
        if is_address(of) {
            return Ok(Self {
                algorithm,
                of: of.to_owned(),
            });
        }
        let of: String = of.chars().filter(char::is_ascii_alphanumeric).collect();
        let of = of.to_ascii_lowercase();
        if of.is_empty() || !of.chars().all(|c| c.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        Ok(Self { algorithm, of })
    }
}

/// Whether that is an address.
pub fn is_address(text: &str) -> bool {
    ["http://", "https://", "file://"]
        .iter()
        .any(|begin| text.starts_with(begin))
}

/// The file's name in an address.
pub fn name_in(url: &str) -> &str {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    match path.rsplit_once('/') {
        Some((_, name)) if !name.is_empty() => name,
        _ => "index.html",
    }
}

/// The digest of a file in a list: alone, or behind it the file's name.
pub fn listed<'l>(list: &'l str, name: &str) -> Option<&'l str> {
    let mut lines = list
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty());
    let first = lines.next()?;
    let mut rest = lines.clone().peekable();
    if rest.peek().is_none() && !first.contains(char::is_whitespace) {
        return Some(first);
    }
    std::iter::once(first).chain(lines).find_map(|line| {
        let (digest, of) = line.split_once(char::is_whitespace)?;
        let of = of
            .trim_start()
            .trim_start_matches('*')
            .trim_start_matches("./");
        (of == name).then_some(digest)
    })
}
