//! `trueup vault`: files and values in the form of ansible-vault, both ways.

mod edit;
mod keys;
mod text;

pub use keys::VaultKeys;

use super::ending::{Done, Failure};
use crate::diag::Diag;
use crate::report;
use crate::secret::Secret;
use crate::secret::vault::{self, VaultError};
use std::path::{Path, PathBuf};

/// Encrypt, decrypt, view and edit what ansible-vault reads and writes
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  trueup vault encrypt group_vars/db/vault.yml
  trueup vault edit group_vars/db/vault.yml --vault-password-file ~/.vault
  trueup vault encrypt-string --name db_password -J
  trueup vault rekey vault.yml --vault-id old@prompt --new-vault-id new@~/.new

Without a password file or id, the password is asked for.")]
pub struct Args {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    /// Encrypt files, in their place
    Encrypt(Chosen),
    /// Decrypt files, in their place
    Decrypt(Chosen),
    /// Show what encrypted files hold
    View(Chosen),
    /// Edit an encrypted file, or a new one, with $EDITOR
    Edit(Chosen),
    /// Edit a new encrypted file
    Create(Chosen),
    /// Encrypt files anew with another password
    Rekey(Rekey),
    /// Encrypt a value, to stand in a file as `!vault`
    #[command(visible_alias = "encrypt_string")]
    EncryptString(text::Args),
}

#[derive(Debug, clap::Args)]
struct Chosen {
    /// The files; `-` is stdin
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Where it goes instead of in its place; `-` is stdout
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    with: With,
}

/// With which password.
#[derive(Debug, clap::Args)]
struct With {
    #[command(flatten)]
    keys: VaultKeys,
    /// With which of several ids it is encrypted
    #[arg(long, value_name = "ID")]
    encrypt_vault_id: Option<String>,
}

#[derive(Debug, clap::Args)]
struct Rekey {
    /// The files
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    with: With,
    /// The new password and its id: `ID@FILE`, `ID@prompt`
    #[arg(long, value_name = "ID@SOURCE")]
    new_vault_id: Option<String>,
    /// A file with the new password, or a program that prints it
    #[arg(long, value_name = "FILE")]
    new_vault_password_file: Option<PathBuf>,
}

impl With {
    /// The password that encrypts: the one that is named, or the only one.
    fn key(&self) -> Result<vault::Key, Failure> {
        let keys = self.keys.or_asked(true)?;
        let wanted = self.encrypt_vault_id.as_deref();
        match (wanted, &keys[..]) {
            (None, [key]) => Ok(key.clone()),
            (None, [first, rest @ ..]) if rest.iter().all(|key| key.id == first.id) => {
                Ok(first.clone())
            }
            (Some(wanted), keys) => keys
                .iter()
                .find(|key| key.id == wanted)
                .cloned()
                .ok_or_else(|| {
                    wrong(
                        format!("no password has the id `{wanted}`"),
                        "give it as --vault-id ID@FILE",
                    )
                }),
            (None, _) => Err(wrong(
                "there are several passwords".to_owned(),
                "say which encrypts: --encrypt-vault-id ID",
            )),
        }
    }

    /// Puts the passwords where files are opened.
    fn unlock(&self) -> Result<(), Failure> {
        for key in self.keys.or_asked(false)? {
            vault::add_key(key);
        }
        Ok(())
    }
}

fn wrong(what: String, help: &str) -> Failure {
    Failure::input(Diag::error(what).help(help))
}

fn at(path: &Path) -> impl Fn(VaultError) -> Failure + '_ {
    move |error| Failure::input(Diag::error(format!("{}: {error}", path.display())))
}

/// Does it.
pub fn run(args: &Args) -> Result<Done, Failure> {
    match &args.act {
        Act::Encrypt(files) => {
            let key = files.with.key()?;
            for path in &files.files {
                let plain = text::read(path)?;
                if vault::is_sealed(&plain) {
                    return Err(wrong(
                        format!("{} is encrypted already", path.display()),
                        "`trueup vault rekey` gives it another password",
                    ));
                }
                let sealed = seal(&plain, &key).map_err(at(path))?;
                text::write(files.output.as_deref().unwrap_or(path), sealed.as_bytes())?;
            }
        }
        Act::Decrypt(files) => {
            files.with.unlock()?;
            for path in &files.files {
                let plain = open(path)?;
                text::write(files.output.as_deref().unwrap_or(path), &plain)?;
            }
        }
        Act::View(files) => {
            files.with.unlock()?;
            for path in &files.files {
                report::print(&String::from_utf8_lossy(&open(path)?));
            }
        }
        Act::Edit(files) | Act::Create(files) => edit::run(
            &files.with,
            &files.files,
            matches!(args.act, Act::Create(_)),
        )?,
        Act::Rekey(rekey) => {
            rekey.with.unlock()?;
            let key = keys::new(
                rekey.new_vault_id.as_deref(),
                rekey.new_vault_password_file.as_deref(),
            )?;
            for path in &rekey.files {
                let plain = open(path)?;
                text::write(path, seal(&plain, &key).map_err(at(path))?.as_bytes())?;
            }
        }
        Act::EncryptString(args) => text::run(args)?,
    }
    Ok(Done::Well)
}

fn seal(plain: &[u8], key: &vault::Key) -> Result<String, VaultError> {
    vault::sealed(plain, &key.password, Some(&key.id), None)
}

/// What an encrypted file holds.
fn open(path: &Path) -> Result<zeroize::Zeroizing<Vec<u8>>, Failure> {
    let sealed = text::read(path)?;
    let sealed = std::str::from_utf8(&sealed).unwrap_or_default();
    vault::opened(sealed).map_err(at(path))
}

/// A password as text, from now on a secret.
fn secret(text: &str) -> Secret {
    Secret::new(text)
}
