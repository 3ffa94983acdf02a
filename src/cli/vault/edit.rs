//! `trueup vault edit`: the plain text is in a file for its owner alone, in a folder of its own that
//! is gone afterwards.

use super::super::ending::Failure;
use super::{With, at, seal, text, wrong};
use crate::secret::vault::{self, Key};
use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(super) fn run(with: &With, files: &[PathBuf], create: bool) -> Result<(), Failure> {
    let keys = with.keys.or_asked(create)?;
    keys.iter().cloned().for_each(vault::add_key);
    for path in files {
        if create && path.exists() {
            return Err(wrong(
                format!("{} is there already", path.display()),
                "`trueup vault edit` changes it",
            ));
        }
        let (plain, id) = if path.exists() {
            let sealed = text::read(path)?;
            let sealed = std::str::from_utf8(&sealed).unwrap_or_default();
            let id = vault::id_of(sealed).to_owned();
            (vault::opened(sealed).map_err(at(path))?.to_vec(), Some(id))
        } else {
            (Vec::new(), None)
        };
        let edited = edited(path, &plain)?;
        if edited != plain || !path.exists() {
            let key = key(&keys, with.encrypt_vault_id.as_deref().or(id.as_deref()))?;
            text::write(path, seal(&edited, key).map_err(at(path))?.as_bytes())?;
        }
    }
    Ok(())
}

/// The password of an id, or else the first.
fn key<'k>(keys: &'k [Key], id: Option<&str>) -> Result<&'k Key, Failure> {
    keys.iter()
        .find(|key| Some(key.id.as_str()) == id)
        .or(keys.first())
        .ok_or_else(|| {
            wrong(
                "there is no password".to_owned(),
                "give --vault-password-file",
            )
        })
}

/// What the person made of a text.
fn edited(path: &Path, plain: &[u8]) -> Result<Vec<u8>, Failure> {
    let failed = |error: std::io::Error| {
        wrong(
            format!("can't edit {}: {error}", path.display()),
            "look at TMPDIR",
        )
    };
    let folder = tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o700))
        .tempdir()
        .map_err(failed)?;
    // The editor knows the kind of file by its name.
    let name = path.file_name().unwrap_or_default();
    let place = folder.path().join(name);
    let mut file = tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o600))
        .tempfile_in(folder.path())
        .map_err(failed)?;
    file.write_all(plain).map_err(failed)?;
    file.persist(&place).map_err(|error| failed(error.error))?;
    let editor = std::env::var("EDITOR")
        .ok()
        .filter(|editor| !editor.is_empty());
    let words = shlex::split(editor.as_deref().unwrap_or("vi")).unwrap_or_default();
    let Some((program, more)) = words.split_first() else {
        return Err(wrong("EDITOR names no program".to_owned(), "set EDITOR"));
    };
    let status = Command::new(program)
        .args(more)
        .arg(&place)
        .status()
        .map_err(|error| {
            wrong(
                format!("can't start the editor {program}: {error}"),
                "set EDITOR",
            )
        })?;
    if !status.success() {
        return Err(wrong(
            format!(
                "the editor failed ({status}); {} is as it was",
                path.display()
            ),
            "leave the editor without an error",
        ));
    }
    std::fs::read(&place).map_err(failed)
}
