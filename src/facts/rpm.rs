//! rpm packages: which are installed, which of them provide a name, what a package's file holds.

use super::{Ask, Evr, Foreseen, Freshness, ProbeError, Question};
use crate::step::{Output, Script, quote};
use std::collections::BTreeMap;

/// A package, installed or offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rpm {
    /// Its name.
    pub name: String,
    /// Its version.
    pub evr: Evr,
    /// Its architecture, `noarch` for all.
    pub arch: String,
}

impl Rpm {
    /// As rpm names it: `NAME-VERSION-RELEASE.ARCH`.
    pub fn label(&self) -> String {
        let Evr {
            version, release, ..
        } = &self.evr;
        format!("{}-{version}-{release}.{}", self.name, self.arch)
    }

    /// Reads a line of rpm or dnf; `None` for what is no package.
    pub(super) fn read(line: &str) -> Option<Self> {
        let mut fields = line.split('\t').map(str::to_owned);
        let name = fields.next()?;
        let epoch = fields.next()?.parse().ok()?;
        let (version, release) = (fields.next()?, fields.next()?);
        let evr = Evr {
            epoch,
            version,
            release,
        };
        let arch = fields.next()?;
        Some(Self { name, evr, arch })
    }
}

/// What rpm is to say of a package, a line each.
const FORMAT: &str = r"'%{NAME}\t%{EPOCHNUM}\t%{VERSION}\t%{RELEASE}\t%{ARCH}\n'";

/// Asks which of some packages are installed.
#[derive(Clone, Debug)]
pub struct RpmInstalled {
    /// Their names, patterns with `*` too.
    pub names: Vec<String>,
}

impl Question for RpmInstalled {
    /// All versions and architectures of them.
    type Answer = Vec<Rpm>;

    fn ask(&self) -> Ask {
        let words = |patterns: bool| {
            let names = self.names.iter();
            let names = names.filter(|name| name.contains('*') == patterns);
            names.map(|name| format!(" {}", quote(name))).collect()
        };
        let (names, patterns): (String, String) = (words(false), words(true));
        let mut text = "command -v rpm >/dev/null || { echo 'rpm is needed, so the host must be one with dnf' >&2; exit 127; }".to_owned();
        for (flag, words) in [("-q", names), ("-qa", patterns)] {
            if !words.is_empty() {
                text += &format!("\nLC_ALL=C rpm {flag} --qf {FORMAT} --{words}");
            }
        }
        Ask::settled(text)
    }

    fn read(&self, output: &Output) -> Result<Vec<Rpm>, ProbeError> {
        // The status counts what is not installed, so only words tell a failure.
        if output.status == 127 || output.err().lines().any(|line| line.starts_with("error:")) {
            return Err(ProbeError::answer(
                "ask which packages are installed",
                output,
            ));
        }
        Ok(output.out().lines().filter_map(Rpm::read).collect())
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        pending.rpms(&self.names, now?)
    }
}

/// Asks which installed packages provide some names or files.
#[derive(Clone, Debug)]
pub struct RpmProviders {
    /// The names and paths.
    pub names: Vec<String>,
}

impl Question for RpmProviders {
    /// By name; what nothing provides is left out.
    type Answer = BTreeMap<String, Vec<Rpm>>;

    fn ask(&self) -> Ask {
        Ask::settled(each(&self.names, "-q --whatprovides", "2>/dev/null; :"))
    }

    fn read(&self, output: &Output) -> Result<Self::Answer, ProbeError> {
        Ok(parts(&self.names, output))
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        _: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        now
    }
}

/// Asks what the files of packages hold.
#[derive(Clone, Debug)]
pub struct RpmFiles {
    /// Paths and addresses.
    pub places: Vec<String>,
}

impl Question for RpmFiles {
    /// By place.
    type Answer = BTreeMap<String, Rpm>;

    fn ask(&self) -> Ask {
        // What stands behind an address has to be fetched for that.
        Ask::Shell {
            script: Script::new(each(&self.places, "-qp --nosignature", "|| exit")),
            freshness: Freshness::Settled,
            slow: true,
        }
    }

    fn read(&self, output: &Output) -> Result<Self::Answer, ProbeError> {
        if !output.ok() {
            return Err(ProbeError::answer("read the package", output));
        }
        let found = parts(&self.places, output).into_iter();
        Ok(found
            .filter_map(|(place, rpms)| Some((place, rpms.into_iter().next()?)))
            .collect())
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        _: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        now
    }
}

const MARK: &str = "=";

/// Asks rpm about one word after another.
fn each(words: &[String], flags: &str, end: &str) -> String {
    let ask = |word: &String| {
        let word = quote(word);
        format!("echo {MARK}; LC_ALL=C rpm {flags} --qf {FORMAT} -- {word} {end}\n")
    };
    words.iter().map(ask).collect()
}

/// The answers to [`each`], by word.
fn parts(words: &[String], output: &Output) -> BTreeMap<String, Vec<Rpm>> {
    let mut found: BTreeMap<String, Vec<Rpm>> = BTreeMap::new();
    let mut words = words.iter();
    let mut word = None;
    for line in output.out().lines() {
        if line == MARK {
            word = words.next();
        } else if let (Some(word), Some(rpm)) = (word, Rpm::read(line)) {
            found.entry(word.clone()).or_default().push(rpm);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(stdout: &str, stderr: &str, status: i32) -> Output {
        Output {
            status,
            stdout: stdout.into(),
            stderr: stderr.into(),
            ..Output::default()
        }
    }

    #[test]
    fn what_is_installed_is_read_and_what_is_not_is_left_out() {
        let question = RpmInstalled {
            names: vec!["lab-tool".into(), "gone".into(), "lab-*".into()],
        };
        let Ask::Shell { script, .. } = question.ask() else {
            panic!()
        };
        assert!(
            script.text.contains("rpm -q --qf ") && script.text.contains("-- lab-tool gone\n"),
            "{}",
            script.text
        );
        assert!(script.text.ends_with("-- 'lab-*'"), "{}", script.text);
        let text = "lab-tool\t1\t2.0\t1.el9\tnoarch\npackage gone is not installed\n";
        let found = question.read(&output(text, "", 1)).unwrap();
        assert_eq!(found[0].label(), "lab-tool-2.0-1.el9.noarch");
        assert_eq!((found.len(), found[0].evr.epoch), (1, 1));
    }

    #[test]
    fn a_database_that_can_not_be_read_is_no_answer() {
        let question = RpmInstalled { names: Vec::new() };
        let error = "error: cannot open Packages database in /var/lib/rpm\n";
        let told = question
            .read(&output("", error, 1))
            .unwrap_err()
            .to_string();
        assert!(told.contains("cannot open"), "{told}");
        assert!(question.read(&output("", "rpm is needed", 127)).is_err());
    }

    #[test]
    fn who_provides_is_told_by_name() {
        let names = ["nothing", "mta", "/usr/bin/x"].map(str::to_owned).to_vec();
        let text = "=\nno package provides nothing\n=\npostfix\t0\t3\t1\tx86_64\nexim\t0\t4\t1\tx86_64\n=\nx\t0\t1\t1\tnoarch\n";
        let found = RpmProviders { names }.read(&output(text, "", 0)).unwrap();
        let short: Vec<(&str, usize)> = found
            .iter()
            .map(|(name, rpms)| (name.as_str(), rpms.len()))
            .collect();
        assert_eq!(short, [("/usr/bin/x", 1), ("mta", 2)]);
    }

    #[test]
    fn a_file_that_is_no_package_is_told() {
        let files = RpmFiles {
            places: vec!["/x.rpm".into()],
        };
        let error = "error: open of /x.rpm failed: No such file or directory\n";
        let told = files
            .read(&output("=\n", error, 1))
            .unwrap_err()
            .to_string();
        assert!(told.contains("open of /x.rpm failed"), "{told}");
    }
}
