//! What a host wants to be included behind a task's barrier.

use super::{
    Arc, Diag, Item, Life, Node, Outcome, PathBuf, Registered, Seen, Span, Stop, Var, Verdict,
    controller,
};
use crate::yaml::Origin;

/// A file or role that a host wants to be included.
#[derive(Clone, Debug, PartialEq)]
pub struct Include {
    /// The file, or the role's name.
    pub what: Included,
    /// Variables of the include's loop item.
    pub vars: Vec<(String, Arc<Node>)>,
}

/// What is included.
#[derive(Clone, Debug, PartialEq)]
pub enum Included {
    /// Tasks of a file.
    File(PathBuf),
    /// A role, and the files of it that are named ([`Task::role_files`]).
    Role(String, [Option<String>; 4]),
}

impl Life {
    pub(super) fn includes(
        &self,
        seen: &Seen,
        items: Vec<Item>,
        name: &Node,
        file: bool,
    ) -> Result<(Outcome, Registered, Vec<Include>), Stop> {
        let mut includes = Vec::new();
        let mut skip = None;
        for item in items {
            let templar = seen.templar(&item.vars);
            match self.conditions(&templar) {
                Ok(()) => {}
                Err(Stop::Unknown(until, why)) => {
                    self.perhaps(&templar, name, &until);
                    return Err(Stop::Unknown(until, why));
                }
                Err(Stop::Skip(why)) => {
                    skip = Some(why);
                    continue;
                }
                Err(other) => return Err(other),
            }
            let node = templar.node(name)?;
            let Some(text) = node.as_str() else {
                let diag = Diag::error(format!("an include needs a name, not {}", node.kind()));
                return Err(Stop::Bad(vec![diag.at(&name.span, "")]));
            };
            let what = if file {
                Included::File(self.include_path(text, &name.span)?)
            } else {
                let mut files = <[Option<String>; 4]>::default();
                for (file, node) in files.iter_mut().zip(self.task.role_files()) {
                    let node = node.map(|node| templar.node(node)).transpose()?;
                    *file = node.and_then(|node| node.as_str().map(str::to_owned));
                }
                Included::Role(text.to_owned(), files)
            };
            let vars = item
                .vars
                .into_iter()
                .filter_map(|(key, var)| {
                    let (value, origin) = match var {
                        Var::Value(value) => (value, Origin::Told),
                        Var::Own(value) => (value, Origin::Made),
                        _ => return None,
                    };
                    let json = serde_json::to_value(&value).ok()?;
                    let node = Node::from_json(&json, &name.span).by(origin);
                    Some((key, Arc::new(node)))
                })
                .collect();
            includes.push(Include { what, vars });
        }
        if includes.is_empty() {
            return Err(Stop::Skip(
                skip.unwrap_or_else(|| "No items in the list".to_owned()),
            ));
        }
        Ok((Outcome::Ok, Verdict::default().registered, includes))
    }

    pub(super) fn include_path(&self, name: &str, span: &Span) -> Result<PathBuf, Stop> {
        controller::find(&self.task, &self.play.play, "tasks", name)
            .map_err(|diag| Stop::Bad(vec![diag.at(span, "")]))
    }
}
