//! What `lineinfile` makes of a text.

use super::Ready;
use crate::modules::edited::{bare, expand_replacement, lines};
use crate::modules::presence::Presence;

/// What happens to a text.
pub(super) struct Edit {
    pub(super) text: String,
    pub(super) message: &'static str,
}

impl Ready {
    fn is_wanted(&self, line: &str) -> bool {
        match (&self.wanted, &self.params.search_string) {
            (Some(expression), _) => expression.is_match(bare(line)),
            (None, Some(part)) => line.contains(part.as_str()),
            (None, None) => false,
        }
    }

    fn present(&self, text: &str) -> Edit {
        let line = self.params.line.as_deref().unwrap_or_default();
        let mut all = lines(text);
        let mut matching = all
            .iter()
            .enumerate()
            .filter(|(_, line)| self.is_wanted(line))
            .map(|(at, _)| at);
        let matched = if self.params.firstmatch {
            matching.next()
        } else {
            matching.next_back()
        };
        if let Some(at) = matched {
            let new = match (&self.wanted, self.params.backrefs) {
                (Some(expression), true) => expression.captures(bare(&all[at])).map_or_else(
                    || line.to_owned(),
                    |captures| expand_replacement(line, &captures),
                ),
                _ => line.to_owned(),
            };
            return replace(all, at, &new);
        }
        let (mut exact, mut place) = (None, None);
        for (at, old) in all.iter().enumerate() {
            if bare(old) == line {
                exact = Some(at);
            } else if self
                .place
                .as_ref()
                .is_some_and(|expression| expression.is_match(bare(old)))
            {
                place = Some(if self.params.insertafter.is_some() {
                    at + 1
                } else {
                    at
                });
                if self.params.firstmatch {
                    break;
                }
            }
        }
        if let Some(at) = exact {
            return replace(all, at, line);
        }
        if self.params.backrefs {
            return Edit {
                text: text.to_owned(),
                message: "",
            };
        }
        let at_start = |place: &Option<String>| place.as_deref() == Some("BOF");
        let at = match place {
            _ if at_start(&self.params.insertafter) || at_start(&self.params.insertbefore) => 0,
            Some(at) => at,
            None => all.len(),
        };
        if self.params.insertafter.is_some()
            && place.is_some()
            && all.get(at).is_some_and(|old| bare(old) == line)
        {
            return Edit {
                text: text.to_owned(),
                message: "",
            };
        }
        if at == all.len()
            && let Some(last) = all.last_mut()
            && !last.ends_with('\n')
        {
            last.push('\n');
        }
        all.insert(at, format!("{line}\n"));
        Edit {
            text: all.concat(),
            message: "line added",
        }
    }

    fn absent(&self, text: &str) -> Edit {
        let goes =
            |old: &&String| match (&self.wanted, &self.params.search_string, &self.params.line) {
                (None, None, Some(line)) => bare(old) == bare(line),
                _ => self.is_wanted(old),
            };
        let all = lines(text);
        let left: Vec<String> = all.iter().filter(|line| !goes(line)).cloned().collect();
        let message = if left.len() == all.len() {
            ""
        } else {
            "line(s) removed"
        };
        Edit {
            text: left.concat(),
            message,
        }
    }

    pub(super) fn edit(&self, text: &str) -> Edit {
        match self.params.state {
            Presence::Present => self.present(text),
            Presence::Absent => self.absent(text),
        }
    }
}

fn replace(mut all: Vec<String>, at: usize, line: &str) -> Edit {
    let new = if line.ends_with('\n') {
        line.to_owned()
    } else {
        format!("{line}\n")
    };
    let message = if all[at] == new { "" } else { "line replaced" };
    all[at] = new;
    Edit {
        text: all.concat(),
        message,
    }
}
