//! Passwords that are made at random once and kept in a file: the password, a newline, and
//! nothing else, as Ansible's lookup `password` writes it.

use super::Secret;
use super::keep::{KeepError, keep_first, read};
use super::mask::stand_in;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};

/// What a password is made of.
#[derive(Clone, Debug)]
pub struct PasswordSpec {
    /// How many characters it has.
    pub length: usize,
    /// The characters it may have.
    pub characters: Vec<char>,
}

/// Why there is no password.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// There is nothing to make it of.
    #[error("a password needs characters to be made of; give `chars` such as ascii_letters,digits")]
    NoCharacters,
    /// The system gives no random bytes.
    #[error("the system gives no random bytes: {0}")]
    Random(getrandom::Error),
    /// It can't be kept.
    #[error(transparent)]
    Keep(#[from] KeepError),
}

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";
const PUNCTUATION: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

/// The characters that a list of Python's names for sets of characters, or of characters, means.
/// Quotes are never among them.
pub fn characters<'a>(specs: impl IntoIterator<Item = &'a str>) -> Vec<char> {
    let mut all = String::new();
    for spec in specs {
        match spec {
            "ascii_letters" => all.push_str(LETTERS),
            "ascii_lowercase" => all.push_str(&LETTERS[..26]),
            "ascii_uppercase" => all.push_str(&LETTERS[26..]),
            "digits" => all.push_str(DIGITS),
            "hexdigits" => all.push_str("0123456789abcdefABCDEF"),
            "octdigits" => all.push_str("01234567"),
            "punctuation" => all.push_str(PUNCTUATION),
            other => all.push_str(other),
        }
    }
    all.chars().filter(|c| !matches!(c, '"' | '\'')).collect()
}

/// The password kept at `path`. When there is none yet it is made, and kept if `keep` says so;
/// otherwise it is the same for as long as this process lives.
pub fn password(path: &Path, spec: &PasswordSpec, keep: bool) -> Result<Secret, PasswordError> {
    static UNKEPT: LazyLock<Mutex<HashMap<PathBuf, Secret>>> = LazyLock::new(Mutex::default);
    // Every call is a new password when nothing can be kept.
    if path == Path::new("/dev/null") {
        let new = Secret::new(made(spec)?);
        if !keep {
            stand_in(new.reveal(), "a new password");
        }
        return Ok(new);
    }
    if let Some(kept) = read(path)? {
        return Ok(parsed(&kept));
    }
    if keep {
        return Ok(parsed(&keep_first(path, &(made(spec)? + "\n"))?));
    }
    let mut unkept = UNKEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = unkept.get(path) {
        return Ok(known.clone());
    }
    let new = Secret::new(made(spec)?);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    stand_in(new.reveal(), &format!("a new password for {name}"));
    unkept.insert(path.to_owned(), new.clone());
    Ok(new)
}

/// The password in a file that may hold a salt behind it.
fn parsed(kept: &str) -> Secret {
    let kept = kept.trim_end();
    Secret::new(
        kept.rsplit_once(" salt=")
            .map_or(kept, |(password, _)| password),
    )
}

fn made(spec: &PasswordSpec) -> Result<String, PasswordError> {
    let count = u32::try_from(spec.characters.len())
        .ok()
        .filter(|count| *count > 0);
    let count = count.ok_or(PasswordError::NoCharacters)?;
    // Numbers from here on would make the first characters likelier than the others.
    let fair = u32::MAX - u32::MAX % count;
    let mut password = String::with_capacity(spec.length);
    while password.chars().count() < spec.length {
        let random = getrandom::u32().map_err(PasswordError::Random)?;
        if random < fair {
            password.push(spec.characters[(random % count) as usize]);
        }
    }
    Ok(password)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn spec() -> PasswordSpec {
        PasswordSpec {
            length: 24,
            characters: characters(["ascii_letters", "digits"]),
        }
    }

    #[test]
    fn a_kept_password_is_the_same_for_all_who_ask_at_once_and_for_the_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets/pg/admin");
        let all: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| password(&path, &spec(), true).unwrap().reveal().to_owned())
                })
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        assert!(all.iter().all(|one| *one == all[0]), "{all:?}");
        assert_eq!(all[0].len(), 24);
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            format!("{}\n", all[0])
        );
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert_eq!(
            std::fs::read_dir(path.parent().unwrap()).unwrap().count(),
            1,
            "nothing is left behind"
        );
    }

    #[test]
    fn a_dry_run_keeps_nothing_but_its_word() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/admin");
        let first = password(&path, &spec(), false).unwrap();
        assert_eq!(first, password(&path, &spec(), false).unwrap());
        assert!(!folder.path().join("deep").exists());
    }

    #[test]
    fn the_salt_behind_a_password_is_not_part_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin");
        std::fs::write(&path, "s3cret word salt=abc ident=2b\n").unwrap();
        assert_eq!(
            password(&path, &spec(), true).unwrap().reveal(),
            "s3cret word"
        );
    }

    #[test]
    fn nothing_to_make_a_password_of_is_an_error() {
        let empty = PasswordSpec {
            length: 8,
            characters: characters(["'"]),
        };
        assert!(matches!(
            password(Path::new("/dev/null"), &empty, false),
            Err(PasswordError::NoCharacters)
        ));
    }
}
