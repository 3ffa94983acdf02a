//! Files and texts of `trueup vault`: what is plain is never readable for others.

use super::super::ending::Failure;
use super::{With, seal, wrong};
use crate::diag;
use crate::report;
use std::fs::Permissions;
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use zeroize::Zeroizing;

/// `trueup vault encrypt-string`
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The value; `-`, or nothing, is stdin
    text: Option<String>,
    /// The name that it goes by
    #[arg(short, long)]
    name: Option<String>,
    /// Take the value from stdin, and this as its name
    #[arg(long, value_name = "NAME")]
    stdin_name: Option<String>,
    #[command(flatten)]
    with: With,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let key = args.with.key()?;
    let plain = match args.text.as_deref() {
        Some(text) if text != "-" => Zeroizing::new(text.as_bytes().to_vec()),
        _ => read(Path::new("-"))?,
    };
    let sealed = seal(&plain, &key).map_err(|error| wrong(error.to_string(), "try again"))?;
    let mut out = match args.name.as_ref().or(args.stdin_name.as_ref()) {
        Some(name) => format!("{name}: !vault |\n"),
        None => "!vault |\n".to_owned(),
    };
    for line in sealed.lines() {
        out.push_str(&format!("          {line}\n"));
    }
    report::print(&out);
    Ok(())
}

/// What a file holds; `-` is stdin.
pub(super) fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let read = if path == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        diag::read(path)
    };
    read.map(Zeroizing::new).map_err(|error| {
        wrong(
            format!("can't read {}: {error}", path.display()),
            "name a file that is there",
        )
    })
}

/// Puts bytes in place of a file, whole or not at all, readable for its owner alone unless the file
/// was there with other rights; `-` is stdout.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if path == Path::new("-") {
        report::print(&String::from_utf8_lossy(bytes));
        return Ok(());
    }
    let put = || -> io::Result<()> {
        // What a link leads to is what is written.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let mut file = tempfile::Builder::new()
            .permissions(Permissions::from_mode(0o600))
            .tempfile_in(folder.unwrap_or(Path::new(".")))?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(&path)?;
        Ok(())
    };
    put().map_err(|error| {
        wrong(
            format!("can't write {}: {error}", path.display()),
            "look at who owns its folder",
        )
    })
}
