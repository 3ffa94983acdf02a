//! A job of cron's, or a variable for its jobs, in a user's crontab or in a file under `/etc/cron.d`. The
//! line before a job names it, as Ansible writes it.
//!
//! ```yaml
//! - cron: { name: nightly backup, hour: '3', minute: '15', job: /usr/local/bin/backup }
//! ```

mod tab;

use super::edited::Edited;
use super::placed::{self, Placing};
use super::presence::Presence;
use super::{Change, Controller, Course, Detail, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::{Crontab, Look, ProbeError};
use crate::step::{Action, Effect, Script, Step, pinned};
use serde::Deserialize;
use tab::Tab;

/// `cron`
pub struct Cron;

/// A time by a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Special {
    /// When the machine comes up.
    Reboot,
    /// Once a year.
    Yearly,
    /// The same.
    Annually,
    /// Once a month.
    Monthly,
    /// Once a week.
    Weekly,
    /// Once a day.
    Daily,
    /// Once an hour.
    Hourly,
}

impl Special {
    fn word(self) -> &'static str {
        match self {
            Self::Reboot => "reboot",
            Self::Yearly => "yearly",
            Self::Annually => "annually",
            Self::Monthly => "monthly",
            Self::Weekly => "weekly",
            Self::Daily => "daily",
            Self::Hourly => "hourly",
        }
    }
}

/// The parameters of `cron`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools)] // They are Ansible's.
pub struct Params {
    /// The job's name, which stands in the line before it; with `env` the variable's.
    pub name: String,
    /// The command; with `env` the variable's value.
    #[serde(default)]
    pub job: Option<String>,
    /// Whether it is there.
    #[serde(default)]
    pub state: Presence,
    /// Whose crontab: of the user who acts where nothing is said. With `cron_file`, as whom the job runs.
    #[serde(default)]
    pub user: Option<String>,
    /// A file in the place of a crontab: a name in `/etc/cron.d`, or a path.
    #[serde(default)]
    pub cron_file: Option<String>,
    /// Keep what was there in a file under `/tmp`.
    #[serde(default)]
    pub backup: bool,
    /// The minute.
    #[serde(default = "any")]
    pub minute: String,
    /// The hour.
    #[serde(default = "any")]
    pub hour: String,
    /// The day of the month.
    #[serde(default = "any")]
    pub day: String,
    /// The month.
    #[serde(default = "any")]
    pub month: String,
    /// The day of the week.
    #[serde(default = "any")]
    pub weekday: String,
    /// A word in the place of the five times.
    #[serde(default)]
    pub special_time: Option<Special>,
    /// The job stands there as a comment.
    #[serde(default)]
    pub disabled: bool,
    /// It is a variable for the jobs, not a job.
    #[serde(default)]
    pub env: bool,
    /// The variable behind which a new one stands.
    #[serde(default)]
    pub insertafter: Option<String>,
    /// The variable before which a new one stands.
    #[serde(default)]
    pub insertbefore: Option<String>,
}

fn any() -> String {
    "*".into()
}

/// The crontab as it is.
pub enum State {
    /// A user's; what it holds.
    User(String),
    /// A file.
    File(Box<Edited>),
}

impl State {
    fn text(&self) -> &str {
        match self {
            Self::User(text) => text,
            Self::File(file) => file.text.as_deref().unwrap_or_default(),
        }
    }

    fn tab(&self) -> Tab {
        match self {
            Self::User(text) => Tab::of_user(text),
            Self::File(_) => Tab::of_file(self.text()),
        }
    }
}

impl Params {
    fn crontab(&self) -> Crontab {
        Crontab {
            user: self.user.clone().unwrap_or_default(),
        }
    }

    /// The line that the job is.
    fn line(&self) -> String {
        let off = if self.disabled { "#" } else { "" };
        let when = match self.special_time {
            Some(special) => format!("@{}", special.word()),
            None => {
                let times = [
                    &self.minute,
                    &self.hour,
                    &self.day,
                    &self.month,
                    &self.weekday,
                ];
                times.map(String::as_str).join(" ")
            }
        };
        let user = self.user.as_ref().filter(|_| self.cron_file.is_some());
        let user = user.map(|user| format!("{user} ")).unwrap_or_default();
        let job = self.job.as_deref().unwrap_or_default();
        format!("{off}{when} {user}{}", job.trim_matches(['\r', '\n']))
    }

    /// The crontab as it is declared; `None` where its file goes.
    fn edit(&self, state: &State) -> Result<Option<String>, String> {
        let (mut tab, old) = (state.tab(), state.tab());
        let job = self.job.as_deref().unwrap_or_default();
        match (self.env, self.state) {
            (true, Presence::Present) => {
                let after = self.insertafter.as_deref().map(|name| (name, 1));
                let before = self.insertbefore.as_deref().map(|name| (name, 0));
                let line = format!("{}=\"{job}\"", self.name);
                tab.set_variable(&self.name, &line, after.or(before))?;
            }
            (true, Presence::Absent) => tab.remove_variable(&self.name),
            (false, Presence::Present) => tab.set_job(&self.name, &self.line()),
            (false, Presence::Absent) => {
                if tab.remove_job(&self.name) && self.cron_file.is_some() && tab.is_empty() {
                    return Ok(None);
                }
            }
        }
        let text = state.text();
        let ends = text.is_empty() || text.ends_with(['\r', '\n']);
        Ok(Some(if tab == old && ends {
            text.to_owned()
        } else {
            tab.text()
        }))
    }

    fn what(&self) -> String {
        match self.user.as_deref().unwrap_or_default() {
            "" => "crontab".to_owned(),
            user => format!("crontab of {user}"),
        }
    }

    /// Keeps what was there, as Ansible does.
    fn kept(&self, state: &State) -> Option<Step> {
        let text = "f=$(umask 077 && mktemp \"${TMPDIR:-/tmp}/crontab.XXXXXX\") && cat >\"$f\" && printf '%s\\n' \"$f\"";
        let script = Script::new(text).stdin(state.tab().text());
        self.backup
            .then(|| Step::new(format!("keep the {}", self.what()), Action::Run(script)))
    }
}

impl Module for Cron {
    const NAME: &'static str = "cron";
    const ALIASES: &'static [(&'static str, &'static str)] =
        &[("value", "job"), ("dom", "day"), ("dow", "weekday")];
    type Params = Params;
    type Ready = Params;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        let times = [
            &params.minute,
            &params.hour,
            &params.day,
            &params.month,
            &params.weekday,
        ];
        let present = params.state == Presence::Present;
        let beside = params.insertafter.is_some() || params.insertbefore.is_some();
        let why = if params.cron_file.as_deref() == Some("/etc/crontab") {
            "`/etc/crontab` is the system's own: name a file in /etc/cron.d"
        } else if params.special_time.is_some() && times.iter().any(|time| *time != "*") {
            "`special_time` and the other times exclude each other"
        } else if params.insertafter.is_some() && params.insertbefore.is_some() {
            "`insertafter` and `insertbefore` exclude each other"
        } else if present && params.cron_file.is_some() && params.user.is_none() {
            "`cron_file` needs `user`: as whom the job runs"
        } else if present && params.job.is_none() {
            "`job` is missing: the command, or with `env` the value"
        } else if present && beside && !params.env {
            "`insertafter` and `insertbefore` are for `env: true`"
        } else if params.env && params.name.contains(' ') {
            "the name of a variable has no blanks"
        } else if params.name.contains(['\n', '\r']) {
            "a name is one line"
        } else if params.job.as_deref().is_some_and(breaks) {
            "a job is one line"
        } else {
            return Ok(params);
        };
        Err(Diag::error(why))
    }

    async fn probe(params: &Params, look: &Look) -> Result<State, ProbeError> {
        let Some(file) = &params.cron_file else {
            let nobody = || {
                let user = params.user.as_deref().unwrap_or_default();
                ProbeError::Failed(format!("there is no user {user}"))
            };
            let tab = look.fact(params.crontab()).await?;
            let text = tab.user.then_some(tab.text);
            return text.map(State::User).ok_or_else(nobody);
        };
        let path = if file.starts_with('/') {
            file.clone()
        } else {
            format!("/etc/cron.d/{file}")
        };
        let file = Edited::look(look, &path).await?;
        Ok(State::File(Box::new(file)))
    }

    fn plan(params: &Params, state: &State) -> Result<Plan, String> {
        let wanted = params.edit(state)?;
        if wanted.as_deref() == Some(state.text()) {
            return Ok(Plan::nothing());
        }
        let mut steps: Vec<Step> = params.kept(state).into_iter().collect();
        let changes = match (state, wanted) {
            (State::File(file), Some(text)) => {
                let (changes, put) = file.plan(&text, &Placing::default())?;
                steps.extend(put);
                changes
            }
            (State::File(file), None) => {
                let path = &file.placed.path;
                let there = file.placed.file.as_ref();
                let lines = there.map(|there| pinned::remove(path, there.seen()));
                steps.extend(lines.map(|lines| placed::act(format!("remove {path}"), &lines)));
                vec![Change::new(Sign::Remove, path.clone())]
            }
            (State::User(before), text) => {
                let text = text.unwrap_or_default();
                let script = params.crontab().script("-").stdin(text.clone());
                let effect = Effect::Crontab(params.user.clone().unwrap_or_default(), text.clone());
                let what = format!("write the {}", params.what());
                steps.push(Step::new(what, Action::Run(script)).making([effect]));
                vec![Change {
                    sign: if before.is_empty() {
                        Sign::Add
                    } else {
                        Sign::Modify
                    },
                    what: params.what(),
                    detail: Detail::Text {
                        before: Some(before.clone()).filter(|before| !before.is_empty()),
                        after: Some(text),
                    },
                }]
            }
        };
        Ok(Plan::Converge { changes, steps })
    }

    fn result(course: Course<'_, Self>) -> TaskResult {
        let Course {
            ready: params,
            before,
            plan,
            ran,
            ..
        } = course;
        let tab = match params.edit(before) {
            Ok(Some(text)) if matches!(before, State::User(_)) => Tab::of_user(&text),
            Ok(text) => Tab::of_file(&text.unwrap_or_default()),
            Err(_) => before.tab(),
        };
        let mut result = TaskResult::of(plan, ran)
            .with("jobs", tab.jobs())
            .with("envs", tab.variables());
        if let Some(file) = &params.cron_file {
            result = result.with("cron_file", file.as_str());
        }
        if params.backup && plan.is_change() {
            result = match ran.first() {
                Some(kept) => result.with("backup_file", kept.output.out().trim_end()),
                None => result.partial(),
            };
        }
        result
    }
}

/// Whether a text is more than a line.
fn breaks(job: &str) -> bool {
    job.trim_matches(['\r', '\n']).contains(['\r', '\n'])
}

#[cfg(test)]
mod tests;
