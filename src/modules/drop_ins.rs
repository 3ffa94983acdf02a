//! A folder whose files are read together, as `/etc/modprobe.d`.

use super::edited::Edited;
use crate::facts::{Kind, Look, ProbeError, Tree};
use futures::future::try_join_all;

/// The texts of the files right in the folder whose names end so, in the order of their names.
pub async fn texts(look: &Look, folder: &str, end: &str) -> Result<Vec<Edited>, ProbeError> {
    let paths = names(look, folder, end).await?;
    try_join_all(paths.iter().map(|path| Edited::look(look, path))).await
}

/// The paths of those files.
pub async fn names(look: &Look, folder: &str, end: &str) -> Result<Vec<String>, ProbeError> {
    let tree = Tree {
        path: folder.to_owned(),
        levels: Some(1),
        follow: false,
    };
    let all = look.fact(tree).await?;
    let right = |path: &str| {
        let name = path.strip_prefix(folder)?.strip_prefix('/')?;
        (name.ends_with(end) && !name.contains('/') && !name.starts_with('.')).then_some(())
    };
    let mut paths: Vec<String> = all
        .into_iter()
        .filter(|(path, file)| {
            matches!(file.kind, Kind::File | Kind::Link) && right(path).is_some()
        })
        .map(|(path, _)| path)
        .collect();
    paths.sort();
    Ok(paths)
}
