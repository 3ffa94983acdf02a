//! Texts sealed as `ansible-vault` does it.

use super::super::registry::Registry;
use super::super::trace;
use super::given::Given;
use super::text::text;
use super::wrong;
use crate::secret::{Secret, vault};
use minijinja::value::{Kwargs, Rest};
use minijinja::{Error, Value};

pub(super) fn register(to: &mut Registry) {
    to.filter("vault", seal);
    to.filter("unvault", open);
}

/// `text | vault(password, salt, vault_id)`
fn seal(value: &Value, rest: Rest<Value>, names: Kwargs) -> Result<String, Error> {
    let mut given = Given::new(rest, names);
    let password = given
        .text("secret")?
        .ok_or_else(|| wrong("`vault` needs a password"))?;
    let salt = given.text("salt")?;
    let id = given
        .text("vault_id")?
        .unwrap_or_else(|| "filter_default".to_owned());
    let _wrapped = given.flag("wrap_object")?;
    given.end()?;
    if salt.is_none() {
        trace::note_volatile();
    }
    let plain = Secret::new(text(value)?);
    let (password, salt) = (Secret::new(password), salt.as_deref().map(str::as_bytes));
    vault::sealed(plain.reveal().as_bytes(), &password, Some(&id), salt)
        .map_err(|error| wrong(error.to_string()))
}

/// `sealed | unvault(password)`
fn open(value: &Value, rest: Rest<Value>, names: Kwargs) -> Result<String, Error> {
    let mut given = Given::new(rest, names);
    let password = given
        .text("secret")?
        .ok_or_else(|| wrong("`unvault` needs a password"))?;
    let _id = given.text("vault_id")?;
    given.end()?;
    let sealed = text(value)?;
    if !vault::is_sealed(sealed.as_bytes()) {
        return Ok(sealed);
    }
    let plain = vault::opened_with(&sealed, &Secret::new(password))
        .map_err(|error| wrong(error.to_string()))?
        .ok_or_else(|| wrong("the password does not open what `unvault` was given"))?;
    let plain = String::from_utf8(plain.to_vec());
    let plain = Secret::new(plain.map_err(|_| wrong("what is encrypted is no text in UTF-8"))?);
    Ok(plain.reveal().to_owned())
}
