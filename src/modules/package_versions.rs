//! Which versions of packages a host has, or else would get. Reads only.
//!
//! ```yaml
//! - package_versions: { names: [ postgresql, pgpool2 ] }
//! - debug: { msg: "{{ ansible_facts.version_of_postgresql }}" }
//! ```
//!
//! Sets `ansible_facts.version_of_NAME` (`-` and the like are `_` in it): the version of the program,
//! without what the distribution says of its packaging (`4.6.1` of `4.6.1-2`). Names that carry
//! a number are meant too, the newest: `postgresql-17`, where it is installed, is the host's
//! `postgresql`. Where there is no such version `ansible_facts.no_version_of_NAME` says why.
//!
//! On a host with dnf the names are those of its packages, `pgpool-II`.
//!
//! What is installed is asked first. Only where something is not, the package manager is asked what it
//! offers; where it has never read its index (a new host, in a plan too) that takes some seconds.

use super::package::is_dnf;
use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{
    Installed, Look, Managers, Offered, Offers, Package, ProbeError, Repoquery, Rpm, RpmInstalled,
    Which,
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// `package_versions`
pub struct PackageVersions;

/// Parameters of `package_versions`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The packages' names, without numbers: `postgresql`.
    pub names: Vec<String>,
}

/// name -> its version, or why there is none.
type State = BTreeMap<String, Result<String, String>>;

impl Module for PackageVersions {
    const NAME: &'static str = "package_versions";
    type Params = Params;
    type Ready = Params;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<State, ProbeError> {
        if params.names.is_empty() {
            return Ok(State::new());
        }
        let asked = |name: &String| [name.clone(), format!("{name}-[0-9]*")];
        let names = params.names.iter().flat_map(asked).collect();
        // In one turn, since nearly all hosts are of the first kind.
        let (managers, installed) =
            futures::join!(look.fact(Managers), look.fact(Installed { names }));
        if is_dnf(&managers?)? {
            return of_rpm(&params.names, look).await;
        }
        let installed = installed?;
        for package in &installed {
            package.known()?;
        }
        let mut found = State::new();
        let mut missing = Vec::new();
        for name in &params.names {
            match newest(name, &installed) {
                Some(version) => {
                    found.insert(name.clone(), Ok(program(version).to_owned()));
                }
                None => missing.push(name.clone()),
            }
        }
        if !missing.is_empty() {
            let names = missing.clone();
            let offers = look.fact(Offered { names }).await?;
            found.extend(missing.into_iter().map(|name| {
                let version = offered(&name, &offers);
                (name, version)
            }));
        }
        Ok(found)
    }

    fn plan(_: &Params, _: &State) -> Result<Plan, String> {
        Ok(Plan::nothing())
    }

    fn result(Course { before, .. }: Course<'_, Self>) -> TaskResult {
        let mut result = TaskResult::default();
        for (name, version) in before {
            let word = name.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
            let (fact, value) = match version {
                Ok(version) => (format!("ansible_version_of_{word}"), version),
                Err(why) => (format!("ansible_no_version_of_{word}"), why),
            };
            result.facts.insert(fact, value.as_str().into());
        }
        result
    }
}

/// The same on a host with dnf, whose packages carry a number only where they are another product. It is
/// asked for what it heard of its repositories.
async fn of_rpm(names: &[String], look: &Look) -> Result<State, ProbeError> {
    let newest = |name: &str, all: &[Rpm]| {
        let of_it = all.iter().filter(|rpm| rpm.name == name);
        let newest = of_it.map(|rpm| &rpm.evr).max_by(|a, b| a.order(b))?;
        Some(program(&newest.version).to_owned())
    };
    let names = || names.to_vec();
    let installed = look.fact(RpmInstalled { names: names() }).await?;
    let missing: Vec<String> = names()
        .into_iter()
        .filter(|name| newest(name, &installed).is_none())
        .collect();
    let offers = if missing.is_empty() {
        Vec::new()
    } else {
        let options = String::new();
        let which = Which::Offered(missing);
        look.fact(Repoquery { options, which }).await?
    };
    let version = |name: String| {
        let version = newest(&name, &installed)
            .or_else(|| newest(&name, &offers))
            .ok_or_else(|| {
                format!(
                    "dnf has not heard of {name}: its repository is not there yet, or was never asked"
                )
            });
        (name, version)
    };
    Ok(names().into_iter().map(version).collect())
}

fn offered(name: &str, offers: &Offers) -> Result<String, String> {
    match (offers.versions.get(name), &offers.problem) {
        (Some(version), _) => Ok(program(version).to_owned()),
        (None, Some(problem)) => Err(format!("its package index can't be read: {problem}")),
        (None, None) => Err(format!(
            "its package manager offers no {name}: see that its sources are all there (on Ubuntu: universe)"
        )),
    }
}

/// The version of what is installed of a package, of the newest where its name carries a number.
fn newest<'a>(name: &str, installed: &'a [Package]) -> Option<&'a str> {
    let number = |package: &Package| -> Option<Vec<u32>> {
        let number = package.name.strip_prefix(name)?.strip_prefix('-')?;
        number.split('.').map(|part| part.parse().ok()).collect()
    };
    let here = || installed.iter().filter(|package| package.installed);
    let numbered = here().filter_map(|package| Some((number(package)?, package)));
    let numbered = numbered.max_by(|a, b| a.0.cmp(&b.0));
    numbered
        .map(|(_, package)| package)
        .or_else(|| here().find(|package| package.name == name))
        .map(|package| package.version.as_str())
}

/// The program's version in a package's: `2:1.21-75+exp1` is 1.21, `17+278` is 17.
fn program(version: &str) -> &str {
    let version = version.split_once(':').map_or(version, |(_, rest)| rest);
    let version = version.rsplit_once('-').map_or(version, |(rest, _)| rest);
    version.split(['+', '~']).next().unwrap_or(version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Canned, ready};
    use serde_json::{Value, json};

    /// The facts that follow from what dpkg and apt say.
    fn facts(names: &[&str], dpkg: &'static str, apt: &'static str) -> Value {
        let mut answers = vec![
            ("os-release", "/usr/bin/apt-get\n=\nID=debian\n"),
            ("dpkg-query", dpkg),
        ];
        if !apt.is_empty() {
            answers.push(("apt-cache policy", apt));
        }
        of(names, &answers)
    }

    /// The facts that follow from answers.
    fn of(names: &[&str], answers: &[(&'static str, &'static str)]) -> Value {
        let ready = ready::<PackageVersions>("/".as_ref(), json!({ "names": names })).unwrap();
        let look = Canned::look(answers);
        let state = futures::executor::block_on(PackageVersions::probe(&ready, &look)).unwrap();
        let plan = PackageVersions::plan(&ready, &state).unwrap();
        assert!(!plan.is_change() && plan.steps().is_empty());
        PackageVersions::result(Course {
            ready: &ready,
            before: &state,
            after: None,
            plan: &plan,
            ran: &[],
        })
        .facts
        .into()
    }

    #[test]
    fn what_is_installed_settles_it_and_nothing_is_asked_of_the_index() {
        let dpkg = "postgresql-15\tamd64\t15.9-1\tii \npostgresql-9.6\tamd64\t9.6.1\tii \n\
                    postgresql-17\tamd64\t17.2-1.pgdg24.04+1\thi \npostgresql-18\tamd64\t18.0\trc \n\
                    postgresql-17-cron\tamd64\t1.6\tii \npostgresql\tall\t18+290\tii \n";
        assert_eq!(
            facts(&["postgresql"], dpkg, ""),
            json!({"ansible_version_of_postgresql": "17.2"})
        );
    }

    #[test]
    fn what_is_not_installed_is_what_is_offered() {
        let dpkg = "pgpool2\tamd64\t4.3.7-1ubuntu4\tii \n";
        let apt = "postgresql:\n  Installed: (none)\n  Candidate: 16+257build1.1\n\
                   default-jre-headless:\n  Candidate: 2:1.21-75+exp1\nghost:\n  Candidate: (none)\n";
        let names = ["postgresql", "pgpool2", "default-jre-headless", "ghost"];
        assert_eq!(
            facts(&names, dpkg, apt),
            json!({
                "ansible_no_version_of_ghost": "its package manager offers no ghost: see that its \
                    sources are all there (on Ubuntu: universe)",
                "ansible_version_of_default_jre_headless": "1.21",
                "ansible_version_of_pgpool2": "4.3.7",
                "ansible_version_of_postgresql": "16",
            })
        );
    }

    #[test]
    fn dnf_and_rpm_are_asked_where_they_are() {
        let answers = [
            (
                "os-release",
                "/usr/bin/apt-get\n/usr/bin/dnf\n=\nID=rocky\n",
            ),
            ("rpm -q", "pgpool-II\t0\t4.6.1\t1PGDG.rhel9\tx86_64\n"),
            (
                "repoquery",
                "haproxy\t0\t2.4.9\t1.el9\tx86_64\nhaproxy\t0\t2.4.22\t4.el9\tx86_64\n",
            ),
        ];
        assert_eq!(
            of(&["pgpool-II", "haproxy", "ghost"], &answers),
            json!({
                "ansible_no_version_of_ghost": "dnf has not heard of ghost: its repository is not \
                    there yet, or was never asked",
                "ansible_version_of_haproxy": "2.4.22",
                "ansible_version_of_pgpool_II": "4.6.1",
            })
        );
    }

    #[test]
    fn an_index_that_cannot_be_read_is_told_where_a_version_is_wanted() {
        let offers = Offers {
            problem: Some("Temporary failure resolving 'deb.debian.org'".into()),
            ..Offers::default()
        };
        assert_eq!(
            offered("postgresql", &offers).unwrap_err(),
            "its package index can't be read: Temporary failure resolving 'deb.debian.org'"
        );
    }

    #[test]
    fn the_programs_version_is_found_in_every_distributions() {
        for (package, expected) in [
            ("17+278+deb13u1", "17"),
            ("18+285.pgdg24.04+1", "18"),
            ("18~beta1-1.pgdg13+1", "18"),
            ("16.10-0ubuntu0.24.04.1", "16.10"),
            ("4.6.4-1.pgdg24.04+1", "4.6.4"),
            ("4.0.7-3~deb13u1", "4.0.7"),
            ("3.9.3-1+deb13u1", "3.9.3"),
            ("2:1.21-75+exp1", "1.21"),
            ("3.4.30-1build1", "3.4.30"),
        ] {
            assert_eq!(program(package), expected);
        }
    }
}
