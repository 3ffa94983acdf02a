//! What becomes of an INI file's text.

use super::{Params, Presence};

/// What is wanted of a file.
pub struct Edit<'a> {
    params: &'a Params,
    /// The values, each once.
    values: Vec<&'a str>,
}

/// A line that holds an option.
struct Held<'l> {
    comment: bool,
    assigned: bool,
    value: &'l str,
}

/// Reads a line as one of an option, in a comment too.
fn held<'l>(line: &'l str, option: &str) -> Option<Held<'l>> {
    let blank = [' ', '\t'];
    let line = line.trim_end_matches(['\r', '\n']);
    let bare = line.strip_prefix(['#', ';']);
    let rest = bare.unwrap_or(line).trim_start_matches(blank);
    let rest = rest.strip_prefix(option)?.trim_start_matches(blank);
    let behind = rest.strip_prefix('=');
    if behind.is_none() && !rest.is_empty() {
        return None;
    }
    Some(Held {
        comment: bare.is_some(),
        assigned: behind.is_some(),
        value: behind.unwrap_or(rest).trim_start_matches(blank),
    })
}

/// Neither blank nor a comment.
fn says_something(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with(['#', ';'])
}

impl<'a> Edit<'a> {
    /// What the parameters want.
    pub fn of(params: &'a Params) -> Self {
        let mut values: Vec<&str> = Vec::new();
        for value in params.value.iter().chain(&params.values) {
            if !values.contains(&value.as_str()) {
                values.push(value);
            }
        }
        Self { params, values }
    }

    /// The text then, and what was done in Ansible's words.
    pub fn done(&self, text: &str) -> (String, &'static str) {
        let bare = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut lines: Vec<String> = bare.split_inclusive('\n').map(str::to_owned).collect();
        match lines.last_mut() {
            None => lines.push("\n".to_owned()),
            Some(last) if !last.ends_with('\n') => last.push('\n'),
            Some(_) => {}
        }
        let mut said = "OK";
        match (self.place(&lines), self.params.state) {
            (Some((_, begin, end)), Presence::Present) => {
                let mut inside: Vec<String> = lines[begin..end].to_vec();
                if self.params.option.is_some() {
                    said = self.present(&mut inside, &mut self.values.clone());
                }
                lines.splice(begin..end, inside);
            }
            (Some((head, begin, end)), Presence::Absent) => match &self.params.option {
                Some(option) => {
                    let before = lines.len();
                    let mut at = 0;
                    lines.retain(|line| {
                        at += 1;
                        let within = (begin..end).contains(&(at - 1));
                        !(within && self.goes(line, option))
                    });
                    if lines.len() < before {
                        said = "option changed";
                    }
                }
                None => {
                    lines.drain(head..end);
                    said = "section removed";
                }
            },
            (None, Presence::Present) => said = self.new_section(&mut lines),
            (None, Presence::Absent) => {}
        }
        let done = lines.concat();
        if done == bare || (bare.is_empty() && said == "OK") {
            return (text.to_owned(), said);
        }
        (done, said)
    }

    /// Where the section stands: its head, its first line, the end.
    fn place(&self, lines: &[String]) -> Option<(usize, usize, usize)> {
        let end_from = |begin: usize| {
            let heads = lines[begin..].iter().position(|line| line.starts_with('['));
            heads.map_or(lines.len(), |at| begin + at)
        };
        let Some(section) = self.params.section.as_deref().filter(|s| !s.is_empty()) else {
            return Some((0, 0, end_from(0)));
        };
        let head = format!("[{section}]");
        let heads = (0..lines.len()).filter(|at| lines[*at].starts_with(&head));
        let mut places = heads.map(|at| (at, at + 1, end_from(at + 1)));
        places.find(|(_, begin, end)| {
            self.params.section_has_values.iter().all(|wanted| {
                let has = |value: &str| {
                    let mut lines = lines[*begin..*end].iter();
                    lines.any(|line| {
                        held(line, &wanted.option)
                            .is_some_and(|held| !held.comment && held.value == value)
                    })
                };
                let mut values = wanted.value.iter().chain(&wanted.values).peekable();
                if values.peek().is_none() {
                    let mut lines = lines[*begin..*end].iter();
                    return lines
                        .any(|line| held(line, &wanted.option).is_some_and(|h| !h.comment));
                }
                values.all(|value| has(value))
            })
        })
    }

    fn goes(&self, line: &str, option: &str) -> bool {
        held(line, option).is_some_and(|held| {
            !held.comment && (self.params.exclusive || self.values.contains(&held.value))
        })
    }

    fn line(&self, option: &str, value: Option<&str>) -> String {
        let equals = if self.params.no_extra_spaces {
            "="
        } else {
            " = "
        };
        match value {
            Some(value) => format!("{option}{equals}{value}\n"),
            None => format!("{option}\n"),
        }
    }

    /// Lines that hold it with a value that is wanted stay, others take a value that is missing, what
    /// is left over goes, and what is still missing is put behind the last line that says something.
    fn present(&self, lines: &mut Vec<String>, missing: &mut Vec<&str>) -> &'static str {
        let params = self.params;
        let option = params.option.as_deref().unwrap_or_default();
        let of = |line: &str| {
            let held = held(line, option)?;
            if held.comment && !params.modify_inactive_option {
                return None;
            }
            Some((held.comment, held.assigned, held.value.to_owned()))
        };
        let mut said = "OK";
        let mut settled = vec![false; lines.len()];
        let mut bare = false;
        let mut set = |at: usize, lines: &mut Vec<String>, settled: &mut Vec<bool>, to: String| {
            settled[at] = true;
            let (old, new) = (held(&lines[at], option), held(&to, option));
            let alike = params.ignore_spaces
                && old.as_ref().is_some_and(|old| !old.comment)
                && old.map(|old| old.value.to_owned()) == new.map(|new| new.value.to_owned());
            if lines[at] != to && !alike {
                lines[at] = to;
                said = "option changed";
            }
        };
        let none_wanted = missing.is_empty();
        for at in 0..lines.len() {
            let Some((_, _, value)) = of(&lines[at]) else {
                continue;
            };
            if let Some(known) = missing.iter().position(|wanted| **wanted == *value) {
                let empty = value.is_empty() && params.allow_no_value;
                bare |= empty;
                let line = self.line(option, (!empty).then_some(&value));
                set(at, lines, &mut settled, line);
                missing.remove(known);
            } else if none_wanted && params.allow_no_value {
                bare = true;
                set(at, lines, &mut settled, self.line(option, None));
                break;
            }
        }
        if params.exclusive && !params.allow_no_value {
            for at in 0..lines.len() {
                let takes =
                    of(&lines[at]).is_some_and(|(comment, assigned, _)| !comment || assigned);
                if takes && !settled[at] && !missing.is_empty() {
                    let line = self.line(option, Some(missing.remove(0)));
                    set(at, lines, &mut settled, line);
                }
            }
            let before = lines.len();
            let mut settled = settled.iter();
            lines.retain(|line| {
                let stays = settled.next() == Some(&true);
                stays || !of(line).is_some_and(|(comment, assigned, _)| !comment || assigned)
            });
            if lines.len() < before {
                said = "option changed";
            }
        }
        let behind = lines.iter().rposition(|line| says_something(line));
        let behind = behind.map_or(0, |at| at + 1);
        let new: Vec<String> = if !missing.is_empty() {
            missing
                .iter()
                .map(|value| self.line(option, Some(value)))
                .collect()
        } else if none_wanted && params.allow_no_value && !bare {
            vec![self.line(option, None)]
        } else {
            Vec::new()
        };
        if !new.is_empty() {
            lines.splice(behind..behind, new);
            said = "option added";
        }
        said
    }

    fn new_section(&self, lines: &mut Vec<String>) -> &'static str {
        let params = self.params;
        lines.push(format!(
            "[{}]\n",
            params.section.as_deref().unwrap_or_default()
        ));
        let mut values = self.values.clone();
        for wanted in &params.section_has_values {
            let theirs = wanted
                .value
                .iter()
                .chain(&wanted.values)
                .map(String::as_str);
            if params.option.as_deref() == Some(wanted.option.as_str()) {
                if !params.exclusive {
                    for value in theirs {
                        if !values.contains(&value) {
                            values.push(value);
                        }
                    }
                }
                continue;
            }
            let before = lines.len();
            lines.extend(theirs.map(|value| self.line(&wanted.option, Some(value))));
            if lines.len() == before && params.allow_no_value {
                lines.push(self.line(&wanted.option, None));
            }
        }
        let Some(option) = &params.option else {
            return "only section added";
        };
        if values.is_empty() {
            lines.push(self.line(option, None));
        }
        lines.extend(values.iter().map(|value| self.line(option, Some(value))));
        "section and option added"
    }
}
