//! A package as a task of `dnf` names it.

use crate::facts::{Evr, Rpm};
use crate::modules::packaged::matches;
use std::cmp::Ordering;

/// What stands behind the last dot of a package's name, where it is an architecture.
const ARCHITECTURES: [&str; 13] = [
    "aarch64",
    "armv7hl",
    "i386",
    "i486",
    "i586",
    "i686",
    "loongarch64",
    "noarch",
    "ppc64le",
    "riscv64",
    "s390x",
    "src",
    "x86_64",
];

/// A package as a task names it.
#[derive(Clone, Debug)]
pub struct Spec {
    /// As dnf takes it.
    pub word: String,
    /// What is meant.
    pub meant: Meant,
}

/// What a [`Spec`] means.
#[derive(Clone, Debug)]
pub enum Meant {
    /// The package in a file on the host or behind an address.
    File,
    /// Whatever package holds this file.
    Holder,
    /// A package by its name. Where a name ends and a version begins only the packages tell
    /// that there are, so these are all the ways to read it, the likeliest first.
    Named(Vec<Form>),
}

/// One way to read a package's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// The name, maybe a pattern.
    pub name: String,
    /// The architecture.
    arch: Option<String>,
    /// Which versions do.
    version: Option<Version>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Version {
    /// Version, and release where one is named; both may be patterns.
    Is(Evr),
    /// `>=` and the like: how those stand to this one that will do.
    Bound(&'static [Ordering], Evr),
}

impl Spec {
    /// Reads what a task says; the error says what is wrong with it.
    pub fn read(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.starts_with('@') {
            return Err(format!(
                "`{text}` is a group or a module, which trueup does not support: name its packages, or run `dnf group install` or `dnf module enable` by `command`"
            ));
        }
        if text.starts_with('-') || text.contains(['\n', '\t']) {
            return Err(format!("`{text}` is no name of a package"));
        }
        if let Some(at) = text.find(['<', '>', '=']).filter(|at| *at > 0) {
            return Self::bound(text, at);
        }
        let is_file = text.rsplit_once('.').is_some_and(|(_, end)| end == "rpm");
        let meant = if is_file || text.contains("://") {
            Meant::File
        } else if text.starts_with('/') {
            Meant::Holder
        } else {
            Meant::Named(forms(text))
        };
        Ok(Self {
            word: text.to_owned(),
            meant,
        })
    }

    fn bound(text: &str, at: usize) -> Result<Self, String> {
        let (name, rest) = text.split_at(at);
        let version = rest.trim_start_matches(['<', '>', '=']);
        let sign = &rest[..rest.len() - version.len()];
        let (name, version) = (name.trim(), version.trim());
        let will_do: &[Ordering] = match sign {
            "=" | "==" => &[Ordering::Equal],
            ">" => &[Ordering::Greater],
            ">=" => &[Ordering::Greater, Ordering::Equal],
            "<" => &[Ordering::Less],
            "<=" => &[Ordering::Less, Ordering::Equal],
            _ => return Err(format!("`{sign}` in `{text}` compares nothing")),
        };
        if version.is_empty() {
            return Err(format!("a version is missing behind `{sign}` in `{text}`"));
        }
        let form = Form {
            name: name.to_owned(),
            arch: None,
            version: Some(Version::Bound(will_do, Evr::read(version))),
        };
        let sign = if sign == "==" { "=" } else { sign };
        Ok(Self {
            word: format!("{name} {sign} {version}"),
            meant: Meant::Named(vec![form]),
        })
    }

    /// The ways to read it; none for a file.
    pub fn forms(&self) -> &[Form] {
        match &self.meant {
            Meant::Named(forms) => forms,
            Meant::File | Meant::Holder => &[],
        }
    }

    /// As dnf is asked for what it offers: of `>=` and the like repoquery understands nothing.
    pub fn question(&self) -> &str {
        match self.forms() {
            [
                Form {
                    name,
                    version: Some(Version::Bound(..)),
                    ..
                },
            ] => name,
            _ => &self.word,
        }
    }

    /// Whether it means this package, in this version.
    pub fn is(&self, rpm: &Rpm) -> bool {
        self.forms().iter().any(|form| form.is(rpm))
    }

    /// The way in which it means another version of this package.
    pub fn other(&self, rpm: &Rpm) -> Option<&Form> {
        self.forms()
            .iter()
            .find(|form| form.version.is_some() && form.names(rpm) && !form.is(rpm))
    }

    /// Whether it can only be read as a pattern of names.
    pub fn is_pattern(&self) -> bool {
        let forms = self.forms();
        !forms.is_empty() && forms.iter().all(|form| form.name.contains('*'))
    }
}

impl Form {
    fn names(&self, rpm: &Rpm) -> bool {
        matches(&self.name, &rpm.name) && self.arch.as_ref().is_none_or(|arch| *arch == rpm.arch)
    }

    fn is(&self, rpm: &Rpm) -> bool {
        self.names(rpm)
            && match &self.version {
                None => true,
                Some(Version::Is(evr)) => {
                    (evr.epoch == 0 || evr.epoch == rpm.evr.epoch)
                        && matches(&evr.version, &rpm.evr.version)
                        && (evr.release.is_empty() || matches(&evr.release, &rpm.evr.release))
                }
                Some(Version::Bound(will_do, evr)) => will_do.contains(&rpm.evr.order(evr)),
            }
    }

    /// Whether what it wants is older than what is installed.
    pub fn is_older(&self, installed: &Evr) -> bool {
        match &self.version {
            None => false,
            Some(Version::Is(evr)) => {
                let epoch = if evr.epoch == 0 {
                    installed.epoch
                } else {
                    evr.epoch
                };
                let bare = |text: &str| text.split('*').next().unwrap_or_default().to_owned();
                let wanted = Evr {
                    epoch,
                    version: bare(&evr.version),
                    release: bare(&evr.release),
                };
                // `17.*` is not older than 17.5, and then it would fit.
                wanted.order(installed) == Ordering::Less
            }
            Some(Version::Bound(will_do, evr)) => {
                !will_do.contains(&Ordering::Greater)
                    && (will_do.contains(&Ordering::Less) || evr.order(installed) == Ordering::Less)
            }
        }
    }
}

/// All ways to read a name: whole, then with a version, then with version and release; each with
/// and without an architecture. Versions and releases begin with a digit.
fn forms(text: &str) -> Vec<Form> {
    let bare = text
        .rsplit_once('.')
        .filter(|(name, arch)| !name.is_empty() && ARCHITECTURES.contains(arch));
    let mut forms = Vec::new();
    let readings = [(text, None)].into_iter();
    for (text, arch) in readings.chain(bare.map(|(text, arch)| (text, Some(arch)))) {
        let mut add = |name: &str, version: &str, release: &str| {
            forms.push(Form {
                name: name.to_owned(),
                arch: arch.map(str::to_owned),
                version: (!version.is_empty()).then(|| {
                    let mut evr = Evr::read(version);
                    release.clone_into(&mut evr.release);
                    Version::Is(evr)
                }),
            });
        };
        let begins = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
        add(text, "", "");
        if let Some((name, version)) = text.rsplit_once('-').filter(|(name, _)| !name.is_empty()) {
            if begins(version) {
                add(name, version, "");
            }
            let release = version;
            if let Some((name, version)) =
                name.rsplit_once('-').filter(|(name, _)| !name.is_empty())
                && begins(version)
                && (begins(release) || release.starts_with('*'))
            {
                add(name, version, release);
            }
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rpm(name: &str, evr: &str) -> Rpm {
        Rpm {
            name: name.into(),
            evr: Evr::read(evr),
            arch: "x86_64".into(),
        }
    }

    fn is(spec: &str, name: &str, evr: &str) -> bool {
        Spec::read(spec).unwrap().is(&rpm(name, evr))
    }

    #[test]
    fn a_name_is_read_in_every_way_that_dnf_reads_it() {
        let httpd = |spec| is(spec, "httpd", "2.4.37-1.el9");
        for spec in [
            "httpd",
            "httpd.x86_64",
            "httpd-2.4.37",
            "httpd-2.4.*",
            "httpd-2.4.37-1.el9",
            "httpd-2.4.37-1.el9.x86_64",
            "httpd-2.4.37-*",
            "httpd >= 2.4",
            "httpd>=2.4.37-1.el9",
            "httpd < 2.5",
            "httpd = 2.4.37",
            "httpd*",
        ] {
            assert!(httpd(spec), "{spec}");
        }
        for spec in [
            "httpd.i686",
            "httpd-2.4",
            "httpd-2.4.37-2.el9",
            "httpd-1:2.4.37",
            "httpd > 2.4.37",
            "httpd-tools",
            "http",
        ] {
            assert!(!httpd(spec), "{spec}");
        }
        assert!(is("java-17-openjdk", "java-17-openjdk", "17.0.9-1"));
        assert!(is("python3.11", "python3.11", "3.11.4-1"));
        assert!(is("foo-1:2.0", "foo", "1:2.0-3"));
    }

    #[test]
    fn another_version_is_known_from_another_package() {
        let other = |spec: &str, name: &str, evr: &str| {
            Spec::read(spec).unwrap().other(&rpm(name, evr)).is_some()
        };
        assert!(other("httpd-2.4.37", "httpd", "2.4.57-1"));
        assert!(!other("postgresql17-server", "postgresql17", "17.5-1"));
        assert!(!other("httpd", "httpd", "1-1"));
        let older = |spec: &str, evr: &str| {
            let spec = Spec::read(spec).unwrap();
            spec.other(&rpm("a", evr))
                .unwrap()
                .is_older(&Evr::read(evr))
        };
        assert!(older("a-1.0", "2.0-1") && !older("a-3.0", "2.0-1"));
        assert!(older("a-1.*", "2.0-1") && !older("a-3.*", "2.0-1"));
        assert!(older("a-1.0", "1:2.0-1") && older("a < 2", "2.0-1") && !older("a >= 3", "2.0-1"));
    }

    #[test]
    fn files_paths_and_what_is_no_package_are_told_apart() {
        let meant = |text: &str| Spec::read(text).map(|spec| format!("{:?}", spec.meant));
        assert_eq!(meant("https://x/a-1-1.noarch.rpm").unwrap(), "File");
        assert_eq!(meant("/srv/a-1-1.noarch.rpm").unwrap(), "File");
        assert_eq!(meant("/usr/bin/vi").unwrap(), "Holder");
        assert!(meant("@postgresql:16").unwrap_err().contains("dnf module"));
        assert!(meant("--allowerasing").is_err());
        assert!(meant("a >=").unwrap_err().contains("missing"));
        assert!(meant("a => 1").is_err());
        assert_eq!(Spec::read("a>=1").unwrap().word, "a >= 1");
        assert!(Spec::read("lab-*").unwrap().is_pattern());
        assert!(!Spec::read("httpd-2.4*").unwrap().is_pattern());
    }
}
