//! The passwords of this process, and what they opened. Values are opened when they are used, and
//! once: a key takes some milliseconds to make.

use super::super::Secret;
use super::{VaultError, id_of, opened_with};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use zeroize::Zeroizing;

/// A password with the id it goes by.
#[derive(Clone, Debug)]
pub struct Key {
    /// The id.
    pub id: String,
    /// The password.
    pub password: Secret,
}

#[derive(Default)]
struct Ring {
    keys: Vec<Key>,
    texts: Option<HashMap<String, Secret>>,
}

static RING: Mutex<Ring> = Mutex::new(Ring {
    keys: Vec::new(),
    texts: None,
});

fn ring() -> MutexGuard<'static, Ring> {
    RING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Puts a password at the end of those that are tried.
pub fn add_key(key: Key) {
    ring().keys.push(key);
}

/// Whether there is any password.
pub fn has_keys() -> bool {
    !ring().keys.is_empty()
}

/// The ids of the passwords, in their order.
pub fn known_ids() -> Vec<String> {
    ring().keys.iter().map(|key| key.id.clone()).collect()
}

/// What is sealed in a text, by the password of its id, or else by any other.
pub fn opened(sealed: &str) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let mut keys = ring().keys.clone();
    let id = id_of(sealed);
    if keys.is_empty() {
        return Err(VaultError::Locked { id: id.to_owned() });
    }
    keys.sort_by_key(|key| key.id != id);
    for key in &keys {
        if let Some(plain) = opened_with(sealed, &key.password)? {
            return Ok(plain);
        }
    }
    Err(VaultError::Refused { id: id.to_owned() })
}

/// The text that is sealed in a value, from now on a secret.
pub fn opened_text(sealed: &str) -> Result<Secret, VaultError> {
    let known = ring()
        .texts
        .as_ref()
        .and_then(|texts| texts.get(sealed).cloned());
    if let Some(known) = known {
        return Ok(known);
    }
    let plain = opened(sealed)?;
    let text = std::str::from_utf8(&plain).map_err(|_| VaultError::NoText)?;
    let secret = Secret::new(text);
    let mut ring = ring();
    let texts = ring.texts.get_or_insert_with(HashMap::new);
    texts.insert(sealed.to_owned(), secret.clone());
    Ok(secret)
}
