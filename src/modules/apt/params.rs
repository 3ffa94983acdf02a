//! The parameters of `apt`, and package names with versions.

use crate::diag::Diag;
use crate::facts::Package;
use crate::modules::packaged::matches;
use crate::modules::unsupported::Unsupported;
use serde::Deserialize;
use serde_json::Value;

/// What shall be so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Want {
    /// Not installed.
    Absent,
    /// Known, not supported.
    BuildDep,
    /// Installed in the newest version.
    Latest,
    /// Known, not supported.
    Fixed,
    /// Installed.
    #[default]
    Present,
}

/// Which upgrade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upgrade {
    /// New packages come, nothing goes.
    Safe,
    /// Packages may go.
    Dist,
}

/// A package as the task names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Its name, maybe with `:architecture`.
    pub name: String,
    /// The version that is wanted, maybe a pattern.
    pub version: Option<String>,
}

impl Spec {
    fn read(text: &str) -> Self {
        match text.split_once('=') {
            Some((name, version)) => Self {
                name: name.trim().into(),
                version: Some(version.trim().into()),
            },
            None => Self {
                name: text.trim().into(),
                version: None,
            },
        }
    }

    /// Whether it means this package.
    pub fn is(&self, package: &Package) -> bool {
        match self.name.split_once(':') {
            Some((name, architecture)) => {
                matches(name, &package.name) && architecture == package.architecture
            }
            None => matches(&self.name, &package.name),
        }
    }

    /// As apt-get takes it.
    pub fn word(&self) -> String {
        match &self.version {
            Some(version) => format!("{}={version}", self.name),
            None => self.name.clone(),
        }
    }
}

/// The parameters of `apt`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools)] // They are Ansible's.
#[allow(dead_code)] // What is not supported is only named, so that it is refused.
pub struct Params {
    /// The packages, maybe as `name=version`, where the version may end with `*`.
    #[serde(default)]
    pub name: Vec<String>,
    /// What shall be so.
    #[serde(default)]
    pub state: Want,
    /// Read the lists of packages anew before something is installed.
    #[serde(default)]
    pub update_cache: bool,
    /// For how many seconds the lists stay good.
    #[serde(default)]
    pub cache_valid_time: u64,
    /// How often reading the lists is tried.
    #[serde(default = "five")]
    pub update_cache_retries: u32,
    /// The longest pause between two tries, in seconds.
    #[serde(default = "twelve")]
    pub update_cache_retry_max_delay: u32,
    /// Take the configuration away too.
    #[serde(default)]
    pub purge: bool,
    /// Take packages away that nothing needs any more.
    #[serde(default)]
    pub autoremove: bool,
    /// Forget downloaded packages that can't be downloaded any more.
    #[serde(default)]
    pub autoclean: bool,
    /// Forget all downloaded packages.
    #[serde(default)]
    pub clean: bool,
    /// The release to take packages from.
    #[serde(default)]
    pub default_release: Option<String>,
    /// Whether recommended packages come too; as apt is configured when it is left out.
    #[serde(default)]
    pub install_recommends: Option<bool>,
    /// Do what apt would refuse: unauthenticated, downgraded, held, essential packages.
    #[serde(default)]
    pub force: bool,
    /// Install packages that nobody signed.
    #[serde(default)]
    pub allow_unauthenticated: bool,
    /// Go back to an older version.
    #[serde(default)]
    pub allow_downgrade: bool,
    /// Change held packages.
    #[serde(default)]
    pub allow_change_held_packages: bool,
    /// `safe`, `full`, `dist`, or `no`.
    #[serde(default)]
    pub upgrade: Option<Value>,
    /// Options for dpkg, with commas between them.
    #[serde(default = "keep_configuration")]
    pub dpkg_options: String,
    /// What `policy-rc.d` answers while packages are installed; 101 starts no service.
    #[serde(default)]
    pub policy_rc_d: Option<u8>,
    /// Install no package anew.
    #[serde(default)]
    pub only_upgrade: bool,
    /// Fail rather than take a package away.
    #[serde(default)]
    pub fail_on_autoremove: bool,
    /// Has no effect: trueup never uses aptitude.
    #[serde(default)]
    pub force_apt_get: bool,
    /// Has no effect: no Python module is needed.
    #[serde(default)]
    pub auto_install_module_deps: Option<bool>,
    /// How long to wait for another package manager, in seconds.
    #[serde(default = "minute")]
    pub lock_timeout: u32,
    /// Not supported: put the file in place and install it by a command.
    #[serde(default)]
    pub deb: Unsupported,
}

/// The task, read.
#[derive(Clone, Debug)]
pub struct Ready {
    /// Its parameters.
    pub params: Params,
    /// The packages.
    pub specs: Vec<Spec>,
    /// The upgrade.
    pub upgrades: Option<Upgrade>,
}

fn five() -> u32 {
    5
}

fn twelve() -> u32 {
    12
}

fn minute() -> u32 {
    60
}

fn keep_configuration() -> String {
    "force-confdef,force-confold".into()
}

impl Ready {
    /// Reads names and upgrade, and refuses what excludes each other.
    pub fn read(params: Params) -> Result<Self, Diag> {
        let names = params
            .name
            .iter()
            .flat_map(|name| name.split(','))
            .map(str::trim);
        let specs: Vec<Spec> = names
            .filter(|name| !name.is_empty())
            .map(Spec::read)
            .collect();
        let upgrades = match &params.upgrade {
            None | Some(Value::Null | Value::Bool(false)) => None,
            Some(Value::Bool(true)) => Some(Upgrade::Safe),
            Some(Value::String(word)) => match word.as_str() {
                "no" | "" => None,
                "yes" | "safe" => Some(Upgrade::Safe),
                "dist" | "full" => Some(Upgrade::Dist),
                _ => {
                    return Err(Diag::error(format!("`upgrade: {word}` is unknown"))
                        .help("safe, full, dist or no"));
                }
            },
            Some(other) => {
                return Err(Diag::error(format!("`upgrade: {other}` is unknown"))
                    .help("safe, full, dist or no"));
            }
        };
        if matches!(params.state, Want::BuildDep | Want::Fixed) {
            return Err(
                Diag::error("Ansible has this `state`, trueup does not support it")
                    .help("present, latest and absent are supported"),
            );
        }
        if upgrades.is_some() && !specs.is_empty() {
            return Err(Diag::error("`name` and `upgrade` exclude each other"));
        }
        if params.state != Want::Absent
            && let Some(spec) = specs.iter().find(|spec| spec.name.contains('*'))
        {
            return Err(Diag::error(format!(
                "the pattern `{}` can only be used with `state: absent`",
                spec.name
            ))
            .help("name the packages one by one"));
        }
        let asks = params.update_cache
            || params.cache_valid_time > 0
            || params.clean
            || params.autoclean
            || params.autoremove;
        if specs.is_empty() && upgrades.is_none() && !asks && params.name.is_empty() {
            return Err(Diag::error("`apt` is asked for nothing")
                .help("name packages, or set `update_cache` or `upgrade`"));
        }
        Ok(Self {
            params,
            specs,
            upgrades,
        })
    }
}
