//! All that stands under a folder.

use super::file::STAT_FORMAT;
use super::{Ask, File, ProbeError, Question};
use crate::step::{Output, quote};

/// Asks for the folder and all that stands under it, links not followed.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The folder.
    pub path: String,
}

impl Question for Tree {
    /// (path, what stands there), the folder itself first; empty when it is not there.
    type Answer = Vec<(String, File)>;

    fn ask(&self) -> Ask {
        let path = quote(&self.path);
        Ask::settled(format!(
            "if [ -e {path} ]; then find {path} -exec stat -c '{STAT_FORMAT} %n' {{}} +; fi"
        ))
    }

    fn read(&self, output: &Output) -> Result<Self::Answer, ProbeError> {
        let what = || format!("list {}", self.path);
        if !output.ok() {
            return Err(ProbeError::answer(&what(), output));
        }
        let fields = STAT_FORMAT.split(' ').count();
        output
            .out()
            .lines()
            .map(|line| {
                let name = line.splitn(fields + 1, ' ').nth(fields)?;
                Some((name.to_owned(), File::read_stat(line)?))
            })
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| {
                ProbeError::Failed(format!(
                    "{}: a name in it can't be read (a line break?)",
                    what()
                ))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Kind;

    #[test]
    fn names_may_hold_blanks() {
        let output = Output {
            stdout: b"41ed 0 0 root root 4096 1 2 3 42 65025 2 /srv/a b\n\
                      81a4 0 0 root root 0 1 2 3 43 65025 1 /srv/a b/c  d\n"
                .to_vec(),
            ..Output::default()
        };
        let tree = Tree {
            path: "/srv/a b".into(),
        }
        .read(&output)
        .unwrap();
        assert_eq!(tree[0].1.kind, Kind::Directory);
        assert_eq!(tree[1].0, "/srv/a b/c  d");
    }
}
