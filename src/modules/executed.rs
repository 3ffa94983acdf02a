//! What `command`, `shell` and `raw` share: when they run, with what, and what they return.

use super::{Change, Plan, Sign, StepOutput, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, Matching, ProbeError};
use crate::step::{Action, Effect, Output, Place, Script, Step, quote};
use crate::yaml::truth;
use jiff::Zoned;
use serde_json::Value;
use std::time::Duration;

/// Whether the command is needed at all.
#[derive(Clone, Debug, Default)]
pub struct Needed {
    /// Why it is not, in Ansible's words.
    pub spared: Option<String>,
    /// What its author says of it by `creates` and `removes`.
    pub makes: Vec<Effect>,
}

impl Needed {
    /// Looks at `creates` and `removes`.
    pub async fn look(
        look: &Look,
        chdir: Option<&str>,
        creates: Option<&str>,
        removes: Option<&str>,
    ) -> Result<Self, ProbeError> {
        let matching = |pattern: &str| {
            look.fact(Matching {
                folder: chdir.map(str::to_owned),
                pattern: pattern.to_owned(),
            })
        };
        if let Some(path) = creates
            && matching(path).await?
        {
            return Ok(Self {
                spared: Some(format!("since {path} exists")),
                ..Self::default()
            });
        }
        if let Some(path) = removes
            && !matching(path).await?
        {
            return Ok(Self {
                spared: Some(format!("since {path} does not exist")),
                ..Self::default()
            });
        }
        let effect = |path: Option<&str>, place| Some(Effect::Path(named(chdir, path?)?, place));
        let makes = [
            effect(creates, Place::Something),
            effect(removes, Place::Nothing),
        ];
        Ok(Self {
            spared: None,
            makes: makes.into_iter().flatten().collect(),
        })
    }
}

/// The one path that a pattern names, where it names one.
fn named(folder: Option<&str>, pattern: &str) -> Option<String> {
    let path = match folder {
        Some(folder) if !pattern.starts_with(['/', '~']) => {
            format!("{}/{pattern}", folder.trim_end_matches('/'))
        }
        _ => pattern.to_owned(),
    };
    (path.starts_with('/') && !path.contains(['*', '?', '['])).then_some(path)
}

/// A command as one acting step.
pub fn plan(needed: &Needed, shown: &str, body: &str, chdir: Option<&str>, stdin: Vec<u8>) -> Plan {
    if needed.spared.is_some() {
        return Plan::nothing();
    }
    let folder = chdir
        .map(|folder| format!("cd {} || exit\n", folder_word(folder)))
        .unwrap_or_default();
    let what = in_words(shown);
    Plan::Act {
        changes: vec![Change::new(Sign::Run, what.clone())],
        steps: vec![
            Step::new(
                what,
                Action::Run(Script::new(format!("{folder}{body}")).stdin(stdin)),
            )
            .making(needed.makes.iter().cloned()),
        ],
    }
}

/// A script in one line: the first that does something.
fn in_words(shown: &str) -> String {
    let mut lines = shown.lines().map(str::trim).filter(|line| !line.is_empty());
    let idle = |line: &&str| line.starts_with('#') || line.starts_with("set -");
    let first = lines.clone().find(|line| !idle(line));
    let first = first.or_else(|| lines.clone().next()).unwrap_or_default();
    if lines.nth(1).is_some() {
        format!("{first} ...")
    } else {
        first.to_owned()
    }
}

/// A folder quoted for the shell, a leading `~` left to it.
fn folder_word(folder: &str) -> String {
    match folder.strip_prefix("~/") {
        Some(rest) => format!("~/{}", quote(rest)),
        None if folder == "~" => "~".into(),
        None => quote(folder),
    }
}

/// The stdin that `stdin` and `stdin_add_newline` ask for.
pub fn stdin(text: Option<&str>, newline: bool) -> Vec<u8> {
    let mut bytes = text.unwrap_or_default().as_bytes().to_vec();
    if text.is_some() && newline {
        bytes.push(b'\n');
    }
    bytes
}

/// `rc`, `stdout`, `stderr`, their lines, `start`, `end`, `delta`, `cmd`, `msg`.
pub fn result(
    cmd: Value,
    needed: &Needed,
    plan: &Plan,
    ran: &[StepOutput],
    strip: bool,
) -> TaskResult {
    if let Some(since) = &needed.spared {
        let said = Output {
            stdout: format!("skipped, {since}").into_bytes(),
            ..Output::default()
        };
        return TaskResult::default()
            .printed(&said, strip)
            .with("cmd", cmd)
            .with("rc", 0)
            .with("msg", format!("Did not run command {since}"));
    }
    let Some(step) = ran.last() else {
        return TaskResult {
            changed: plan.is_change(),
            ..TaskResult::default()
        }
        .with("cmd", cmd);
    };
    let status = step.output.status;
    let failed = (status != 0).then(|| "non-zero return code".to_owned());
    let result = TaskResult {
        changed: true,
        failed: failed.clone(),
        ..TaskResult::default()
    };
    let end = Zoned::now();
    let start = end
        .checked_sub(step.elapsed)
        .unwrap_or_else(|_| end.clone());
    let clock = "%Y-%m-%d %H:%M:%S.%6f";
    result
        .printed(&step.output, strip)
        .with("cmd", cmd)
        .with("rc", status)
        .with("start", start.strftime(clock).to_string())
        .with("end", end.strftime(clock).to_string())
        .with("delta", delta(step.elapsed))
        .with("msg", failed.unwrap_or_default())
}

/// A time span as Python prints it: `0:00:01.002003`.
fn delta(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    let micros = elapsed.subsec_micros();
    format!(
        "{}:{:02}:{:02}.{micros:06}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// Names that may stand as `name=value` in a free-form command.
const OPTIONS: [&str; 8] = [
    "creates",
    "removes",
    "chdir",
    "executable",
    "stdin",
    "stdin_add_newline",
    "strip_empty_ends",
    "warn",
];

/// Takes the options (`creates=/x`) out of a free-form command; the rest stays as it was written.
pub fn options(text: &str) -> (String, Vec<(&'static str, String)>) {
    let mut rest = String::new();
    let mut found = Vec::new();
    for (word, raw, gap) in words_with_text(text) {
        let option = OPTIONS.iter().find_map(|name| {
            let value = word.strip_prefix(name)?.strip_prefix('=')?;
            raw.starts_with(name).then(|| (*name, value.to_owned()))
        });
        match option {
            Some(option) => found.push(option),
            None => {
                rest.push_str(raw);
                rest.push_str(gap);
            }
        }
    }
    if found.is_empty() {
        (text.to_owned(), found)
    } else {
        (rest.trim().to_owned(), found)
    }
}

/// What an option says that is on or off.
pub fn switch(name: &str, value: &str) -> Result<bool, Diag> {
    let neither = || {
        Diag::error(format!("`{name}={value}` is neither true nor false")).help("write yes or no")
    };
    truth(value).ok_or_else(neither)
}

/// The words of a command line, quotes and backslashes read as a POSIX shell reads them.
pub fn words(text: &str) -> Result<Vec<String>, String> {
    if let Some(quote) = unclosed(text) {
        return Err(format!("the command has a {quote} that is never closed"));
    }
    Ok(words_with_text(text)
        .into_iter()
        .map(|(word, ..)| word)
        .collect())
}

fn unclosed(text: &str) -> Option<char> {
    let mut open = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (open, c) {
            (None | Some('"'), '\\') => {
                chars.next();
            }
            (None, '"' | '\'') => open = Some(c),
            (Some(quote), c) if quote == c => open = None,
            _ => {}
        }
    }
    open
}

/// (the word, as it was written, the blanks behind it)
pub fn words_with_text(text: &str) -> Vec<(String, &str, &str)> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (word, end) = first_word(rest);
        let (raw, behind) = rest.split_at(end);
        rest = behind.trim_start();
        found.push((word, raw, &behind[..behind.len() - rest.len()]));
    }
    found
}

fn first_word(text: &str) -> (String, usize) {
    let mut word = String::new();
    let mut open: Option<char> = None;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match (open, c) {
            (None, c) if c.is_whitespace() => return (word, at),
            (None, '\\') => {
                if let Some((_, next)) = chars.next().filter(|(_, next)| *next != '\n') {
                    word.push(next);
                }
            }
            (Some('"'), '\\') => match chars.next() {
                Some((_, '\n')) => {}
                Some((_, next)) => {
                    if !"\\\"$`".contains(next) {
                        word.push('\\');
                    }
                    word.push(next);
                }
                None => word.push('\\'),
            },
            (None, '"' | '\'') => open = Some(c),
            (Some(quote), c) if quote == c => open = None,
            (_, c) => word.push(c),
        }
    }
    (word, text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_a_shell_reads_them() {
        let read = words(r#"echo 'a b' "c \"d\"" e\ f # g"#).unwrap();
        assert_eq!(read, ["echo", "a b", "c \"d\"", "e f", "#", "g"]);
        assert!(words("echo 'a").unwrap_err().contains("never closed"));
    }

    #[test]
    fn options_leave_the_command_as_it_was_written() {
        let (rest, found) = options("initdb  -D '/a b' creates=/a/PG_VERSION chdir=/tmp");
        assert_eq!(rest, "initdb  -D '/a b'");
        assert_eq!(
            found,
            [
                ("creates", "/a/PG_VERSION".to_owned()),
                ("chdir", "/tmp".to_owned())
            ]
        );
        assert_eq!(
            options("a\n  'creates=x' b=c\n").0,
            "a\n  'creates=x' b=c\n"
        );
    }

    #[test]
    fn an_option_is_on_or_off_or_refused() {
        assert!(switch("strip_empty_ends", "Yes").unwrap());
        assert!(!switch("strip_empty_ends", "n").unwrap());
        let refused = switch("strip_empty_ends", "maybe").unwrap_err().to_string();
        assert!(
            refused.contains("`strip_empty_ends=maybe` is neither true nor false"),
            "{refused}"
        );
    }

    #[test]
    fn a_span_is_printed_as_python_prints_it() {
        assert_eq!(
            delta(Duration::from_micros(3_661_002_003)),
            "1:01:01.002003"
        );
    }
}
