//! The steps of `dnf`: its command lines.

use super::params::Ready;
use crate::facts::Rpm;
use crate::step::{Action, Effect, Script, Step, quote};

/// What the step that asks the repositories for news is called.
pub const REFRESH: &str = "ask the repositories for news";

/// dnf ends with 200 where another dnf is at work, and is then tried again for a while.
fn step(what: String, command: &str, patience: u32) -> Step {
    let text = format!(
        "export LC_ALL=C.UTF-8\nn=0\nwhile :; do\ndnf -y --setopt=exit_on_lock=1 {command}\n\
         s=$?; [ $s = 200 ] && [ $n -lt {patience} ] || exit $s\nn=$((n+1)); sleep 1\ndone"
    );
    let script = Script {
        lock: Some("dnf"),
        unkillable: true,
        ..Script::new(text)
    };
    Step::new(what, Action::Run(script))
}

fn listed(words: &[&str]) -> String {
    let words = words.iter().map(|word| format!(" {}", quote(word)));
    words.collect()
}

impl Ready {
    fn options(&self) -> String {
        let mut options = self.sight();
        let best = if self.is_latest() {
            Some(true)
        } else {
            self.params.best.or(self.params.nobest.map(|not| !not))
        };
        let digit = |on: bool| if on { "1" } else { "0" };
        if let Some(best) = best {
            options += &format!("--setopt=best={} ", digit(best));
        }
        options += &format!(
            "--setopt=install_weak_deps={} ",
            digit(self.params.install_weak_deps)
        );
        for (wanted, option) in [
            (self.params.disable_gpg_check, "--nogpgcheck "),
            // Of files in `name` dnf itself would take what nobody signed.
            (
                !self.params.disable_gpg_check,
                "--setopt=localpkg_gpgcheck=1 ",
            ),
            (self.params.cacheonly, "-C "),
            (
                self.params.update_cache && !self.params.cacheonly,
                "--refresh ",
            ),
        ] {
            if wanted {
                options += option;
            }
        }
        options
    }

    /// Which dnf 5 takes behind the verb only.
    fn erasing(&self) -> &'static str {
        if self.params.allowerasing {
            " --allowerasing"
        } else {
            ""
        }
    }

    /// Asks the repositories for news.
    pub(super) fn refresh(&self) -> Step {
        let command = format!("{}--refresh makecache", self.sight());
        step(REFRESH.to_owned(), &command, self.params.lock_timeout).making([Effect::ListsRead])
    }

    /// Installs these, by `install`, or makes them newer, by `upgrade`.
    pub(super) fn install(&self, verb: &str, words: &[&str]) -> Step {
        let command = format!(
            "{}{verb}{}{}",
            self.options(),
            self.erasing(),
            listed(words)
        );
        let what = format!("{verb} {}", words.join(", "));
        step(what, &command, self.params.lock_timeout)
    }

    /// Makes all that is installed newer.
    pub(super) fn upgrade_all(&self) -> Step {
        let command = format!("{}upgrade{}", self.options(), self.erasing());
        step(
            "upgrade all packages".to_owned(),
            &command,
            self.params.lock_timeout,
        )
    }

    /// Takes these away.
    pub(super) fn remove(&self, packages: &[&Rpm]) -> Step {
        let labels: Vec<String> = packages.iter().map(|rpm| rpm.label()).collect();
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let names: Vec<&str> = packages.iter().map(|rpm| rpm.name.as_str()).collect();
        let command = format!(
            "--setopt=clean_requirements_on_remove={} remove{}",
            u8::from(self.params.autoremove),
            listed(&labels)
        );
        let what = format!("remove {}", names.join(", "));
        step(what, &command, self.params.lock_timeout)
    }

    /// Takes away what is needed no more.
    pub(super) fn remove_unneeded(&self) -> Step {
        let what = "remove packages that nothing needs".to_owned();
        step(what, "autoremove", self.params.lock_timeout)
    }
}
