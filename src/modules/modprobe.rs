//! A module of the kernel, loaded or not.
//!
//! ```yaml
//! - modprobe: { name: softdog, params: soft_margin=60, persistent: present }
//! ```
//!
//! `persistent` is about the next boot: `/etc/modules-load.d` and `/etc/modprobe.d`.

use super::drop_ins::texts;
use super::edited::{Edited, bare, lines};
use super::placed::Placing;
use super::presence::Presence;
use super::tool::{says, work};
use super::{Change, Controller, Course, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError, Says};
use crate::step::{Effect, quote};
use serde::Deserialize;
use std::collections::BTreeSet;

/// `modprobe`
pub struct Modprobe;

/// What is to be at the next boot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Persistent {
    /// What is so.
    #[default]
    Disabled,
    /// It is not loaded by a file of `/etc/modules-load.d`.
    Absent,
    /// It is loaded, with its parameters.
    Present,
}

/// The parameters of `modprobe`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_field_names)] // They are Ansible's.
pub struct Params {
    /// The module.
    pub name: String,
    /// Whether it is loaded.
    #[serde(default)]
    pub state: Presence,
    /// Its own parameters: `soft_margin=60`.
    #[serde(default)]
    pub params: String,
    /// What is to be at the next boot.
    #[serde(default)]
    pub persistent: Persistent,
}

const LOADED: &str = "/etc/modules-load.d";
const OPTIONS: &str = "/etc/modprobe.d";

/// What is so.
pub struct State {
    loaded: bool,
    /// The files of both folders, and in each the one that is written.
    loads: Vec<Edited>,
    load: Option<Edited>,
    options: Vec<Edited>,
    option: Option<Edited>,
}

/// A line without its comment.
fn meant(line: &str) -> &str {
    line.split(['#', ';']).next().unwrap_or_default().trim()
}

impl Params {
    fn of(&self) -> String {
        format!("kernel module {}", self.name)
    }

    fn is_load(&self, line: &str) -> bool {
        meant(line) == self.name
    }

    /// The parameter that a line gives to the module, where it gives one.
    fn option<'a>(&self, line: &'a str) -> Option<&'a str> {
        let words: Vec<&str> = meant(line).split_whitespace().collect();
        match words[..] {
            ["options", name, value] if name == self.name && value.contains('=') => Some(value),
            _ => None,
        }
    }

    fn wanted(&self) -> BTreeSet<&str> {
        self.params.split_whitespace().collect()
    }
}

/// The files with every line of this kind made a comment.
fn commented(
    files: &[Edited],
    but: Option<&Edited>,
    is: impl Fn(&str) -> bool,
) -> Result<(Vec<Change>, Vec<crate::step::Step>), String> {
    let (mut changes, mut steps) = (Vec::new(), Vec::new());
    for file in files {
        let own = but.is_some_and(|but| but.placed.path == file.placed.path);
        let text = file.text.as_deref().unwrap_or_default();
        if own || !text.lines().any(&is) {
            continue;
        }
        let all = lines(text).into_iter();
        let new: String = all
            .map(|line| {
                if is(bare(&line)) {
                    format!("#{line}")
                } else {
                    line
                }
            })
            .collect();
        let (edits, put) = file.plan(&new, &Placing::default())?;
        changes.extend(edits);
        steps.extend(put);
    }
    Ok((changes, steps))
}

fn all_lines(files: &[Edited]) -> impl Iterator<Item = &str> {
    let texts = files.iter().filter_map(|file| file.text.as_deref());
    texts.flat_map(str::lines)
}

impl Module for Modprobe {
    const NAME: &'static str = "modprobe";
    const COLLECTION: &'static str = "community.general";
    type Params = Params;
    type Ready = Params;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        let fits = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        if params.name.is_empty()
            || !params.name.chars().all(fits)
            || params.name.starts_with(['.', '-'])
        {
            return Err(Diag::error(format!(
                "`{}` is no name of a kernel module",
                params.name
            )));
        }
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<State, ProbeError> {
        let name = &params.name;
        let asked = Says {
            of: params.of(),
            program: "modprobe",
            package: "kmod",
            script: format!(
                "if grep -q '^{} ' /proc/modules || grep -q '/{name}\\.ko' \"/lib/modules/$(uname -r)/modules.builtin\" 2>/dev/null; then echo loaded; fi",
                name.replace('-', "_"),
            ),
        };
        let loaded = look.fact(asked).await?.trim() == "loaded";
        if params.persistent == Persistent::Disabled {
            return Ok(State {
                loaded,
                loads: Vec::new(),
                load: None,
                options: Vec::new(),
                option: None,
            });
        }
        let own = |folder: &str| format!("{folder}/{name}.conf");
        let (load, option) = (own(LOADED), own(OPTIONS));
        let (loads, load, options, option) = futures::try_join!(
            texts(look, LOADED, ""),
            Edited::look(look, &load),
            texts(look, OPTIONS, ""),
            Edited::look(look, &option),
        )?;
        Ok(State {
            loaded,
            loads,
            load: Some(load),
            options,
            option: Some(option),
        })
    }

    fn plan(params: &Params, state: &State) -> Result<Plan, String> {
        let (mut changes, mut steps) = (Vec::new(), Vec::new());
        let (of, name) = (params.of(), quote(&params.name));
        match (params.state, state.loaded) {
            (Presence::Present, false) => {
                changes.push(Change::new(Sign::Add, &of));
                let words: Vec<String> = params.params.split_whitespace().map(quote).collect();
                let text = format!("modprobe -- {name} {}", words.join(" "));
                steps.push(work(format!("load {of}"), text.trim_end()).making(says(&of, "loaded")));
            }
            (Presence::Absent, true) => {
                changes.push(Change::new(Sign::Remove, &of));
                let text = format!("modprobe -r -- {name}");
                steps.push(work(format!("unload {of}"), &text).making([Effect::Says(of, None)]));
            }
            _ => {}
        }
        let mut take = |(edits, put): (Vec<Change>, Vec<crate::step::Step>)| {
            changes.extend(edits);
            steps.extend(put);
        };
        let is_load = |line: &str| params.is_load(line);
        let is_option = |line: &str| params.option(line).is_some();
        let set: BTreeSet<&str> = all_lines(&state.options)
            .filter_map(|line| params.option(line))
            .collect();
        match (params.persistent, &state.load, &state.option) {
            (Persistent::Present, Some(load), Some(option)) => {
                if !all_lines(&state.loads).any(is_load) {
                    take(load.plan(&format!("{}\n", params.name), &Placing::default())?);
                }
                if set != params.wanted() {
                    take(commented(&state.options, Some(option), is_option)?);
                    let line = |value: &str| format!("options {} {value}\n", params.name);
                    let text: String = params.params.split_whitespace().map(line).collect();
                    take(option.plan(&text, &Placing::default())?);
                }
            }
            (Persistent::Absent, ..) => {
                take(commented(&state.loads, None, is_load)?);
                take(commented(&state.options, None, is_option)?);
            }
            _ => {}
        }
        Ok(Plan::Converge { changes, steps })
    }

    fn result(
        Course {
            ready: params,
            plan,
            ran,
            ..
        }: Course<'_, Self>,
    ) -> TaskResult {
        TaskResult::of(plan, ran)
            .with("name", params.name.clone())
            .with("params", params.params.clone())
            .with("state", params.state.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{left, planned, ready};
    use crate::step::Action;
    use serde_json::{Value, json};

    const TREE: &str = "1\n81a4 0 0 root root 0 1 2 3 77 5 1\n/etc/modprobe.d/a.conf\0";
    const FILE: &str = "81a4 0 0 root root 0 1 2 3 77 5 1\n";

    fn done(args: Value, loaded: &str, options: &str) -> Vec<String> {
        let said = format!("bytes\n{options}");
        let file = format!("{FILE}bytes\n{options}");
        let answers = [
            ("/proc/modules", loaded),
            ("find /etc/modprobe.d", TREE),
            ("find /etc/modules-load.d", ""),
            ("modules-load.d/a.conf\nif [ -f", "absent\n"),
            ("modules-load.d", ""),
            ("echo \"large", said.as_str()),
            ("stat", file.as_str()),
        ];
        let plan = planned::<Modprobe>(args.clone(), &answers).unwrap();
        assert!(!left::<Modprobe>(args, &answers).unwrap().is_change());
        let told = |action: &Action| match action {
            Action::Put(upload) => format!(
                "{}: {}",
                upload.path,
                String::from_utf8_lossy(&upload.content)
            ),
            Action::Run(script) => script.text.lines().last().unwrap_or_default().to_owned(),
            other => panic!("{other:?}"),
        };
        plan.steps().iter().map(|step| told(&step.action)).collect()
    }

    #[test]
    fn a_module_is_loaded_where_it_is_not() {
        let args = json!({ "name": "softdog", "params": "a=1 b=2" });
        assert_eq!(done(args.clone(), "", ""), ["modprobe -- softdog a=1 b=2"]);
        assert!(done(args, "loaded\n", "").is_empty());
        let args = json!({ "name": "softdog", "state": "absent" });
        assert_eq!(done(args, "loaded\n", ""), ["modprobe -r -- softdog"]);
    }

    #[test]
    fn what_is_persistent_stands_in_files() {
        let args = json!({ "name": "a", "params": "x=1", "persistent": "present" });
        assert_eq!(
            done(
                args.clone(),
                "loaded\n",
                "options a x=2 # old\noptions b x=1\n"
            ),
            [
                "/etc/modules-load.d/a.conf: a\n",
                "/etc/modprobe.d/a.conf: options a x=1\n"
            ]
        );
        assert_eq!(
            done(args, "loaded\n", "options a x=1\n"),
            ["/etc/modules-load.d/a.conf: a\n"]
        );
        let args = json!({ "name": "a", "persistent": "absent" });
        assert_eq!(
            done(args, "loaded\n", "options a x=2\noptions b x=1\n"),
            ["/etc/modprobe.d/a.conf: #options a x=2\noptions b x=1\n"]
        );
    }

    #[test]
    fn a_name_is_a_name() {
        for name in ["", "a b", "../x", "-r"] {
            assert!(ready::<Modprobe>("/".as_ref(), json!({ "name": name })).is_err());
        }
    }
}
