//! Which program stands behind a common name, by `update-alternatives`.
//!
//! ```yaml
//! - alternatives: { name: editor, path: /usr/bin/vim.basic }
//! ```
//!
//! The way of Debian and its kin.

use super::tool::{says, work};
use super::unsupported::Unsupported;
use super::{Change, Controller, Module, Plan, Sign};
use crate::diag::Diag;
use crate::facts::{FileAt, Look, ProbeError, Says, seen};
use crate::step::{Effect, quote};
use serde::Deserialize;
use std::fmt::Write;

/// `alternatives`
pub struct Alternatives;

/// What shall be so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Want {
    /// It can be chosen.
    Present,
    /// It is chosen.
    #[default]
    Selected,
    /// It can be chosen, and the one of the highest priority is.
    Auto,
    /// It can't be chosen.
    Absent,
}

/// Another name that follows the choice.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Follower {
    /// The name.
    pub name: String,
    /// What stands behind it then.
    pub path: String,
    /// The link.
    pub link: String,
}

/// The parameters of `alternatives`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)] // What is not supported is only named, so that it is refused.
pub struct Params {
    /// The common name.
    pub name: String,
    /// The program.
    #[serde(default)]
    pub path: Option<String>,
    /// The link of the common name, where the host does not know it yet.
    #[serde(default)]
    pub link: Option<String>,
    /// The priority; 50 for one that is new.
    #[serde(default)]
    pub priority: Option<i64>,
    /// What shall be so.
    #[serde(default)]
    pub state: Want,
    /// Other names that follow the choice.
    #[serde(default)]
    pub subcommands: Option<Vec<Follower>>,
    /// Not supported: of Red Hat's kin.
    #[serde(default)]
    pub family: Unsupported,
}

/// A program that can be chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Choice {
    path: String,
    priority: i64,
    /// name -> path
    followers: Vec<(String, String)>,
}

/// What can be chosen under a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Group {
    link: String,
    /// name -> link
    followers: Vec<(String, String)>,
    auto: bool,
    value: String,
    choices: Vec<Choice>,
}

impl Group {
    /// Reads `update-alternatives --query`; `None` where it knows no such name.
    fn read(text: &str) -> Option<Self> {
        let mut group = Self::default();
        let mut blocks = text.split("\n\n");
        for (name, value, followers) in fields(blocks.next()?) {
            match name {
                "Link" => value.clone_into(&mut group.link),
                "Slaves" => group.followers = followers,
                "Status" => group.auto = value == "auto",
                "Value" => value.clone_into(&mut group.value),
                _ => {}
            }
        }
        if group.link.is_empty() {
            return None;
        }
        for block in blocks {
            let mut choice = Choice::default();
            for (name, value, followers) in fields(block) {
                match name {
                    "Alternative" => value.clone_into(&mut choice.path),
                    "Priority" => choice.priority = value.parse().unwrap_or_default(),
                    "Slaves" => choice.followers = followers,
                    _ => {}
                }
            }
            group.choices.push(choice);
        }
        group.choices.retain(|choice| !choice.path.is_empty());
        Some(group)
    }

    /// The same text.
    fn text(&self) -> String {
        let list = |text: &mut String, followers: &[(String, String)]| {
            text.push_str("Slaves:\n");
            for (name, path) in followers {
                // Writing to a String can't fail.
                let _ = writeln!(text, " {name} {path}");
            }
        };
        let mut text = format!("Link: {}\n", self.link);
        list(&mut text, &self.followers);
        let status = if self.auto { "auto" } else { "manual" };
        let _ = write!(text, "Status: {status}\nValue: {}\n", self.value);
        for choice in &self.choices {
            let _ = write!(
                text,
                "\nAlternative: {}\nPriority: {}\n",
                choice.path, choice.priority
            );
            list(&mut text, &choice.followers);
        }
        text
    }

    fn choice(&self, path: &str) -> Option<&Choice> {
        self.choices.iter().find(|choice| choice.path == path)
    }

    /// The choice of the highest priority stands behind the name, where nobody chose.
    fn settle(&mut self) {
        let chosen = self.choice(&self.value).is_some();
        if self.auto || !chosen {
            self.auto = true;
            let best = self.choices.iter().max_by_key(|choice| choice.priority);
            self.value = best.map(|choice| choice.path.clone()).unwrap_or_default();
        }
    }
}

/// (name, value, the indented lines behind it)
type Field<'a> = (&'a str, &'a str, Vec<(String, String)>);

fn fields(block: &str) -> Vec<Field<'_>> {
    let mut all: Vec<Field<'_>> = Vec::new();
    for line in block.lines() {
        match (line.strip_prefix(' '), all.last_mut()) {
            (Some(line), Some((.., followers))) => {
                let pair = line
                    .split_once(' ')
                    .map(|(name, path)| (name.to_owned(), path.to_owned()));
                followers.extend(pair);
            }
            _ => {
                let (name, value) = line.split_once(':').unwrap_or((line, ""));
                all.push((name, value.trim(), Vec::new()));
            }
        }
    }
    all
}

/// What is so.
pub struct State {
    group: Option<Group>,
    /// The program is there.
    there: bool,
}

impl Params {
    fn of(&self) -> String {
        format!("alternative {}", self.name)
    }

    /// The choice as it is declared; `None` where the path is no choice, and nothing says to make it one.
    fn choice(&self, group: &Group, path: &str) -> Choice {
        let now = group.choice(path);
        let followers = match &self.subcommands {
            Some(all) => all
                .iter()
                .map(|one| (one.name.clone(), one.path.clone()))
                .collect(),
            None => now
                .map(|choice| choice.followers.clone())
                .unwrap_or_default(),
        };
        Choice {
            path: path.to_owned(),
            priority: self
                .priority
                .or(now.map(|choice| choice.priority))
                .unwrap_or(50),
            followers,
        }
    }

    /// The command that makes it a choice.
    fn install(&self, group: &Group, choice: &Choice) -> String {
        let mut text = format!(
            "update-alternatives --install {} {} {} {}",
            quote(&group.link),
            quote(&self.name),
            quote(&choice.path),
            choice.priority
        );
        for (name, path) in &choice.followers {
            let given = self
                .subcommands
                .iter()
                .flatten()
                .find(|one| one.name == *name)
                .map(|one| &one.link);
            let known = group
                .followers
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, link)| link);
            if let Some(link) = given.or(known) {
                let _ = write!(
                    text,
                    " --slave {} {} {}",
                    quote(link),
                    quote(name),
                    quote(path)
                );
            }
        }
        text
    }
}

impl Module for Alternatives {
    const NAME: &'static str = "alternatives";
    const COLLECTION: &'static str = "community.general";
    const ALIASES: &'static [(&'static str, &'static str)] = &[("slaves", "subcommands")];
    type Params = Params;
    type Ready = Params;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        if params.path.is_none() && params.state != Want::Auto {
            return Err(Diag::error(
                "`path` is missing: the program that stands behind the name",
            ));
        }
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<State, ProbeError> {
        let asked = Says {
            of: params.of(),
            program: "update-alternatives",
            package: "dpkg",
            script: format!(
                "update-alternatives --query {} 2>/dev/null || [ $? = 2 ] || {{ echo 'its update-alternatives is not that of Debian' >&2; exit 1; }}",
                quote(&params.name)
            ),
        };
        let path = params.path.clone().unwrap_or_else(|| "/".to_owned());
        let at = FileAt {
            path,
            follow: true,
            hash: false,
        };
        let (text, there) = futures::try_join!(look.fact(asked), seen(look, at))?;
        Ok(State {
            group: Group::read(&text),
            there: there.is_some(),
        })
    }

    fn plan(params: &Params, state: &State) -> Result<Plan, String> {
        let (of, name) = (params.of(), quote(&params.name));
        let known = state.group.clone();
        let mut group = known.clone().unwrap_or_default();
        let (mut changes, mut text) = (Vec::new(), Vec::new());
        let Some(path) = &params.path else {
            if !group.auto && known.is_some() {
                let now = group.value.clone();
                group.auto = true;
                group.settle();
                changes.push(Change::attribute(
                    &of,
                    "choice",
                    Some(now),
                    Some("auto".into()),
                ));
                text.push(format!("update-alternatives --auto {name}"));
            }
            return Ok(done(params, changes, &text, &group));
        };
        if params.state == Want::Absent {
            if group.choice(path).is_some() {
                group.choices.retain(|choice| choice.path != *path);
                group.settle();
                changes.push(Change::new(Sign::Remove, format!("{of}: {path}")));
                text.push(format!(
                    "update-alternatives --remove {name} {}",
                    quote(path)
                ));
            }
            return Ok(done(params, changes, &text, &group));
        }
        let wanted = params.choice(&group, path);
        if group.choice(path) != Some(&wanted) {
            if !state.there {
                return Err(format!(
                    "there is no {path} on the host: nothing can stand behind {}",
                    params.name
                ));
            }
            match &params.link {
                Some(link) => link.clone_into(&mut group.link),
                None if group.link.is_empty() => {
                    return Err(format!(
                        "the host does not know the name {}: say its `link`",
                        params.name
                    ));
                }
                None => {}
            }
            let sign = if group.choice(path).is_some() {
                Sign::Modify
            } else {
                Sign::Add
            };
            changes.push(Change::new(sign, format!("{of}: {path}")));
            text.push(params.install(&group, &wanted));
            for one in params.subcommands.iter().flatten() {
                group.followers.retain(|(name, _)| *name != one.name);
                group.followers.push((one.name.clone(), one.link.clone()));
            }
            if known.is_none() {
                group.auto = true;
            }
            group.choices.retain(|choice| choice.path != *path);
            group.choices.push(wanted);
            group.settle();
        }
        // One that came to be chosen by its priority alone may lose against the next.
        let now = known.map(|known| known.value).unwrap_or_default();
        if params.state == Want::Selected && now != *path {
            group.auto = false;
            path.clone_into(&mut group.value);
            changes.push(Change::attribute(
                &of,
                "choice",
                Some(now).filter(|now| !now.is_empty()),
                Some(path.clone()),
            ));
            text.push(format!("update-alternatives --set {name} {}", quote(path)));
        } else if params.state == Want::Auto && !group.auto {
            group.auto = true;
            group.settle();
            changes.push(Change::attribute(
                &of,
                "choice",
                Some(now),
                Some("auto".into()),
            ));
            text.push(format!("update-alternatives --auto {name}"));
        }
        Ok(done(params, changes, &text, &group))
    }
}

fn done(params: &Params, changes: Vec<Change>, text: &[String], group: &Group) -> Plan {
    if changes.is_empty() {
        return Plan::nothing();
    }
    let of = params.of();
    let effect = if group.choices.is_empty() {
        Effect::Says(of.clone(), None)
    } else {
        let [says] = says(&of, group.text());
        says
    };
    let step = work(format!("set the {of}"), &text.join(" || exit\n"));
    Plan::Converge {
        changes,
        steps: vec![step.making([effect])],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{left, planned};
    use crate::step::Action;
    use serde_json::{Value, json};

    const SAID: &str = "\
Name: editor
Link: /usr/bin/editor
Slaves:
 editor.1.gz /usr/share/man/man1/editor.1.gz
Status: auto
Best: /bin/nano
Value: /bin/nano

Alternative: /bin/ed
Priority: -100
Slaves:
 editor.1.gz /usr/share/man/man1/ed.1.gz

Alternative: /bin/nano
Priority: 40
Slaves:
";
    const FILE: &str = "81a4 0 0 root root 0 1 2 3 77 5 1\n";

    fn run(args: Value, said: &str) -> Result<Vec<String>, String> {
        let answers = [("--query", said), ("/bin/none", ""), ("stat", FILE)];
        let plan = planned::<Alternatives>(args.clone(), &answers)?;
        assert!(!left::<Alternatives>(args, &answers)?.is_change());
        let Some(step) = plan.steps().first() else {
            return Ok(Vec::new());
        };
        let Action::Run(script) = &step.action else {
            panic!("{step:?}");
        };
        let lines = script.text.lines().skip(1);
        Ok(lines
            .map(|line| {
                line.trim_end_matches(" || exit")
                    .replace("update-alternatives ", "")
            })
            .collect())
    }

    #[test]
    fn a_program_is_made_a_choice_and_chosen() {
        let args =
            |path: &str, state: &str| json!({ "name": "editor", "path": path, "state": state });
        let none: [&str; 0] = [];
        assert_eq!(run(args("/bin/nano", "selected"), SAID).unwrap(), none);
        assert_eq!(
            run(args("/bin/ed", "selected"), SAID).unwrap(),
            ["--set editor /bin/ed"]
        );
        assert_eq!(run(args("/bin/ed", "present"), SAID).unwrap(), none);
        assert_eq!(
            run(args("/bin/vi", "selected"), SAID).unwrap(),
            [
                "--install /usr/bin/editor editor /bin/vi 50",
                "--set editor /bin/vi"
            ]
        );
        assert_eq!(
            run(args("/bin/ed", "absent"), SAID).unwrap(),
            ["--remove editor /bin/ed"]
        );
        assert_eq!(run(args("/bin/vi", "absent"), SAID).unwrap(), none);
    }

    #[test]
    fn a_choice_keeps_its_followers() {
        let args =
            json!({ "name": "editor", "path": "/bin/ed", "priority": 60, "state": "present" });
        assert_eq!(
            run(args, SAID).unwrap(),
            [
                "--install /usr/bin/editor editor /bin/ed 60 --slave /usr/share/man/man1/editor.1.gz editor.1.gz /usr/share/man/man1/ed.1.gz"
            ]
        );
    }

    #[test]
    fn a_choice_by_hand_is_let_go() {
        let manual = SAID
            .replace("Status: auto", "Status: manual")
            .replace("Value: /bin/nano", "Value: /bin/ed");
        let args = json!({ "name": "editor", "path": "/bin/ed", "state": "auto" });
        assert_eq!(run(args.clone(), &manual).unwrap(), ["--auto editor"]);
        assert!(run(args, SAID).unwrap().is_empty());
    }

    #[test]
    fn what_is_not_there_is_refused() {
        let why = run(json!({ "name": "editor", "path": "/bin/none" }), SAID).unwrap_err();
        assert!(why.contains("no /bin/none"), "{why}");
        let why = run(json!({ "name": "x", "path": "/bin/vi" }), "").unwrap_err();
        assert!(why.contains("say its `link`"), "{why}");
    }
}
