//! The steps of `apt`: apt-get's command lines.

use super::params::{Ready, Spec, Upgrade};
use crate::facts::Package;
use crate::step::{Action, Effect, Script, Step, quote};

/// What the step that reads the lists is called.
pub const REFRESH: &str = "read the lists of packages";

const ENVIRONMENT: &str = "export DEBIAN_FRONTEND=noninteractive DEBIAN_PRIORITY=critical \
                           APT_LISTCHANGES_FRONTEND=none NEEDRESTART_SUSPEND=1 LC_ALL=C.UTF-8";

fn step(what: impl Into<String>, text: String) -> Step {
    let script = Script {
        lock: Some("apt"),
        unkillable: true,
        ..Script::new(text)
    };
    Step::new(what, Action::Run(script))
}

/// Reads the lists. The folder's time tells from then on when that was, since apt itself
/// leaves it alone where nothing was new.
pub fn refresh(tries: u32, longest_pause: u32) -> Step {
    step(
        REFRESH,
        format!(
            "{ENVIRONMENT}\nn=0\nuntil apt-get -q -o APT::Update::Error-Mode=any update; do\n\
             n=$((n+1)); [ $n -lt {} ] || exit 100\n\
             s=$((n*n)); [ $s -le {longest_pause} ] || s={longest_pause}; sleep $s\ndone\n\
             touch /var/lib/apt/lists\n\
             s=/var/lib/apt/periodic/update-success-stamp; [ ! -e $s ] || touch $s",
            tries.max(1),
        ),
    )
    .making([Effect::ListsRead])
}

impl Ready {
    /// Options that decide which packages apt picks; they end with a blank.
    pub(super) fn options(&self) -> String {
        let mut options = Vec::new();
        if let Some(release) = &self.params.default_release {
            options.push(format!("-t {}", quote(release)));
        }
        if let Some(recommends) = self.params.install_recommends {
            options.push(format!(
                "-o APT::Install-Recommends={}",
                if recommends { "yes" } else { "no" }
            ));
        }
        for (wanted, option) in [
            (self.params.purge, "--purge"),
            (self.params.only_upgrade, "--only-upgrade"),
            (self.params.fail_on_autoremove, "--no-remove"),
            (
                self.params.allow_unauthenticated || self.params.force,
                "--allow-unauthenticated",
            ),
            (
                self.params.allow_downgrade || self.params.force,
                "--allow-downgrades",
            ),
            (
                self.params.allow_change_held_packages || self.params.force,
                "--allow-change-held-packages",
            ),
            (self.params.force, "--allow-remove-essential"),
        ] {
            if wanted {
                options.push(option.to_owned());
            }
        }
        options.into_iter().map(|option| option + " ").collect()
    }

    fn apt_get(&self, rest: &str) -> String {
        let dpkg: String = self
            .params
            .dpkg_options
            .split(',')
            .map(str::trim)
            .filter(|option| !option.is_empty())
            .map(|option| format!("-o {} ", quote(&format!("Dpkg::Options::=--{option}"))))
            .collect();
        let command = format!(
            "apt-get -y -q -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout={} {dpkg}{}{rest}",
            self.params.lock_timeout,
            self.options()
        );
        match self.params.policy_rc_d {
            None => format!("{ENVIRONMENT}\n{command}"),
            // What stands there already is the host's own; it comes back whatever happens.
            Some(status) => format!(
                "{ENVIRONMENT}\np=/usr/sbin/policy-rc.d\n[ ! -e $p ] || mv -f $p $p.trueup-kept || exit\n\
                 printf '#!/bin/sh\\nexit {status}\\n' >$p && chmod 755 $p || exit\n{command}\ns=$?\nrm -f $p\n\
                 [ ! -e $p.trueup-kept ] || mv -f $p.trueup-kept $p\nexit $s"
            ),
        }
    }

    /// Reads the lists.
    pub(super) fn refresh(&self) -> Step {
        let params = &self.params;
        refresh(
            params.update_cache_retries,
            params.update_cache_retry_max_delay,
        )
    }

    /// Installs.
    pub(super) fn install(&self, specs: &[&Spec]) -> Step {
        let auto = if self.params.autoremove {
            "--auto-remove "
        } else {
            ""
        };
        let words: Vec<String> = specs.iter().map(|spec| quote(&spec.word())).collect();
        let names: Vec<String> = specs.iter().map(|spec| spec.word()).collect();
        step(
            format!("install {}", names.join(", ")),
            self.apt_get(&format!("{auto}install -- {}", words.join(" "))),
        )
    }

    /// Takes away.
    pub(super) fn remove(&self, packages: &[&Package]) -> Step {
        let auto = if self.params.autoremove {
            "--auto-remove "
        } else {
            ""
        };
        let mut names: Vec<String> = packages
            .iter()
            .map(|package| format!("{}:{}", package.name, package.architecture))
            .collect();
        names.dedup();
        let words: Vec<String> = names.iter().map(|name| quote(name)).collect();
        let shown: Vec<&str> = packages
            .iter()
            .map(|package| package.name.as_str())
            .collect();
        step(
            format!("remove {}", shown.join(", ")),
            self.apt_get(&format!("{auto}remove -- {}", words.join(" "))),
        )
    }

    /// Upgrades, or takes away what nothing needs.
    pub(super) fn upgrade(&self) -> Step {
        match self.upgrades {
            Some(Upgrade::Dist) => step("upgrade all packages", self.apt_get("dist-upgrade")),
            Some(Upgrade::Safe) => {
                step("upgrade packages", self.apt_get("upgrade --with-new-pkgs"))
            }
            None => step(
                "remove packages that nothing needs",
                self.apt_get("autoremove"),
            ),
        }
    }

    /// Forgets downloaded packages.
    pub(super) fn clear(&self, word: &str) -> Step {
        step(format!("apt-get {word}"), self.apt_get(word))
    }
}
