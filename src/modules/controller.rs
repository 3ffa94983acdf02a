//! What a module may ask of the controller while its parameters are completed.

use crate::diag::Diag;
use std::path::PathBuf;

/// The controller's side of a task: files beside the playbook, templates, expressions.
pub trait Controller: Send + Sync {
    /// The file `name` as Ansible searches it for `folder` (`files`, `templates`, `vars`):
    /// in the role's folder, beside the tasks, beside the playbook.
    fn find(&self, folder: &str, name: &str) -> Result<PathBuf, Diag>;

    /// Renders the template file at `path` with the task's variables.
    /// `newline` is what line ends become; `trim_blocks` and `lstrip_blocks` as in Jinja.
    fn render(&self, path: &std::path::Path, options: &RenderOptions) -> Result<String, Diag>;

    /// Whether what the controller makes is kept; a dry run writes nothing.
    fn keeps(&self) -> bool;

    /// Whether the bare expression holds that stands in `parameter` (`assert: that:`). Refused
    /// when a host may have written it.
    fn test(&self, parameter: &str, expression: &str) -> Result<bool, Diag>;

    /// The value of the bare expression in `parameter` (`debug: var:`), which no host wrote either.
    fn evaluate(&self, parameter: &str, expression: &str) -> Result<serde_json::Value, Diag>;
}

/// How a template file is rendered (the parameters of Ansible's `template`).
#[derive(Clone, Debug)]
pub struct RenderOptions {
    /// The first newline after a block is removed (Ansible's default: yes).
    pub trim_blocks: bool,
    /// Blanks before a block are removed (Ansible's default: no).
    pub lstrip_blocks: bool,
    /// Variables for this rendering alone (`ansible_managed` and the like).
    pub extra: serde_json::Map<String, serde_json::Value>,
}

impl Default for RenderOptions {
    fn default() -> Self {
        Self {
            trim_blocks: true,
            lstrip_blocks: false,
            extra: serde_json::Map::new(),
        }
    }
}
