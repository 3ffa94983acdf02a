//! The way to a path: which links stand on it, and whether they may be followed.

use super::path::absolute;
use super::{Ask, File, FileAt, Foreseen, Look, ProbeError, Question};
use crate::step::{Output, pinned, quote};

/// Asks what stands at a path, and for the real name of the folder that it is in: in one script, since
/// each costs the host a process.
struct Standing<'a>(&'a FileAt);

/// What a path names, and the folder that it is in.
struct Stands {
    file: Option<File>,
    /// The folder's real name; `None` where there is no such folder.
    real: Option<String>,
    /// The links on the way to it, each with what is written in it, also where the last leads nowhere.
    links: Vec<(String, String)>,
}

/// Prints the links on the way to the folder `f`.
const LINKS: &str = "r=$f/ a= n=0\nwhile [ -n \"$r\" ]; do s=${r%%/*} r=${r#*/}\n\
    case $s in '' | .) continue ;; ..) a=${a%/*}; continue ;; esac\n\
    if [ -L \"$a/$s\" ]; then t=$(readlink -- \"$a/$s\") || break; printf '\\0%s/%s\\0%s' \"$a\" \"$s\" \"$t\"\n\
    n=$((n + 1)); [ $n -le 40 ] || break; case $t in /*) a= ;; esac; r=$t/$r\n\
    elif [ -d \"$a/$s\" ]; then a=$a/$s; else break; fi; done\n";

impl Question for Standing<'_> {
    type Answer = Stands;

    fn ask(&self) -> Ask {
        let folder = quote(folder(&self.0.path));
        let enter = format!("cd -P -- {folder} 2>/dev/null && pwd -P");
        // A relative path is one from where the shell is.
        let enter = if self.0.path.starts_with('/') {
            format!("f={folder}\n{enter} && [ \"$PWD\" = \"$f\" ] || {{ {LINKS}}}")
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
        let mut told = told.split('\0');
        let real = told.next().and_then(|real| real.strip_suffix('\n'));
        let mut links = Vec::new();
        while let (Some(link), Some(target)) = (told.next(), told.next()) {
            links.push((link.to_owned(), target.to_owned()));
        }
        let rest = Output {
            stdout: output.stdout[end + MARK.len()..].to_vec(),
            ..output.clone()
        };
        Ok(Stands {
            file: self.0.read(&rest)?,
            real: real.map(str::to_owned),
            links,
        })
    }

    fn ask_ahead(&self, pending: &Foreseen) -> Ask {
        let path = pending.real(&self.0.path, self.0.follow);
        Standing(&FileAt { path, ..*self.0 }).ask()
    }

    fn links(&self, now: &Stands, pending: Option<&Foreseen>) -> Vec<(String, String)> {
        let asked = pending.map(|pending| pending.real(&self.0.path, self.0.follow));
        let asked = asked.as_deref().unwrap_or(&self.0.path);
        let target = now.file.as_ref().and_then(|file| file.target.clone());
        let own = now
            .real
            .as_ref()
            .zip(target)
            .map(|(real, target)| (inside(real, asked), target));
        let all = now.links.iter().cloned().chain(own);
        all.map(|(link, target)| {
            let target = absolute(&link, &target);
            (link, target)
        })
        .collect()
    }

    fn foresee(
        &self,
        now: Result<Stands, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Stands, ProbeError> {
        let path = &self.0.path;
        let (file, real) = match now {
            Ok(Stands { file, real, .. }) => (Ok(file), real),
            Err(error) => (Err(error), None),
        };
        // The folder is that of the name by which it was asked for.
        let at = pending.real(path, self.0.follow);
        let same = real.as_deref().map(|real| inside(real, &at));
        let same = same.as_deref();
        let file = if self.0.hash {
            pending.file_with_sum(path, same, self.0.follow, file)?
        } else {
            pending.file(path, same, self.0.follow, file)?
        };
        let folder = folder(&at);
        let there = pending.is_there(real.as_deref().unwrap_or(folder), real.is_some())?;
        Ok(Stands {
            file,
            real: there.then(|| real.unwrap_or_else(|| folder.to_owned())),
            links: Vec::new(),
        })
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
            // What leads to a folder ends with a slash there.
            Some(real) if output.ok() && real.len() > 1 => {
                Ok(real.trim_end_matches('/').to_owned())
            }
            Some(real) if output.ok() => Ok(real.to_owned()),
            _ => Err(ProbeError::Failed(output.err().trim().to_owned())),
        }
    }

    fn ask_ahead(&self, pending: &Foreseen) -> Ask {
        let path = &pending.real(self.path, true);
        Walk { path }.ask()
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        pending.leads(self.path, now)
    }
}

/// The path by the real name of the folder that it is in.
fn inside(real: &str, path: &str) -> String {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    format!("{}/{name}", real.trim_end_matches('/'))
}

fn folder(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) => "/",
        Some((folder, _)) => folder,
        None => ".",
    }
}

/// The real name of a folder that is there.
pub async fn real(look: &Look, path: &str) -> Result<String, ProbeError> {
    look.fact(Walk { path }).await
}

/// What stands at a path that is only looked at, under any of its names.
pub async fn seen(look: &Look, at: FileAt) -> Result<Option<File>, ProbeError> {
    Ok(look.fact(Standing(&at)).await?.file)
}

/// What stands at a path that is to be changed, and the path to change: where `at` follows a link
/// there, what that leads to. Fails where a link on the way, which somebody else could have laid,
/// leads to what is not theirs.
pub async fn found(look: &Look, at: FileAt) -> Result<(Option<File>, String), ProbeError> {
    let Stands { file, real, .. } = look.fact(Standing(&at)).await?;
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
