//! A setting of the kernel, kept over reboots.
//!
//! ```yaml
//! - sysctl: { name: vm.overcommit_memory, value: 2, sysctl_set: true }
//! ```

use super::edited::{Edited, lines};
use super::placed::{Placing, run};
use super::presence::Presence;
use super::{Change, Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{Ask, Foreseen, Look, ProbeError, Question};
use crate::modules::defaults::yes;
use crate::step::{Effect, Output, quote};
use crate::yaml::truth;
use serde::Deserialize;

/// `sysctl`
pub struct Sysctl;

/// The parameters of `sysctl`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools)] // They are Ansible's.
pub struct Params {
    /// The setting: `vm.swappiness`.
    pub name: String,
    /// Its value.
    #[serde(default)]
    pub value: Option<String>,
    /// Whether the file names it.
    #[serde(default)]
    pub state: Presence,
    /// Go on where the kernel doesn't know the setting.
    #[serde(default)]
    pub ignoreerrors: bool,
    /// Let the kernel read the file after a change.
    #[serde(default = "yes")]
    pub reload: bool,
    /// The file.
    #[serde(default = "file")]
    pub sysctl_file: String,
    /// Set the kernel's own value too, whatever the file says.
    #[serde(default)]
    pub sysctl_set: bool,
}

fn file() -> String {
    "/etc/sysctl.conf".into()
}

struct Kernel(String);

impl Question for Kernel {
    type Answer = Option<String>;

    fn ask(&self) -> Ask {
        // As sysctl reads names: dots are slashes, and where a slash came first, slashes are dots.
        let first = self.0.find(['.', '/']).map(|at| &self.0[at..=at]);
        let path: String = match first {
            Some("/") => self.0.clone(),
            _ => self
                .0
                .chars()
                .map(|c| {
                    if c == '.' {
                        '/'
                    } else if c == '/' {
                        '.'
                    } else {
                        c
                    }
                })
                .collect(),
        };
        Ask::live(format!("cat /proc/sys/{} 2>/dev/null; :", quote(&path)))
    }

    fn read(&self, output: &Output) -> Result<Option<String>, ProbeError> {
        let text = output.out();
        Ok(Some(words(&text)).filter(|value| !value.is_empty()))
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        match pending.kernel(&self.0) {
            Some(value) => Ok(Some(value.to_owned())),
            None => now,
        }
    }
}

/// A value with single blanks, as values are compared.
fn words(value: &str) -> String {
    value.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What the kernel and the file say.
pub struct State {
    kernel: Option<String>,
    file: Edited,
}

impl Params {
    /// The value, as the kernel writes it.
    fn wanted(&self) -> String {
        let value = self.value.as_deref().unwrap_or_default();
        match truth(value) {
            Some(on) => u8::from(on).to_string(),
            None => words(value),
        }
    }

    /// What the kernel has then. A pattern means settings that are not named here, and one that the
    /// kernel does not have is left out.
    fn sets(&self, state: &State) -> Option<Effect> {
        let sets = self.state == Presence::Present && !self.name.contains('*');
        (sets && state.kernel.is_some()).then(|| Effect::Kernel(self.name.clone(), self.wanted()))
    }

    /// The value that a line of the file gives to the setting.
    fn value_in<'a>(&self, line: &'a str) -> Option<&'a str> {
        let line = line.trim();
        if line.starts_with(['#', ';']) {
            return None;
        }
        let (name, value) = line.split_once('=')?;
        let name = name.trim();
        (name.strip_prefix('-').unwrap_or(name).trim() == self.name).then_some(value.trim())
    }

    fn edit(&self, text: &str) -> String {
        let mut all = lines(text);
        if self.state == Presence::Absent {
            all.retain(|line| self.value_in(line).is_none());
            return all.concat();
        }
        let wanted = self.wanted();
        let new = format!("{}={wanted}\n", self.name);
        let Some(last) = all.iter().rposition(|line| self.value_in(line).is_some()) else {
            if let Some(line) = all.last_mut().filter(|line| !line.ends_with('\n')) {
                line.push('\n');
            }
            all.push(new);
            return all.concat();
        };
        if self
            .value_in(&all[last])
            .is_none_or(|value| words(value) != wanted)
        {
            all[last] = new;
        }
        let mut at = 0;
        all.retain(|line| {
            at += 1;
            at - 1 == last || self.value_in(line).is_none()
        });
        all.concat()
    }
}

impl Module for Sysctl {
    const NAME: &'static str = "sysctl";
    const COLLECTION: &'static str = "ansible.posix";
    const ALIASES: &'static [(&'static str, &'static str)] = &[("key", "name"), ("val", "value")];
    type Params = Params;
    type Ready = Params;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        if params.state == Presence::Present
            && params
                .value
                .as_deref()
                .unwrap_or_default()
                .trim()
                .is_empty()
        {
            return Err(Diag::error("`value` is missing"));
        }
        let fits = |c: char| c.is_ascii_alphanumeric() || "._/-*".contains(c);
        if params.name.is_empty() || !params.name.chars().all(fits) || params.name.contains("..") {
            return Err(Diag::error(format!(
                "`{}` is no name of a kernel setting",
                params.name
            )));
        }
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<State, ProbeError> {
        let (kernel, file) = futures::try_join!(
            look.fact(Kernel(params.name.clone())),
            Edited::look(look, &params.sysctl_file)
        )?;
        if kernel.is_none() && params.sysctl_set && !params.ignoreerrors {
            return Err(ProbeError::Failed(format!(
                "the kernel has no setting {}",
                params.name
            )));
        }
        Ok(State { kernel, file })
    }

    fn plan(params: &Params, state: &State) -> Result<Plan, String> {
        let wanted = params.wanted();
        let new = params.edit(state.file.text.as_deref().unwrap_or_default());
        let mut changes = Vec::new();
        let mut steps = Vec::new();
        let differs = state.file.text.as_deref().unwrap_or_default() != new;
        if differs {
            (changes, steps) = state.file.plan(&new, &Placing::default())?;
        }
        let ignore = if params.ignoreerrors { " -e" } else { "" };
        if differs && params.reload {
            let path = quote(&state.file.placed.path);
            let read = run(
                format!("read {}", state.file.placed.path),
                format!("sysctl{ignore} -p {path}"),
            );
            steps.push(read.making(params.sets(state)));
        }
        let sets = params.sysctl_set && params.state == Presence::Present;
        if sets && state.kernel.is_some() && state.kernel.as_ref() != Some(&wanted) {
            changes.push(Change::attribute(
                format!("kernel setting {}", params.name),
                "value",
                state.kernel.clone(),
                Some(wanted.clone()),
            ));
            let word = quote(&format!("{}={wanted}", params.name));
            let set = run(
                format!("set {}", params.name),
                format!("sysctl{ignore} -w {word}"),
            );
            steps.push(set.making(params.sets(state)));
        }
        Ok(Plan::Converge { changes, steps })
    }

    fn result(
        Course {
            ready: params,
            before,
            after,
            plan,
            ran,
        }: Course<'_, Self>,
    ) -> TaskResult {
        let kernel = after.unwrap_or(before).kernel.clone();
        TaskResult::of(plan, ran)
            .with("name", params.name.clone())
            .with("value", kernel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Shell, planned, ready};
    use serde_json::{Value, json};

    fn edit(text: &str, mut args: Value) -> String {
        args["name"] = "vm.swappiness".into();
        ready::<Sysctl>("/".as_ref(), args).unwrap().edit(text)
    }

    #[test]
    fn the_file_names_it_once() {
        assert_eq!(
            edit("# a", json!({ "value": "10" })),
            "# a\nvm.swappiness=10\n"
        );
        assert_eq!(
            edit("vm.swappiness = 10\n", json!({ "value": "10" })),
            "vm.swappiness = 10\n"
        );
        let twice = "vm.swappiness=1\nx=2\nvm.swappiness=3\n";
        assert_eq!(
            edit(twice, json!({ "value": "10" })),
            "x=2\nvm.swappiness=10\n"
        );
        assert_eq!(edit(twice, json!({ "state": "absent" })), "x=2\n");
    }

    #[test]
    fn a_boolean_is_the_number_that_the_kernel_has_for_it() {
        for (word, wanted) in [
            ("Yes", "1"),
            ("off", "0"),
            ("True", "1"),
            ("10 20", "10 20"),
        ] {
            let args = json!({ "name": "vm.swappiness", "value": word });
            let params: Params = serde_json::from_value(args).unwrap();
            assert_eq!(params.wanted(), wanted, "{word}");
        }
    }

    #[test]
    fn the_kernel_s_value_is_mended_where_that_is_asked_for() {
        let answers = [
            ("/proc/sys/vm/swappiness", "60\n"),
            ("p=/etc/sysctl.conf\nif [ -f", "bytes\nvm.swappiness=10\n"),
            ("p=/etc/sysctl.conf", ""),
        ];
        let args = |set| json!({ "name": "vm.swappiness", "value": "10", "sysctl_set": set });
        assert!(
            !planned::<Sysctl>(args(false), &answers)
                .unwrap()
                .is_change()
        );
        let plan = planned::<Sysctl>(args(true), &answers).unwrap();
        assert_eq!(plan.steps()[0].what, "set vm.swappiness");
    }

    #[test]
    fn the_kernel_is_asked_in_every_shell() {
        for shell in Shell::all() {
            let look = shell.look();
            let value =
                futures::executor::block_on(look.fact(Kernel("kernel.ostype".into()))).unwrap();
            assert_eq!(value.as_deref(), Some("Linux"), "{shell:?}");
        }
    }
}
