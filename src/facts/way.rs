//! The way to a path: which links stand on it, and whether they may be followed.

use super::{Ask, File, FileAt, Look, ProbeError, Question};
use crate::step::{Output, pinned, quote};

/// Asks what stands at a path, and for the real name of the folder that it is in: in one script, since
/// each costs the host a process.
struct Standing<'a>(&'a FileAt);

impl Question for Standing<'_> {
    /// The folder is `None` where there is no such folder.
    type Answer = (Option<File>, Option<String>);

    fn ask(&self) -> Ask {
        let folder = quote(folder(&self.0.path));
        let enter = format!("cd -P -- {folder} 2>/dev/null && pwd -P");
        // A relative path is one from where the shell is.
        let enter = if self.0.path.starts_with('/') {
            enter
        } else {
            format!("({enter})")
        };
        // No real name has this mark in it.
        Ask::settled(format!("{enter}\necho //\n{}", self.0.text()))
    }

    fn read(&self, output: &Output) -> Result<Self::Answer, ProbeError> {
        const MARK: &[u8] = b"//\n";
        let end = output
            .stdout
            .windows(MARK.len())
            .position(|window| window == MARK);
        let Some(end) = end else {
            return Err(ProbeError::answer(
                &format!("look at {}", self.0.path),
                output,
            ));
        };
        let told = String::from_utf8_lossy(&output.stdout[..end]);
        let real = told.strip_suffix('\n').map(str::to_owned);
        let rest = Output {
            stdout: output.stdout[end + MARK.len()..].to_vec(),
            ..output.clone()
        };
        Ok((self.0.read(&rest)?, real))
    }
}

/// Goes the whole way, and follows what may be followed.
struct Walk<'a> {
    path: &'a str,
}

impl Question for Walk<'_> {
    /// The real name.
    type Answer = String;

    fn ask(&self) -> Ask {
        Ask::settled(pinned::walk(self.path))
    }

    fn read(&self, output: &Output) -> Result<String, ProbeError> {
        let real = output.out();
        match real.strip_suffix('\n') {
            Some(real) if output.ok() => Ok(real.to_owned()),
            _ => Err(ProbeError::Failed(output.err().trim().to_owned())),
        }
    }
}

fn folder(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) => "/",
        Some((folder, _)) => folder,
        None => ".",
    }
}

/// What stands at a path that is to be changed, and the path to change: where `at` follows a link
/// there, what that leads to. Fails where a link on the way, which somebody else could have laid,
/// leads to what is not theirs.
pub async fn found(look: &Look, at: FileAt) -> Result<(Option<File>, String), ProbeError> {
    let (file, real) = look.fact(Standing(&at)).await?;
    let FileAt { path, follow, .. } = at;
    if follow && file.as_ref().is_some_and(|file| file.target.is_some()) {
        let real = look.fact(Walk { path: &path }).await?;
        return Ok((file, real));
    }
    if real.is_some_and(|real| real != folder(&path)) {
        look.fact(Walk {
            path: folder(&path),
        })
        .await?;
    }
    Ok((file, path))
}
