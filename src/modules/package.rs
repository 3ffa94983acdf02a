//! Packages by whatever manager of packages the host has: one task for hosts of Debian and of Red Hat.
//!
//! ```yaml
//! - package: { name: [ chrony, haproxy ], state: present }
//! ```
//!
//! The names are the host's: what is called otherwise there is a matter of variables, by
//! `ansible_facts.os_family`. What only one manager has stands in `apt` and `dnf`.

use super::apt::{self, Apt};
use super::dnf::{self, Dnf};
use super::setup::{family, manager};
use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, Managers, ManagersFound, ProbeError};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// `package`
pub struct Package;

/// Whose words are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Use {
    /// The host's.
    #[default]
    Auto,
    /// apt's.
    Apt,
    /// dnf's.
    Dnf,
    /// dnf's.
    Dnf5,
    /// dnf's.
    Yum,
}

macro_rules! params {
    ($($(#[$about:meta])* $name:ident: $ty:ty,)*) => {
        /// The parameters of `package`.
        #[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct Params {
            /// The packages, as the host's manager names them.
            pub name: Vec<String>,
            /// `present`, `absent`, `latest`, and what else the manager knows.
            #[serde(default = "present")]
            pub state: String,
            /// Read the lists of packages anew before something is installed.
            #[serde(default)]
            pub update_cache: bool,
            /// The manager: `auto`, `apt`, `dnf`.
            #[serde(default, rename = "use")]
            pub manager: Use,
            $($(#[$about])* #[serde(default)] pub $name: Option<$ty>,)*
        }

        impl Params {
            /// What is the managers' own, as far as it is given.
            fn own(&self) -> Map<String, Value> {
                let mut all = Map::new();
                $(if let Some(value) = &self.$name {
                    all.insert(stringify!($name).into(), json!(value));
                })*
                all
            }
        }
    };
}

params! {
    /// Take packages away that nothing needs any more.
    autoremove: bool,
    /// Go back to an older version.
    allow_downgrade: bool,
    /// How long to wait for another package manager, in seconds.
    lock_timeout: u32,
    /// apt's: take the configuration away too.
    purge: bool,
    /// apt's: for how many seconds the lists stay good.
    cache_valid_time: u64,
    /// apt's: the release to take packages from.
    default_release: String,
    /// apt's: whether recommended packages come too.
    install_recommends: bool,
    /// apt's: install no package anew.
    only_upgrade: bool,
    /// apt's: do what apt would refuse.
    force: bool,
    /// apt's: install packages that nobody signed.
    allow_unauthenticated: bool,
    /// apt's: change held packages.
    allow_change_held_packages: bool,
    /// apt's: options for dpkg, with commas between them.
    dpkg_options: String,
    /// dnf's: repositories that are used this time.
    enablerepo: Vec<String>,
    /// dnf's: repositories that are not used this time.
    disablerepo: Vec<String>,
    /// dnf's: packages that are left out.
    exclude: Vec<String>,
    /// dnf's: install packages whose signatures are not checked.
    disable_gpg_check: bool,
    /// dnf's: take away what is in the way.
    allowerasing: bool,
    /// dnf's: whether weak dependencies come too.
    install_weak_deps: bool,
    /// dnf's: only the newest that there is.
    best: bool,
    /// dnf's: older ones do too.
    nobest: bool,
    /// dnf's: install no package anew.
    update_only: bool,
}

/// The task as each manager reads it, or why it can't.
#[derive(Clone, Debug)]
pub struct Ready {
    manager: Use,
    apt: Result<apt::Ready, String>,
    dnf: Result<dnf::Ready, String>,
}

/// What the manager said.
#[derive(Clone, Debug)]
pub enum State {
    /// apt.
    Apt(apt::State),
    /// dnf.
    Dnf(dnf::State),
}

impl State {
    fn apt(&self) -> Option<&apt::State> {
        match self {
            Self::Apt(state) => Some(state),
            Self::Dnf(_) => None,
        }
    }

    fn dnf(&self) -> Option<&dnf::State> {
        match self {
            Self::Dnf(state) => Some(state),
            Self::Apt(_) => None,
        }
    }
}

fn present() -> String {
    "present".into()
}

impl Params {
    fn read<M: Module>(&self, controller: &dyn Controller) -> Result<M::Ready, String> {
        let mut args = self.own();
        let schema = schemars::schema_for!(M::Params);
        let known = &schema.as_value()["properties"];
        if let Some(name) = args.keys().find(|name| known.get(name.as_str()).is_none()) {
            return Err(format!("`{}` has no parameter `{name}`", M::NAME));
        }
        args.insert("name".into(), self.name.clone().into());
        // Names that older playbooks have for them, and that only dnf kept.
        let state = match self.state.as_str() {
            "installed" => "present",
            "removed" => "absent",
            state => state,
        };
        args.insert("state".into(), state.into());
        args.insert("update_cache".into(), self.update_cache.into());
        let params = serde_json::from_value(Value::Object(args)).map_err(|e| e.to_string())?;
        M::prepare(params, controller).map_err(|diag| diag.to_string())
    }
}

/// Whether dnf is the host's manager; an error where it is neither dnf nor apt.
pub(super) fn is_dnf(found: &ManagersFound) -> Result<bool, ProbeError> {
    let there = |path: &str| found.programs.iter().any(|program| program == path);
    match manager(there, &family(&found.release)) {
        "apt" => Ok(false),
        "dnf" | "dnf5" => Ok(true),
        other => Err(ProbeError::Failed(format!(
            "`package` works with apt and dnf, and this host has neither (its manager of packages: {other})"
        ))),
    }
}

impl Module for Package {
    const NAME: &'static str = "package";
    const ALIASES: &'static [(&'static str, &'static str)] = &[("pkg", "name")];
    type Params = Params;
    type Ready = Ready;
    type State = State;

    fn prepare(params: Params, controller: &dyn Controller) -> Result<Ready, Diag> {
        let ready = Ready {
            manager: params.manager,
            apt: params.read::<Apt>(controller),
            dnf: params.read::<Dnf>(controller),
        };
        let wrong = match (&ready.manager, &ready.apt, &ready.dnf) {
            (Use::Auto, Err(why), Err(_))
            | (Use::Apt, Err(why), _)
            | (Use::Dnf | Use::Dnf5 | Use::Yum, _, Err(why)) => Some(why),
            _ => None,
        };
        if let Some(why) = wrong {
            return Err(Diag::error(why.clone()));
        }
        Ok(ready)
    }

    async fn probe(ready: &Ready, look: &Look) -> Result<State, ProbeError> {
        let by_dnf = match ready.manager {
            Use::Auto => is_dnf(&look.fact(Managers).await?)?,
            Use::Apt => false,
            Use::Dnf | Use::Dnf5 | Use::Yum => true,
        };
        let failed = |why: &String| ProbeError::Failed(why.clone());
        if by_dnf {
            let ready = ready.dnf.as_ref().map_err(failed)?;
            Ok(State::Dnf(Dnf::probe(ready, look).await?))
        } else {
            let ready = ready.apt.as_ref().map_err(failed)?;
            Ok(State::Apt(Apt::probe(ready, look).await?))
        }
    }

    fn plan(ready: &Ready, state: &State) -> Result<Plan, String> {
        match state {
            State::Apt(state) => Apt::plan(ready.apt.as_ref().map_err(Clone::clone)?, state),
            State::Dnf(state) => Dnf::plan(ready.dnf.as_ref().map_err(Clone::clone)?, state),
        }
    }

    fn result(
        Course {
            ready,
            before,
            after,
            plan,
            ran,
        }: Course<'_, Self>,
    ) -> TaskResult {
        // What is after a task was found by the manager that was found before it.
        match (before, &ready.apt, &ready.dnf) {
            (State::Apt(before), Ok(ready), _) => Apt::result(Course {
                ready,
                before,
                after: after.and_then(State::apt),
                plan,
                ran,
            }),
            (State::Dnf(before), _, Ok(ready)) => Dnf::result(Course {
                ready,
                before,
                after: after.and_then(State::dnf),
                plan,
                ran,
            }),
            _ => TaskResult::of(plan, ran),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{planned, ready};

    const DEBIAN: (&str, &str) = ("/etc/os-release", "/usr/bin/apt-get\n=\nID=debian\n");
    const FEDORA: (&str, &str) = (
        "/etc/os-release",
        "/usr/bin/apt-get\n/usr/bin/dnf\n=\nID=fedora\n",
    );

    #[test]
    fn one_task_is_for_hosts_of_both_kinds() {
        let args = json!({ "name": ["a"], "state": "installed" });
        let answers = [
            DEBIAN,
            ("Provides", ""),
            ("dpkg-query", ""),
            ("apt-cache", "a:\n  Candidate: 1.0-1\n"),
            ("/var/lib/apt/lists", "1000 1010\n"),
        ];
        let plan = planned::<Package>(args.clone(), &answers).unwrap();
        assert_eq!(plan.steps()[0].what, "install a");
        let answers = [
            FEDORA,
            ("--whatprovides", ""),
            ("repoquery", "a\t0\t1.0\t1\tnoarch\n"),
            ("rpm -q", ""),
        ];
        let plan = planned::<Package>(args, &answers).unwrap();
        assert_eq!(plan.steps()[0].what, "install a");
        assert_eq!(
            plan.changes()[0],
            crate::modules::packaged::version("a", None, Some(&"1.0-1".to_owned()))
        );
    }

    #[test]
    fn what_is_a_manager_s_own_is_given_to_it() {
        let args = json!({ "name": ["a"], "state": "absent", "purge": true });
        let answers = [
            DEBIAN,
            ("Provides", ""),
            ("/var/lib/apt/lists", "1000 1010\n"),
            ("apt-get -s", ""),
            ("dpkg-query", "a\tamd64\t1.0\tii \n"),
        ];
        let plan = planned::<Package>(args.clone(), &answers).unwrap();
        let step = format!("{:?}", plan.steps()[0].action);
        assert!(step.contains("--purge"), "{step}");
        let told = planned::<Package>(args, &[FEDORA]).unwrap_err();
        assert!(told.contains("`dnf` has no parameter `purge`"), "{told}");
        let both = json!({ "name": ["a"], "purge": true, "enablerepo": ["x"] });
        assert!(ready::<Package>("/".as_ref(), both).is_err());
    }

    #[test]
    fn what_only_one_manager_understands_is_refused_on_hosts_of_the_other() {
        let args = json!({ "name": ["a"], "state": "build-dep" });
        assert!(ready::<Package>("/".as_ref(), args.clone()).is_err());
        let args = json!({ "name": ["@tools"] });
        let told = planned::<Package>(args.clone(), &[FEDORA]).unwrap_err();
        assert!(told.contains("is a group"), "{told}");
        let args = json!({ "name": ["@tools"], "use": "dnf" });
        assert!(ready::<Package>("/".as_ref(), args).is_err());
        let alpine = [("/etc/os-release", "=\nID=alpine\n")];
        let told = planned::<Package>(json!({ "name": ["a"] }), &alpine).unwrap_err();
        assert!(told.contains("this host has neither"), "{told}");
    }
}
