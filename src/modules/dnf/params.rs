//! The parameters of `dnf`.

use super::spec::{Meant, Spec};
use crate::diag::Diag;
use crate::modules::defaults::yes;
use crate::modules::unsupported::Unsupported;
use crate::step::quote;
use serde::Deserialize;

/// What shall be so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Want {
    /// Not installed.
    Absent,
    /// Installed.
    Installed,
    /// Installed in the newest version.
    Latest,
    /// Installed.
    Present,
    /// Not installed.
    Removed,
}

/// The parameters of `dnf`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools)] // They are Ansible's.
#[allow(dead_code)] // What is not supported is only named, so that it is refused.
pub struct Params {
    /// The packages: `httpd`, `httpd-2.4.37`, `httpd-2.4.*`, `httpd >= 2.4`, `/usr/bin/vi`; also
    /// the path or the address of a package. `*` with `state: latest` means all that are installed.
    #[serde(default)]
    pub name: Vec<String>,
    /// What shall be so; `present` when it is left out, `absent` with `autoremove` alone.
    #[serde(default)]
    pub state: Option<Want>,
    /// Ask the repositories for news before something is installed.
    #[serde(default)]
    pub update_cache: bool,
    /// Repositories to use although they are disabled.
    #[serde(default)]
    pub enablerepo: Vec<String>,
    /// Repositories not to use.
    #[serde(default)]
    pub disablerepo: Vec<String>,
    /// Packages not to touch.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Whose excludes in dnf's configuration are passed over: `all`, `main`, or a repository.
    #[serde(default)]
    pub disable_excludes: Option<String>,
    /// Take packages that nobody signed.
    #[serde(default)]
    pub disable_gpg_check: bool,
    /// Go back to an older version where one is named.
    #[serde(default)]
    pub allow_downgrade: bool,
    /// Take other packages away where these can't be installed otherwise.
    #[serde(default)]
    pub allowerasing: bool,
    /// Take packages away that came for others and are needed no more.
    #[serde(default)]
    pub autoremove: bool,
    /// Install packages, too, that the named ones only recommend.
    #[serde(default = "yes")]
    pub install_weak_deps: bool,
    /// Whether only the newest version will do; as dnf is configured when it is left out.
    #[serde(default)]
    pub best: Option<bool>,
    /// The opposite of `best`.
    #[serde(default)]
    pub nobest: Option<bool>,
    /// Only what dnf already heard of: ask no repository.
    #[serde(default)]
    pub cacheonly: bool,
    /// With `state: latest`, install no package anew.
    #[serde(default)]
    pub update_only: bool,
    /// Another configuration of dnf, a path on the host.
    #[serde(default)]
    pub conf_file: Option<String>,
    /// Another release whose packages are taken.
    #[serde(default)]
    pub releasever: Option<String>,
    /// Whether the repositories' certificates are checked.
    #[serde(default = "yes")]
    pub sslverify: bool,
    /// How long to wait for another dnf, in seconds.
    #[serde(default = "half_a_minute")]
    pub lock_timeout: u32,
    /// Has no effect: whichever `dnf` the host has is used.
    #[serde(default)]
    pub use_backend: Option<String>,
    /// Has no effect: no Python module is needed.
    #[serde(default)]
    pub auto_install_module_deps: Option<bool>,
    /// Has no effect, in Ansible neither.
    #[serde(default)]
    pub install_repoquery: Option<bool>,
    /// Certificates of addresses in `name` are always checked.
    #[serde(default)]
    pub validate_certs: Option<bool>,
    /// Only `/`.
    #[serde(default)]
    pub installroot: Option<String>,
    /// Not supported.
    #[serde(default)]
    pub list: Unsupported,
    /// Not supported: whether one is a matter of security only dnf knows when it is at it.
    #[serde(default)]
    pub security: Unsupported,
    /// Not supported.
    #[serde(default)]
    pub bugfix: Unsupported,
    /// Not supported: a task is done when all its packages are there.
    #[serde(default)]
    pub skip_broken: Unsupported,
    /// Not supported.
    #[serde(default)]
    pub download_only: Unsupported,
    /// Not supported.
    #[serde(default)]
    pub download_dir: Unsupported,
    /// Not supported.
    #[serde(default)]
    pub enable_plugin: Unsupported,
    /// Not supported.
    #[serde(default)]
    pub disable_plugin: Unsupported,
}

/// The task, read.
#[derive(Clone, Debug)]
pub struct Ready {
    /// Its parameters.
    pub params: Params,
    /// The packages.
    pub specs: Vec<Spec>,
    /// All installed packages are meant.
    pub all: bool,
}

fn half_a_minute() -> u32 {
    30
}

/// The words of a list in which some stand behind one another with commas.
fn split(list: &[String]) -> impl Iterator<Item = &str> {
    let words = list.iter().flat_map(|words| words.split(','));
    words.map(str::trim).filter(|word| !word.is_empty())
}

impl Ready {
    /// Reads the names, and refuses what excludes each other.
    pub fn read(params: Params) -> Result<Self, Diag> {
        let mut ready = Self {
            specs: Vec::new(),
            all: split(&params.name).eq(["*"]),
            params,
        };
        if !ready.all {
            let specs = split(&ready.params.name)
                .map(Spec::read)
                .collect::<Result<_, _>>();
            ready.specs = specs.map_err(Diag::error)?;
        }
        if ready.params.validate_certs == Some(false) {
            return Err(Diag::error(
                "certificates of addresses in `name` are always checked: take `validate_certs` out",
            )
            .help("`sslverify: false` is for the repositories' certificates"));
        }
        if ready
            .params
            .installroot
            .as_deref()
            .is_some_and(|root| root != "/")
        {
            return Err(Diag::error(
                "Ansible has `installroot`, trueup does not support it: take it out",
            ));
        }
        if ready.params.best.is_some() && ready.params.nobest.is_some() {
            return Err(Diag::error("`best` and `nobest` exclude each other"));
        }
        if ready.all && !ready.is_latest() {
            return Err(Diag::error("`name: \"*\"` needs `state: latest`"));
        }
        if ready.params.name.is_empty() && !ready.params.autoremove && !ready.params.update_cache {
            return Err(Diag::error("`dnf` is asked for nothing")
                .help("name packages, or set `update_cache` or `autoremove`"));
        }
        if ready.params.autoremove && !ready.is_absent() {
            return Err(Diag::error(
                "`autoremove` needs `state: absent`, or no names at all",
            ));
        }
        for spec in &ready.specs {
            if ready.is_absent() && matches!(spec.meant, Meant::File) {
                return Err(Diag::error(format!(
                    "`{}` is a file, and with `state: absent` the name of the package is wanted",
                    spec.word
                )));
            }
            if !ready.is_absent() && spec.is_pattern() {
                return Err(Diag::error(format!(
                    "the pattern `{}` can only be used with `state: absent`",
                    spec.word
                ))
                .help("name the packages one by one"));
            }
        }
        Ok(ready)
    }

    /// Whether the packages shall be gone.
    pub fn is_absent(&self) -> bool {
        match self.params.state {
            None => self.params.autoremove && self.specs.is_empty(),
            Some(want) => matches!(want, Want::Absent | Want::Removed),
        }
    }

    /// Whether the newest versions are wanted.
    pub fn is_latest(&self) -> bool {
        self.params.state == Some(Want::Latest)
    }

    /// The repositories that are enabled for this task, by their ids.
    pub fn repositories(&self) -> Vec<String> {
        let ids = split(&self.params.enablerepo).filter(|id| !id.contains('*'));
        ids.map(str::to_owned).collect()
    }

    /// Options that decide which packages dnf sees; they end with a blank.
    pub fn sight(&self) -> String {
        let mut options = Vec::new();
        for (name, words) in [
            ("disablerepo", &self.params.disablerepo),
            ("enablerepo", &self.params.enablerepo),
            ("exclude", &self.params.exclude),
        ] {
            options.extend(split(words).map(|word| format!("--{name}={}", quote(word))));
        }
        for (name, value) in [
            ("config", &self.params.conf_file),
            ("releasever", &self.params.releasever),
            ("setopt=disable_excludes", &self.params.disable_excludes),
        ] {
            options.extend(
                value
                    .iter()
                    .map(|value| format!("--{name}={}", quote(value))),
            );
        }
        if !self.params.sslverify {
            options.push("--setopt=sslverify=0".to_owned());
        }
        options.into_iter().map(|option| option + " ").collect()
    }
}
