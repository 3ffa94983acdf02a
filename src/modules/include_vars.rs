//! Reads variables from files of the controller, when the task is reached.
//!
//! ```yaml
//! - include_vars: "{{ ansible_facts.distribution_release }}.yml"
//! ```

use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError};
use crate::model::read_vars;
use crate::yaml::{Mapping, Node, Value};
use regex::Regex;
use serde::Deserialize;
use std::path::PathBuf;
use walkdir::WalkDir;

/// `include_vars`
pub struct IncludeVars;

/// The parameters of `include_vars`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The file, looked for in `vars` folders.
    #[serde(default)]
    pub file: Option<String>,
    /// A folder, all of whose files are read, by name.
    #[serde(default)]
    pub dir: Option<String>,
    /// Put the variables into one variable of this name.
    #[serde(default)]
    pub name: Option<String>,
    /// How many levels of folders are read; 0 for all.
    #[serde(default)]
    pub depth: usize,
    /// Read only files whose names match this regular expression.
    #[serde(default)]
    pub files_matching: Option<String>,
    /// Leave out files whose names match one of these regular expressions.
    #[serde(default)]
    pub ignore_files: Vec<String>,
    /// The endings of files that are read.
    #[serde(default = "endings")]
    pub extensions: Vec<String>,
    /// Pass over files with another ending instead of failing.
    #[serde(default)]
    pub ignore_unknown_extensions: bool,
    /// `replace` or `merge`: what becomes of a variable that several files name.
    #[serde(default)]
    pub hash_behaviour: Merge,
}

/// What becomes of a mapping that several files name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Merge {
    /// The later one counts.
    #[default]
    Replace,
    /// They are laid over each other.
    Merge,
}

/// What was read.
#[derive(Clone, Debug)]
pub struct Found {
    vars: Mapping,
    files: Vec<String>,
}

fn endings() -> Vec<String> {
    ["yaml", "yml", "json"].map(str::to_owned).to_vec()
}

impl Params {
    fn files(&self, controller: &dyn Controller) -> Result<Vec<PathBuf>, Diag> {
        let Some(dir) = &self.dir else {
            let file = self.file.as_deref().unwrap_or_default();
            return Ok(vec![controller.find("vars", file)?]);
        };
        let folder = controller.find("vars", dir)?;
        let expression =
            |text: &str| Regex::new(text).map_err(|error| Diag::error(error.to_string()));
        let wanted = self.files_matching.as_deref().map(expression).transpose()?;
        let ignored = self
            .ignore_files
            .iter()
            .map(|text| expression(text))
            .collect::<Result<Vec<_>, _>>()?;
        let depth = if self.depth == 0 {
            usize::MAX
        } else {
            self.depth
        };
        let mut files = Vec::new();
        for entry in WalkDir::new(&folder).max_depth(depth).sort_by_file_name() {
            let entry = entry.map_err(|error| Diag::error(error.to_string()))?;
            let name = entry.file_name().to_string_lossy();
            if !entry.file_type().is_file()
                || wanted
                    .as_ref()
                    .is_some_and(|wanted| !wanted.is_match(&name))
                || ignored.iter().any(|ignored| ignored.is_match(&name))
            {
                continue;
            }
            let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
            if self.extensions.iter().any(|known| known == ending) {
                files.push(entry.path().to_owned());
            } else if !self.ignore_unknown_extensions {
                return Err(Diag::error(format!(
                    "{} has none of the endings of files of variables",
                    entry.path().display()
                ))
                .help(
                    "set `ignore_unknown_extensions: true`, or name its ending in `extensions`",
                ));
            }
        }
        Ok(files)
    }
}

/// Lays `over` over `under`; mappings into each other where they merge.
fn lay(under: &mut Mapping, over: &Mapping, merge: Merge) {
    let entries: Vec<(Node, Node)> = over
        .iter()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    for (key, value) in entries {
        let old = key
            .as_str()
            .and_then(|name| under.get(name))
            .and_then(Node::as_map)
            .cloned();
        let value = match (merge, old, value.value) {
            (Merge::Merge, Some(mut old), Value::Map(new)) => {
                lay(&mut old, &new, merge);
                Node::new(Value::Map(old), value.span)
            }
            (_, _, new) => Node::new(new, value.span),
        };
        under.insert(key, value);
    }
}

impl Module for IncludeVars {
    const NAME: &'static str = "include_vars";
    const ALIASES: &'static [(&'static str, &'static str)] = &[("_raw_params", "file")];
    const FREE_FORM: Option<&'static str> = Some("file");
    type Params = Params;
    type Ready = Found;
    type State = ();

    fn prepare(params: Params, controller: &dyn Controller) -> Result<Found, Diag> {
        if params.file.is_some() == params.dir.is_some() {
            return Err(Diag::error("`include_vars` needs either `file` or `dir`"));
        }
        let mut vars = Mapping::new();
        let mut files = Vec::new();
        for path in params.files(controller)? {
            let read = read_vars(&path).map_err(|mut diags| {
                if diags.is_empty() {
                    Diag::error(format!("{} can't be read", path.display()))
                } else {
                    diags.swap_remove(0)
                }
            })?;
            lay(&mut vars, &read, params.hash_behaviour);
            files.push(path.display().to_string());
        }
        if let Some(name) = &params.name {
            let node = |value| Node::synthetic(value, "include_vars");
            let all = std::mem::take(&mut vars);
            vars.insert(node(Value::Str(name.clone())), node(Value::Map(all)));
        }
        Ok(Found { vars, files })
    }

    async fn probe(_: &Found, _: &Look) -> Result<(), ProbeError> {
        Ok(())
    }

    fn plan(_: &Found, (): &()) -> Result<Plan, String> {
        Ok(Plan::nothing())
    }

    fn result(Course { ready: found, .. }: Course<'_, Self>) -> TaskResult {
        TaskResult {
            included: found.vars.clone(),
            ..TaskResult::default()
        }
        .with("ansible_included_var_files", found.files.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Shell, ready, settled};
    use serde_json::json;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let vars = folder.path().join("all");
        std::fs::create_dir(&vars).unwrap();
        std::fs::write(vars.join("1.yml"), "a: {x: 1, y: 1}\nb: '{{ a }}'\n").unwrap();
        std::fs::write(vars.join("2.json"), r#"{"a": {"x": 2}}"#).unwrap();
        std::fs::write(vars.join("notes.txt"), "not YAML: [").unwrap();
        folder
    }

    #[test]
    fn variables_stay_as_they_are_written() {
        let folder = folder();
        let result = settled::<IncludeVars>(
            &Shell::dash(),
            folder.path(),
            json!({ "file": "all/1.yml" }),
        );
        assert_eq!(result.included.get("b").unwrap().as_str(), Some("{{ a }}"));
        let named = settled::<IncludeVars>(
            &Shell::dash(),
            folder.path(),
            json!({ "file": "all/1.yml", "name": "v" }),
        );
        assert_eq!(named.included.keys().collect::<Vec<_>>(), ["v"]);
    }

    #[test]
    fn a_folder_is_read_by_name_and_laid_over() {
        let folder = folder();
        let args = |more: &str| json!({ "dir": "all", "ignore_files": ["[.]txt$"], "hash_behaviour": more });
        let keys = |more: &str| {
            let result = settled::<IncludeVars>(&Shell::dash(), folder.path(), args(more));
            result.included.get("a").unwrap().as_map().unwrap().len()
        };
        assert_eq!((keys("replace"), keys("merge")), (1, 2));
        let error = ready::<IncludeVars>(folder.path(), json!({ "dir": "all" })).unwrap_err();
        assert!(
            error.to_string().contains("ignore_unknown_extensions"),
            "{error}"
        );
    }
}
