//! Which versions of packages a host could install.

use super::packages::{policies, words};
use super::{Ask, Foreseen, Freshness, ProbeError, Question};
use crate::step::{Output, Script};
use std::collections::BTreeMap;
use std::time::Duration;

/// A first index of Ubuntu's is 23 MB.
const LIMIT: Duration = Duration::from_secs(180);

/// Asks which versions a host's package manager offers. Where it never read its index, as on a host
/// that was just installed, the index is read into a folder of the question's own, which goes with it.
#[derive(Clone, Debug)]
pub struct Offered {
    /// The packages' names.
    pub names: Vec<String>,
}

/// What a package manager offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offers {
    /// name -> version; what is not offered is left out.
    pub versions: BTreeMap<String, String>,
    /// Why the index can't be read.
    pub problem: Option<String>,
}

impl Question for Offered {
    type Answer = Offers;

    fn ask(&self) -> Ask {
        let names = words(&self.names);
        // The settings are the host's own (proxies, mirrors, pins), but for the hooks of an update, which
        // write to the host, and the indexes that say nothing of versions.
        let script = Script::new(format!(
            r#"LC_ALL=C; export LC_ALL
for p in /var/lib/apt/lists/*Packages*; do
[ ! -e "$p" ] || {{ apt-cache policy {names}; exit; }}
break
done
d=$(mktemp -d) || exit
trap 'rm -rf "$d"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$d/lists" && chmod 755 "$d" "$d/lists" || exit
apt-config dump | grep -E '^(Acquire|Dir|APT::Architecture)' | grep -v '^Acquire::IndexTargets' >"$d/settings"
cat >>"$d/settings" <<E
Dir::State::lists "$d/lists"; Dir::Cache::pkgcache "$d/packages"; Dir::Cache::srcpkgcache "$d/sources";
Dir::Etc::parts "/dev/null"; Dir::Etc::main "/dev/null";
Acquire::Languages "none"; Acquire::GzipIndexes "true";
Acquire::IndexTargets::deb-src::Sources::DefaultEnabled "false";
E
APT_CONFIG=$d/settings; export APT_CONFIG
apt-get -q -o APT::Update::Error-Mode=any update >/dev/null && apt-cache policy {names}"#
        ));
        Ask::Shell {
            script: Script {
                limit: Some(LIMIT),
                ..script
            },
            freshness: Freshness::Settled,
            slow: true,
        }
    }

    fn read(&self, output: &Output) -> Result<Offers, ProbeError> {
        if output.ok() {
            return Ok(Offers {
                versions: policies(&output.out()),
                problem: None,
            });
        }
        let said = output.err();
        let told = |line: &&str| line.starts_with("E: ");
        let problem = said.lines().find(told).unwrap_or_else(|| said.trim());
        let problem = match (output.status, problem) {
            (124, _) => format!("it took longer than {} s", LIMIT.as_secs()),
            (status, "") => format!("exit status {status}"),
            (_, said) => said.trim_start_matches("E: ").to_owned(),
        };
        Ok(Offers {
            versions: BTreeMap::new(),
            problem: Some(problem),
        })
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        _: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_that_cannot_be_read_is_an_answer_too() {
        let offers = |status: i32, stderr: &str| {
            let output = Output {
                status,
                stderr: stderr.into(),
                ..Output::default()
            };
            Offered { names: Vec::new() }.read(&output).unwrap()
        };
        let said = "W: Skipping\nE: Failed to fetch http://x/InRelease  Connection refused\nE: Some index files failed\n";
        let problems = [
            offers(100, said),
            offers(124, ""),
            offers(127, "sh: apt-get: not found\n"),
        ]
        .map(|offers| offers.problem.unwrap());
        assert_eq!(
            problems,
            [
                "Failed to fetch http://x/InRelease  Connection refused",
                "it took longer than 180 s",
                "sh: apt-get: not found"
            ]
        );
    }
}
