//! The way to a path: which links stand on it, and whether they may be followed.

use super::{Ask, File, FileAt, Look, ProbeError, Question};
use crate::step::{Output, pinned, quote};

/// Asks for the real name of the folder of a path.
struct FolderOf<'a> {
    path: &'a str,
}

impl Question for FolderOf<'_> {
    /// `None` where there is no such folder.
    type Answer = Option<String>;

    fn ask(&self) -> Ask {
        let folder = quote(folder(self.path));
        Ask::settled(format!("cd -P -- {folder} 2>/dev/null && pwd -P || :"))
    }

    fn read(&self, output: &Output) -> Result<Self::Answer, ProbeError> {
        if !output.ok() {
            return Err(ProbeError::answer(
                &format!("enter {}", folder(self.path)),
                output,
            ));
        }
        let real = output.out();
        let real = real.strip_suffix('\n').unwrap_or(&real);
        Ok((!real.is_empty()).then(|| real.to_owned()))
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
    let (path, follow) = (at.path.clone(), at.follow);
    let (file, real) = futures::try_join!(look.fact(at), look.fact(FolderOf { path: &path }))?;
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
