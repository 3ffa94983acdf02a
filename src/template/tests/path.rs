//! Tests of paths on the controller, and of addresses of the web.

use super::super::filters::scheme;
use super::super::registry::Registry;
use crate::secret::vault;
use minijinja::value::Kwargs;
use minijinja::{Error, ErrorKind, Value};
use std::io::Read;
use std::path::Path;

pub(super) fn register(to: &mut Registry) {
    for name in ["file", "is_file"] {
        to.test(name, |path: &str| Path::new(path).is_file());
    }
    for name in ["directory", "is_dir"] {
        to.test(name, |path: &str| Path::new(path).is_dir());
    }
    for name in ["link", "is_link"] {
        to.test(name, |path: &str| Path::new(path).is_symlink());
    }
    to.test("exists", |path: &str| Path::new(path).exists());
    to.test("link_exists", |path: &str| {
        Path::new(path).symlink_metadata().is_ok()
    });
    for name in ["abs", "is_abs"] {
        to.test(name, |path: &str| Path::new(path).is_absolute());
    }
    to.test(
        "uri",
        |url: &Value, schemes: Option<Value>, names: Kwargs| is_url(url, schemes, &names, false),
    );
    to.test(
        "url",
        |url: &Value, schemes: Option<Value>, names: Kwargs| is_url(url, schemes, &names, true),
    );
    to.test("urn", |url: &Value| scheme(&url.to_string()).0 == "urn");
    to.test("vaulted_file", |path: &str| -> Result<bool, Error> {
        let mut head = Vec::new();
        std::fs::File::open(path)
            .and_then(|file| file.take(64).read_to_end(&mut head))
            .map_err(|error| {
                let what = format!("can't read {path}: {error}");
                Error::new(ErrorKind::InvalidOperation, what)
            })?;
        Ok(vault::is_sealed(&head))
    });
}

/// Whether a text is an address of one of the schemes, and of a server where that is asked.
fn is_url(
    url: &Value,
    schemes: Option<Value>,
    names: &Kwargs,
    of_server: bool,
) -> Result<bool, Error> {
    let schemes = match schemes {
        Some(given) => Some(given),
        None => names.get::<Option<Value>>("schemes")?,
    };
    names.assert_all_used()?;
    let (scheme, server) = scheme(&url.to_string());
    let wanted = match schemes.filter(Value::is_true) {
        Some(schemes) => schemes
            .try_iter()?
            .any(|wanted| wanted.as_str() == Some(&scheme)),
        None => true,
    };
    Ok(wanted && (!of_server || server || scheme == "file"))
}
