//! An answer to a question that a Debian package asks when it is installed.
//!
//! ```yaml
//! - debconf: { name: pgadmin4, question: pgadmin4/email, vtype: string, value: dba@example.com }
//! ```
//!
//! An installed package is not configured anew by it: notify a handler that runs `dpkg-reconfigure`.
//! A `password` is never told, neither in a plan nor in a result.

use super::tool::{fed, says};
use super::{Change, Controller, Course, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError, Says};
use crate::step::quote;
use serde::Deserialize;
use serde_json::{Map, Value};

/// `debconf`
pub struct Debconf;

/// The kind of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Yes or no.
    Boolean,
    /// Words about an error.
    Error,
    /// Some of a list.
    Multiselect,
    /// Words to read.
    Note,
    /// A text that is not shown.
    Password,
    /// Whether the question was asked already.
    Seen,
    /// One of a list.
    Select,
    /// A text.
    String,
    /// Words to read.
    Text,
    /// Words above others.
    Title,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Error => "error",
            Self::Multiselect => "multiselect",
            Self::Note => "note",
            Self::Password => "password",
            Self::Seen => "seen",
            Self::Select => "select",
            Self::String => "string",
            Self::Text => "text",
            Self::Title => "title",
        }
    }
}

/// The parameters of `debconf`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The package.
    pub name: String,
    /// The question; without one the task only tells all answers of the package.
    #[serde(default)]
    pub question: Option<String>,
    /// Its kind.
    #[serde(default)]
    pub vtype: Option<Kind>,
    /// The answer; with `multiselect` it may be a list.
    #[serde(default)]
    pub value: Option<Value>,
    /// Let the package ask all the same.
    #[serde(default)]
    pub unseen: bool,
}

/// The task, read.
#[derive(Clone, Debug)]
pub struct Ready {
    name: String,
    unseen: bool,
    /// The question, its kind, the answer as debconf keeps it.
    answer: Option<(String, Kind, String)>,
}

impl Ready {
    fn of(&self) -> String {
        match self.password() {
            Some(question) => format!("debconf password {} {question}", self.name),
            None => format!("debconf {}", self.name),
        }
    }

    fn password(&self) -> Option<&str> {
        let (question, kind, _) = self.answer.as_ref()?;
        (*kind == Kind::Password).then_some(question)
    }

    /// The value that the host has; `None` where it has no such question.
    fn now(&self, state: &str) -> Option<String> {
        let (question, kind, _) = self.answer.as_ref()?;
        if *kind == Kind::Password {
            return state
                .strip_prefix("0 ")
                .map(|value| value.trim_end_matches('\n').to_owned());
        }
        answers(state)
            .get(question)
            .and_then(Value::as_str)
            .map(str::to_owned)
    }

    fn is(&self, now: &str) -> bool {
        let Some((_, kind, wanted)) = &self.answer else {
            return true;
        };
        let items = |list: &str| {
            let mut items: Vec<String> =
                list.split(',').map(|item| item.trim().to_owned()).collect();
            items.sort();
            items
        };
        match kind {
            Kind::Boolean => now.to_lowercase() == *wanted,
            Kind::Multiselect => items(now) == items(wanted),
            _ => now == wanted,
        }
    }
}

/// What `debconf-show` says: `* question: value`, the star where it was asked.
fn answers(text: &str) -> Map<String, Value> {
    let mut all = Map::new();
    for line in text.lines() {
        if let Some((question, value)) = line.split_once(':') {
            let question = question.trim_matches(|c: char| c == '*' || c.is_whitespace());
            all.insert(question.to_owned(), value.trim().into());
        }
    }
    all
}

impl Module for Debconf {
    const NAME: &'static str = "debconf";
    const ALIASES: &'static [(&'static str, &'static str)] = &[
        ("pkg", "name"),
        ("selection", "question"),
        ("setting", "question"),
        ("answer", "value"),
    ];
    type Params = Params;
    type Ready = Ready;
    type State = String;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Ready, Diag> {
        let Params {
            name,
            question,
            vtype,
            value,
            unseen,
        } = params;
        let answer = match (question, vtype, value) {
            (None, None, None) => None,
            (Some(question), Some(kind), Some(value)) => {
                let text = match (kind, value) {
                    (Kind::Multiselect, Value::Array(items)) => {
                        let items: Vec<String> = items.iter().map(text).collect();
                        items.join(", ")
                    }
                    (_, value @ (Value::Array(_) | Value::Object(_))) => {
                        return Err(Diag::error(format!("`value: {value}` is no answer"))
                            .help("a list is for `vtype: multiselect`"));
                    }
                    (Kind::Boolean, value) => text(&value).to_lowercase(),
                    (_, value) => text(&value),
                };
                Some((question, kind, text))
            }
            _ => {
                return Err(Diag::error(
                    "`question`, `vtype` and `value` belong together: one of them is missing",
                ));
            }
        };
        let words = [Some(&name), answer.as_ref().map(|(question, ..)| question)];
        if let Some(word) = words
            .into_iter()
            .flatten()
            .find(|word| word.is_empty() || word.contains(char::is_whitespace))
        {
            return Err(Diag::error(format!(
                "`{word}` is no name of a package or a question"
            )));
        }
        if answer
            .as_ref()
            .is_some_and(|(.., text)| text.contains('\n'))
        {
            return Err(Diag::error("`value` has several lines: debconf takes one"));
        }
        Ok(Ready {
            name,
            unseen,
            answer,
        })
    }

    async fn probe(ready: &Ready, look: &Look) -> Result<String, ProbeError> {
        let name = quote(&ready.name);
        let script = match ready.password() {
            // `debconf-show` does not tell passwords.
            Some(question) => format!(
                "printf 'GET %s\\n' {} | DEBIAN_FRONTEND=noninteractive debconf-communicate {name} 2>/dev/null; :",
                quote(question)
            ),
            None => format!("debconf-show {name}"),
        };
        look.fact(Says {
            of: ready.of(),
            program: "debconf-show",
            package: "debconf",
            script,
        })
        .await
    }

    fn plan(ready: &Ready, state: &String) -> Result<Plan, String> {
        let Some((question, kind, wanted)) = &ready.answer else {
            return Ok(Plan::nothing());
        };
        let now = ready.now(state);
        if now.as_ref().is_some_and(|now| ready.is(now)) {
            return Ok(Plan::nothing());
        }
        let (of, what) = (ready.of(), format!("debconf {} {question}", ready.name));
        let secret = *kind == Kind::Password;
        let shown = |value: &str| {
            if secret {
                "***".to_owned()
            } else {
                value.to_owned()
            }
        };
        let change = match &now {
            Some(now) => {
                Change::attribute(what.clone(), "value", Some(shown(now)), Some(shown(wanted)))
            }
            None => Change {
                sign: Sign::Add,
                ..Change::attribute(what.clone(), "value", None, Some(shown(wanted)))
            },
        };
        let flag = if ready.unseen { " -u" } else { "" };
        let line = format!("{} {question} {} {wanted}\n", ready.name, kind.word());
        let then = if secret {
            format!("0 {wanted}\n")
        } else {
            let mut all = answers(state);
            all.insert(question.clone(), wanted.clone().into());
            let lines = all
                .iter()
                .map(|(name, value)| format!("* {name}: {}\n", value.as_str().unwrap_or_default()));
            lines.collect()
        };
        let step = fed(
            format!("answer {what}"),
            &format!("debconf-set-selections{flag}"),
            line,
        );
        let steps = vec![step.making(says(&of, then))];
        Ok(Plan::Converge {
            changes: vec![change],
            steps,
        })
    }

    fn result(
        Course {
            ready,
            before,
            plan,
            ran,
            ..
        }: Course<'_, Self>,
    ) -> TaskResult {
        let result = TaskResult::of(plan, ran).with("msg", "");
        let told = |value: Option<String>| {
            let (question, kind, _) = ready.answer.as_ref()?;
            let value = value
                .filter(|_| *kind != Kind::Password)
                .unwrap_or_default();
            let mut one = Map::new();
            one.insert(question.clone(), value.into());
            Some(Value::Object(one))
        };
        if !plan.is_change() {
            let all = if ready.password().is_some() {
                Map::new()
            } else {
                answers(before)
            };
            return result.with("current", Value::Object(all));
        }
        let wanted = ready.answer.as_ref().map(|(.., text)| text.clone());
        result
            .with("current", told(wanted))
            .with("previous", told(ready.now(before)))
    }
}

/// A value as Ansible writes it into text.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{left, planned, ready};
    use crate::step::Action;
    use serde_json::json;

    fn done(args: Value, said: &str) -> (String, String) {
        let answers = [("debconf-communicate", said), ("debconf-show", said)];
        let plan = planned::<Debconf>(args.clone(), &answers).unwrap();
        assert!(!left::<Debconf>(args, &answers).unwrap().is_change());
        let stdin = plan.steps().first().map(|step| match &step.action {
            Action::Run(script) => String::from_utf8_lossy(&script.stdin).into_owned(),
            other => panic!("{other:?}"),
        });
        (stdin.unwrap_or_default(), format!("{:?}", plan.changes()))
    }

    const SAID: &str = "* tz/Areas: Europe\n  tz/List: b, a\n  tz/Yes: true\n";

    #[test]
    fn an_answer_is_given_where_it_is_another() {
        let args = |question: &str, kind: &str, value: Value| json!({ "name": "tz", "question": question, "vtype": kind, "value": value });
        let line = |args| done(args, SAID).0;
        assert_eq!(
            line(args("tz/Areas", "select", json!("Asia"))),
            "tz tz/Areas select Asia\n"
        );
        assert_eq!(
            line(args("tz/New", "string", json!("x y"))),
            "tz tz/New string x y\n"
        );
        assert_eq!(line(args("tz/Areas", "select", json!("Europe"))), "");
        assert_eq!(line(args("tz/List", "multiselect", json!(["a", "b"]))), "");
        assert_eq!(line(args("tz/Yes", "boolean", json!(true))), "");
        assert_eq!(
            line(args("tz/Yes", "boolean", json!(false))),
            "tz tz/Yes boolean false\n"
        );
        assert_eq!(line(json!({ "name": "tz" })), "");
    }

    #[test]
    fn a_password_is_compared_and_never_told() {
        let args =
            json!({ "name": "tz", "question": "tz/pw", "vtype": "password", "value": "s3cret" });
        let (stdin, told) = done(args.clone(), "0 old\n");
        assert_eq!(stdin, "tz tz/pw password s3cret\n");
        assert!(!told.contains("s3cret") && !told.contains("old"), "{told}");
        assert_eq!(done(args.clone(), "0 s3cret\n").0, "");
        assert_ne!(done(args, "10 tz/pw doesn't exist\n").0, "");
    }

    #[test]
    fn what_belongs_together_is_given_together() {
        let refused = |args| {
            ready::<Debconf>("/".as_ref(), args)
                .unwrap_err()
                .to_string()
        };
        assert!(refused(json!({ "name": "tz", "question": "a" })).contains("belong together"));
        let lines = json!({ "name": "tz", "question": "a", "vtype": "string", "value": "a\nb" });
        assert!(refused(lines).contains("several lines"));
    }
}
