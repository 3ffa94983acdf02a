//! Hashes and base64.

use super::super::registry::Registry;
use super::text::text;
use super::wrong;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use minijinja::value::Kwargs;
use minijinja::{Error, Value};
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};
use std::fmt::Write;

pub(super) fn register(to: &mut Registry) {
    to.filter(
        "b64encode",
        |value: &Value, options: Kwargs| -> Result<String, Error> {
            utf8_only(&options)?;
            Ok(STANDARD.encode(text(value)?))
        },
    );
    to.filter(
        "b64decode",
        |value: &Value, options: Kwargs| -> Result<String, Error> {
            utf8_only(&options)?;
            let bytes = STANDARD
                .decode(text(value)?.trim())
                .map_err(|error| wrong(format!("this is no base64: {error}")))?;
            String::from_utf8(bytes).map_err(|_| wrong("what the base64 holds is no text in UTF-8"))
        },
    );
    to.filter("hash", |value: &Value, kind: Option<&str>| {
        hash(value, kind.unwrap_or("sha1"))
    });
    to.filter("md5", |value: &Value| hash(value, "md5"));
    to.filter("sha1", |value: &Value| hash(value, "sha1"));
    to.filter("checksum", |value: &Value| hash(value, "sha1"));
}

fn utf8_only(options: &Kwargs) -> Result<(), Error> {
    let encoding = options.get::<Option<String>>("encoding")?;
    options.assert_all_used()?;
    match encoding.map(|name| name.to_lowercase().replace('-', "")) {
        None => Ok(()),
        Some(name) if name == "utf8" => Ok(()),
        Some(name) => Err(wrong(format!("texts are UTF-8 here, not {name}"))),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut out, byte| {
            // Writing into a string does not fail.
            let _ = write!(out, "{byte:02x}");
            out
        })
}

fn hash(value: &Value, kind: &str) -> Result<String, Error> {
    let text = text(value)?;
    let bytes = text.as_bytes();
    Ok(match kind {
        "md5" => hex(&Md5::digest(bytes)),
        "sha1" => hex(&Sha1::digest(bytes)),
        "sha224" => hex(&Sha224::digest(bytes)),
        "sha256" => hex(&Sha256::digest(bytes)),
        "sha384" => hex(&Sha384::digest(bytes)),
        "sha512" => hex(&Sha512::digest(bytes)),
        other => {
            return Err(wrong(format!(
                "`hash` knows md5, sha1, sha224, sha256, sha384 and sha512, not `{other}`"
            )));
        }
    })
}
