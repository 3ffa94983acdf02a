//! `async` and `poll` of a task, read.

use super::{Detached, Diag, Duration, Entry, Life, Stop, Templar, number};

impl Life {
    /// What `async` and `poll` say.
    pub(super) fn job(&self, module: &Entry, templar: &Templar) -> Result<Option<Detached>, Stop> {
        let words = &self.task.keywords;
        let Some(node) = &words.r#async else {
            return Ok(None);
        };
        let limit = number(templar, node)?;
        if limit <= 0.0 {
            return Ok(None);
        }
        if module.on_controller {
            let what = format!("`{}` does not support `async`", module.name);
            let diag = Diag::error(what)
                .at(&node.span, "")
                .help("take it out: it runs on the controller, at once");
            return Err(Stop::Bad(vec![diag]));
        }
        let poll = match &words.poll {
            Some(node) => number(templar, node)?,
            None => 15.0,
        };
        Ok(Some(Detached {
            limit: Duration::from_secs_f64(limit),
            goes_on: poll <= 0.0,
        }))
    }
}
