//! What dnf knows of its repositories: which packages they offer, and when it last asked them.

use super::{Age, Ask, Foreseen, Freshness, ProbeError, Question, Rpm};
use crate::step::{Output, Script, quote};

/// Asks dnf for packages, by what it last heard of its repositories: nothing is fetched.
#[derive(Clone, Debug)]
pub struct Repoquery {
    /// Options that choose the repositories; they end with a blank.
    pub options: String,
    /// Which packages.
    pub which: Which,
}

/// Which packages dnf is asked for.
#[derive(Clone, Debug)]
pub enum Which {
    /// Those on offer that fit these specs.
    Offered(Vec<String>),
    /// Newer ones of what is installed.
    Upgrades,
    /// Installed ones that came for others which are gone.
    Unneeded,
}

/// dnf's status where another dnf is at work.
const LOCKED: i32 = 200;

impl Question for Repoquery {
    type Answer = Vec<Rpm>;

    fn ask(&self) -> Ask {
        let which = match &self.which {
            Which::Offered(specs) => {
                let words = specs.iter().map(|spec| format!(" {}", quote(spec)));
                words.fold("--available".to_owned(), |all, word| all + &word)
            }
            Which::Upgrades => "--upgrades".to_owned(),
            Which::Unneeded => "--unneeded".to_owned(),
        };
        // dnf takes a lock even to read, and would wait for another dnf without an end. What else
        // goes wrong with an offer, such as a repository of which it never heard, leaves the plan
        // without a version.
        let end = match self.which {
            Which::Offered(_) => " 2>/dev/null; [ $? != 200 ] || exit 200",
            Which::Upgrades | Which::Unneeded => "",
        };
        Ask::Shell {
            script: Script::new(format!(
                "LC_ALL=C dnf -q -C --setopt=exit_on_lock=1 {}repoquery --queryformat '%{{name}}\\t%{{epoch}}\\t%{{version}}\\t%{{release}}\\t%{{arch}}\\n' {which}{end}",
                self.options
            )),
            freshness: Freshness::Settled,
            slow: true,
        }
    }

    fn read(&self, output: &Output) -> Result<Vec<Rpm>, ProbeError> {
        if output.status == LOCKED {
            let why = "another dnf is at work on this host: try again when it has ended";
            return Err(ProbeError::Failed(why.to_owned()));
        }
        if !output.ok() {
            return Err(ProbeError::answer("ask dnf for packages", output));
        }
        Ok(output.out().lines().filter_map(Rpm::read).collect())
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        let newer = matches!(self.which, Which::Upgrades);
        let free = matches!(self.which, Which::Unneeded);
        pending.rpm_moves(free, newer, now?)
    }
}

/// Asks when dnf last heard from its repositories.
#[derive(Clone, Debug)]
pub struct HeardAge {
    /// Only from these; from any where none is named.
    pub repositories: Vec<String>,
}

impl Question for HeardAge {
    type Answer = Age;

    fn ask(&self) -> Ask {
        // dnf touches what it keeps of a repository when that has nothing new. A repository's file
        // that is younger was never asked.
        let mut text = "o=\nheard() { s=; for p in \"$@\"; do [ -e \"$p\" ] || continue\n\
             if [ -z \"$s\" ] || [ \"$p\" -nt \"$s\" ]; then s=$p; fi; done\n\
             if [ -z \"$s\" ]; then o=never; elif [ -z \"$o\" ] || [ \"$o\" -nt \"$s\" ]; then o=$s; fi; }\n"
            .to_owned();
        let any = vec!["*".to_owned()];
        let repositories = if self.repositories.is_empty() {
            &any
        } else {
            &self.repositories
        };
        for id in repositories {
            let id = if id == "*" {
                "*".to_owned()
            } else {
                format!("{}-*", quote(id))
            };
            text += &format!(
                "[ \"$o\" = never ] || heard /var/cache/dnf/{id}/repodata/* /var/cache/libdnf5/{id}/repodata/*\n"
            );
        }
        text += "for p in /etc/yum.repos.d/*.repo; do [ \"$o\" != never ] && [ \"$p\" -nt \"$o\" ] && o=never; done\n\
                 if [ \"$o\" = never ]; then t=0; else t=$(stat -c %Y \"$o\") || exit; fi\n\
                 echo \"$t $(date +%s)\"";
        Ask::settled(text)
    }

    fn read(&self, output: &Output) -> Result<Age, ProbeError> {
        let text = output.out();
        let mut words = text.split_whitespace().map(str::parse);
        match (words.next(), words.next()) {
            (Some(Ok(read)), Some(Ok(now))) => Ok(Age { read, now }),
            _ => Err(ProbeError::answer(
                "ask when dnf heard from its repositories",
                output,
            )),
        }
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        Ok(pending.lists_age(now?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(ask: &Ask) -> String {
        match ask {
            Ask::Shell { script, .. } => script.text.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn offers_are_read_with_and_without_blank_lines() {
        let question = Repoquery {
            options: "--enablerepo=crb ".into(),
            which: Which::Offered(vec!["a >= 1".into()]),
        };
        let asked = text(&question.ask());
        assert!(
            asked.contains("dnf -q -C --setopt=exit_on_lock=1 --enablerepo=crb repoquery ")
                && asked.contains("--available 'a >= 1' 2>/dev/null"),
            "{asked}"
        );
        let output = Output {
            stdout: "a\t0\t1.0\t1\tnoarch\n\na\t0\t2.0\t1\tnoarch\n".into(),
            ..Output::default()
        };
        assert_eq!(question.read(&output).unwrap().len(), 2);
        let locked = Output {
            status: LOCKED,
            ..Output::default()
        };
        let told = question.read(&locked).unwrap_err().to_string();
        assert!(told.contains("another dnf is at work"), "{told}");
    }
}
