//! All that stands under a folder.

use super::file::STAT_FORMAT;
use super::{Ask, File, Foreseen, ProbeError, Question};
use crate::step::{Output, quote};

/// Asks for the folder and all that stands under it, links not followed.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// The folder.
    pub path: String,
    /// How many levels deep; all where that is not said.
    pub levels: Option<u32>,
    /// Go into the folders that links lead to as well; the links are told as links all the same.
    pub follow: bool,
}

impl Question for Tree {
    /// (path, what stands there), the folder itself first; empty when it is not there.
    type Answer = Vec<(String, File)>;

    fn ask(&self) -> Ask {
        let path = quote(&self.path);
        let follow = if self.follow { "-L " } else { "" };
        let levels = self.levels.map(|levels| format!("-maxdepth {levels} "));
        let levels = levels.unwrap_or_default();
        // What stat says of each comes first, a line each, then the names, which may hold line breaks.
        Ask::settled(format!(
            "if [ -e {path} ]; then find {follow}{path} {levels}-exec sh -c 'echo $#; stat -c \"{STAT_FORMAT}\" -- \"$@\" || exit; \
             printf \"%s\\\\0\" \"$@\"' sh {{}} +; fi"
        ))
    }

    fn read(&self, output: &Output) -> Result<Self::Answer, ProbeError> {
        let what = || format!("list {}", self.path);
        if !output.ok() {
            return Err(ProbeError::answer(&what(), output));
        }
        batches(&output.stdout).ok_or_else(|| {
            ProbeError::Failed(format!(
                "{}: it was changed while it was looked at, or a name in it is no UTF-8",
                what()
            ))
        })
    }

    fn ask_ahead(&self, pending: &Foreseen) -> Ask {
        let path = pending.real(&self.path, true);
        Self {
            path,
            ..self.clone()
        }
        .ask()
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        let mut tree = pending.tree(&self.path, now?)?;
        if let Some(levels) = self.levels {
            let depth = |path: &str| path.trim_end_matches('/').matches('/').count();
            let most = depth(&self.path) + levels as usize;
            tree.retain(|(path, _)| depth(path) <= most);
        }
        Ok(tree)
    }
}

fn batches(mut told: &[u8]) -> Option<Vec<(String, File)>> {
    let mut all = Vec::new();
    while !told.is_empty() {
        let count: usize = until(&mut told, b'\n')?.parse().ok()?;
        let files: Vec<File> = (0..count)
            .map(|_| File::read_stat(until(&mut told, b'\n')?))
            .collect::<Option<_>>()?;
        for file in files {
            all.push((until(&mut told, 0)?.to_owned(), file));
        }
    }
    Some(all)
}

/// Takes what stands before the byte `end`, and that.
fn until<'a>(told: &mut &'a [u8], end: u8) -> Option<&'a str> {
    let at = told.iter().position(|byte| *byte == end)?;
    let (before, behind) = told.split_at(at);
    *told = &behind[1..];
    std::str::from_utf8(before).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Kind;

    #[test]
    fn names_may_hold_anything() {
        let folder = "41ed 0 0 root root 4096 1 2 3 42 65025 2\n";
        let file = "81a4 0 0 root root 0 1 2 3 43 65025 1\n";
        let told =
            format!("2\n{folder}{file}/srv/a b\0/srv/a b/c\n{file}/etc/x\01\n{file}/srv/a b/d\0");
        let output = Output {
            stdout: told.into_bytes(),
            ..Output::default()
        };
        let tree = Tree {
            path: "/srv/a b".into(),
            ..Tree::default()
        }
        .read(&output)
        .unwrap();
        assert_eq!(tree[0].1.kind, Kind::Directory);
        assert_eq!(tree[1].0, format!("/srv/a b/c\n{file}/etc/x"));
        assert_eq!(tree[2].0, "/srv/a b/d");
    }
}
