//! Where the passwords of ansible-vault come from: files, programs, the person, the environment.

use super::super::ending::Failure;
use super::{secret, wrong};
use crate::diag;
use crate::secret::vault::{self, DEFAULT_ID, Key};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The passwords that open encrypted files and values.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct VaultKeys {
    /// A password of ansible-vault by its id: `ID@FILE`, `ID@PROGRAM`, `ID@prompt`; may be given several times
    #[arg(long, value_name = "ID@SOURCE", global = true)]
    vault_id: Vec<String>,
    /// A file that holds a password of ansible-vault, or a program that prints it
    /// [default: what `ANSIBLE_VAULT_PASSWORD_FILE` says]
    #[arg(
        long,
        visible_alias = "vault-pass-file",
        value_name = "FILE",
        global = true
    )]
    vault_password_file: Vec<PathBuf>,
    /// Ask for the password of ansible-vault
    #[arg(short = 'J', long, visible_alias = "ask-vault-pass", global = true)]
    ask_vault_password: bool,
}

impl VaultKeys {
    /// Reads them all and lets them open what is read from now on.
    pub fn unlock(&self) -> Result<(), Failure> {
        if !vault::has_keys() {
            self.read()?.into_iter().for_each(vault::add_key);
        }
        Ok(())
    }

    /// Reads them all, and asks where there is none; `twice` where it is a new one.
    pub(super) fn or_asked(&self, twice: bool) -> Result<Vec<Key>, Failure> {
        let keys = self.read()?;
        if keys.is_empty() {
            return Ok(vec![asked(DEFAULT_ID, twice)?]);
        }
        Ok(keys)
    }

    fn read(&self) -> Result<Vec<Key>, Failure> {
        let from = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let mut ids = self.vault_id.clone();
        if ids.is_empty()
            && let Some(list) = from("ANSIBLE_VAULT_IDENTITY_LIST")
        {
            ids.extend(list.split(',').map(|id| id.trim().to_owned()));
        }
        let mut files = self.vault_password_file.clone();
        if files.is_empty() {
            files.extend(from("ANSIBLE_VAULT_PASSWORD_FILE").map(PathBuf::from));
        }
        let mut keys = Vec::new();
        for id in &ids {
            keys.push(named(id)?);
        }
        for file in &files {
            keys.push(of(DEFAULT_ID, file)?);
        }
        if self.ask_vault_password {
            keys.push(asked(DEFAULT_ID, false)?);
        }
        Ok(keys)
    }
}

/// `ID@SOURCE`, or a source alone.
fn named(text: &str) -> Result<Key, Failure> {
    let (id, source) = text.split_once('@').unwrap_or((DEFAULT_ID, text));
    let id = if id.is_empty() { DEFAULT_ID } else { id };
    match source {
        "prompt" | "prompt_ask_vault_pass" => asked(id, false),
        path => of(id, Path::new(path)),
    }
}

/// The password that encrypts from now on.
pub(super) fn new(id: Option<&str>, file: Option<&Path>) -> Result<Key, Failure> {
    match (id, file) {
        (Some(id), _) if id.ends_with("@prompt") => {
            asked(id.split('@').next().unwrap_or(DEFAULT_ID), true)
        }
        (Some(id), _) => named(id),
        (None, Some(file)) => of(DEFAULT_ID, file),
        (None, None) => asked(DEFAULT_ID, true),
    }
}

fn asked(id: &str, twice: bool) -> Result<Key, Failure> {
    let prompt = |words: &str| {
        rpassword::prompt_password(words).map_err(|error| {
            wrong(
                format!("can't ask for the password of ansible-vault: {error}"),
                "give it with --vault-password-file",
            )
        })
    };
    let name = if id == DEFAULT_ID {
        String::new()
    } else {
        format!(" ({id})")
    };
    let password = prompt(&format!("Vault password{name}: "))?;
    if twice && prompt(&format!("Vault password{name}, again: "))? != password {
        return Err(wrong(
            "the two passwords differ".to_owned(),
            "type the same one twice",
        ));
    }
    key(id, &password, "what was typed")
}

/// The password in a file, or that a program prints.
fn of(id: &str, file: &Path) -> Result<Key, Failure> {
    let path = match (file.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => file.to_owned(),
    };
    let unreadable = |error: std::io::Error| {
        wrong(
            format!("can't read the password file {}: {error}", path.display()),
            "name a file that holds the password, or a program that prints it",
        )
    };
    let meta = std::fs::metadata(&path).map_err(unreadable)?;
    if !meta.is_file() || meta.permissions().mode() & 0o111 == 0 {
        let text = diag::read_text(&path).map_err(unreadable)?;
        return key(id, text.trim(), &path.display().to_string());
    }
    let program = path.canonicalize().map_err(unreadable)?;
    let mut command = Command::new(&program);
    // Such a program has the passwords of several ids.
    let stem = program.file_stem().unwrap_or_default().to_string_lossy();
    if stem.ends_with("-client") {
        command.args(["--vault-id", id]);
    }
    let done = command
        .stdin(Stdio::inherit())
        .stderr(Stdio::inherit())
        .output()
        .map_err(unreadable)?;
    if !done.status.success() {
        return Err(wrong(
            format!(
                "{} failed ({}) instead of printing a password",
                path.display(),
                done.status
            ),
            "run it by hand to see why; what is no program should not be executable",
        ));
    }
    key(
        id,
        String::from_utf8_lossy(&done.stdout).trim(),
        &path.display().to_string(),
    )
}

fn key(id: &str, password: &str, source: &str) -> Result<Key, Failure> {
    if password.is_empty() {
        return Err(wrong(
            format!("the password of ansible-vault is empty: {source}"),
            "an empty password protects nothing",
        ));
    }
    Ok(Key {
        id: id.to_owned(),
        password: secret(password),
    })
}
