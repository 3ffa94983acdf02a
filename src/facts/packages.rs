//! Debian packages: what is installed, what could be, and how old the lists of packages are.

use super::{Ask, Foreseen, Freshness, ProbeError, Question};
use crate::step::{Output, Script, quote};
use std::collections::BTreeMap;

/// Asks which of some packages are installed.
#[derive(Clone, Debug)]
pub struct Installed {
    /// Their names, `name:architecture` and patterns with `*` too.
    pub names: Vec<String>,
}

/// A package that dpkg knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its architecture.
    pub architecture: String,
    /// Its version.
    pub version: String,
    /// Whether it is installed; otherwise only its configuration is left.
    pub installed: bool,
    /// Whether it is held.
    pub held: bool,
    /// Only in a dry run: the task that installs it, where the version is not known before.
    pub until: Option<String>,
}

impl Package {
    /// The version, for whoever can't do without.
    pub fn known(&self) -> Result<&str, ProbeError> {
        match &self.until {
            None => Ok(&self.version),
            Some(until) => Err(ProbeError::Unknown {
                until: until.clone(),
                why: format!("it picks the version of {}", self.name),
            }),
        }
    }
}

pub(super) fn words(names: &[String]) -> String {
    names
        .iter()
        .map(|name| quote(name))
        .collect::<Vec<_>>()
        .join(" ")
}

impl Question for Installed {
    type Answer = Vec<Package>;

    fn ask(&self) -> Ask {
        // Status 1 only says that dpkg doesn't know some of them.
        Ask::settled(format!(
            "LC_ALL=C dpkg-query -W -f '${{Package}}\\t${{Architecture}}\\t${{Version}}\\t${{db:Status-Abbrev}}\\n' {} 2>/dev/null\n\
             s=$?; [ $s -le 1 ] || {{ echo \"dpkg-query is needed, so the host must be a Debian\" >&2; exit $s; }}",
            words(&self.names)
        ))
    }

    fn read(&self, output: &Output) -> Result<Self::Answer, ProbeError> {
        if !output.ok() {
            return Err(ProbeError::answer(
                "ask which packages are installed",
                output,
            ));
        }
        let package = |line: &str| {
            let mut fields = line.split('\t').map(str::to_owned);
            let (name, architecture, version, status) = (
                fields.next()?,
                fields.next()?,
                fields.next()?,
                fields.next()?,
            );
            let mut letters = status.chars();
            let wanted = letters.next()?;
            // W and t: installed, its triggers still to run.
            let installed = matches!(letters.next()?, 'i' | 'W' | 't');
            Some(Package {
                name,
                architecture,
                version,
                installed,
                held: wanted == 'h',
                until: None,
            })
        };
        let known = output
            .out()
            .lines()
            .filter_map(package)
            .filter(|package| !package.version.is_empty())
            .collect();
        Ok(known)
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        pending.installed(&self.names, now?)
    }
}

/// Asks which installed packages provide one of some names.
#[derive(Clone, Debug)]
pub struct Provided {
    /// The names.
    pub names: Vec<String>,
}

impl Question for Provided {
    /// name -> the package that provides it
    type Answer = BTreeMap<String, String>;

    fn ask(&self) -> Ask {
        Ask::settled(
            "LC_ALL=C dpkg-query -W -f '${db:Status-Abbrev}\\t${Package}\\t${Provides}\\n' 2>/dev/null | grep '^.i.*\t.*\t.'; :",
        )
    }

    fn read(&self, output: &Output) -> Result<Self::Answer, ProbeError> {
        let mut found = BTreeMap::new();
        for line in output.out().lines() {
            let mut fields = line.split('\t').skip(1);
            let (Some(package), Some(provides)) = (fields.next(), fields.next()) else {
                continue;
            };
            for name in provides
                .split(',')
                .filter_map(|part| part.split_whitespace().next())
            {
                if self.names.iter().any(|wanted| wanted == name) {
                    found.insert(name.to_owned(), package.to_owned());
                }
            }
        }
        Ok(found)
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        _: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        now
    }
}

/// Asks which versions apt would install.
#[derive(Clone, Debug)]
pub struct Candidates {
    /// The packages' names.
    pub names: Vec<String>,
    /// The release to prefer.
    pub release: Option<String>,
    /// A version that is there is compared with it.
    pub newest: bool,
}

impl Question for Candidates {
    /// name -> version; what apt doesn't know is left out.
    type Answer = BTreeMap<String, String>;

    fn ask(&self) -> Ask {
        let release = self
            .release
            .as_ref()
            .map(|release| format!("-t {} ", quote(release)))
            .unwrap_or_default();
        slow(format!(
            "LC_ALL=C apt-cache {release}policy {} 2>/dev/null; :",
            words(&self.names)
        ))
    }

    fn read(&self, output: &Output) -> Result<Self::Answer, ProbeError> {
        Ok(policies(&output.out()))
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        pending.candidates(self.newest, now?)
    }
}

/// Reads `apt-cache policy`: name -> version; what apt doesn't know is left out.
pub(super) fn policies(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut name = None;
    for line in text.lines() {
        if let Some(package) = line.strip_suffix(':').filter(|line| !line.starts_with(' ')) {
            name = Some(package.to_owned());
        } else if let Some(version) = line
            .trim()
            .strip_prefix("Candidate: ")
            .filter(|v| *v != "(none)")
        {
            found.extend(name.take().map(|name| (name, version.to_owned())));
        }
    }
    found
}

/// Asks what `apt-get` would do, by its own simulation.
#[derive(Clone, Debug)]
pub struct Simulated {
    /// The command with its options: `dist-upgrade`, `autoremove`.
    pub command: String,
}

/// A package that `apt-get` would install or take away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The package.
    pub name: String,
    /// Its version now.
    pub from: Option<String>,
    /// Its version then; `None` when it goes.
    pub to: Option<String>,
}

impl Simulated {
    /// Whether apt chooses by itself what comes and goes.
    fn free(&self) -> bool {
        ["autoremove", "upgrade --with-new-pkgs", "dist-upgrade"]
            .iter()
            .any(|free| self.command.ends_with(free))
    }
}

impl Question for Simulated {
    type Answer = Vec<Move>;

    fn ask(&self) -> Ask {
        slow(format!(
            "LC_ALL=C apt-get -s -q -o Debug::NoLocking=1 {}",
            self.command
        ))
    }

    fn read(&self, output: &Output) -> Result<Self::Answer, ProbeError> {
        if !output.ok() {
            return Err(ProbeError::answer(
                &format!("simulate apt-get {}", self.command),
                output,
            ));
        }
        // Inst libc6 [2.36-9] (2.36-9+deb12u10 Debian:12/stable [amd64])    Remv foo [1.0]
        let moved = |line: &str| {
            let mut words = line.split(' ');
            let goes = match words.next()? {
                "Inst" => false,
                "Remv" | "Purg" => true,
                _ => return None,
            };
            let name = words.next()?.to_owned();
            let from = line.split_once('[').and_then(|(before, rest)| {
                (!before.contains('('))
                    .then(|| rest.split(']').next().unwrap_or_default().to_owned())
            });
            let to = line
                .split_once('(')
                .and_then(|(_, rest)| rest.split([' ', ')']).next())
                .map(str::to_owned);
            Some(Move {
                name,
                from,
                to: to.filter(|_| !goes),
            })
        };
        Ok(output.out().lines().filter_map(moved).collect())
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        pending.moves(self.free(), now?)
    }
}

fn slow(text: String) -> Ask {
    Ask::Shell {
        script: Script::new(text),
        freshness: Freshness::Settled,
        slow: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(text: &str) -> Output {
        Output {
            stdout: text.into(),
            ..Output::default()
        }
    }

    #[test]
    fn installed_held_and_left_over_are_told_apart() {
        let text = "libc6\tamd64\t2.36\tii \npgpool2\tamd64\t4.6\thi \nold\tamd64\t1.0\trc \nvirtual\t\t\tun \nbusy\tall\t1\tit \n";
        let found = Installed { names: Vec::new() }.read(&output(text)).unwrap();
        let short: Vec<_> = found
            .iter()
            .map(|p| (p.name.as_str(), p.installed, p.held))
            .collect();
        assert_eq!(
            short,
            [
                ("libc6", true, false),
                ("pgpool2", true, true),
                ("old", false, false),
                ("busy", true, false)
            ]
        );
    }

    #[test]
    fn candidates_are_read_from_the_policy() {
        let text = "pgpool2:\n  Installed: (none)\n  Candidate: 4.6.1-1\n  Version table:\n     4.6.1-1 500\n\
                    ghost:\n  Installed: (none)\n  Candidate: (none)\n  Version table:\n";
        let found = Candidates {
            names: Vec::new(),
            release: None,
            newest: false,
        }
        .read(&output(text))
        .unwrap();
        assert_eq!(
            found.into_iter().collect::<Vec<_>>(),
            [("pgpool2".to_owned(), "4.6.1-1".to_owned())]
        );
    }

    #[test]
    fn a_simulation_tells_each_move() {
        let text = "Reading package lists...\nInst libc6 [2.36-9] (2.36-10 Debian:12/stable [amd64])\n\
                    Inst new (1.0 Debian:12/stable [all])\nRemv gone [0.9]\nConf libc6 (2.36-10 Debian:12/stable [amd64])\n";
        let found = Simulated {
            command: "upgrade".into(),
        }
        .read(&output(text))
        .unwrap();
        let moved = |name: &str, from: Option<&str>, to: Option<&str>| Move {
            name: name.into(),
            from: from.map(str::to_owned),
            to: to.map(str::to_owned),
        };
        assert_eq!(
            found,
            [
                moved("libc6", Some("2.36-9"), Some("2.36-10")),
                moved("new", None, Some("1.0")),
                moved("gone", Some("0.9"), None)
            ]
        );
    }

    #[test]
    fn what_an_installed_package_provides_is_found() {
        let text = "ii \texim4-daemon-light\tmail-transport-agent, default-mta (= 1)\n";
        let found = Provided {
            names: vec!["mail-transport-agent".into()],
        }
        .read(&output(text))
        .unwrap();
        assert_eq!(found["mail-transport-agent"], "exim4-daemon-light");
    }
}
