//! Which packages are installed, as a fact.
//!
//! ```yaml
//! - package_facts:
//! - debug: { msg: "{{ ansible_facts.packages['postgresql-17'][0].version }}" }
//!   when: "'postgresql-17' in ansible_facts.packages"
//! ```
//!
//! Of Debian's packages the archive that they came from (`origin`) is not told.

use super::package::is_dnf;
use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{
    Ask, Foreseen, Installed, Look, Managers, Package, ProbeError, Question, Rpm, RpmInstalled,
};
use crate::step::Output;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// `package_facts`
pub struct PackageFacts;

/// Whether all managers of packages are asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Strategy {
    /// The host's own.
    #[default]
    First,
    /// The same: a host has one.
    All,
}

/// The parameters of `package_facts`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)] // What has no effect is only named, so that it is taken.
pub struct Params {
    /// The managers that may be asked: `auto`, `apt`, `rpm` (also as `dnf`, `dnf5`, `yum`).
    #[serde(default = "auto")]
    pub manager: Vec<String>,
    /// Has no effect: a host has one manager of packages.
    #[serde(default)]
    pub strategy: Strategy,
}

fn auto() -> Vec<String> {
    vec!["auto".into()]
}

/// The sections of Debian's packages by their names, and the host's architecture.
struct Sections;

impl Question for Sections {
    type Answer = (String, BTreeMap<String, String>);

    fn ask(&self) -> Ask {
        Ask::settled("dpkg --print-architecture && dpkg-query -W -f '${Package}\\t${Section}\\n'")
    }

    fn read(&self, output: &Output) -> Result<Self::Answer, ProbeError> {
        let text = output.out();
        match (output.ok(), text.split_once('\n')) {
            (true, Some((own, lines))) => {
                let pairs = lines.lines().filter_map(|line| line.split_once('\t'));
                let sections = pairs.map(|(name, of)| (name.to_owned(), of.to_owned()));
                Ok((own.to_owned(), sections.collect()))
            }
            _ => Err(ProbeError::answer(
                "ask which packages are installed",
                output,
            )),
        }
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        _: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        now
    }
}

/// What is installed.
pub enum State {
    /// Debian's packages, their sections and the host's architecture.
    Apt(Vec<Package>, BTreeMap<String, String>, String),
    /// Red Hat's.
    Rpm(Vec<Rpm>),
}

impl State {
    fn packages(&self) -> Map<String, Value> {
        let mut all = Map::new();
        match self {
            Self::Apt(packages, sections, own) => {
                for package in packages.iter().filter(|package| package.installed) {
                    let Package {
                        name,
                        architecture,
                        version,
                        ..
                    } = package;
                    let foreign = architecture != own && architecture != "all";
                    let called = if foreign && !architecture.is_empty() {
                        format!("{name}:{architecture}")
                    } else {
                        name.clone()
                    };
                    let category = sections.get(name);
                    let one = json!({
                        "name": called, "version": version, "arch": architecture,
                        "category": category, "source": "apt",
                    });
                    all.insert(called, json!([one]));
                }
            }
            Self::Rpm(packages) => {
                for package in packages {
                    let evr = &package.evr;
                    let epoch = (evr.epoch != 0).then_some(evr.epoch);
                    let one = json!({
                        "name": package.name, "version": evr.version, "release": evr.release,
                        "epoch": epoch, "arch": package.arch, "source": "rpm",
                    });
                    match all.get_mut(&package.name) {
                        Some(Value::Array(several)) => several.push(one),
                        _ => drop(all.insert(package.name.clone(), json!([one]))),
                    }
                }
            }
        }
        all
    }
}

impl Module for PackageFacts {
    const NAME: &'static str = "package_facts";
    type Params = Params;
    type Ready = Params;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        let known = ["auto", "apt", "rpm", "dnf", "dnf5", "yum"];
        match params
            .manager
            .iter()
            .find(|name| !known.contains(&name.as_str()))
        {
            Some(other) => Err(Diag::error(format!("`manager: {other}` is not supported"))
                .help("auto, apt and rpm are")),
            None => Ok(params),
        }
    }

    async fn probe(params: &Params, look: &Look) -> Result<State, ProbeError> {
        let by_rpm = is_dnf(&look.fact(Managers).await?)?;
        let may = |names: &[&str]| {
            let mut given = params.manager.iter();
            given.any(|name| name == "auto" || names.contains(&name.as_str()))
        };
        let names = vec!["*".to_owned()];
        if by_rpm && may(&["rpm", "dnf", "dnf5", "yum"]) {
            return Ok(State::Rpm(look.fact(RpmInstalled { names }).await?));
        }
        if by_rpm || !may(&["apt"]) {
            return Err(ProbeError::Failed(format!(
                "the host has none of the managers of packages that may be asked: {}",
                params.manager.join(", ")
            )));
        }
        let (packages, (own, sections)) =
            futures::try_join!(look.fact(Installed { names }), look.fact(Sections))?;
        for package in packages.iter().filter(|package| package.installed) {
            package.known()?;
        }
        Ok(State::Apt(packages, sections, own))
    }

    fn plan(_: &Params, _: &State) -> Result<Plan, String> {
        Ok(Plan::nothing())
    }

    fn result(Course { before, .. }: Course<'_, Self>) -> TaskResult {
        let mut result = TaskResult::default();
        let packages = Value::Object(before.packages());
        result.facts.insert("packages".into(), packages);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{foretold, ready};
    use crate::step::{self, Effect};

    const ANSWERS: [(&str, &str); 3] = [
        ("/etc/os-release", "/usr/bin/apt-get\n=\nID=debian\n"),
        ("print-architecture", "amd64\ncron\tadmin\nlibc6\tlibs\n"),
        (
            "db:Status",
            "cron\tamd64\t3.0\tii \nlibc6\ti386\t2.41\tii \nold\tall\t1\trc \n",
        ),
    ];

    fn facts(pending: &mut Foreseen) -> Result<Value, String> {
        let (_, result) = foretold::<PackageFacts>(json!({}), &ANSWERS, pending)?;
        Ok(result.facts["packages"].clone())
    }

    #[test]
    fn installed_packages_are_told_under_ansible_s_names() {
        let known = facts(&mut Foreseen::default()).unwrap();
        let cron = json!([{ "name": "cron", "version": "3.0", "arch": "amd64", "category": "admin", "source": "apt" }]);
        assert_eq!(known["cron"], cron);
        assert_eq!(known["libc6:i386"][0]["arch"], "i386");
        assert!(known.get("old").is_none());
    }

    #[test]
    fn a_pending_package_is_there_where_its_version_is_known() {
        let there = |version: Option<&str>| {
            let package = step::Package::There {
                version: version.map(str::to_owned),
                architecture: "amd64".into(),
                new: true,
            };
            let mut pending = Foreseen::default();
            pending.add("Install", "root", [Effect::Package("etcd".into(), package)]);
            facts(&mut pending)
        };
        assert_eq!(there(Some("3.5")).unwrap()["etcd"][0]["version"], "3.5");
        assert!(there(None).is_err());
    }

    #[test]
    fn a_manager_that_is_not_known_is_refused() {
        let told = ready::<PackageFacts>("/".as_ref(), json!({ "manager": ["pacman"] }));
        assert!(told.err().unwrap().to_string().contains("pacman"));
    }
}
